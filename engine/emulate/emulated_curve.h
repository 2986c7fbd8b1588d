/*
 * engine/emulate/emulated_curve.h - what an emulated trial measures, step by step: a function of
 * its rule, its point and the seed.
 */
#ifndef ENGINE_EMULATE_EMULATED_CURVE_H
#define ENGINE_EMULATE_EMULATED_CURVE_H

#include "engine/emulate/emulation_script.h"
#include "engine/spec/job_spec.h"

/* All borrowed. */
struct emulated_trial {
    const struct trial_rule *rule;
    const struct study_spec *study;
    const double *point;
    uint64_t seed; /* of the noise, with the next two */
    int64_t trial; /* unique in the folder */
    int attempt;
};

/*
 * Where the rule has a table, the row that fits is what is measured; else its first objective for
 * the metric; without either, a sphere. A list in a table is measured as it stands. Anything else
 * is where the curve ends: the way there starts one worse, or where the rule says, and is quadratic
 * in the steps that are left.
 *
 * A list of steps * metric_count values, NaN where nothing is reported; the caller frees it. NULL
 * for lack of memory.
 */
double *emulated_curve(const struct emulated_trial *trial, int64_t *steps);

/*
 * A test function of at most param_count coordinates (those of inactive parameters, NaN, are left
 * out), to be minimised. raw: of the numbers in the point, categories by their index; else of the
 * unit cube, stretched to where the function is usually looked at:
 *
 *   sphere      sum of x^2, x from -3 to 7; best at 0.3 of each range
 *   rastrigin   10 n + sum of x^2 - 10 cos(2 pi x), x from -3 to 7; best at 0.3
 *   rosenbrock  sum of 100 (y - x^2)^2 + (1 - x)^2 over neighbours, -2 to 2; best at 0.75
 *   branin      of the first two, x from -5 to 10, y from 0 to 15; three best points, 0.3979
 *               (L. C. W. Dixon, G. P. Szego, 1978)
 */
double emulated_function(enum objective_function function, bool is_raw,
                         const struct search_space *space, const double *point);

#endif
