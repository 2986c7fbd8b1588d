#include "launcher/dispatcher/gang.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <string.h>

enum { REPLICAS = 5, ROUNDS = 20000 };

/* One primary, two workers, a parameter server and an evaluator. */
static const struct replica_launch replicas[REPLICAS] = {
    { .role = ROLE_PRIMARY }, { .role = ROLE_WORKER },    { .role = ROLE_WORKER, .index = 1 },
    { .role = ROLE_SERVER },  { .role = ROLE_EVALUATOR },
};

static struct gang gang;

static void open_gang(bool restarts_alone)
{
    struct launch launch = { .replicas = replicas,
                             .replica_count = REPLICAS,
                             .restarts_alone = restarts_alone };

    cr_assert(gang_init(&gang, &launch));
}

static void close_gang(void)
{
    gang_clear(&gang);
}

static enum gang_action end(int32_t replica, enum ending_kind kind, int status)
{
    struct ending ending = { .key = { 1, 1, replica },
                             .kind = kind,
                             .status = status,
                             .start_us = 100 - replica,
                             .end_us = 200 + replica,
                             .cpu_us = 10 };

    return gang_note_end(&gang, &ending, false);
}

static struct ending result(void)
{
    struct ending ending;

    gang_ending(&gang, &ending);
    return ending;
}

TestSuite(gang, .fini = close_gang);

Test(gang, it_succeeds_with_its_primary_and_workers_and_stops_the_rest)
{
    open_gang(false);
    cr_assert(eq(int, end(1, ENDING_EXITED, 0), GANG_WAIT));
    cr_assert(eq(int, end(0, ENDING_EXITED, 0), GANG_WAIT));
    cr_assert(eq(int, end(2, ENDING_EXITED, 0), GANG_STOP_REST));
    cr_assert(eq(int, end(4, ENDING_STOPPED, 143), GANG_WAIT));
    cr_assert(eq(int, end(3, ENDING_SIGNALED, 9), GANG_OVER));
    cr_assert(eq(int, result().kind, ENDING_EXITED));
    cr_assert(eq(int, result().status, 0));
    cr_assert(eq(int, result().role, ROLE_PRIMARY));
    cr_assert(eq(int, result().key.replica, 0));
    cr_assert(eq(i64, result().start_us, 96));
    cr_assert(eq(i64, result().end_us, 204));
    cr_assert(eq(i64, result().cpu_us, 50));
}

Test(gang, a_server_that_exits_well_by_itself_decides_nothing)
{
    open_gang(false);
    cr_assert(eq(int, end(3, ENDING_EXITED, 0), GANG_WAIT));
    cr_assert(eq(int, end(4, ENDING_EXITED, 0), GANG_WAIT));
    cr_assert(eq(int, end(0, ENDING_EXITED, 0), GANG_WAIT));
    cr_assert(eq(int, end(1, ENDING_EXITED, 0), GANG_WAIT));
    cr_assert(eq(int, end(2, ENDING_EXITED, 0), GANG_OVER));
    cr_assert(eq(int, result().kind, ENDING_EXITED));
}

Test(gang, the_first_that_fails_decides_and_is_named)
{
    open_gang(false);
    cr_assert(eq(int, end(2, ENDING_EXITED, 3), GANG_STOP_REST));
    cr_assert(eq(int, end(0, ENDING_EXITED, 1), GANG_WAIT));
    cr_assert(eq(int, end(1, ENDING_STOPPED, 143), GANG_WAIT));
    cr_assert(eq(int, end(3, ENDING_STOPPED, 143), GANG_WAIT));
    cr_assert(eq(int, end(4, ENDING_EXITED, 0), GANG_OVER));
    cr_assert(eq(int, result().kind, ENDING_EXITED));
    cr_assert(eq(int, result().status, 3));
    cr_assert(eq(int, result().role, ROLE_WORKER));
    cr_assert(eq(int, result().index, 1));
    cr_assert(eq(str, result().detail, (char *)"workerpool0-0: exit_status 1"));
}

