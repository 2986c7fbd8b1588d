#include "search/gp_past.h"

#include "gp_support.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { PARAMS_MAX = 16, TRIALS = 300 };

struct study {
    struct search_space *space;
    struct gp_space *gp_space;
    struct history *history;
    struct sampler sampler;
};

/* Trial i has the value of a random number, of which no two are alike; every eighth fails. */
static void study_init(struct study *study, struct dice *dice, bool is_maximized)
{
    study->space = mixed_space();
    study->gp_space = gp_space_new(study->space);
    study->history = history_new(study->space->param_count, 1);
    study->sampler = (struct sampler){ .space = study->space,
                                       .metric_count = 1,
                                       .objective_count = 1,
                                       .metrics = { { .is_maximized = is_maximized } } };
    for (uint64_t n = 1; n <= TRIALS; n++) {
        double point[PARAMS_MAX];
        double value = dice_unit(dice);
        struct past_trial trial = { .number = n,
                                    .state = n % 8 == 0   ? PAST_INFEASIBLE
                                             : n % 8 == 3 ? PAST_STOPPED
                                                          : PAST_COMPLETED,
                                    .progress = n % 8 == 3 ? 0.25 : 1,
                                    .point = point,
                                    .values = n % 8 == 0 ? NULL : &value };

        roll_point(study->space, dice, point);
        (void)history_append(study->history, &trial);
    }
}

static void study_clear(struct study *study)
{
    history_free(study->history);
    gp_space_free(study->gp_space);
    search_space_free(study->space);
}

Test(gp_past, rows_are_the_trials_in_their_order_with_larger_for_better)
{
    struct dice dice = dice_new();

    for (int is_maximized = 0; is_maximized < 2; is_maximized++) {
        struct study study;
        struct gp_past *past = NULL;
        double pending[2 * PARAMS_MAX], coordinates[PARAMS_MAX];
        size_t p = 0;

        study_init(&study, &dice, is_maximized);
        p = study.space->param_count;
        roll_point(study.space, &dice, pending);
        roll_point(study.space, &dice, pending + p);
        past = gp_past_new(&study.sampler, study.gp_space, study.history, 100, pending, 2, TRIALS);
        cr_assert(eq(sz, past->count, 100));
        cr_assert(eq(sz, past->pending_count, 2));
        cr_assert(eq(sz, past->failed_count, 12));
        cr_assert(eq(sz, past->valued_count, 88));
        for (size_t i = 0; i < 102; i++) {
            const double *point =
                i < 100 ? history_get(study.history, i).point : pending + (i - 100) * p;

            cr_assert(is_same_point(past->points + i * p, point, p));
            gp_space_encode(study.gp_space, point, coordinates);
            cr_assert(is_same_point(past->coordinates + i * past->dimension, coordinates,
                                    past->dimension));
        }
        for (size_t i = 0; i < 100; i++) {
            struct past_trial trial = history_get(study.history, i);
            double wanted = is_maximized ? trial.values[0] : -trial.values[0];

            cr_assert(eq(u64, past->numbers[i], trial.number));
            cr_assert(eq(int, (int)past->states[i], (int)trial.state));
            cr_assert(eq(dbl, past->progress[i], trial.progress));
            cr_assert(is_same_point(&past->values[i], &wanted, 1));
        }
        gp_past_free(past);
        study_clear(&study);
    }
    gp_past_free(NULL);
}

static bool holds(const struct gp_past *past, uint64_t number)
{
    for (size_t i = 0; i < past->count; i++)
        if (past->numbers[i] == number)
            return true;
    return false;
}

