#include "engine/emulate/emulated_curve.h"

#include "tests/unit/spec/support.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define STUDY_OF(metrics, parameters)                                                              \
    RUN "studySpec: {metrics: " metrics ", parameters: " parameters "}\n"
#define LOSS "[{metricId: loss, goal: MINIMIZE}]"
#define TWO                                                                                        \
    "[{parameterId: x, doubleValueSpec: {minValue: 10, maxValue: 20}}, "                           \
    "{parameterId: y, doubleValueSpec: {minValue: -1, maxValue: 1}}]"
#define MIXED                                                                                      \
    "[{parameterId: c, categoricalValueSpec: {values: [a, b, d]}}, "                               \
    "{parameterId: n, integerValueSpec: {minValue: 1, maxValue: 9}}, "                             \
    "{parameterId: s, discreteValueSpec: {values: [1, 4, 16]}}]"

/* A study, a script whose first rule for trials counts, and what they give for a point. */
struct given {
    struct job_spec *job;
    struct emulation_script *script;
    struct emulated_trial trial;
};

static struct given given_of(const char *study, const char *rule)
{
    struct assay_faults faults = { 0 };
    struct assay_error err = { 0 };
    char text[2000];
    struct given given = { .job = job_of(study) };

    (void)snprintf(text, sizeof text, "trials: [%s]", rule);
    given.script = emulation_script_read(text, strlen(text), &faults, &err);
    cr_assert(given.script != NULL, "%s", err.message);
    given.trial = (struct emulated_trial){ .rule = &given.script->trials[0],
                                           .study = &given.job->study,
                                           .seed = 1,
                                           .trial = 1,
                                           .attempt = 1 };
    return given;
}

static void given_clear(struct given *given)
{
    job_spec_free(given->job);
    emulation_script_free(given->script);
}

/* The caller frees it. */
static double *curve_at(struct given *given, const double *point, int64_t steps)
{
    int64_t found = 0;
    double *values = NULL;

    given->trial.point = point;
    values = emulated_curve(&given->trial, &found);
    cr_assert(values != NULL);
    cr_assert(eq(i64, found, steps));
    return values;
}

static double value_at(struct given *given, const double *point)
{
    double *values = curve_at(given, point, 1);
    double value = values[0];

    free(values);
    return value;
}

static bool near(double a, double b)
{
    return fabs(a - b) < 1e-9;
}

Test(emulated_curve, functions_have_their_known_values)
{
    struct job_spec *job = job_of(STUDY_OF(LOSS, TWO));
    const struct search_space *space = job->study.space;
    static const double pi = 3.14159265358979323846;
    const double best_sphere[] = { 13, -0.4 };
    const double best_rosenbrock[] = { 17.5, 0.5 };
    const double branins[][2] = { { -pi, 12.275 }, { pi, 2.275 }, { 9.42478, 2.475 } };
    const double zero[] = { 0, 0 };
    const double one[] = { 1, 2 };

    cr_expect(near(emulated_function(OBJECTIVE_SPHERE, false, space, best_sphere), 0));
    cr_expect(near(emulated_function(OBJECTIVE_RASTRIGIN, false, space, best_sphere), 0));
    cr_expect(near(emulated_function(OBJECTIVE_ROSENBROCK, false, space, best_rosenbrock), 0));
    cr_expect(near(emulated_function(OBJECTIVE_SPHERE, true, space, one), 5));
    cr_expect(near(emulated_function(OBJECTIVE_ROSENBROCK, true, space, one), 100));
    cr_expect(near(emulated_function(OBJECTIVE_ROSENBROCK, true, space, zero), 1));
    cr_expect(near(emulated_function(OBJECTIVE_RASTRIGIN, true, space, one), 5));
    for (size_t i = 0; i < 3; i++) {
        const double scaled[] = { 10 + (branins[i][0] + 5) / 15 * 10, branins[i][1] / 15 * 2 - 1 };

        cr_expect(fabs(emulated_function(OBJECTIVE_BRANIN, true, space, branins[i]) - 0.397887) <
                  1e-5);
        cr_expect(fabs(emulated_function(OBJECTIVE_BRANIN, false, space, scaled) - 0.397887) <
                  1e-5);
    }
    job_spec_free(job);
}

Test(emulated_curve, an_inactive_parameter_is_left_out)
{
    struct job_spec *job = job_of(STUDY_OF(LOSS, TWO));
    const double point[] = { (double)NAN, 2 };

    cr_expect(near(emulated_function(OBJECTIVE_SPHERE, true, job->study.space, point), 4));
    cr_expect(near(emulated_function(OBJECTIVE_ROSENBROCK, true, job->study.space, point), 1));
    job_spec_free(job);
}

Test(emulated_curve, the_first_objective_for_a_metric_counts_and_goals_are_heeded)
{
    struct given given = given_of(
        STUDY_OF("[{metricId: loss, goal: MINIMIZE}, {metricId: acc}, {metricId: none}]", TWO),
        "{objectives: [{metric: a*, function: sphere, raw: true}, {metric: loss, function: "
        "constant, value: 5}]}");
    const double point[] = { 1, 2 };
    double *values = curve_at(&given, point, 1);

    cr_expect(near(values[0], 5));
    cr_expect(near(values[1], -5)); /* to be maximised */
    cr_expect(isnan(values[2]));
    free(values);
    given_clear(&given);
}

Test(emulated_curve, a_rule_without_objectives_is_a_sphere)
{
    struct given given = given_of(STUDY_OF(LOSS, TWO), "{}");
    const double point[] = { 13, -0.4 };

    cr_expect(near(value_at(&given, point), 0));
    given_clear(&given);
}

