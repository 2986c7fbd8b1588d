#include "engine/emulate/emulated_curve.h"

#include "assay/value.h"
#include "search/random.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A number in a document and one of a point are the same up to the last digits of their texts. */
#define SAME_NUMBER 1e-9

/* Coordinates of one point, in the order of the parameters that are active. */
struct coordinates {
    const struct search_space *space;
    const double *point;
    bool is_raw;
    double low, high; /* what the unit interval is stretched to */
    size_t next;
};

static bool next_coordinate(struct coordinates *c, double *x)
{
    while (c->next < c->space->param_count) {
        size_t i = c->next++;

        if (isnan(c->point[i]))
            continue;
        *x = c->is_raw ? c->point[i]
                       : c->low + (c->high - c->low) *
                                      param_spec_encode(&c->space->params[i], c->point[i]);
        return true;
    }
    return false;
}

static double sphere(struct coordinates *c)
{
    double sum = 0;
    double x = 0;

    while (next_coordinate(c, &x))
        sum += x * x;
    return sum;
}

static double rastrigin(struct coordinates *c)
{
    double sum = 0;
    double x = 0;

    while (next_coordinate(c, &x))
        sum += 10 + x * x - 10 * cos(2 * acos(-1.0) * x);
    return sum;
}

static double rosenbrock(struct coordinates *c)
{
    double sum = 0;
    double x = 0;
    double y = 0;
    bool has_one = next_coordinate(c, &x);
    bool has_two = has_one && next_coordinate(c, &y);

    if (has_one && !has_two)
        return (1 - x) * (1 - x);
    for (; has_two; has_two = next_coordinate(c, &y)) {
        sum += 100 * (y - x * x) * (y - x * x) + (1 - x) * (1 - x);
        x = y;
    }
    return sum;
}

/* Of fewer than two parameters, the rest is in the middle of its range. */
static double branin(struct coordinates *c)
{
    double pi = acos(-1.0);
    double x = 2.5;
    double y = 7.5;
    double a = 0;

    c->low = -5;
    c->high = 10;
    if (next_coordinate(c, &x)) {
        c->low = 0;
        c->high = 15;
        (void)next_coordinate(c, &y);
    }
    a = y - 5.1 / (4 * pi * pi) * x * x + 5 / pi * x - 6;
    return a * a + 10 * (1 - 1 / (8 * pi)) * cos(x) + 10;
}

double emulated_function(enum objective_function function, bool is_raw,
                         const struct search_space *space, const double *point)
{
    struct coordinates c = { .space = space, .point = point, .is_raw = is_raw };

    c.low = function == OBJECTIVE_ROSENBROCK ? -2 : -3;
    c.high = function == OBJECTIVE_ROSENBROCK ? 2 : 7;
    switch (function) {
    case OBJECTIVE_BRANIN:
        return branin(&c);
    case OBJECTIVE_ROSENBROCK:
        return rosenbrock(&c);
    case OBJECTIVE_RASTRIGIN:
        return rastrigin(&c);
    case OBJECTIVE_SPHERE:
    case OBJECTIVE_CONSTANT:
    case OBJECTIVE_NONE:
        break;
    }
    return sphere(&c);
}

/* The recorded value in the unit interval; NaN for one that the parameter does not have. */
static double recorded_unit(const struct param_spec *spec, const cJSON *node)
{
    double number = cJSON_IsNumber(node) ? node->valuedouble : (double)NAN;

    if (spec->type == PARAM_CATEGORICAL) {
        for (size_t i = 0; cJSON_IsString(node) && i < spec->value_count; i++)
            if (strcmp(spec->categories[i], node->valuestring) == 0)
                return param_spec_encode(spec, (double)i);
        return (double)NAN;
    }
    if (cJSON_IsString(node) && !assay_number_parse(node->valuestring, &number))
        return (double)NAN;
    if (!isfinite(number))
        return (double)NAN;
    if (spec->type == PARAM_DISCRETE)
        number = spec->numbers[param_spec_nearest(spec, number)];
    if (number < spec->min && spec->type != PARAM_DISCRETE)
        number = spec->min;
    if (number > spec->max && spec->type != PARAM_DISCRETE)
        number = spec->max;
    return param_spec_encode(spec, number);
}

/* Squared, in the unit cube; a parameter that the row does not mention may have any value, one that
 * cannot be compared is a whole side away. */
static double distance(const struct emulated_trial *trial, const struct table_row *row)
{
    const struct search_space *space = trial->study->space;
    double sum = 0;

    for (size_t i = 0; i < space->param_count && row->parameters; i++) {
        const struct param_spec *spec = &space->params[i];
        const cJSON *node = json_get(row->parameters, spec->id);
        double unit = 0;

        if (!node)
            continue;
        unit = isnan(trial->point[i]) ? (double)NAN : recorded_unit(spec, node);
        unit -= isnan(unit) ? 0 : param_spec_encode(spec, trial->point[i]);
        if (spec->type == PARAM_CATEGORICAL && fabs(unit) > SAME_NUMBER)
            unit = 1;
        sum += isnan(unit) ? 1 : unit * unit;
    }
    return sum;
}

