/*
 * engine/life/optimal.h - which trials of a study are the best: one for one objective, a Pareto
 * front for several. Trials that violate a safety threshold are never among them.
 */
#ifndef ENGINE_LIFE_OPTIMAL_H
#define ENGINE_LIFE_OPTIMAL_H

#include "engine/spec/job_spec.h"
#include "engine/store/store.h"

/* The metrics that are not for safety. */
size_t optimal_objective_count(const struct study_spec *study);

/* Every safety metric lies on the right side of its threshold; one that is missing or not finite
 * does not. values: one per metric. */
bool optimal_is_safe(const struct study_spec *study, const double *values);

/*
 * The numbers of a stored job's optimal trials as the API's listOptimalTrials has them, in their
 * order: with one objective the best trial (best_trial, 0: none), with several all that succeeded
 * and are optimal (pareto_optimal()). One walk over the job's trials. The caller frees *numbers.
 */
bool optimal_trials(const struct study_spec *study, struct store *store, int64_t job,
                    int64_t best_trial, int64_t **numbers, size_t *count, struct assay_error *err);

#endif
