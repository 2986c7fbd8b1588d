#include "bench/study_run.h"

#include "bench/draw.h"
#include "bench/workers.h"
#include "bench_support.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static struct result run_line(const char *arm, const struct problem *problem, size_t budget,
                              size_t workers, bool is_batch)
{
    struct study_run run = { .kind = arm_find(arm),
                             .problem = problem,
                             .seed = 1,
                             .workers = workers,
                             .is_batch = is_batch,
                             .budget = budget };
    struct result result = { 0 };
    struct assay_error err = { 0 };

    cr_assert(run.kind != NULL);
    cr_assert(study_run(&run, &result, &err), "%s", err.message);
    return result;
}

Test(workers, trials_end_in_the_order_of_the_clock_and_ties_by_number)
{
    struct workers workers;

    cr_assert(workers_init(&workers, 3));
    workers_begin(&workers, 1, 5);
    workers_begin(&workers, 2, 2);
    workers_begin(&workers, 3, 5);
    cr_assert(eq(sz, workers_end_next(&workers), 2));
    workers_begin(&workers, 4, 3); /* ends at 5 like the others */
    cr_assert(eq(sz, workers_end_next(&workers), 1));
    cr_assert(eq(sz, workers_end_next(&workers), 3));
    cr_assert(eq(sz, workers_end_next(&workers), 4));
    cr_assert(fabs(workers.now - 5) < 1e-12);
    cr_assert(eq(sz, workers.busy_count, 0));
    workers_clear(&workers);
}

Test(draw, durations_are_log_normal_with_median_one_and_sigma_a_half)
{
    enum { COUNT = 10000 };
    double sum = 0;
    double squares = 0;

    for (uint32_t i = 0; i < COUNT; i++) {
        struct draw_place place = { .problem = draw_key("p"), .seed = 1, .trial = i };
        double value = log(draw_duration(&place));

        sum += value;
        squares += value * value;
    }
    /* Six standard errors: a false alarm in 10^9 seeds, and the seed is fixed. */
    cr_assert(fabs(sum / COUNT) < 6 * 0.5 / 100);
    cr_assert(fabs(sqrt(squares / COUNT) - 0.5) < 6 * 0.5 / sqrt(2 * COUNT));
}

Test(draw, another_problem_seed_trial_or_purpose_is_other_luck)
{
    struct draw_place place = { .problem = draw_key("p"), .seed = 1, .trial = 1 };
    struct draw_place others[] = { place, place, place };
    uint64_t bits = draw_bits(&place, DRAW_NOISE);

    others[0].problem = draw_key("q");
    others[1].seed = 2;
    others[2].trial = 2;
    for (size_t i = 0; i < 3; i++)
        cr_assert(draw_bits(&others[i], DRAW_NOISE) != bits);
    cr_assert(draw_bits(&place, DRAW_ARM_SEED) != bits);
    cr_assert(draw_bits(&place, DRAW_NOISE) == bits);
}

Test(study_run, the_curve_is_the_normalised_truth_of_the_best_so_far)
{
    struct problem *problem = line_problem(&plain_line);
    struct result result = run_line("random", problem, 50, 1, false);

    cr_assert(eq(int, (int)result.status, (int)RESULT_OK));
    cr_assert(eq(sz, result.curve_count, 50));
    for (size_t i = 1; i < 50; i++)
        cr_assert(result.curve[i] <= result.curve[i - 1]);
    cr_assert(result.curve[0] <= 2 && result.curve[49] >= 0);
    cr_assert(result.curve[49] < 0.2);
    cr_assert(result.cpu_s > 0);
    cr_assert(strcmp(result.problem, "line-i06") == 0);
    result_clear(&result);
    problem_free(problem);
}

Test(study_run, what_is_reported_is_the_best_measured_even_where_it_is_the_worst)
{
    struct problem *problem = line_problem(&lying_line);
    struct result result = run_line("random", problem, 50, 1, false);

    for (size_t i = 1; i < 50; i++)
        cr_assert(result.curve[i] >= result.curve[i - 1]);
    cr_assert(result.curve[49] > 1.8); /* x near 1, whose score is 2 */
    result_clear(&result);
    problem_free(problem);
}

Test(study_run, before_the_first_success_the_regret_is_infinite)
{
    struct problem *problem = line_problem(&failing_line);
    struct problem *hopeless = line_problem(&hopeless_line);
    struct result result = run_line("random", problem, 40, 1, false);
    struct result none = run_line("random", hopeless, 5, 1, false);

    for (size_t i = 0; i < 40; i++)
        cr_assert(isinf(result.curve[i]) || result.curve[i] <= 1);
    cr_assert(result.curve[39] <= 1);
    cr_assert(eq(int, (int)none.status, (int)RESULT_OK));
    cr_assert(isinf(none.curve[4]));
    result_clear(&result);
    result_clear(&none);
    problem_free(problem);
    problem_free(hopeless);
}

/* What "random" suggests depends on the number alone, so only the order of ends can differ. */
Test(study_run, many_workers_end_the_same_trials_in_the_order_of_the_clock)
{
    struct problem *problem = line_problem(&plain_line);
    struct result one = run_line("random", problem, 40, 1, false);
    struct result eight = run_line("random", problem, 40, 8, false);
    struct result batch = run_line("random", problem, 40, 8, true);
    size_t differing = 0;

    for (size_t i = 0; i < 40; i++)
        differing += fabs(one.curve[i] - eight.curve[i]) > 0;
    cr_assert(differing > 0);
    cr_assert(fabs(one.curve[39] - eight.curve[39]) < 1e-15);
    /* A batch is a set: after each eighth trial nobody knows how it was ordered. */
    for (size_t i = 7; i < 40; i += 8)
        cr_assert(fabs(one.curve[i] - batch.curve[i]) < 1e-15);
    result_clear(&one);
    result_clear(&eight);
    result_clear(&batch);
    problem_free(problem);
}

Test(study_run, the_same_run_gives_the_same_curve)
{
    struct problem *problem = line_problem(&plain_line);
    struct result one = run_line("gp", problem, 30, 4, false);
    struct result two = run_line("gp", problem, 30, 4, false);

    cr_assert(eq(sz, one.curve_count, 30));
    cr_assert(memcmp(one.curve, two.curve, 30 * sizeof *one.curve) == 0);
    result_clear(&one);
    result_clear(&two);
    problem_free(problem);
}

Test(study_run, an_arm_that_cannot_search_the_space_says_why)
{
    struct problem *problem = line_problem(&plain_line);
    struct result result = run_line("grid", problem, 10, 1, false);

    cr_assert(eq(int, (int)result.status, (int)RESULT_CANNOT));
    cr_assert(strstr(result.note, "DOUBLE") != NULL, "%s", result.note);
    cr_assert(eq(sz, result.curve_count, 0));
    result_clear(&result);
    problem_free(problem);
}