Test(emulated_curve, the_way_is_quadratic_in_the_steps_that_are_left)
{
    struct given given = given_of(STUDY_OF(LOSS, TWO),
                                  "{steps: 4, objectives: [{function: constant, value: 1, start: "
                                  "17}]}");
    struct given plain = given_of(STUDY_OF("[{metricId: acc}]", TWO),
                                  "{steps: 2, objectives: [{function: constant, value: 1}]}");
    const double point[] = { 13, 0 };
    double *values = curve_at(&given, point, 4);
    double *worse = curve_at(&plain, point, 2);

    cr_expect(near(values[0], 10) && near(values[1], 5) && near(values[2], 2) &&
              near(values[3], 1));
    cr_expect(near(worse[0], 0.75) && near(worse[1], 1)); /* from 0: one worse */
    free(values);
    free(worse);
    given_clear(&given);
    given_clear(&plain);
}

Test(emulated_curve, noise_depends_on_seed_trial_attempt_and_step_alone)
{
    struct given given = given_of(STUDY_OF(LOSS, TWO),
                                  "{steps: 200, objectives: [{function: constant, value: 3, start: "
                                  "3, noise: 2}]}");
    const double point[] = { 13, 0 };
    double *first = curve_at(&given, point, 200);
    double *again = curve_at(&given, point, 200);
    double mean = 0;
    double square = 0;

    cr_expect(memcmp(first, again, 200 * sizeof *first) == 0);
    for (int i = 0; i < 200; i++) {
        mean += (first[i] - 3) / 200;
        square += (first[i] - 3) * (first[i] - 3) / 200;
    }
    /* Five standard errors: a false alarm in a million seeds, and this one is fixed. */
    cr_expect(fabs(mean) < 5 * 2 / sqrt(200) && fabs(square - 4) < 5 * 4 * sqrt(2.0 / 200));
    for (int i = 0; i < 3; i++) {
        given.trial.seed = i == 0 ? 2 : 1;
        given.trial.trial = i == 1 ? 2 : 1;
        given.trial.attempt = i == 2 ? 2 : 1;
        free(again);
        again = curve_at(&given, point, 200);
        cr_expect(first[0] != again[0] && first[199] != again[199], "%d", i);
    }
    free(first);
    free(again);
    given_clear(&given);
}

Test(emulated_curve, an_exact_table_knows_its_points_only)
{
    struct given given = given_of(STUDY_OF(LOSS, MIXED),
                                  "{table: {rows: [{parameters: {c: b, n: 3, s: '4'}, metrics: "
                                  "{loss: 1}}, {parameters: {c: d}, metrics: {loss: 2}}]}}");
    const double known[] = { 1, 3, 4 };
    const double other[] = { 1, 4, 4 };
    const double any[] = { 2, 9, 16 };

    cr_expect(near(value_at(&given, known), 1));
    cr_expect(isnan(value_at(&given, other)));
    cr_expect(near(value_at(&given, any), 2));
    given_clear(&given);
}

Test(emulated_curve, a_text_that_is_no_number_of_a_document_is_none_of_a_table)
{
    static const char *const texts[] = { "0x3", " 3", "3 ", "", "inf", "nan", "1e999" };
    const double point[] = { 1, 3, 4 };
    char script[128];

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct given given;

        (void)snprintf(script, sizeof script,
                       "{table: {rows: [{parameters: {n: '%s'}, metrics: {loss: 1}}]}}", texts[i]);
        given = given_of(STUDY_OF(LOSS, MIXED), script);
        cr_expect(isnan(value_at(&given, point)), "\"%s\"", texts[i]);
        given_clear(&given);
    }
}

Test(emulated_curve, the_nearest_row_is_found_in_the_unit_cube)
{
    struct given given = given_of(
        STUDY_OF(LOSS, MIXED),
        "{table: {lookup: NEAREST, rows: [{parameters: {c: a, n: 1}, metrics: {loss: 1}}, "
        "{parameters: {c: a, n: 9}, metrics: {loss: 2}}, {parameters: {c: b, n: 100}, metrics: "
        "{loss: 3}}, {parameters: {c: zebra}, metrics: {loss: 4}}]}}");
    const double low[] = { 0, 4, 1 };
    const double high[] = { 0, 6, 1 };
    const double tie[] = { 0, 5, 1 };
    const double other[] = { 1, 1, 1 };

    cr_expect(near(value_at(&given, low), 1));
    cr_expect(near(value_at(&given, high), 2));
    cr_expect(near(value_at(&given, tie), 1));   /* the first */
    cr_expect(near(value_at(&given, other), 3)); /* a category is a whole side away */
    given_clear(&given);
}

Test(emulated_curve, a_recorded_list_is_measured_as_it_stands)
{
    struct given given = given_of(
        STUDY_OF("[{metricId: loss, goal: MINIMIZE}, {metricId: acc}, {metricId: more}]", TWO),
        "{steps: 7, table: {rows: [{metrics: {loss: [3, 2, 1], acc: [0.5], more: 9}}]}}");
    const double point[] = { 13, 0 };
    double *values = curve_at(&given, point, 3);

    cr_expect(near(values[0], 3) && near(values[3], 2) && near(values[6], 1));
    cr_expect(near(values[1], 0.5) && isnan(values[4]) && isnan(values[7]));
    cr_expect(near(values[8], 9));
    free(values);
    given_clear(&given);
}