static const struct table_row *find_row(const struct emulated_trial *trial)
{
    const struct recorded_table *table = &trial->rule->table;
    const struct table_row *nearest = NULL;
    double least = (double)INFINITY;

    for (size_t i = 0; i < table->row_count; i++) {
        double d = distance(trial, &table->rows[i]);

        if (d < least) {
            least = d;
            nearest = &table->rows[i];
        }
    }
    return table->lookup == LOOKUP_NEAREST || least <= SAME_NUMBER * SAME_NUMBER ? nearest : NULL;
}

static const struct objective_rule *find_objective(const struct trial_rule *rule,
                                                   const char *metric)
{
    static const struct objective_rule plain = { .function = OBJECTIVE_SPHERE };
    static const struct objective_rule none = { .function = OBJECTIVE_NONE };

    for (size_t i = 0; i < rule->objective_count; i++)
        if (emulation_script_is_match(rule->objectives[i].metric, metric))
            return &rule->objectives[i];
    return rule->objective_count || rule->has_table ? &none : &plain;
}

/* The functions are made to be minimised. */
static double final_value(const struct emulated_trial *trial, const struct objective_rule *rule,
                          enum goal goal)
{
    double value = 0;

    if (rule->function == OBJECTIVE_CONSTANT)
        return rule->value;
    value = emulated_function(rule->function, rule->is_raw, trial->study->space, trial->point);
    return goal == GOAL_MAXIMIZE ? -value : value;
}

/* One metric's column. */
struct column {
    double *values; /* of the first step */
    size_t stride;
    int64_t steps;
};

static void fill_list(const struct column *column, const cJSON *list)
{
    int64_t step = 0;
    const cJSON *item = NULL;

    cJSON_ArrayForEach(item, list) column->values[(size_t)step++ * column->stride] =
        item->valuedouble;
}

static void fill_way(const struct column *column, double start, double end)
{
    for (int64_t i = 0; i < column->steps; i++) {
        double left = (double)(column->steps - 1 - i) / (double)column->steps;

        column->values[(size_t)i * column->stride] = end + (start - end) * left * left;
    }
}

static void add_noise(const struct emulated_trial *trial, const struct column *column, double noise,
                      size_t metric)
{
    /* An odd factor keeps attempts apart. */
    struct random_stream stream = { .seed = trial->seed +
                                            (uint64_t)trial->attempt * UINT64_C(0x9e3779b97f4a7c15),
                                    .trial = (uint64_t)trial->trial,
                                    .purpose = RANDOM_EMULATION };

    for (int64_t i = 0; noise > 0 && i < column->steps; i++)
        column->values[(size_t)i * column->stride] +=
            noise *
            random_normal(&stream, (uint32_t)((size_t)i * trial->study->metric_count + metric));
}

static void fill_column(const struct emulated_trial *trial, const struct table_row *row,
                        size_t metric, const struct column *column)
{
    const struct metric_spec *spec = &trial->study->metrics[metric];
    const cJSON *recorded = row ? json_get(row->metrics, spec->id) : NULL;
    const struct objective_rule *rule = find_objective(trial->rule, spec->id);
    double worse = spec->goal == GOAL_MAXIMIZE ? -1 : 1;
    double end = 0;

    if (cJSON_IsArray(recorded)) {
        fill_list(column, recorded);
        return;
    }
    if (!recorded && rule->function == OBJECTIVE_NONE)
        return;
    end = recorded ? recorded->valuedouble : final_value(trial, rule, spec->goal);
    fill_way(column, rule->has_start ? rule->start : end + worse, end);
    add_noise(trial, column, rule->noise, metric);
}

/* As many as the longest list that was recorded has; else what the rule says. */
static int64_t count_steps(const struct emulated_trial *trial, const struct table_row *row)
{
    const cJSON *metrics = row ? row->metrics : NULL;
    const cJSON *member = NULL;
    int64_t longest = 0;

    cJSON_ArrayForEach(member, metrics)
    {
        if (cJSON_IsArray(member) && cJSON_GetArraySize(member) > longest)
            longest = cJSON_GetArraySize(member);
    }
    return longest ? longest : trial->rule->steps;
}

double *emulated_curve(const struct emulated_trial *trial, int64_t *steps)
{
    size_t metrics = trial->study->metric_count;
    const struct table_row *row = metrics && trial->rule->has_table ? find_row(trial) : NULL;
    size_t count = 0;
    double *values = NULL;

    *steps = count_steps(trial, row);
    count = (size_t)*steps * metrics;
    values = malloc((count + 1) * sizeof *values);
    for (size_t i = 0; values && i < count; i++)
        values[i] = (double)NAN;
    for (size_t i = 0; values && i < metrics; i++)
        fill_column(trial, row, i,
                    &(struct column){ .values = values + i, .stride = metrics, .steps = *steps });
    return values;
}