Test(gang, a_server_that_fails_before_the_others_are_done_fails_the_gang)
{
    open_gang(false);
    cr_assert(eq(int, end(3, ENDING_OUT_OF_MEMORY, 137), GANG_STOP_REST));
    for (int32_t i = 0; i < REPLICAS; i++) {
        if (i != 3)
            (void)end(i, ENDING_STOPPED, 143);
    }
    cr_assert(eq(int, result().kind, ENDING_OUT_OF_MEMORY));
    cr_assert(eq(int, result().role, ROLE_SERVER));
}

Test(gang, one_that_could_not_start_beside_others_that_ran_means_lost)
{
    open_gang(false);
    (void)end(0, ENDING_NOT_STARTED, 0);
    for (int32_t i = 1; i < REPLICAS; i++)
        (void)end(i, ENDING_STOPPED, 143);
    cr_assert(eq(int, result().kind, ENDING_LOST));
}

Test(gang, a_lost_worker_is_started_anew_a_few_times_only_where_that_is_wanted)
{
    open_gang(true);
    for (int i = 0; i < GANG_RESTARTS_MAX; i++)
        cr_assert(eq(int, end(1, ENDING_LOST, 0), GANG_RESTART));
    cr_assert(eq(int, end(1, ENDING_LOST, 0), GANG_STOP_REST));
    close_gang();
    open_gang(false);
    cr_assert(eq(int, end(1, ENDING_LOST, 0), GANG_STOP_REST));
}

Test(gang, a_lost_primary_is_the_attempts_loss)
{
    open_gang(true);
    cr_assert(eq(int, end(0, ENDING_LOST, 0), GANG_STOP_REST));
}

Test(gang, nothing_is_started_anew_once_it_is_to_end)
{
    struct ending lost = { .key = { 1, 1, 1 }, .kind = ENDING_LOST };

    open_gang(true);
    cr_assert(eq(int, gang_note_end(&gang, &lost, true), GANG_STOP_REST));
}

/* By the whole list of ends, as a person would go over it. */
static enum ending_kind judged(const struct ending *ends)
{
    int good = 0;

    for (int i = 0; i < REPLICAS; i++) {
        int32_t replica = ends[i].key.replica;

        if (ends[i].kind != ENDING_EXITED || ends[i].status != 0)
            return ends[i].kind;
        good += replica <= 2;
        if (good == 3)
            return ENDING_EXITED;
    }
    return ENDING_EXITED;
}

static unsigned next_random(unsigned *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state >> 8;
}

Test(gang, any_order_of_ends_gives_what_going_over_the_list_gives)
{
    static const enum ending_kind kinds[] = { ENDING_EXITED,   ENDING_EXITED,  ENDING_EXITED,
                                              ENDING_SIGNALED, ENDING_TIMEOUT, ENDING_STOPPED };
    unsigned state = 7;

    for (int round = 0; round < ROUNDS; round++) {
        struct ending ends[REPLICAS] = { 0 };
        int stops = 0;

        open_gang(next_random(&state) % 2);
        for (int32_t i = 0; i < REPLICAS; i++)
            ends[i].key = (struct attempt_key){ 1, 1, i };
        for (int i = REPLICAS - 1; i > 0; i--) {
            unsigned j = next_random(&state) % (unsigned)(i + 1);
            struct attempt_key key = ends[i].key;

            ends[i].key = ends[j].key;
            ends[j].key = key;
        }
        for (int i = 0; i < REPLICAS; i++) {
            enum gang_action action = GANG_WAIT;

            ends[i].kind = kinds[next_random(&state) % 6];
            ends[i].start_us = 1;
            ends[i].status = ends[i].kind == ENDING_EXITED ? 0 : 9;
            action = gang_note_end(&gang, &ends[i], false);
            stops += action == GANG_STOP_REST;
            cr_assert(eq(int, action == GANG_OVER, i == REPLICAS - 1));
        }
        cr_assert(le(int, stops, 1));
        cr_assert(eq(int, result().kind, judged(ends)));
        close_gang();
    }
    open_gang(false);
}
