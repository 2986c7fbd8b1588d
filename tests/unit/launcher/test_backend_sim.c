#include "launcher/backend_sim.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const int64_t start_us = 1000000;

/* The trial's number says how long it takes; INT64_MAX for trial 0. */
static void script_by_trial(void *context, const struct launch *launch, struct sim_plan *plan)
{
    int *calls = context;

    ++*calls;
    plan->duration_us = launch->key.trial ? launch->key.trial : INT64_MAX;
    plan->stop_us = 3;
    plan->ending.kind = ENDING_EXITED;
    plan->ending.status = (int)(launch->key.trial % 128);
}

static struct launcher *make(sim_script_fn script, void *context)
{
    struct sim_options options = { script, context, start_us };
    struct assay_error err = { 0 };
    struct launcher *sim = launcher_sim_new(&options, &err);

    cr_assert(sim != NULL);
    return sim;
}

static bool start(struct launcher *sim, int64_t trial, int32_t attempt, struct assay_error *err)
{
    static char word[] = "program";
    char *argv[] = { word, NULL };
    char *envp[] = { NULL };
    struct replica_launch replica = { .argv = argv, .envp = envp, .dir = "/nowhere" };
    struct launch launch = { .key = { trial, attempt, 0 },
                             .replicas = &replica,
                             .replica_count = 1 };

    return launcher_start(sim, &launch, err);
}

static bool adopt(struct launcher *sim, int64_t trial, struct assay_error *err)
{
    struct replica_launch replica = { .dir = "/nowhere" };
    struct launch launch = { .key = { trial, 1, 0 }, .replicas = &replica, .replica_count = 1 };

    return launcher_adopt(sim, &launch, err);
}

static void must_start(struct launcher *sim, int64_t trial)
{
    struct assay_error err = { 0 };

    cr_assert(start(sim, trial, 1, &err), "%s", err.message);
}

Test(backend_sim, endings_come_by_time_and_the_clock_moves_to_them)
{
    int calls = 0;
    struct launcher *sim = make(script_by_trial, &calls);
    const struct assay_env *env = launcher_sim_env(sim);
    struct ending ending;

    must_start(sim, 30);
    must_start(sim, 10);
    must_start(sim, 20);
    cr_assert(eq(sz, launcher_sim_running(sim), 3));
    for (int64_t trial = 10; trial <= 30; trial += 10) {
        cr_assert(launcher_sim_next(sim, INT64_MAX, &ending));
        cr_assert(eq(i64, ending.key.trial, trial));
        cr_assert(eq(i64, ending.start_us, start_us));
        cr_assert(eq(i64, ending.end_us, start_us + trial));
        cr_assert(eq(i64, assay_wall_us(env), start_us + trial));
        cr_assert(eq(i64, assay_mono_us(env), trial));
        cr_assert(eq(int, ending.status, (int)trial));
    }
    cr_assert(not(launcher_sim_next(sim, INT64_MAX, &ending)));
    cr_assert(eq(i64, assay_wall_us(env), start_us + 30));
    cr_assert(eq(int, calls, 3));
    launcher_free(sim);
}

Test(backend_sim, the_clock_stops_at_the_bound)
{
    int calls = 0;
    struct launcher *sim = make(script_by_trial, &calls);
    struct ending ending;

    must_start(sim, 10);
    cr_assert(not(launcher_sim_next(sim, start_us + 9, &ending)));
    cr_assert(eq(i64, assay_wall_us(launcher_sim_env(sim)), start_us + 9));
    cr_assert(not(launcher_sim_next(sim, start_us, &ending))); /* never back */
    cr_assert(eq(i64, assay_wall_us(launcher_sim_env(sim)), start_us + 9));
    cr_assert(launcher_sim_next(sim, start_us + 10, &ending));
    cr_assert(not(launcher_sim_next(sim, start_us + 50, &ending)));
    cr_assert(eq(i64, assay_wall_us(launcher_sim_env(sim)), start_us + 50));
    launcher_free(sim);
}

static void script_at_once(void *context, const struct launch *launch, struct sim_plan *plan)
{
    (void)launch;
    plan->ending.kind = *(enum ending_kind *)context;
}

