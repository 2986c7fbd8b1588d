/*
 * assay-throughput: what the engine costs, measured beside what it is compared with. Each part
 * prints figures and limits; the exit status is 1 when a limit is not met. docs/performance.md
 * explains the parts; `bench/run throughput` builds and starts it.
 */
#include "bench/bench_folder.h"
#include "bench/isolate.h"
#include "bench/job_text.h"
#include "bench/plain_rows.h"
#include "bench/report.h"
#include "bench/restart.h"
#include "bench/sim_study.h"
#include "bench/spawn_rounds.h"
#include "launcher/artifact.h"

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* SPAWN_FEW, SPAWN_MANY: trials at a time for each core. */
enum { ROUNDS_MAX = 16, SPAWN_FEW = 2, SPAWN_MANY = 4, SIM_PARALLEL = 256, SIM_SPARE = 1000000 };

/* How much of everything. */
struct counts {
    int spawn_rounds;
    int64_t spawn_trials;
    int row_rounds;
    int64_t rows;
    int64_t round_trials; /* of the simulated study beside each round of rows */
    int64_t long_trials;
};

static const struct counts full_counts = { 5, 2000, 5, 100000, 100000, 1000000 };
static const struct counts quick_counts = { 3, 500, 3, 50000, 50000, 100000 };
static const struct counts smoke_counts = { 1, 20, 1, 1000, 40000, 40000 };

struct bench {
    const struct counts *counts;
    const char *parts;     /* letters of those to run */
    char folder[PATH_MAX]; /* all is made in here, and removed at the end */
    char trainer[PATH_MAX];
    struct report report;
    double spawn_ms; /* a trial's share of time in part b and in part c; 0: not measured */
    double sim_ms;
    const char *optuna_version; /* NULL: not measured */
    struct spread optuna_ms;
};

static bool has_part(const struct bench *bench, char part)
{
    return strchr(bench->parts, part) != NULL;
}

static bool run_spawn_rounds(struct bench *bench, int parallel, struct spawn_figures *figures,
                             struct assay_error *err)
{
    struct spawn_plan plan = { .folder = bench->folder,
                               .trainer = bench->trainer,
                               .rounds = bench->counts->spawn_rounds,
                               .trials = bench->counts->spawn_trials,
                               .parallel = parallel };

    if (!spawn_rounds_run(&plan, figures, err))
        return assay_error_add(err, "spawn");
    report_figure("at a time", parallel, "");
    report_spread("  a: posix_spawn() and waitpid()", &figures->bare, "/s");
    report_spread("  b: trials of a job, durable", &figures->engine, "/s");
    report_spread("  a: CPU of all processes, each", &figures->bare_cpu_ms, "ms");
    report_spread("  b: CPU of all processes, each", &figures->engine_cpu_ms, "ms");
    report_spread("  b / a of each round", &figures->ratio, "");
    return true;
}

/*
 * Judged where the cores have always something to do. With two at a time on each, most of a trial's
 * hand-overs and syncs meet an idle core, which is shown as well.
 */
static bool run_spawn_part(struct bench *bench, struct assay_error *err)
{
    struct spawn_figures few = { 0 };
    struct spawn_figures many = { 0 };
    int cores = (int)sysconf(_SC_NPROCESSORS_ONLN);

    report_part("a, b: a trainer that writes one metric line");
    if (!run_spawn_rounds(bench, SPAWN_FEW * cores, &few, err) ||
        !run_spawn_rounds(bench, SPAWN_MANY * cores, &many, err))
        return false;
    bench->spawn_ms = 1e3 / many.engine.median;
    report_at_least(&bench->report, "  b / a, median", many.ratio.median, 0.5, "");
    return true;
}

static bool sim_main(const void *context, void *result, struct assay_error *err)
{
    return sim_study_run(context, result, err);
}

/* In a folder of its own below the bench's, which stays. */
static bool run_study(const struct bench *bench, const char *folder, const char *started_path,
                      int64_t trials, struct sim_figures *figures, struct assay_error *err)
{
    struct job_text text = { .trainer = bench->trainer,
                             .started_path = started_path,
                             .max_trials = trials + SIM_SPARE,
                             .parallel = SIM_PARALLEL };
    char *document = job_text_new(&text, err);
    struct sim_study_plan plan = { .folder = folder, .document = document, .trials = trials };
    bool is_ok = false;

    if (!document)
        return false;
    if (mkdir(folder, 0777) != 0)
        (void)assay_fail_errno(err, errno, "make %s", folder);
    else
        is_ok = isolate_run(sim_main, &plan, figures, sizeof *figures, err);
    free(document);
    return is_ok;
}

