/*
 * What suite S7 says when no problem that is what it should be is found: the best points that it
 * is given are replaced by hopeless ones, through the linker.
 */
#include "bench/bowl.h"
#include "bench/suite_make.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <math.h>
#include <string.h>

struct problem *__real_suite_bbob_problem(unsigned function, size_t dimension, unsigned instance);
struct problem *__wrap_suite_bbob_problem(unsigned function, size_t dimension, unsigned instance);
const double *__real_bowl_best(const struct bowl *bowl);
const double *__wrap_bowl_best(const struct bowl *bowl);

static bool is_optimum_lost;
static bool is_bowl_lost;

struct problem *__wrap_suite_bbob_problem(unsigned function, size_t dimension, unsigned instance)
{
    struct problem *problem = __real_suite_bbob_problem(function, dimension, instance);

    if (problem && is_optimum_lost)
        problem->best[0] = (double)NAN; /* below no limit */
    return problem;
}

const double *__wrap_bowl_best(const struct bowl *bowl)
{
    static const double least[16] = { 8, 16, 1, 1e-5, 0, 0, 1e-6 };

    return is_bowl_lost ? least : __real_bowl_best(bowl);
}

static bool make(struct assay_error *err)
{
    struct suite_query query = {
        .suite = "S7", .first_instance = 6, .last_instance = 6, .is_quick = true
    };
    struct problem_list list = { 0 };
    bool is_done = suite_failing_append(&query, &list, err);

    problem_list_clear(&list);
    return is_done;
}

Test(suite_failing, as_it_is_all_problems_can_be_made)
{
    struct assay_error err = { 0 };

    cr_assert(make(&err), "%s", err.message);
}

Test(suite_failing, no_limit_that_spares_the_optimum_is_an_error_that_names_the_problem)
{
    struct assay_error err = { 0 };

    is_optimum_lost = true;
    cr_assert(not(make(&err)));
    cr_assert(strstr(err.message, "half-space-f01-d05-i06") != NULL, "%s", err.message);
    cr_assert(strstr(err.message, "no limit") != NULL, "%s", err.message);
}

Test(suite_failing, no_bowl_whose_best_point_fits_is_an_error_that_names_the_problem)
{
    struct assay_error err = { 0 };

    is_bowl_lost = true;
    cr_assert(not(make(&err)));
    cr_assert(strstr(err.message, "memory-d06-i06") != NULL, "%s", err.message);
    cr_assert(strstr(err.message, "no bowl") != NULL, "%s", err.message);
}