Test(backend_sim, ties_go_by_trial_then_attempt)
{
    enum ending_kind kind = ENDING_EXITED;
    struct launcher *sim = make(script_at_once, &kind);
    struct assay_error err = { 0 };
    struct ending ending;

    cr_assert(start(sim, 2, 1, &err));
    cr_assert(start(sim, 1, 2, &err));
    cr_assert(start(sim, 1, 1, &err));
    cr_assert(launcher_sim_next(sim, INT64_MAX, &ending));
    cr_assert(eq(i64, ending.key.trial, 1));
    cr_assert(eq(int, ending.key.attempt, 1));
    cr_assert(launcher_sim_next(sim, INT64_MAX, &ending));
    cr_assert(eq(int, ending.key.attempt, 2));
    cr_assert(launcher_sim_next(sim, INT64_MAX, &ending));
    cr_assert(eq(i64, ending.key.trial, 2));
    launcher_free(sim);
}

Test(backend_sim, what_never_ran_has_no_start)
{
    enum ending_kind kind = ENDING_NOT_FOUND;
    struct launcher *sim = make(script_at_once, &kind);
    struct ending ending;

    must_start(sim, 1);
    launcher_stop(sim, (struct attempt_key){ 1, 1, 0 }, STOP_NOW);
    cr_assert(launcher_sim_next(sim, INT64_MAX, &ending));
    cr_assert(eq(int, ending.kind, ENDING_NOT_FOUND));
    cr_assert(eq(i64, ending.start_us, 0));
    launcher_free(sim);
}

Test(backend_sim, a_stop_takes_its_time_unless_now_or_over_before)
{
    int calls = 0;
    struct launcher *sim = make(script_by_trial, &calls);
    struct ending ending;

    must_start(sim, 100);
    must_start(sim, 200);
    must_start(sim, 2);
    launcher_stop(sim, (struct attempt_key){ 100, 1, 0 }, STOP_GENTLY);
    launcher_stop(sim, (struct attempt_key){ 200, 1, 0 }, STOP_NOW);
    launcher_stop(sim, (struct attempt_key){ 2, 1, 0 }, STOP_GENTLY);
    launcher_stop(sim, (struct attempt_key){ 5, 1, 0 }, STOP_GENTLY); /* unknown */
    cr_assert(launcher_sim_next(sim, INT64_MAX, &ending));
    cr_assert(eq(i64, ending.key.trial, 200));
    cr_assert(eq(i64, ending.end_us, start_us));
    cr_assert(launcher_sim_next(sim, INT64_MAX, &ending));
    cr_assert(eq(i64, ending.key.trial, 2));
    cr_assert(eq(int, ending.kind, ENDING_STOPPED));
    cr_assert(eq(i64, ending.end_us, start_us + 2));
    launcher_stop(sim, (struct attempt_key){ 100, 1, 0 }, STOP_GENTLY); /* again: not later */
    cr_assert(launcher_sim_next(sim, INT64_MAX, &ending));
    cr_assert(eq(int, ending.kind, ENDING_STOPPED));
    cr_assert(eq(i64, ending.end_us, start_us + 3));
    launcher_free(sim);
}

Test(backend_sim, what_never_ends_by_itself_can_be_stopped)
{
    int calls = 0;
    struct launcher *sim = make(script_by_trial, &calls);
    struct ending ending;

    must_start(sim, 0);
    cr_assert(not(launcher_sim_next(sim, INT64_MAX, &ending)));
    cr_assert(eq(i64, assay_wall_us(launcher_sim_env(sim)), start_us));
    launcher_stop(sim, (struct attempt_key){ 0, 1, 0 }, STOP_GENTLY);
    cr_assert(launcher_sim_next(sim, INT64_MAX, &ending));
    cr_assert(eq(int, ending.kind, ENDING_STOPPED));
    launcher_free(sim);
}

Test(backend_sim, a_timeout_counts)
{
    static char word[] = "program";
    int calls = 0;
    struct launcher *sim = make(script_by_trial, &calls);
    char *argv[] = { word, NULL };
    char *envp[] = { NULL };
    struct replica_launch replica = { .argv = argv, .envp = envp, .dir = "/nowhere" };
    struct launch launch = {
        .key = { 100, 1, 0 }, .replicas = &replica, .replica_count = 1, .timeout_us = 40
    };
    struct assay_error err = { 0 };
    struct ending ending;

    cr_assert(launcher_start(sim, &launch, &err));
    cr_assert(launcher_sim_next(sim, INT64_MAX, &ending));
    cr_assert(eq(int, ending.kind, ENDING_TIMEOUT));
    cr_assert(eq(i64, ending.end_us, start_us + 40));
    launcher_free(sim);
}

