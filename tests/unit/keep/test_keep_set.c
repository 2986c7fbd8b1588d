#include "engine/keep/keep_set.h"

#include "search/pareto.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TRIALS = 400, METRICS = 2 };

static char a_id[] = "a";
static char b_id[] = "b";

/* a is maximised, b minimised. */
static struct metric_spec metrics[METRICS] = {
    { .id = a_id, .goal = GOAL_MAXIMIZE },
    { .id = b_id, .goal = GOAL_MINIMIZE },
};

/* All that were added, and which of them fell out. */
struct naive {
    double values[TRIALS + 1][METRICS];
    bool has_values[TRIALS + 1];
    bool is_dropped[TRIALS + 1];
    int drops[TRIALS + 1];
    int64_t count;
};

static int calls_left = -1; /* until an allocation fails; below 0: none does */

void *__real_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__real_realloc(void *block, size_t size);
void *__wrap_realloc(void *block, size_t size);

void *__wrap_calloc(size_t count, size_t size)
{
    return calls_left >= 0 && calls_left-- == 0 ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *block, size_t size)
{
    return calls_left >= 0 && calls_left-- == 0 ? NULL : __real_realloc(block, size);
}

static void note_drop(void *context, const struct keep_trial *trial)
{
    struct naive *naive = context;

    naive->is_dropped[trial->number] = true;
    naive->drops[trial->number]++;
    cr_assert(eq(i64, trial->end_order, trial->number));
    cr_assert(eq(int, trial->attempts, (int)trial->number % 5));
}

static uint64_t next_random(uint64_t *state)
{
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return *state >> 33;
}

static void add(struct keep_set *set, struct naive *naive, const double *values)
{
    struct keep_trial trial = { .number = ++naive->count };

    trial.end_order = trial.number;
    trial.attempts = (int)trial.number % 5;
    naive->has_values[trial.number] = values != NULL;
    if (values)
        memcpy(naive->values[trial.number], values, sizeof naive->values[0]);
    cr_assert(keep_set_add(set, &trial, values, note_drop, naive));
}

/* How many of those that have ended are better, or as good and ended earlier. */
static int64_t rank_of(const struct naive *naive, int64_t number)
{
    int64_t rank = 0;

    for (int64_t i = 1; i <= naive->count; i++)
        rank += naive->has_values[i] &&
                (naive->values[i][0] > naive->values[number][0] ||
                 (naive->values[i][0] >= naive->values[number][0] && i < number));
    return rank;
}

Test(keep_set, of_one_objective_the_best_stay_and_each_other_falls_out_once)
{
    static const struct study_spec study = { .metrics = metrics, .metric_count = 1 };
    uint64_t random = 5;

    for (int64_t limit = 1; limit <= 40; limit += 13) {
        struct keep_set *set = keep_set_new(&study, limit);
        struct naive naive = { .count = 0 };

        for (int i = 0; i < TRIALS; i++) {
            double value[METRICS] = { (double)(next_random(&random) % 60), 0 };

            add(set, &naive, next_random(&random) % 7 ? value : NULL);
            for (int64_t n = 1; n <= naive.count; n++) {
                bool stays = naive.has_values[n] && rank_of(&naive, n) < limit;

                cr_assert(eq(int, naive.drops[n], !stays), "trial %lld of %lld, limit %lld",
                          (long long)n, (long long)naive.count, (long long)limit);
            }
        }
        keep_set_free(set);
    }
}

static bool is_beaten(const struct naive *naive, int64_t number)
{
    double losses[METRICS] = { -naive->values[number][0], naive->values[number][1] };

    for (int64_t i = 1; i <= naive->count; i++) {
        double other[METRICS] = { -naive->values[i][0], naive->values[i][1] };

        if (naive->has_values[i] && pareto_dominates(other, losses, METRICS))
            return true;
    }
    return false;
}

Test(keep_set, of_several_objectives_all_stay_that_no_other_beats)
{
    static const struct study_spec study = { .metrics = metrics, .metric_count = METRICS };
    struct keep_set *set = keep_set_new(&study, 1);
    struct naive naive = { .count = 0 };
    uint64_t random = 9;

    for (int i = 0; i < TRIALS; i++) {
        double a = (double)(next_random(&random) % 50);
        double values[METRICS] = { a, a + (double)(next_random(&random) % 20) };

        add(set, &naive, next_random(&random) % 7 ? values : NULL);
        for (int64_t n = 1; n <= naive.count; n++)
            cr_assert(eq(int, naive.drops[n], !naive.has_values[n] || is_beaten(&naive, n)),
                      "trial %lld of %lld", (long long)n, (long long)naive.count);
    }
    keep_set_free(set);
}

Test(keep_set, what_has_no_value_or_is_not_safe_does_not_stay)
{
    static struct metric_spec with_safety[METRICS] = {
        { .id = a_id, .goal = GOAL_MAXIMIZE },
        { .id = b_id, .goal = GOAL_MINIMIZE, .is_safety = true, .safety_threshold = 5 },
    };
    static const struct study_spec study = { .metrics = with_safety, .metric_count = METRICS };
    struct keep_set *set = keep_set_new(&study, 3);
    struct naive naive = { .count = 0 };

    add(set, &naive, (double[]){ 1, 6 });
    add(set, &naive, (double[]){ (double)NAN, 0 });
    add(set, &naive, NULL);
    add(set, &naive, (double[]){ 1, 5 });
    cr_assert(naive.is_dropped[1] && naive.is_dropped[2] && naive.is_dropped[3]);
    cr_assert(not(naive.is_dropped[4]));
    keep_set_free(set);
}

Test(keep_set, without_memory_nothing_changes_and_the_same_trial_can_be_added_later)
{
    static const struct study_spec study = { .metrics = metrics, .metric_count = METRICS };
    static struct naive naive;
    struct keep_trial trial = { .number = 2, .end_order = 2, .attempts = 2 };
    const double better[METRICS] = { 2, 0 };

    for (int failing = 0;; failing++) {
        struct keep_set *set = NULL;
        bool is_added = false;

        memset(&naive, 0, sizeof naive);
        calls_left = failing;
        set = keep_set_new(&study, 1);
        if (!set)
            continue;
        is_added = keep_set_add(set, &trial, better, note_drop, &naive);
        cr_assert(not(naive.is_dropped[2]));
        if (!is_added)
            cr_assert(keep_set_add(set, &trial, better, note_drop, &naive));
        add(set, &naive, (double[]){ 1, 1 });
        cr_assert(naive.is_dropped[1] && !naive.is_dropped[2]);
        keep_set_free(set);
        if (calls_left >= 0)
            break;
    }
    calls_left = -1;
}
