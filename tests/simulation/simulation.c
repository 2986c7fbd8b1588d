/*
 * Whole studies on a virtual clock, in a world where most things break; every commit is compared
 * with a naive model. One of sixteen studies is run twice, which must give the same rows, and once
 * more in a calm world, which must give the same suggestions.
 *
 *   ASSAY_SEED=N      the seed of the first study (else random); study k has seed N + k
 *   ASSAY_STUDIES=N   how many (10,000)
 */

#include "tests/simulation/dump.h"
#include "tests/simulation/folder.h"
#include "tests/simulation/world.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

/* A folder is shared by so many studies: their jobs must not disturb each other. */
enum { STUDIES_PER_FOLDER = 50, STUDIES = 10000, REPEATED = 16 };

struct totals {
    int64_t commits, crashes, trials, stopped;
    int64_t by_state[JOB_STATE_PAUSED + 1];
};

static uint64_t setting(const char *name, uint64_t otherwise)
{
    const char *text = getenv(name);

    return text ? strtoull(text, NULL, 10) : otherwise;
}

static void report(const struct world *world)
{
    (void)fprintf(stderr,
                  "simulation: %s\n  %s\n  job %" PRId64 ", commit %" PRId64 ", crash %" PRId64
                  "\n  again: ASSAY_SEED=%" PRIu64 " ASSAY_STUDIES=1 bin/simulation\n",
                  world->fault[0] ? world->fault : world->why.message, world->scenario.document,
                  world->job, world->commit_count, world->crash_count, world->scenario.seed);
}

/* Runs the study; *dump: its rows at the end, owned by the caller, where it is not NULL. */
static bool run_study(const struct scenario *scenario, const char *folder, struct totals *totals,
                      char **dump)
{
    struct world *world = world_new(scenario, folder, NULL);
    bool is_good = false;

    world->kills_rudely = true;
    is_good = world_run(world);
    world->scenario.faults.crash = 0;
    if (is_good && !world->store)
        is_good = world_start(world);
    if (is_good) {
        if (dump)
            *dump = dump_job(world->store, world->job);
        totals->by_state[world->model.job_state]++;
        totals->trials += world->model.created;
    }
    totals->commits += world->commit_count;
    totals->crashes += world->crash_count;
    totals->stopped += world->stopped_early;
    if (is_good && dice_chance(&world->dice, 10)) {
        world_delete(world);
        is_good = !world->fault[0] && world->why.code == ASSAY_OK;
    }
    if (!is_good)
        report(world);
    world_free(world);
    return is_good;
}

/* "trial N … point …" up to the next word, of each trial, in place of the whole dump. */
static char *points_of(const char *dump)
{
    char *points = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&points, &size);
    const char *line = dump;

    if (!out)
        abort();
    for (; *line; line = strchr(line, '\n') + 1) {
        const char *point = strstr(line, " point");
        const char *end = strpbrk(point ? point + 6 : line, "fn"); /* "final" or "none" */

        /* Reasons may have several lines; only those of trials begin so. */
        if (strncmp(line, "trial ", 6) != 0 || !point)
            continue;
        while (end && strncmp(end, "final", 5) != 0 && strncmp(end, "none", 4) != 0)
            end = strpbrk(end + 1, "fn");
        (void)fprintf(out, "%.*s\n", (int)(end - point), point);
    }
    if (fclose(out) != 0)
        abort();
    return points;
}

/* In a folder of its own, so that its job gets the same id each time. */
static bool run_alone(const struct scenario *scenario, struct totals *totals, char **dump)
{
    char folder[FOLDER_PATH];
    bool is_good = run_study(scenario, folder_make(folder), totals, dump);

    folder_remove(folder);
    return is_good;
}

static bool has_same_points(uint64_t seed, const char *dump, const char *calm_dump)
{
    char *points = points_of(dump);
    char *calm_points = points_of(calm_dump);
    size_t common = strlen(points) < strlen(calm_points) ? strlen(points) : strlen(calm_points);
    bool is_same = strncmp(points, calm_points, common) == 0;

    if (!is_same)
        (void)fprintf(stderr, "seed %" PRIu64 " suggested other points:\n%s----\n%s", seed, points,
                      calm_points);
    free(points);
    free(calm_points);
    return is_same;
}

/* The same seed gives the same rows; and the same suggestions, whatever breaks. */
static bool repeat_study(const struct scenario *scenario, struct totals *totals)
{
    struct scenario calm = *scenario;
    char *dump = NULL;
    char *again = NULL;
    char *calm_dump = NULL;
    bool is_good = run_alone(scenario, totals, &dump) && run_alone(scenario, totals, &again);

    if (is_good && strcmp(dump, again) != 0) {
        (void)fprintf(stderr, "seed %" PRIu64 " gave other rows:\n%s----\n%s", scenario->seed, dump,
                      again);
        is_good = false;
    }
    scenario_calm(&calm);
    /* A sampler that learns suggests by what has ended, which is not the same in a calm world. */
    if (is_good && strstr(dump, "\nsuggested "))
        goto out;
    is_good = is_good && run_alone(&calm, totals, &calm_dump) &&
              has_same_points(scenario->seed, dump, calm_dump);
out:
    free(dump);
    free(again);
    free(calm_dump);
    return is_good;
}

int main(void)
{
    uint64_t seed = 1;
    uint64_t studies = setting("ASSAY_STUDIES", STUDIES);
    struct totals totals = { 0 };
    char folder[FOLDER_PATH];
    bool is_good = true;

    if (getrandom(&seed, sizeof seed, 0) < 0)
        perror("getrandom");
    seed = setting("ASSAY_SEED", seed >> 24);
    (void)fprintf(stderr, "ASSAY_SEED=%" PRIu64 " ASSAY_STUDIES=%" PRIu64 "\n", seed, studies);
    for (uint64_t i = 0; is_good && i < studies; i++) {
        struct scenario scenario;

        if (i % STUDIES_PER_FOLDER == 0)
            (void)folder_make(folder);
        scenario_draw(&scenario, seed + i);
        is_good = run_study(&scenario, folder, &totals, NULL);
        if (is_good && (seed + i) % REPEATED == 0)
            is_good = repeat_study(&scenario, &totals);
        if (i % STUDIES_PER_FOLDER == STUDIES_PER_FOLDER - 1 || i + 1 == studies || !is_good)
            folder_remove(folder);
    }
    (void)printf("%" PRId64 " trials (%" PRId64 " stopped early), %" PRId64 " commits, %" PRId64
                 " crashes; jobs: %" PRId64 " succeeded, %" PRId64 " failed, %" PRId64
                 " cancelled\n",
                 totals.trials, totals.stopped, totals.commits, totals.crashes,
                 totals.by_state[JOB_STATE_SUCCEEDED], totals.by_state[JOB_STATE_FAILED],
                 totals.by_state[JOB_STATE_CANCELLED]);
    return is_good ? EXIT_SUCCESS : EXIT_FAILURE;
}