Test(backend_sim, a_key_runs_once_at_a_time_and_adoption_keeps_it)
{
    int calls = 0;
    struct launcher *sim = make(script_by_trial, &calls);
    struct assay_error err = { 0 };
    struct ending ending;

    must_start(sim, 10);
    cr_assert(not(start(sim, 10, 1, &err)));
    cr_assert(eq(int, err.code, ASSAY_EXISTS));
    cr_assert(adopt(sim, 10, &err));
    cr_assert(adopt(sim, 11, &err));
    cr_assert(launcher_sim_next(sim, INT64_MAX, &ending));
    cr_assert(eq(i64, ending.key.trial, 11));
    cr_assert(eq(int, ending.kind, ENDING_NOT_STARTED));
    cr_assert(launcher_sim_next(sim, INT64_MAX, &ending));
    cr_assert(eq(int, ending.kind, ENDING_EXITED));
    must_start(sim, 10);
    cr_assert(eq(sz, launcher_sim_running(sim), 1));
    launcher_free(sim);
}

Test(backend_sim, entropy_is_the_same_each_time)
{
    int calls = 0;
    unsigned char bytes[2][19];

    for (int i = 0; i < 2; i++) {
        struct launcher *sim = make(script_by_trial, &calls);
        const struct assay_env *env = launcher_sim_env(sim);

        cr_assert(env->entropy(env->context, bytes[i], sizeof bytes[i]));
        launcher_free(sim);
    }
    cr_assert(memcmp(bytes[0], bytes[1], sizeof bytes[0]) == 0);
    cr_assert(memcmp(bytes[0], bytes[0] + 8, 8) != 0);
}

/* The naive twin: an array that is searched for the earliest. */
enum { TWIN_MAX = 512, TWIN_STEPS = 60000 };

struct twin_attempt {
    struct attempt_key key;
    int64_t end_us;
    bool is_stopped;
};

struct twin {
    unsigned state;
    int64_t duration_us; /* of the next start */
    int64_t now_us;
    size_t count;
    struct twin_attempt attempts[TWIN_MAX];
};

/* xorshift32 (Marsaglia 2003). */
static unsigned next_random(struct twin *twin)
{
    twin->state ^= twin->state << 13;
    twin->state ^= twin->state >> 17;
    twin->state ^= twin->state << 5;
    return twin->state;
}

static void script_of_twin(void *context, const struct launch *launch, struct sim_plan *plan)
{
    const struct twin *twin = context;

    (void)launch;
    plan->duration_us = twin->duration_us;
    plan->stop_us = 5;
    plan->ending.kind = ENDING_EXITED;
}

static void twin_start(struct twin *twin, struct launcher *sim)
{
    struct attempt_key key = { (int64_t)(next_random(twin) % 700), (int32_t)(next_random(twin) % 3),
                               0 };
    struct assay_error err = { 0 };
    bool is_there = false;

    if (twin->count == TWIN_MAX)
        return;
    for (size_t i = 0; i < twin->count; i++)
        is_there = is_there || (twin->attempts[i].key.trial == key.trial &&
                                twin->attempts[i].key.attempt == key.attempt);
    twin->duration_us = next_random(twin) % 50;
    cr_assert(eq(int, start(sim, key.trial, key.attempt, &err), !is_there));
    if (!is_there)
        twin->attempts[twin->count++] =
            (struct twin_attempt){ key, twin->now_us + twin->duration_us, false };
}

static void twin_stop(struct twin *twin, struct launcher *sim)
{
    struct twin_attempt *attempt = NULL;

    if (twin->count == 0)
        return;
    attempt = &twin->attempts[next_random(twin) % twin->count];
    launcher_stop(sim, attempt->key, STOP_GENTLY);
    attempt->is_stopped = true;
    if (attempt->end_us > twin->now_us + 5)
        attempt->end_us = twin->now_us + 5;
}

static bool comes_before(const struct twin_attempt *a, const struct twin_attempt *b)
{
    if (a->end_us != b->end_us)
        return a->end_us < b->end_us;
    if (a->key.trial != b->key.trial)
        return a->key.trial < b->key.trial;
    return a->key.attempt < b->key.attempt;
}

