/*
 * engine/life/study_memory.h - what a study has learnt so far: the past of a sampler that needs it,
 * and the models made from it that are still wanted.
 *
 * The controller's own. Other threads may read what was there when they were told of it: the
 * history's prefix and any model, until study_memory_trim() lets go of that.
 */
#ifndef ENGINE_LIFE_STUDY_MEMORY_H
#define ENGINE_LIFE_STUDY_MEMORY_H

#include "search/sampler.h"

struct study_memory;

/* Borrows sampler. NULL for lack of memory. */
struct study_memory *study_memory_new(const struct sampler *sampler, size_t param_count,
                                      size_t metric_count);
void study_memory_free(struct study_memory *memory); /* NULL is fine */

/* The next trial that ended; copied. False for lack of memory. */
bool study_memory_append(struct study_memory *memory, const struct past_trial *trial);
size_t study_memory_count(const struct study_memory *memory);
const struct history *study_memory_history(const struct study_memory *memory);

/*
 * The model that is to be learnt next, where enough trials have ended for it: from how many
 * (*count), and after which one (*previous; NULL for the first). It stays there until a newer one
 * is added.
 */
bool study_memory_lesson(const struct study_memory *memory, size_t *count,
                         const struct sampler_model **previous);

/* Takes model, which is that of the last lesson; also on failure, for lack of memory. */
bool study_memory_add(struct study_memory *memory, size_t count, struct sampler_model *model);

/*
 * A model as stored, after the past is complete, by count: taken where it and those taken before
 * are all that suggestions from now on need, else passed over (it will be learnt again), as are
 * numbers that are no model. False for lack of memory only.
 */
bool study_memory_restore(struct study_memory *memory, size_t count, const double *numbers,
                          size_t number_count);

/* The model that a suggestion after past_count trials is made with (NULL: with none). False: it is
 * not learnt yet. */
bool study_memory_find(const struct study_memory *memory, size_t past_count,
                       const struct sampler_model **model);

/* Lets go of all models but the newest that no suggestion after past_count trials or more needs.
 * Returns the count of the oldest that stays where any is gone, else 0. */
size_t study_memory_trim(struct study_memory *memory, size_t past_count);

#endif
