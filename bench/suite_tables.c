#include "bench/suite_tables.h"

#include "bench/table.h"

#include <dirent.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { QUICK_SHARE = 4 };

/* One table, seen with its parameters and categories in another order. */
struct tabulated {
    struct table *table;              /* owned */
    const struct search_space *space; /* the problem's */
    size_t order[TABLE_PARAMS_MAX];   /* of the parameters: which one of the table is the i-th */
    size_t strides[TABLE_PARAMS_MAX]; /* cells from one value of the i-th to its next */
    size_t *labels[TABLE_PARAMS_MAX]; /* owned; of the i-th, where CATEGORICAL: which one of the
                                         table is its k-th category */
};

static void tabulated_free(struct tabulated *tabulated)
{
    if (!tabulated)
        return;
    for (size_t i = 0; i < TABLE_PARAMS_MAX; i++)
        free(tabulated->labels[i]);
    table_free(tabulated->table);
    free(tabulated);
}

static void tabulated_release(void *state)
{
    tabulated_free(state);
}

/* Which of the values of the i-th parameter's list in the table is this one? */
static size_t value_place(const struct tabulated *tabulated, size_t i, double value)
{
    const struct param_spec *param = &tabulated->space->params[i];

    if (param->type == PARAM_INTEGER)
        return (size_t)(value - param->min);
    if (param->type == PARAM_CATEGORICAL)
        return tabulated->labels[i][(size_t)value];
    return param_spec_nearest(param, value);
}

static void tabulated_evaluate(const void *state, const double *point, uint64_t draw,
                               struct problem_outcome *outcome)
{
    const struct tabulated *tabulated = state;
    size_t cell = 0;

    (void)draw; /* a table has no noise */
    for (size_t i = 0; i < tabulated->table->param_count; i++)
        cell += tabulated->strides[i] * value_place(tabulated, i, point[i]);
    outcome->value = outcome->truth = tabulated->table->cells[cell];
    outcome->is_infeasible = isnan(outcome->truth);
}

static const struct problem_ops tabulated_ops = { .evaluate = tabulated_evaluate,
                                                  .release = tabulated_release };

/* Fisher and Yates; use keeps several shuffles of one seed apart. */
static void shuffle(size_t *items, size_t count, uint64_t seed, uint64_t use)
{
    for (size_t i = 0; i < count; i++)
        items[i] = i;
    for (size_t i = count; i > 1; i--) {
        size_t j = chance_below(seed, CHANCE_SHAPE, use, (uint32_t)i, i);
        size_t held = items[i - 1];

        items[i - 1] = items[j];
        items[j] = held;
    }
}

static bool set_orders(struct tabulated *tabulated, uint64_t seed)
{
    const struct table *table = tabulated->table;
    size_t strides[TABLE_PARAMS_MAX];
    size_t stride = 1;

    for (size_t i = table->param_count; i-- > 0;) {
        strides[i] = stride;
        stride *= table_value_count(&table->params[i]);
    }
    shuffle(tabulated->order, table->param_count, seed, 0);
    for (size_t i = 0; i < table->param_count; i++) {
        const struct param_spec *param = &table->params[tabulated->order[i]];

        tabulated->strides[i] = strides[tabulated->order[i]];
        if (param->type != PARAM_CATEGORICAL)
            continue;
        tabulated->labels[i] = calloc(param->value_count, sizeof *tabulated->labels[i]);
        if (!tabulated->labels[i])
            return false;
        shuffle(tabulated->labels[i], param->value_count, seed, 1 + i);
    }
    return true;
}

static bool copy_values(const struct param_spec *from, const size_t *labels, struct param_spec *to)
{
    if (from->type == PARAM_DISCRETE) {
        to->numbers = malloc(from->value_count * sizeof *to->numbers);
        if (!to->numbers)
            return false;
        memcpy(to->numbers, from->numbers, from->value_count * sizeof *to->numbers);
        to->value_count = from->value_count;
    } else if (from->type == PARAM_CATEGORICAL) {
        to->categories = calloc(from->value_count, sizeof(char *));
        for (size_t k = 0; to->categories && k < from->value_count; k++) {
            to->categories[k] = strdup(from->categories[labels[k]]);
            if (!to->categories[k])
                return false;
            to->value_count++;
        }
        return to->categories != NULL;
    }
    return true;
}

static bool add_param(struct search_space *space, const struct param_spec *from,
                      const size_t *labels)
{
    struct param_spec spec = { .id = strdup(from->id),
                               .field = strdup(from->field),
                               .type = from->type,
                               .scale = from->scale,
                               .min = from->min,
                               .max = from->max,
                               .parent = PARAM_NO_PARENT };

    if (spec.id && spec.field && copy_values(from, labels, &spec))
        return search_space_add(space, &spec) >= 0;
    param_spec_clear(&spec);
    return false;
}

static struct search_space *tabulated_space(const struct tabulated *tabulated,
                                            struct assay_error *err)
{
    const struct table *table = tabulated->table;
    struct search_space *space = search_space_new();
    struct assay_faults faults = { 0 };
    bool is_ok = space != NULL;