static void twin_next(struct twin *twin, struct launcher *sim)
{
    struct ending ending;
    size_t first = 0;
    const struct twin_attempt *wanted = NULL;

    cr_assert(eq(int, launcher_sim_next(sim, INT64_MAX, &ending), twin->count > 0));
    if (twin->count == 0)
        return;
    for (size_t i = 1; i < twin->count; i++) {
        if (comes_before(&twin->attempts[i], &twin->attempts[first]))
            first = i;
    }
    wanted = &twin->attempts[first];
    twin->now_us = wanted->end_us;
    cr_assert(eq(i64, ending.key.trial, wanted->key.trial));
    cr_assert(eq(int, ending.key.attempt, wanted->key.attempt));
    cr_assert(eq(i64, ending.end_us, wanted->end_us));
    cr_assert(eq(int, ending.kind, wanted->is_stopped ? ENDING_STOPPED : ENDING_EXITED));
    twin->attempts[first] = twin->attempts[--twin->count];
}

Test(backend_sim, agrees_with_a_plain_array_on_random_orders)
{
    static struct twin twin;
    const char *text = getenv("ASSAY_TEST_SEED"); /* NOLINT(concurrency-mt-unsafe) */
    struct launcher *sim = make(script_of_twin, &twin);

    twin.state = text ? (unsigned)strtoul(text, NULL, 10) : 4242u;
    twin.now_us = start_us;
    (void)fprintf(stderr, "ASSAY_TEST_SEED=%u\n", twin.state);
    for (int i = 0; i < TWIN_STEPS; i++) {
        /* Waves: mostly starts, then mostly ends. */
        unsigned chance = next_random(&twin) % 10;

        if (chance < (i / 2000 % 2 ? 3u : 6u))
            twin_start(&twin, sim);
        else if (chance < 7)
            twin_stop(&twin, sim);
        else
            twin_next(&twin, sim);
        cr_assert(eq(sz, launcher_sim_running(sim), twin.count));
    }
    launcher_free(sim);
}

Test(backend_sim, an_attempt_can_be_finished_before_its_time)
{
    int calls = 0;
    struct launcher *sim = make(script_by_trial, &calls);
    const struct ending how = { .kind = ENDING_LOST, .status = 9, .detail = "gone" };
    struct ending ending;

    cr_assert(eq(i64, launcher_sim_next_us(sim), INT64_MAX));
    must_start(sim, 100);
    must_start(sim, 50);
    cr_assert(eq(i64, launcher_sim_next_us(sim), start_us + 50));
    launcher_sim_wait(sim, start_us + 5);
    cr_assert(eq(i64, assay_wall_us(launcher_sim_env(sim)), start_us + 5));
    cr_assert(not(launcher_sim_next(sim, start_us + 10, &ending)));
    launcher_sim_finish(sim, (struct attempt_key){ 100, 1, 0 }, &how);
    launcher_sim_finish(sim, (struct attempt_key){ 7, 1, 0 }, &how);
    cr_assert(launcher_sim_next(sim, start_us + 10, &ending));
    cr_assert(eq(i64, ending.key.trial, 100));
    cr_assert(eq(i64, ending.end_us, start_us + 10));
    cr_assert(ending.kind == ENDING_LOST && ending.status == 9);
    cr_assert(eq(str, ending.detail, (char *)"gone"));
    cr_assert(launcher_sim_next(sim, INT64_MAX, &ending));
    cr_assert(ending.key.trial == 50 && ending.kind == ENDING_EXITED);
    must_start(sim, 20);
    launcher_sim_wait(sim, INT64_MAX); /* stands before the ending */
    cr_assert(eq(i64, assay_wall_us(launcher_sim_env(sim)), start_us + 70));
    cr_assert(eq(sz, launcher_sim_running(sim), 1));
    launcher_free(sim);
}

Test(backend_sim, thousands_at_once_cost_no_more_than_their_logarithm)
{
    enum { COUNT = 100000 };
    int calls = 0;
    struct launcher *sim = make(script_by_trial, &calls);
    struct ending ending;
    int64_t before = -1;
    clock_t begin = clock();

    for (int64_t i = 1; i <= COUNT; i++)
        must_start(sim, (i * 48271) % 2147483647);
    while (launcher_sim_next(sim, INT64_MAX, &ending)) {
        cr_assert(ending.end_us >= before);
        before = ending.end_us;
    }
    cr_assert(eq(sz, launcher_sim_running(sim), 0));
    (void)fprintf(stderr, "start and next: %.2f us\n",
                  (double)(clock() - begin) / CLOCKS_PER_SEC / COUNT * 1e6);
    launcher_free(sim);
}
