#include "bench/suites.h"

#include "bench/categorical.h"
#include "bench/conditional.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdlib.h>

/* Allocations until the first that fails; negative: none does. All further ones fail too. */
static int successes_left = -1;
static bool has_failed;

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *memory, size_t size);
char *__real_strdup(const char *text);
char *__real_strndup(const char *text, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *memory, size_t size);
char *__wrap_strdup(const char *text);
char *__wrap_strndup(const char *text, size_t size);

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

char *__wrap_strndup(const char *text, size_t size)
{
    return fails() ? NULL : __real_strndup(text, size);
}

static void fail_after(int successes)
{
    successes_left = successes;
    has_failed = false;
}

/* make() with the n-th allocation failing, for growing n until none fails. Early failures are tried
 * one by one, later ones with gaps: problems of one suite are made alike. */
static void expect_failures_told(bool (*make)(size_t which), size_t which)
{
    bool is_complete = false;

    for (int n = 0; !is_complete; n += 1 + n / 60) {
        bool is_ok = false;

        fail_after(n);
        is_ok = make(which);
        is_complete = !has_failed;
        fail_after(-1);
        cr_assert(eq(int, is_ok, is_complete), "allocation %d of %zu", n, which);
    }
}

static bool make_suite(size_t which)
{
    static const char *const suites[] = { "S1", "S2", "S6", "S7", "S8", "curves" };
    struct suite_query query = {
        .suite = suites[which], .first_instance = 1, .last_instance = 1, .is_quick = true
    };
    struct assay_error err = { 0 };
    size_t count = 0;
    struct problem **problems = suite_problems(&query, &count, &err);

    if (!problems)
        return false;
    for (size_t i = 0; i < count; i++)
        problem_free(problems[i]);
    free(problems);
    return true;
}

static struct problem *make_one(size_t which)
{
    switch (which) {
    case 0:
        return contamination_problem(4, 1);
    case 1:
        return pest_problem(3, 1);
    case 2:
        return sat_problem(5, 1);
    case 3:
        return nk_problem(5, 2, 2, 1);
    case 4:
        return ising_problem(1);
    case 5:
        return levels_problem(1, 3, 3, true, 1);
    case 6:
        return levels_problem(1, 3, 3, false, 1);
    case 7:
        return forked_problem(3, false, 0, 1);
    case 8:
        return forked_problem(FORKED_NESTED_LEAVES, true, 0, 1);
    default:
        return tuned_problem(which - 9, 0, 1);
    }
}

static bool make_problem(size_t which)
{
    struct problem *problem = make_one(which);

    problem_free(problem);
    return problem != NULL;
}

Test(suites_memory, any_allocation_of_a_suite_may_fail)
{
    for (size_t which = 0; which < 6; which++)
        expect_failures_told(make_suite, which);
}

Test(suites_memory, any_allocation_of_a_problem_may_fail)
{
    for (size_t which = 0; which < 9 + TUNED_SPACES; which++)
        expect_failures_told(make_problem, which);
}
