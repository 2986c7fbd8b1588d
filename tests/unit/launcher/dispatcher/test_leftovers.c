#include "launcher/dispatcher/leftovers.h"
#include "launcher/dispatcher/place_record.h"
#include "launcher/shim/claim.h"

#include "tests/unit/launcher/support.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static char folder[256];
static struct places *places;
static struct leftover_list leftovers = LIST_HEAD_INITIALIZER(leftovers);
static struct assay_error err;
static pid_t child; /* stands for a shim */
static const struct attempt_key key = { 5, 2, 0 };
static char gpus[64];
static int reported;

static void open_shop(void)
{
    struct machine machine;

    support_folder_make(folder);
    cr_assert(machine_parse("cpus=8,memory=8G,gpus=0,1,2,3", &machine, &err));
    places = places_new(&machine, &err);
    child = fork();
    if (child == 0)
        for (;;)
            (void)pause();
}

static void end_child(void)
{
    if (child > 0) {
        (void)kill(child, SIGKILL);
        (void)waitpid(child, NULL, 0);
    }
    child = 0;
}

static void close_shop(void)
{
    end_child();
    leftovers_clear(&leftovers);
    places_free(places);
    support_folder_remove(folder);
}

TestSuite(leftovers, .init = open_shop, .fini = close_shop);

/* As an engine does that starts a gang of two: GPUs 0 and 1, and that is gone then. */
static void write_place(double share)
{
    const struct resources requests[2] = {
        { .cpus = 1.5, .memory_bytes = 1 << 30, .gpus = 1, .gpu_share = share },
        { .cpus = 2, .gpus = 1, .gpu_share = share },
    };
    struct grant *grant = grant_new(places, key, 7, requests, 2, &err);

    cr_assert(grant && grant_take(grant));
    cr_assert(place_record_write(folder, grant, 2, &err), "%s", err.message);
    grant_free(grant);
}

static void write_claim(const char *dir)
{
    struct process_stat stat;
    struct claim claim = { .pid = child };

    cr_assert(process_stat_read(child, &stat));
    claim.start_ticks = stat.start_ticks;
    process_boot_id(claim.boot_id);
    cr_assert(eq(int, record_make_dirs(dir), 0));
    cr_assert(eq(int, claim_make(dir, &claim), 0));
}

static void note(void)
{
    cr_assert(leftovers_note(&leftovers, places, key, 7, folder, &err), "%s", err.message);
}

static bool is_empty(void)
{
    return LIST_EMPTY(&leftovers);
}

static void look(void *context, const struct launch_report *report)
{
    (void)context;
    cr_assert(eq(i64, report->key.trial, key.trial));
    cr_assert(eq(i64, report->job, 7));
    cr_assert(report->stage == LAUNCH_RUNNING);
    (void)snprintf(gpus, sizeof gpus, "%s", report->gpus);
    reported++;
}

Test(leftovers, what_runs_keeps_what_it_holds)
{
    write_place(1);
    write_claim(folder);
    note();
    cr_assert(eq(int, places_free_now(places).gpus, 2));
    cr_assert(eq(dbl, places_free_now(places).cpus, 4.5));
    cr_assert(eq(i64, places_free_now(places).memory_bytes, INT64_C(7) << 30));
    leftovers_report(&leftovers, look, NULL);
    cr_assert(eq(int, reported, 1));
    cr_assert(eq(str, gpus, "0,1"));
    leftovers_check(&leftovers);
    cr_assert(eq(int, places_free_now(places).gpus, 2));
}

Test(leftovers, it_is_given_back_when_the_last_shim_has_ended)
{
    write_place(1);
    write_claim(folder);
    note();
    end_child();
    leftovers_check(&leftovers);
    cr_assert(is_empty());
    cr_assert(eq(int, places_free_now(places).gpus, 4));
    cr_assert(eq(dbl, places_free_now(places).cpus, 8));
}

Test(leftovers, a_replica_that_runs_is_enough)
{
    char dir[300];

    write_place(1);
    (void)snprintf(dir, sizeof dir, "%s/replicas/workerpool1-0", folder);
    write_claim(dir);
    note();
    cr_assert(eq(int, places_free_now(places).gpus, 2));
}

Test(leftovers, what_has_ended_holds_nothing)
{
    write_place(1);
    write_claim(folder);
    end_child();
    note();
    cr_assert(is_empty());
    cr_assert(eq(int, places_free_now(places).gpus, 4));
}

Test(leftovers, what_had_a_place_and_never_began_never_will)
{
    struct claim claim;

    write_place(1);
    note();
    cr_assert(is_empty());
    cr_assert(eq(int, claim_read(folder, &claim), 0));
    cr_assert(eq(int, claim.pid, 0));
}

Test(leftovers, what_held_nothing_holds_nothing)
{
    write_claim(folder);
    note();
    support_write(folder, "place", "assay-place 1\nreplicas 1\ngpus_0 0\n", 0644);
    note(); /* torn */
    cr_assert(is_empty());
}

Test(leftovers, a_share_leaves_room_for_another)
{
    const struct resources half = { .gpus = 1, .gpu_share = 0.5 };
    struct grant *grant = NULL;

    write_place(0.25);
    write_claim(folder);
    note();
    /* Two quarters of GPU 0. */
    grant = grant_new(places, (struct attempt_key){ 6, 1, 0 }, 8, &half, 1, &err);
    cr_assert(grant && grant_take(grant));
    cr_assert(eq(str, (char *)grant_gpus(grant, 0), "0"));
    grant_free(grant);
}

Test(leftovers, who_is_adopted_is_looked_after_by_another)
{
    write_place(1);
    write_claim(folder);
    note();
    leftovers_drop(&leftovers, (struct attempt_key){ 5, 3, 0 });
    cr_assert(not(is_empty()));
    leftovers_drop(&leftovers, key);
    cr_assert(is_empty());
    cr_assert(eq(int, places_free_now(places).gpus, 4));
}
