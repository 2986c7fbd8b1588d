#include "bench/suite_tables.h"

#include "bench/table.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <ftw.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char folder[] = "/tmp/assay-tables-XXXXXX";

/* Allocations until all fail; negative: none does. */
static int successes_left = -1;
static bool has_failed;

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *memory, size_t size);
char *__real_strdup(const char *text);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *memory, size_t size);
char *__wrap_strdup(const char *text);

static bool fails(void)
{
    if (successes_left < 0)
        return false;
    if (successes_left == 0)
        return has_failed = true;
    successes_left--;
    return false;
}

void *__wrap_malloc(size_t size)
{
    return fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return fails() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *memory, size_t size)
{
    return fails() ? NULL : __real_realloc(memory, size);
}

char *__wrap_strdup(const char *text)
{
    return fails() ? NULL : __real_strdup(text);
}

static void make_folder(void)
{
    cr_assert(mkdtemp(folder) != NULL);
}

static int remove_entry(const char *path, const struct stat *status, int kind, struct FTW *place)
{
    (void)status;
    (void)kind;
    (void)place;
    return remove(path);
}

static void remove_folder(void)
{
    (void)nftw(folder, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

TestSuite(suite_tables, .init = make_folder, .fini = remove_folder);

static void write_table(const char *name, const char *text)
{
    char path[256];
    FILE *file = NULL;

    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    file = fopen(path, "w");
    cr_assert(file != NULL);
    cr_assert(fputs(text, file) >= 0);
    cr_assert(eq(int, fclose(file), 0));
}

/* 3 x 2 x 3 cells; a cell is 100 kernel + 10 (C - 1) + the place of gamma; the first one failed. */
static void write_coded(const char *name, const char *split)
{
    char text[2048];
    int length = snprintf(text, sizeof text,
                          "table %s\nsplit %s\nloss error rate\n"
                          "parameter kernel CATEGORICAL - rbf poly sigmoid\n"
                          "parameter C INTEGER log 1 2\n"
                          "parameter gamma DISCRETE log 0.01 0.1 1\n"
                          "cells 18\ninfeasible\n",
                          name, split);
    char file[64];

    for (int i = 1; i < 18; i++)
        length += snprintf(text + length, sizeof text - (size_t)length, "%d\n",
                           i / 6 * 100 + i / 3 % 2 * 10 + i % 3);
    (void)snprintf(file, sizeof file, "%s.table", name);
    write_table(file, text);
}

static bool append(struct problem_list *list, unsigned first, unsigned last, bool is_quick,
                   const char *tables, struct assay_error *err)
{
    struct suite_query query = { .suite = "S4",
                                 .first_instance = first,
                                 .last_instance = last,
                                 .is_quick = is_quick,
                                 .tables = tables };

    return suite_tables_append(&query, list, err);
}

static struct problem_list tables_of(unsigned first, unsigned last, const char *tables)
{
    struct problem_list list = { 0 };
    struct assay_error err = { 0 };

    cr_assert(append(&list, first, last, false, tables, &err), "%s", err.message);
    return list;
}

/* What the coded table says of a point, found by names and not by places. */
static double expected_cell(const struct search_space *space, const double *point)
{
    double cell = 0;

    for (size_t i = 0; i < space->param_count; i++) {
        const struct param_spec *param = &space->params[i];

        if (param->type == PARAM_INTEGER)
            cell += 10 * (point[i] - 1);
        else if (param->type == PARAM_DISCRETE)
            cell += round(log10(point[i])) + 2;
        else if (strcmp(param->categories[(size_t)point[i]], "poly") == 0)
            cell += 100;
        else if (strcmp(param->categories[(size_t)point[i]], "sigmoid") == 0)
            cell += 200;
    }
    return cell;
}

Test(suite_tables, a_point_has_the_loss_of_its_cell_in_whatever_order_an_instance_shows_it)
{
    struct problem_list list = { 0 };

    write_coded("coded", "development");
    list = tables_of(1, 5, folder);
    cr_assert(eq(sz, list.count, 5));
    for (size_t p = 0; p < list.count; p++)
        for (int corner = 0; corner < 18; corner++) {
            const struct problem *problem = list.items[p];
            double point[3] = { corner / 6 / 3.0 + 0.1, corner / 3 % 2 / 2.0 + 0.1,
                                corner % 3 / 3.0 + 0.1 };
            struct problem_outcome outcome = { 0 };
            double expected = 0;

            search_space_decode(problem->space, point, point);
            expected = expected_cell(problem->space, point);
            problem->ops->evaluate(problem->state, point, 1, &outcome);
            cr_assert(eq(int, outcome.is_infeasible, expected < 0.5));
            cr_assert(expected < 0.5 || fabs(outcome.truth - expected) < 1e-9);
            cr_assert(expected < 0.5 || outcome.value <= outcome.truth);
        }
    problem_list_clear(&list);
}

Test(suite_tables, the_optimum_is_the_least_cell_that_did_not_fail_and_the_typical_the_median)
{
    struct problem_list list = { 0 };

    write_coded("coded", "development");
    list = tables_of(2, 2, folder);
    cr_assert(ieee_ulp_eq(dbl, list.items[0]->optimum, 1, 0));
    cr_assert(ieee_ulp_eq(dbl, list.items[0]->typical, 110, 0)); /* the ninth of seventeen */
    cr_assert(ieee_ulp_eq(dbl, expected_cell(list.items[0]->space, list.items[0]->best), 1, 4));
    cr_assert(eq(str, list.items[0]->name, (char *)"coded-i02"));
    problem_list_clear(&list);
}

Test(suite_tables, instances_up_to_five_are_the_development_tables_and_others_are_held_out)
{
    struct problem_list list = { 0 };

    write_coded("one", "development");
    write_coded("two", "held-out");
    write_table("notes.txt", "not a table\n");
    list = tables_of(4, 7, folder);
    cr_assert(eq(sz, list.count, 4));
    for (size_t i = 0; i < list.count; i++)
        cr_assert(
            eq(str, list.items[i]->family, (char *)(list.items[i]->instance <= 5 ? "one" : "two")));
    problem_list_clear(&list);
}

Test(suite_tables, instances_differ_in_the_order_of_parameters_and_categories)
{
    struct problem_list list = { 0 };
    bool has_moved = false;
    bool has_relabelled = false;

    write_coded("coded", "held-out");
    list = tables_of(6, 25, folder);
    for (size_t i = 0; i < list.count; i++) {
        const struct param_spec *first = &list.items[i]->space->params[0];

        has_moved = has_moved || first->type != PARAM_CATEGORICAL;
        if (first->type == PARAM_CATEGORICAL && strcmp(first->categories[0], "rbf") != 0)
            has_relabelled = true;
    }
    cr_assert(has_moved && has_relabelled);
    problem_list_clear(&list);
}

Test(suite_tables, a_quick_query_takes_a_quarter_of_the_tables)
{
    struct problem_list list = { 0 };
    struct assay_error err = { 0 };
    char name[32];

    for (int i = 0; i < 5; i++) {
        (void)snprintf(name, sizeof name, "t%d", i);
        write_coded(name, "development");
    }
    cr_assert(append(&list, 1, 1, true, folder, &err));
    cr_assert(eq(sz, list.count, 2));
    cr_assert(eq(str, list.items[1]->family, (char *)"t4"));
    problem_list_clear(&list);
}

#define HEAD "table t\nsplit held-out\n"
#define GRID HEAD "parameter n INTEGER linear 1 2\n"

Test(suite_tables, a_table_that_is_wrong_is_refused_with_its_path_and_line)
{
    static const struct {
        const char *text, *message;
    } wrong[] = {
        { "", "0: the table ends before its last cell" },
        { "table\n", "1: a line of the header is a keyword and what it says" },
        { "tabel t\n", "1: the keyword is none of" },
        { "table 01234567890123456789012345678901\n", "1: a table's name has 1 to 31 bytes" },
        { "split both\n", "1: a split is" },
        { HEAD "parameter x\n", "3: a parameter has a name" },
        { HEAD "parameter x DOUBLE linear 0 1\n", "3: a parameter has a name" },
        { HEAD "parameter x DISCRETE cubic 0 1\n", "3: a parameter has a name" },
        { HEAD "parameter x DISCRETE linear 0 one\n", "3: a value of the parameter is no number" },
        { HEAD "parameter x DISCRETE linear\n", "3: the parameter has no values" },
        { HEAD "parameter x CATEGORICAL -\n", "3: the parameter has no values" },
        { HEAD "parameter x INTEGER linear 1\n", "3: an INTEGER has its least" },
        { HEAD "parameter x INTEGER linear 2 1\n", "3: an INTEGER has its least" },
        { HEAD "parameter x INTEGER linear 1 1e9\n", "3: an INTEGER has its least" },
        { GRID "parameter m INTEGER linear 1 90000\ncells 180000\n", "5: the grid is too large" },
        { GRID "cells 3\n", "4: the number of cells is not the product" },
        { GRID "cells many\n", "4: the number of cells is not the product" },
        { GRID "cells 2\n1\n", "5: the table ends before its last cell" },
        { GRID "cells 2\n1\n2\n3\n", "7: there are more lines than cells" },
        { GRID "cells 2\n1\nnan\n", "6: a cell is a number or \"infeasible\"" },
        { "table t\nparameter n INTEGER linear 1 2\ncells 2\n1\n2\n", "5: a table needs a name" },
    };

    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct problem_list list = { 0 };
        struct assay_error err = { 0 };

        write_table("t.table", wrong[i].text);
        cr_assert(not(append(&list, 1, 9, false, folder, &err)), "%s", wrong[i].message);
        cr_assert(strstr(err.message, "/t.table:") && strstr(err.message, wrong[i].message),
                  "%s instead of %s", err.message, wrong[i].message);
        problem_list_clear(&list);
    }
}

Test(suite_tables, a_table_without_a_contest_and_a_space_with_a_fault_are_refused)
{
    static const struct {
        const char *text, *message;
    } wrong[] = {
        { GRID "cells 2\n1\n1\n", "no cell is better than the median" },
        { GRID "cells 2\ninfeasible\ninfeasible\n", "no cell is better than the median" },
        { HEAD "parameter x DISCRETE linear 2 1\ncells 2\n1\n2\n", "table t" },
    };

    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct problem_list list = { 0 };
        struct assay_error err = { 0 };

        write_table("t.table", wrong[i].text);
        cr_assert(not(append(&list, 6, 6, false, folder, &err)));
        cr_assert(strstr(err.message, wrong[i].message) != NULL, "%s", err.message);
        problem_list_clear(&list);
    }
}