Test(gp_past, past_the_limit_the_best_and_the_newest_stay)
{
    struct dice dice = dice_new();
    struct study study;

    study_init(&study, &dice, false);
    for (size_t limit = 1; limit <= TRIALS; limit += limit < 20 ? 1 : 40) {
        struct gp_past *past =
            gp_past_new(&study.sampler, study.gp_space, study.history, TRIALS, NULL, 0, limit);
        double best = HUGE_VAL;
        uint64_t best_number = 0;

        cr_assert(eq(sz, past->count, limit));
        for (size_t i = 1; i < past->count; i++)
            cr_assert(lt(u64, past->numbers[i - 1], past->numbers[i]));
        for (size_t i = 0; i < TRIALS; i++) {
            struct past_trial trial = history_get(study.history, i);

            if (trial.state != PAST_INFEASIBLE && trial.values[0] < best) {
                best = trial.values[0];
                best_number = trial.number;
            }
        }
        cr_assert(holds(past, best_number));
        if (limit >= 5)
            cr_assert(holds(past, TRIALS));
        gp_past_free(past);
    }
    study_clear(&study);
}

/* Three metrics: two objectives on an arc, the front being every tenth trial, and a safety metric
 * that the trials better than the front break. */
static void append_arc(struct study *study, struct dice *dice)
{
    history_free(study->history);
    study->history = history_new(study->space->param_count, 3);
    study->sampler.metric_count = 3;
    study->sampler.objective_count = 2;
    study->sampler.metrics[1] = (struct sampler_metric){ .is_maximized = true };
    study->sampler.metrics[2] =
        (struct sampler_metric){ .is_safety = true, .safety_threshold = 0.5 };
    for (uint64_t n = 1; n <= TRIALS; n++) {
        double angle = dice_unit(dice) * 1.57;
        double size = n % 10 == 0 ? 1 : n % 10 == 5 ? 2 : 0.5 * dice_unit(dice);
        double point[PARAMS_MAX];
        double values[] = { -size * cos(angle), size * sin(angle), n % 10 == 5 ? 1 : 0 };
        struct past_trial trial = {
            .number = n, .state = PAST_COMPLETED, .progress = 1, .point = point, .values = values
        };

        roll_point(study->space, dice, point);
        (void)history_append(study->history, &trial);
    }
}

Test(gp_past, past_the_limit_the_front_of_safe_trials_stays)
{
    struct dice dice = dice_new();
    struct study study;
    struct gp_past *past = NULL;
    size_t unsafe = 0;

    study_init(&study, &dice, false);
    append_arc(&study, &dice);
    past = gp_past_new(&study.sampler, study.gp_space, study.history, TRIALS, NULL, 0, 150);
    cr_assert(eq(sz, past->count, 150));
    for (uint64_t n = 10; n <= TRIALS; n += 10)
        cr_assert(holds(past, n), "trial %d of the front", (int)n);
    for (uint64_t n = 5; n <= TRIALS; n += 10)
        unsafe += holds(past, n);
    cr_assert(lt(sz, unsafe, TRIALS / 10 * 3 / 4));
    gp_past_free(past);
    study_clear(&study);
}

Test(gp_past, values_out_of_all_bounds_are_held_within)
{
    static const double values[] = { HUGE_VAL, -HUGE_VAL, 1.5e308, (double)NAN, 3 };
    static const double wanted[] = { -1e300, 1e300, -1e300, (double)NAN, -3 };
    struct dice dice = dice_new();
    struct study study;
    struct gp_past *past = NULL;

    study_init(&study, &dice, false);
    for (size_t i = 0; i < 5; i++) {
        struct past_trial trial = history_get(study.history, i);

        trial.number = TRIALS + 1 + i;
        trial.state = PAST_COMPLETED;
        trial.values = &values[i];
        (void)history_append(study.history, &trial);
    }
    past = gp_past_new(&study.sampler, study.gp_space, study.history, TRIALS + 5, NULL, 0, 1000);
    cr_assert(is_same_point(past->values + TRIALS, wanted, 5));
    gp_past_free(past);
    study_clear(&study);
}

Test(gp_past, each_failed_allocation_is_an_answer)
{
    struct dice dice = dice_new();
    struct study study;
    struct gp_past *past = NULL;

    study_init(&study, &dice, false);
    for (int successes = 0; !past; successes++) {
        allocations_fail_after(successes);
        past = gp_past_new(&study.sampler, study.gp_space, study.history, 50, NULL, 0, 20);
        cr_assert(allocations_have_failed() == !past);
        allocations_fail_after(-1);
    }
    gp_past_free(past);
    study_clear(&study);
}
