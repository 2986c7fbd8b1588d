/*
 * The queue beside a twin that knows nothing but the rule of place_queue.h: it looks at every
 * gang each time and tries every way to place it. Random gangs of many jobs come, run and go.
 */
#include "launcher/places/place_queue.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { GPUS = 4, CPUS = 12, GANGS = 600, REPLICAS = 4, STEPS = 400, RUN_MAX = 9 };
/* Ten of a time are long enough for a gang that was passed over, or forty. */
static int64_t step_us;

enum stage { UNUSED, WAITING, RUNNING, GONE };

/* GPUs in quarters, CPUs whole: so that sums are exact. */
struct gang {
    enum stage stage;
    int64_t job;
    int count;
    int cpus[REPLICAS];
    int gpus[REPLICAS];
    int quarters[REPLICAS]; /* of each GPU */
    int passes;
    int64_t passed_at_us; /* -1: never */
    int64_t reserved_us;  /* -1: never */
    int ends_at;          /* step */
    struct grant *grant;
    int used[GPUS]; /* quarters, while it runs */
};

static struct gang gangs[GANGS]; /* by age */
static int gang_count;
static struct gang *reserved;
static struct places *places;
static struct place_queue *queue;
static struct assay_error err;

static int cpus_of(const struct gang *gang)
{
    int sum = 0;

    for (int i = 0; i < gang->count; i++)
        sum += gang->cpus[i];
    return sum;
}

static int quarters_of(const struct gang *gang)
{
    int sum = 0;

    for (int i = 0; i < gang->count; i++)
        sum += gang->gpus[i] * gang->quarters[i];
    return sum;
}

static int free_cpus(void)
{
    int sum = CPUS;

    for (int i = 0; i < gang_count; i++)
        if (gangs[i].stage == RUNNING)
            sum -= cpus_of(&gangs[i]);
    return sum;
}

static void free_quarters(int left[GPUS])
{
    for (int gpu = 0; gpu < GPUS; gpu++) {
        left[gpu] = 4;
        for (int i = 0; i < gang_count; i++)
            if (gangs[i].stage == RUNNING)
                left[gpu] -= gangs[i].used[gpu];
    }
}

/* Every way: this replica's next GPU is gpu or one behind it, or the replica is done. */
static bool fits_from(const struct gang *gang, int replica, int chosen, int gpu, int left[GPUS])
{
    if (replica == gang->count)
        return true;
    if (chosen == gang->gpus[replica])
        return fits_from(gang, replica + 1, 0, 0, left);
    for (; gpu < GPUS; gpu++) {
        bool fits = false;

        if (left[gpu] < gang->quarters[replica])
            continue;
        left[gpu] -= gang->quarters[replica];
        fits = fits_from(gang, replica, chosen + 1, gpu + 1, left);
        left[gpu] += gang->quarters[replica];
        if (fits)
            return true;
    }
    return false;
}

enum { NO_CPUS = 1, NO_GPUS = 2 };

static int lacks_of(const struct gang *gang)
{
    int left[GPUS];
    int lacks = 0;

    free_quarters(left);
    if (cpus_of(gang) > 0 && cpus_of(gang) > free_cpus())
        lacks |= NO_CPUS;
    if (!fits_from(gang, 0, 0, 0, left))
        lacks |= NO_GPUS;
    return lacks;
}

/* The largest of a job's shares, in 48ths. */
static int share_of(int64_t job)
{
    int cpus = 0;
    int quarters = 0;

    for (int i = 0; i < gang_count; i++) {
        if (gangs[i].stage != RUNNING || gangs[i].job != job)
            continue;
        cpus += cpus_of(&gangs[i]);
        quarters += quarters_of(&gangs[i]);
    }
    cpus *= 48 / CPUS;
    quarters *= 48 / (4 * GPUS);
    return cpus > quarters ? cpus : quarters;
}

/* The oldest that waits of its job. */
static bool is_first(const struct gang *gang)
{
    for (int i = 0; &gangs[i] < gang; i++)
        if (gangs[i].stage == WAITING && gangs[i].job == gang->job)
            return false;
    return gang->stage == WAITING;
}

/* a's turn comes before b's; both are the first of their jobs. */
static bool is_before(const struct gang *a, const struct gang *b)
{
    int share_a = share_of(a->job);
    int share_b = share_of(b->job);

    return share_a != share_b ? share_a < share_b : a < b;
}

