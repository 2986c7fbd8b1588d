/*
 * engine/emulate/emulation.h - a world without processes: a clock that stands still until it is
 * moved, attempts that run by a script, chance that comes from a seed.
 *
 * It is what the controller's deeds are done to, and where its events come from. The same seed,
 * script and calls in the same order give the same events. No threads: one at a time may call.
 */
#ifndef ENGINE_EMULATE_EMULATION_H
#define ENGINE_EMULATE_EMULATION_H

#include "engine/controller/controller.h"
#include "engine/emulate/emulation_script.h"

struct emulation;

/* Takes script, also on failure. Its seed counts where it has one and the caller gives none. */
struct emulation *emulation_new(struct emulation_script *script, const uint64_t *seed,
                                struct assay_error *err);
void emulation_free(struct emulation *emulation); /* NULL is fine */

/* As it was made, with the script it has now; seed NULL: with the seed that it has. False and *err
 * changes nothing. */
bool emulation_reset(struct emulation *emulation, const uint64_t *seed, struct assay_error *err);

/* From now on. What runs goes on as it began; how often rules were used is counted from 0, and the
 * clock stays where it is. Takes script, also on failure, which changes nothing. */
bool emulation_take_script(struct emulation *emulation, struct emulation_script *script,
                           struct assay_error *err);
const struct emulation_script *emulation_get_script(const struct emulation *emulation);
uint64_t emulation_seed(const struct emulation *emulation);

int64_t emulation_now_us(const struct emulation *emulation);
void emulation_entropy(struct emulation *emulation, void *buffer, size_t size);

/* Deeds of the controller's. search, forget of files and changed are not among them. */
struct controller_outlet emulation_outlet(struct emulation *emulation);

/*
 * Takes the next happening up to until_us and moves the clock to its moment. False: there is none,
 * and the clock is at until_us (INT64_MAX: where it was). The caller owns what event points to.
 */
bool emulation_next(struct emulation *emulation, int64_t until_us, struct event *event);

/* The moment of the next happening; INT64_MAX for none. */
int64_t emulation_next_us(const struct emulation *emulation);

/* The job was shown to someone: what waits for that may happen now. */
void emulation_count_read(struct emulation *emulation, int64_t job);

/* May the job be made? Counts the use of a rule that refuses it. */
bool emulation_admit_job(struct emulation *emulation, const char *display_name, int kind,
                         struct assay_error *err);

/* What the script has in store for a request. */
struct emulated_verdict {
    bool is_refused; /* *err tells */
    int64_t delay_us;
    int64_t page_size; /* 0: as asked */
};

/* The first rule that matches and whose turn it is. */
struct emulated_verdict emulation_judge_request(struct emulation *emulation, const char *method,
                                                const char *path, struct assay_error *err);

#endif
