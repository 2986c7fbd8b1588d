/*
 * launcher/places/places.h - the machine's CPUs, memory and GPUs, and who holds them.
 *
 * A gang asks with a grant: one request a replica. It gets all of it or nothing. GPUs are never
 * overbooked: a whole one has one holder, shares of one add up to at most 1. CPUs and memory are
 * counted, not enforced, and lowered to the machine's where a document asks for more
 * (places_clamp()). Pure: no thread, clock or file; callers take turns.
 *
 * Who is next is place_queue.h's: grants go grant_new(), place_queue_add(), place_queue_next(),
 * grant_free().
 */
#ifndef LAUNCHER_PLACES_PLACES_H
#define LAUNCHER_PLACES_PLACES_H

#include "launcher/launcher.h"
#include "launcher/places/machine.h"

struct places; /* opaque: places_private.h */
struct grant;  /* opaque: what a gang asks for and, once taken, holds */

/* Copies machine. NULL and *err for lack of memory. */
struct places *places_new(const struct machine *machine, struct assay_error *err);
void places_free(struct places *places); /* after all its grants; NULL is fine */

/* What it shares out. */
const struct machine *places_machine(const struct places *places);

/*
 * False when the gang could not run on an idle machine: ASSAY_INVALID, with what it asks for and
 * what the machine has; field, which may be NULL, is the document's.
 */
bool places_fits_ever(const struct machine *machine, const struct resources *requests, size_t count,
                      const char *field, struct assay_error *err);

/*
 * Lowers CPUs and memory: of each replica to the machine's, then of all in proportion until the
 * gang fits at once. GPUs stay. True when something was lowered; then warning, where its size is
 * not 0, says what in one sentence.
 */
bool places_clamp(const struct machine *machine, struct resources *requests, size_t count,
                  char *warning, size_t warning_size);

/*
 * Holds nothing yet. Copies requests; places is borrowed and must outlive it. NULL and *err when it
 * can never fit (as places_fits_ever()) or memory is short; all later steps need none.
 */
struct grant *grant_new(struct places *places, struct attempt_key key, int64_t job,
                        const struct resources *requests, size_t count, struct assay_error *err);

/*
 * For a gang that runs already, adopted after a crash: held from the start, CPUs and memory also
 * when that overbooks them or is more than the machine has (any more), and just these GPUs. gpus[i]
 * is replica i's, "0,3" or NULL; gpus may be NULL. An id that the machine has not is held in name
 * only. NULL and *err for lack of memory.
 */
struct grant *grant_new_held(struct places *places, struct attempt_key key, int64_t job,
                             const struct resources *requests, const char *const *gpus,
                             size_t count, struct assay_error *err);

void grant_free(struct grant *grant); /* returns what it holds, leaves the queue; NULL is fine */

/*
 * Takes all that it asks for, at once, or nothing and false. Regardless of who waits: see
 * place_queue_next(). A grant that is held already stays so.
 */
bool grant_take(struct grant *grant);

/* Gives all of it back. Nothing happens where it holds nothing. */
void grant_return(struct grant *grant);

bool grant_is_held(const struct grant *grant);
struct attempt_key grant_key(const struct grant *grant);
int64_t grant_job(const struct grant *grant);

/* What all its replicas ask for together; gpu_share is that of the first that wants GPUs. */
struct resources grant_resources(const struct grant *grant);

/* "0,3": what the replica holds; NULL for none. Valid until it is returned. */
const char *grant_gpus(const struct grant *grant, size_t replica);

/* All its replicas' GPUs, each once, into text, cut where it does not fit; "" for none. */
const char *grant_all_gpus(const struct grant *grant, char *text, size_t size);

/* What is not held; below 0 while adopted gangs overbook it. GPUs: those that nobody holds. */
struct resources places_free_now(const struct places *places);

#endif