static bool is_overdue(const struct gang *gang, int64_t now_us)
{
    return gang->passes >= PLACE_PASSES ||
           (gang->passed_at_us >= 0 && now_us - gang->passed_at_us >= PLACE_PATIENCE_US);
}

/* Would it fit, and leave the reserved one lacking no more than before? */
static bool may_go(struct gang *gang, const int *used)
{
    int lacks = reserved ? lacks_of(reserved) : 0;
    bool is_spared = false;

    if (lacks_of(gang) != 0)
        return false;
    if (!reserved || gang == reserved)
        return true;
    if (((lacks & NO_CPUS) && cpus_of(gang) > 0) || ((lacks & NO_GPUS) && quarters_of(gang) > 0))
        return false;
    if (!used && quarters_of(gang) > 0 && quarters_of(reserved) > 0)
        return true; /* depends on which GPUs: judged when they are known */
    gang->stage = RUNNING;
    memset(gang->used, 0, sizeof gang->used);
    if (used)
        memcpy(gang->used, used, sizeof gang->used);
    is_spared = lacks_of(reserved) == lacks;
    gang->stage = WAITING;
    return is_spared;
}

/* Of the first of each job that may go, the one whose turn comes first. */
static struct gang *predict(void)
{
    struct gang *best = NULL;

    if (reserved && lacks_of(reserved) == 0)
        return reserved;
    for (int i = 0; i < gang_count; i++)
        if (is_first(&gangs[i]) && &gangs[i] != reserved && may_go(&gangs[i], NULL) &&
            (!best || is_before(&gangs[i], best)))
            best = &gangs[i];
    return best;
}

static void note_passes(const struct gang *granted, int64_t now_us)
{
    if (cpus_of(granted) == 0 && quarters_of(granted) == 0)
        return;
    for (int i = 0; i < gang_count; i++) {
        struct gang *gang = &gangs[i];

        if (!is_first(gang) || gang == granted)
            continue;
        if (is_before(gang, granted) && gang->passed_at_us < 0)
            gang->passed_at_us = now_us;
        gang->passes += is_before(gang, granted) || gang < granted;
    }
}

static void note_reservation(int64_t now_us)
{
    for (int i = 0; i < gang_count && !reserved; i++)
        if (is_first(&gangs[i]) && is_overdue(&gangs[i], now_us))
            reserved = &gangs[i];
    if (reserved && reserved->reserved_us < 0)
        reserved->reserved_us = now_us;
}

/* The GPUs that the pool has given, each replica's different ones. */
static void read_gpus(struct gang *gang)
{
    memset(gang->used, 0, sizeof gang->used);
    for (int i = 0; i < gang->count; i++) {
        const char *text = grant_gpus(gang->grant, (size_t)i);
        bool is_seen[GPUS] = { false };
        int count = 0;

        for (const char *at = text; at && *at; at += at[1] == ',' ? 2 : 1) {
            int gpu = *at - '0';

            cr_assert(gpu >= 0 && gpu < GPUS && !is_seen[gpu], "%s", text);
            is_seen[gpu] = true;
            gang->used[gpu] += gang->quarters[i];
            count++;
        }
        cr_assert(eq(int, count, gang->gpus[i]));
    }
}

static void check_not_overbooked(void)
{
    int left[GPUS];

    cr_assert(free_cpus() >= 0);
    cr_assert(eq(dbl, places_free_now(places).cpus, free_cpus()));
    free_quarters(left);
    for (int gpu = 0; gpu < GPUS; gpu++)
        cr_assert(left[gpu] >= 0);
}

static struct gang *gang_of(const struct grant *grant)
{
    return &gangs[grant_key(grant).trial - 1];
}