Test(suite_tables, a_folder_that_is_missing_or_not_given_is_an_error)
{
    struct problem_list list = { 0 };
    struct assay_error err = { 0 };

    cr_assert(not(append(&list, 1, 1, false, "/nowhere/at/all", &err)));
    cr_assert(eq(int, err.code, ASSAY_NOT_FOUND));
    cr_assert(not(append(&list, 1, 1, false, NULL, &err)));
    cr_assert(eq(int, err.code, ASSAY_INVALID));
}

Test(suite_tables, every_allocation_that_fails_is_told_and_nothing_leaks)
{
    bool is_complete = false;

    write_coded("coded", "development");
    for (int n = 0; !is_complete; n++) {
        struct problem_list list = { 0 };
        struct assay_error err = { 0 };
        bool is_ok = false;

        has_failed = false;
        successes_left = n;
        is_ok = append(&list, 1, 2, false, folder, &err);
        successes_left = -1;
        is_complete = !has_failed;
        cr_assert(eq(int, is_ok, is_complete), "allocation %d", n);
        cr_assert(is_ok || err.code == ASSAY_EXHAUSTED, "allocation %d: %s", n, err.message);
        problem_list_clear(&list);
    }
}

/* splitmix64 (Steele, Lea, Flood 2014), a generator of the test's own. */
static double unit(uint64_t *state)
{
    uint64_t x = *state += UINT64_C(0x9E3779B97F4A7C15);

    x = (x ^ x >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    x = (x ^ x >> 27) * UINT64_C(0x94D049BB133111EB);
    return (double)((x ^ x >> 31) >> 11) * 0x1p-53;
}

static void expect_sound(const struct problem *problem)
{
    uint64_t state = 1;
    struct problem_outcome outcome = { 0 };

    cr_assert(problem->typical > problem->optimum, "%s", problem->name);
    cr_assert(problem->space->param_count >= 4 && problem->space->param_count <= 8);
    cr_assert(search_space_is_legal(problem->space, problem->best));
    problem->ops->evaluate(problem->state, problem->best, 1, &outcome);
    cr_assert(ieee_ulp_eq(dbl, outcome.truth, problem->optimum, 0));
    for (int i = 0; i < 500; i++) {
        double point[TABLE_PARAMS_MAX];

        for (size_t k = 0; k < problem->space->param_count; k++)
            point[k] = unit(&state);
        search_space_decode(problem->space, point, point);
        problem->ops->evaluate(problem->state, point, 1, &outcome);
        cr_assert(outcome.is_infeasible || outcome.truth >= problem->optimum, "%s", problem->name);
    }
}

Test(suite_tables, the_tables_of_the_tree_can_be_read_and_are_eight_or_more_in_each_split)
{
    struct problem_list list = tables_of(5, 6, TABLES);
    size_t held_out = 0;

    for (size_t i = 0; i < list.count; i++) {
        expect_sound(list.items[i]);
        held_out += list.items[i]->instance > PROBLEM_DEVELOPMENT_LAST;
    }
    cr_assert(held_out >= 8 && list.count - held_out >= 8);
    problem_list_clear(&list);
}