static bool run_row_rounds(struct bench *bench, struct assay_error *err)
{
    char path[PATH_MAX + 16];
    double rows[ROUNDS_MAX];
    double trials[ROUNDS_MAX];
    double ratios[ROUNDS_MAX];
    size_t count = (size_t)bench->counts->row_rounds;
    struct spread spread = { 0 };

    (void)snprintf(path, sizeof path, "%s/rows", bench->folder);
    for (size_t i = 0; i < count; i++) {
        struct sim_figures figures = { 0 };

        if (!plain_rows_run(path, bench->counts->rows, &rows[i], err) ||
            !run_study(bench, path, NULL, bench->counts->round_trials, &figures, err) ||
            !artifact_remove(path, err))
            return false;
        trials[i] = (double)figures.trials / figures.wall_s;
        ratios[i] = trials[i] / rows[i];
    }
    spread = spread_of(rows, count);
    report_spread("rows that bare SQLite inserts, 100 a commit", &spread, "/s");
    spread = spread_of(trials, count);
    bench->sim_ms = 1e3 / spread.median;
    report_spread("c: durable trials of a simulated study", &spread, "/s");
    spread = spread_of(ratios, count);
    report_spread("trials / rows of each round", &spread, "");
    report_at_least(&bench->report, "trials / rows, median", spread.median, 0.1, "");
    return true;
}

static void report_study(struct bench *bench, const struct sim_figures *figures)
{
    const struct sim_stretch *early = &figures->early;
    const struct sim_stretch *late = &figures->late;
    double trials = (double)figures->trials;

    report_figure("trials of one long study", trials, "");
    report_figure("  trials per second", trials / figures->wall_s, "/s");
    report_figure("  trials per commit", trials / (double)figures->commits, "");
    report_figure("  size of its file, per trial", figures->file_bytes / trials, "bytes");
    report_at_most(&bench->report, "  CPU per trial", figures->cpu_s * 1e6 / trials, 50, "us");
    report_spread("  CPU per trial, from trial 1,000 on", &early->cpu_us, "us");
    report_spread("  CPU per trial, up to the last", &late->cpu_us, "us");
    report_at_most(&bench->report, "  last / first, medians of 1,000 trials",
                   late->cpu_us.median / early->cpu_us.median, 1.2, "");
    report_figure("  last / first, means with checkpoints", late->mean_cpu_us / early->mean_cpu_us,
                  "");
    report_figure("  last / first, wall clock", late->mean_wall_us / early->mean_wall_us, "");
    report_at_most(&bench->report, "  resident memory per finished trial", figures->bytes_per_trial,
                   300, "bytes");
}

static bool run_restarts(struct bench *bench, const char *folder, const char *started_path,
                         struct assay_error *err)
{
    static const struct {
        const char *name;
        bool is_cold, is_clean;
    } kinds[] = {
        { "d: after a kill, page cache dropped", true, true },
        { "d: after a clean end", false, false },
        { "d: after a kill", false, false },
    };

    report_part("d: an engine on the folder of that study, until its next trial runs");
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        struct restart_plan plan = { .folder = folder,
                                     .started_path = started_path,
                                     .is_cold = kinds[i].is_cold,
                                     .is_clean = kinds[i].is_clean };
        struct restart_figures figures = { 0 };

        if (!restart_run(&plan, &figures, err))
            return assay_error_add(err, "restart");
        report_at_most(&bench->report, kinds[i].name, figures.launch_s, 2, "s");
        report_figure("  until the resume was answered", figures.answer_s, "s");
    }
    return true;
}