static void make_gang(long seed_job)
{
    struct gang *gang = &gangs[gang_count];
    struct resources requests[REPLICAS] = { { 0 } };

    *gang = (struct gang){ .stage = WAITING, .job = 1 + seed_job, .passed_at_us = -1 };
    gang->reserved_us = -1;
    gang->count = 1 + (int)(random() % REPLICAS);
    for (int i = 0; i < gang->count; i++) {
        gang->cpus[i] = (int)(random() % 4);
        gang->gpus[i] = (int)(random() % 3 == 0);
        gang->quarters[i] = 1 << random() % 3;
        requests[i] = (struct resources){ .cpus = gang->cpus[i],
                                          .gpus = gang->gpus[i],
                                          .gpu_share = gang->quarters[i] / 4.0 };
    }
    /* Now and then one that needs half the machine or all of it. */
    if (random() % 12 == 0) {
        gang->count = 1;
        gang->cpus[0] = CPUS / (1 + (int)(random() % 2));
        gang->gpus[0] = GPUS / (1 + (int)(random() % 2));
        gang->quarters[0] = 4;
        requests[0] = (struct resources){ .cpus = gang->cpus[0], .gpus = gang->gpus[0] };
    }
    gang->grant = grant_new(places, (struct attempt_key){ ++gang_count, 1, 0 }, gang->job, requests,
                            (size_t)gang->count, &err);
    cr_assert(gang->grant != NULL, "%s", err.message);
    place_queue_add(queue, gang->grant);
}

static void end_gang(struct gang *gang)
{
    if (gang == reserved)
        reserved = NULL;
    gang->stage = GONE;
    grant_free(gang->grant);
    gang->grant = NULL;
}

/* Grants until there is none; each must be the twin's. Which GPUs a gang would get is the pool's
 * own affair: where that decides, the twin asks afterwards. */
static void serve(int step)
{
    int64_t now_us = step * step_us;

    for (;;) {
        struct gang *expected = NULL;
        struct grant *granted = NULL;
        struct gang *gang = NULL;

        note_reservation(now_us);
        expected = predict();
        granted = place_queue_next(queue, now_us);
        if (!granted) {
            /* Only what would have taken GPUs that are spared may have been left. */
            cr_assert(expected == NULL || (reserved && quarters_of(expected) > 0));
            return;
        }
        cr_assert(expected != NULL);
        gang = gang_of(granted);
        read_gpus(gang);
        cr_assert(gang == expected || (reserved && quarters_of(expected) > 0),
                  "step %d: trial %td for %td", step, gang - gangs, expected - gangs);
        cr_assert(gang->stage == WAITING && is_first(gang) && may_go(gang, gang->used));
        if (gang != reserved)
            note_passes(gang, now_us);
        /* Who is reserved for waits for those that run, and not for new ones. */
        if (gang->reserved_us >= 0)
            cr_assert(now_us - gang->reserved_us <= RUN_MAX * step_us);
        if (gang == reserved)
            reserved = NULL;
        gang->stage = RUNNING;
        gang->ends_at = step + 1 + (int)(random() % RUN_MAX);
        check_not_overbooked();
    }
}

static void live(unsigned int seed)
{
    struct machine machine;

    srandom(seed);
    step_us = PLACE_PATIENCE_US / (seed % 2 ? 10 : 40);
    gang_count = 0;
    reserved = NULL;
    cr_assert(machine_parse("cpus=12,memory=1G,gpus=0,1,2,3", &machine, &err));
    places = places_new(&machine, &err);
    queue = place_queue_new(places, &err);
    cr_assert(places && queue);
    for (int step = 0; step < STEPS || place_queue_count(queue) > 0; step++) {
        cr_assert(step < 20 * STEPS, "somebody starves");
        for (int i = 0; i < gang_count; i++) {
            if (gangs[i].stage == RUNNING && gangs[i].ends_at <= step)
                end_gang(&gangs[i]);
            else if (gangs[i].stage == WAITING && random() % 400 == 0)
                end_gang(&gangs[i]);
        }
        for (long n = random() % 4; n > 0 && gang_count < GANGS && step < STEPS; n--)
            make_gang(random() % 9);
        serve(step);
    }
    for (int i = 0; i < gang_count; i++)
        if (gangs[i].stage == RUNNING)
            end_gang(&gangs[i]);
    cr_assert(eq(int, places_free_now(places).gpus, GPUS));
    cr_assert(eq(dbl, places_free_now(places).cpus, CPUS));
    place_queue_free(queue);
    places_free(places);
}

Test(place_rule, the_queue_follows_it_and_nobody_starves)
{
    for (unsigned int seed = 1; seed <= 6; seed++) {
        (void)fprintf(stderr, "seed %u\n", seed);
        live(seed);
    }
}