    for (size_t i = 0; is_ok && i < table->param_count; i++)
        is_ok = add_param(space, &table->params[tabulated->order[i]], tabulated->labels[i]);
    if (!is_ok) {
        (void)assay_fail_memory(err);
    } else {
        search_space_check(space, &faults);
        is_ok = assay_faults_check(&faults, err) || assay_error_add(err, "table %s", table->name);
        assay_faults_clear(&faults);
    }
    if (is_ok)
        return space;
    search_space_free(space);
    return NULL;
}

/* The point of a cell. */
static void set_point(const struct tabulated *tabulated, size_t cell, double *point)
{
    for (size_t i = 0; i < tabulated->table->param_count; i++) {
        const struct param_spec *param = &tabulated->space->params[i];
        size_t place = cell / tabulated->strides[i] % table_value_count(param);

        point[i] = param->min + (double)place;
        if (param->type == PARAM_DISCRETE)
            point[i] = param->numbers[place];
        for (size_t k = 0; param->type == PARAM_CATEGORICAL && k < param->value_count; k++)
            if (tabulated->labels[i][k] == place)
                point[i] = (double)k;
    }
}

/* The least cell and the median of those that do not fail. */
static bool summarize(const struct table *table, size_t *least, double *typical,
                      struct assay_error *err)
{
    double *values = calloc(table->cell_count, sizeof *values);
    size_t count = 0;

    if (!values)
        return assay_fail_memory(err);
    for (size_t i = 0; i < table->cell_count; i++)
        if (!isnan(table->cells[i])) {
            if (count == 0 || table->cells[i] < table->cells[*least])
                *least = i;
            values[count++] = table->cells[i];
        }
    sort_numbers(values, count);
    if (count > 0)
        *typical = values[count / 2];
    free(values);
    if (count == 0 || !(*typical > table->cells[*least]))
        return assay_fail(err, ASSAY_INVALID, NULL, "table %s: no cell is better than the median",
                          table->name);
    return true;
}

/* Takes table. NULL and *err on failure. */
static struct problem *tabulated_problem(struct table *table, unsigned instance,
                                         struct assay_error *err)
{
    struct tabulated *tabulated = calloc(1, sizeof *tabulated);
    char name[64];
    double best[TABLE_PARAMS_MAX];
    double typical = 0;
    size_t least = 0;
    struct problem_parts parts = { .suite = "S4",
                                   .name = name,
                                   .family = table->name,
                                   .instance = instance,
                                   .best = best,
                                   .typical = &typical,
                                   .ops = &tabulated_ops,
                                   .state = tabulated };
    struct problem *problem = NULL;

    if (!tabulated) {
        table_free(table);
        (void)assay_fail_memory(err);
        return NULL;
    }
    tabulated->table = table;
    if (!summarize(table, &least, &typical, err))
        goto fail;
    (void)snprintf(name, sizeof name, "%s-i%02u", table->name, instance);
    if (!set_orders(tabulated, chance_seed(table->name, instance))) {
        (void)assay_fail_memory(err);
        goto fail;
    }
    parts.space = tabulated_space(tabulated, err);
    if (!parts.space)
        goto fail;
    tabulated->space = parts.space;
    set_point(tabulated, least, best);
    parts.optimum = table->cells[least];
    problem = problem_new(&parts);
    if (!problem)
        (void)assay_fail_memory(err);
    return problem;
fail:
    tabulated_free(tabulated);
    return NULL;
}

static int is_table(const struct dirent *entry)
{
    const char *dot = strrchr(entry->d_name, '.');

    return dot && strcmp(dot, ".table") == 0;
}

static int compare_names(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

/* Instances of one file that the query asks for; *split_counts counts the tables of each split. */
static bool append_table(const struct suite_query *query, const char *file, size_t split_counts[2],
                         struct problem_list *list, struct assay_error *err)
{
    char path[4096];
    struct table *first = NULL;
    bool is_held_out = false;

    (void)snprintf(path, sizeof path, "%s/%s", query->tables, file);
    first = table_read(path, err);
    if (!first)
        return false;
    is_held_out = first->is_held_out;
    table_free(first);
    if (split_counts[is_held_out]++ % QUICK_SHARE != 0 && query->is_quick)
        return true;
    for (unsigned i = query->first_instance; i <= query->last_instance; i++) {
        struct table *table = NULL;
        struct problem *problem = NULL;

        if ((i > PROBLEM_DEVELOPMENT_LAST) != is_held_out)
            continue;
        /* Read again: a problem owns what it is made of, and a table is read in a millisecond. */
        table = table_read(path, err);
        problem = table ? tabulated_problem(table, i, err) : NULL;
        if (!problem || !problem_list_add(list, problem, err))
            return false;
    }
    return true;
}

bool suite_tables_append(const struct suite_query *query, struct problem_list *list,
                         struct assay_error *err)
{
    struct dirent **files = NULL;
    size_t split_counts[2] = { 0 };
    int count = 0;
    bool is_ok = true;

    if (!query->tables)
        return assay_fail(err, ASSAY_INVALID, NULL, "the folder of the tables is not given");
    count = scandir(query->tables, &files, is_table, compare_names);
    if (count < 0)
        return assay_fail_errno(err, errno, "%s", query->tables);
    for (int i = 0; i < count; i++) {
        is_ok = is_ok && append_table(query, files[i]->d_name, split_counts, list, err);
        free(files[i]);
    }
    free(files);
    return is_ok;
}