static bool run_sim_parts(struct bench *bench, struct assay_error *err)
{
    char folder[PATH_MAX + 16];
    char started[PATH_MAX + 16];
    struct sim_figures figures = { 0 };

    report_part("c: the engine without processes, 256 trials at a time");
    if (!run_row_rounds(bench, err))
        return assay_error_add(err, "simulation");
    (void)snprintf(folder, sizeof folder, "%s/study", bench->folder);
    (void)snprintf(started, sizeof started, "%s/started", bench->folder);
    if (mkfifo(started, 0600) != 0)
        return assay_fail_errno(err, errno, "make %s", started);
    if (!run_study(bench, folder, started, bench->counts->long_trials, &figures, err))
        return assay_error_add(err, "simulation");
    report_study(bench, &figures);
    return !has_part(bench, 'd') || run_restarts(bench, folder, started, err);
}

static void run_optuna_part(struct bench *bench)
{
    if (!bench->optuna_version)
        return;
    report_part("e: Optuna, random sampler, SQLite, the same five parameters");
    (void)printf("  version %s\n", bench->optuna_version);
    report_spread("e: Optuna, time per trial", &bench->optuna_ms, "ms");
    if (bench->sim_ms > 0)
        report_at_least(&bench->report, "e / c: neither starts a process",
                        bench->optuna_ms.median / bench->sim_ms, 50, "");
    if (bench->spawn_ms > 0)
        report_figure("e / b: ours starts a process for each trial",
                      bench->optuna_ms.median / bench->spawn_ms, "");
}

static bool run_parts(struct bench *bench, struct assay_error *err)
{
    if (has_part(bench, 'b') && !run_spawn_part(bench, err))
        return false;
    if (has_part(bench, 'c') && !run_sim_parts(bench, err))
        return false;
    run_optuna_part(bench);
    report_end(&bench->report);
    return true;
}

/* "5.0.0,18.2,19.1,24.0": the version, then min, median and max of the milliseconds per trial. */
static bool parse_optuna(struct bench *bench, char *text)
{
    double *fields[] = { &bench->optuna_ms.min, &bench->optuna_ms.median, &bench->optuna_ms.max };
    char *at = strchr(text, ',');

    bench->optuna_version = text;
    for (size_t i = 0; i < 3; i++) {
        if (!at || *at != ',')
            return false;
        *at++ = '\0';
        *fields[i] = strtod(at, &at);
    }
    return *at == '\0' && bench->optuna_ms.min > 0;
}

static bool parse_options(int argc, char **argv, struct bench *bench, const char **folder)
{
    static const struct option options[] = {
        { "folder", required_argument, NULL, 'f' }, { "quick", no_argument, NULL, 'q' },
        { "smoke", no_argument, NULL, 's' },        { "parts", required_argument, NULL, 'p' },
        { "optuna", required_argument, NULL, 'o' }, { 0 },
    };
    int option = 0;

    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) { // NOLINT: one thread
        switch (option) {
        case 'f':
            *folder = optarg;
            break;
        case 'q':
            bench->counts = &quick_counts;
            break;
        case 's':
            bench->counts = &smoke_counts;
            bench->report.is_judging = false;
            break;
        case 'p':
            bench->parts = optarg;
            break;
        case 'o':
            if (!parse_optuna(bench, optarg))
                return false;
            break;
        default:
            return false;
        }
    }
    return optind == argc;
}

int main(int argc, char **argv)
{
    struct bench bench = { .counts = &full_counts,
                           .parts = "bcd",
                           .report = { .is_judging = true } };
    struct assay_error err = { 0 };
    struct assay_error ignored = { 0 };
    const char *folder = ".";
    bool is_ok = false;

    if (!parse_options(argc, argv, &bench, &folder)) {
        (void)fprintf(stderr,
                      "usage: %s [--folder DIR] [--quick | --smoke] [--parts bcd]\n"
                      "       [--optuna VERSION,MIN,MEDIAN,MAX]\n",
                      argv[0]);
        return 2;
    }
    is_ok = bench_folder_make(folder, "throughput", bench.folder, &err) &&
            bench_program("bench-trainer", bench.trainer, &err);
    if (is_ok) {
        report_machine(bench.folder);
        is_ok = run_parts(&bench, &err);
    }
    if (bench.folder[0] && !artifact_remove(bench.folder, &ignored))
        (void)fprintf(stderr, "%s is left behind: %s\n", bench.folder, ignored.message);
    if (!is_ok)
        (void)fprintf(stderr, "throughput: %s\n", err.message);
    return is_ok && bench.report.missed == 0 ? 0 : 1;
}
