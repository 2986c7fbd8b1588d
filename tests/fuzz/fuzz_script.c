/*
 * A script of emulate mode: it is refused with faults, or every number that its trials measure is
 * one, at points of all kinds of parameters.
 */
#include "engine/emulate/emulated_curve.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static double numbers[] = { 1, 4, 16 };
static char a_word[] = "a";
static char b_word[] = "b";
static char *words[] = { a_word, b_word };
static char c_id[] = "c", n_id[] = "n", s_id[] = "s", x_id[] = "x", l_id[] = "l", m_id[] = "m";
static struct param_spec params[] = {
    { .id = x_id, .type = PARAM_DOUBLE, .max = 1, .parent = PARAM_NO_PARENT },
    { .id = n_id, .type = PARAM_INTEGER, .min = 1, .max = 9, .parent = PARAM_NO_PARENT },
    { .id = c_id, .type = PARAM_CATEGORICAL, .value_count = 2, .categories = words, .parent = -1 },
    { .id = s_id, .type = PARAM_DISCRETE, .value_count = 3, .numbers = numbers, .parent = -1 },
};
static struct search_space space = { .param_count = 4, .params = params };
static struct metric_spec metrics[] = { { .id = l_id, .goal = GOAL_MINIMIZE }, { .id = m_id } };

static void measure(const struct trial_rule *rule)
{
    static const double points[][4] = { { 0, 1, 0, 1 },
                                        { 0.5, 9, 1, 16 },
                                        { (double)NAN, (double)NAN, (double)NAN, (double)NAN } };
    struct study_spec study = { .metrics = metrics, .metric_count = 2, .space = &space };

    for (size_t i = 0; i < sizeof points / sizeof points[0]; i++) {
        struct emulated_trial trial = { rule, &study, points[i], i, 1, 1 };
        int64_t steps = 0;
        double *values = emulated_curve(&trial, &steps);

        if (!values || steps < 1 || steps > SCRIPT_STEPS_MAX)
            abort();
        free(values);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct assay_faults faults = { 0 };
    struct assay_error err = { 0 };
    struct emulation_script *script =
        emulation_script_read((const char *)data, size, &faults, &err);

    if (!script && err.code != ASSAY_INVALID)
        abort();
    for (size_t i = 0; script && i < script->trial_count; i++)
        measure(&script->trials[i]);
    emulation_script_free(script);
    assay_faults_clear(&faults);
    return 0;
}
