/*
 * assay-service: what `assay serve` costs under load, measured beside what it is compared with.
 * Each part prints figures and limits; the exit status is 1 when a limit is not met.
 * docs/performance.md explains the parts; `bench/run service` builds and starts it.
 */
#include "bench/bare_syncs.h"
#include "bench/bench_folder.h"
#include "bench/child.h"
#include "bench/report.h"
#include "bench/service_jobs.h"
#include "bench/service_load.h"
#include "launcher/artifact.h"

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* FEW_PROCESSES: more than the cores of a small machine, where Optuna is at its best. */
enum { CLIENTS = 64, READERS = 32, ROUNDS_MAX = 16, PATH_TEXT = 320, FEW_PROCESSES = 4 };

/* Sixty-four Pythons take a while to begin. */
enum { WRK_TIMEOUT_S = 60, OPTUNA_TIMEOUT_S = 300 };

/* How much of everything. */
struct counts {
    double read_s;
    int rounds;
    double round_s, sync_s;
    long few, many; /* stored trials */
    int64_t jobs;
    int trials; /* that run at once */
    double watch_s;
    double optuna_s;
};

static const struct counts full_counts = { 5, 5, 3, 1, 1000, 100000, 10000, 64, 5, 10 };
static const struct counts quick_counts = { 2, 3, 2, 0.5, 1000, 20000, 10000, 64, 3, 5 };
static const struct counts smoke_counts = { 0.1, 1, 0.1, 0.1, 50, 100, 150, 4, 0.2, 1 };

struct bench {
    const struct counts *counts;
    char parts[8];         /* letters of those to run */
    char folder[PATH_MAX]; /* all is made in here, and removed at the end */
    char program[PATH_MAX];
    char trainer[PATH_MAX];
    const char *python; /* with Optuna; NULL: not measured */
    const char *script;
    double trip_rate; /* of part b; 0: not measured */
    struct served served;
    struct report report;
};

static bool has_part(const struct bench *bench, char part)
{
    return strchr(bench->parts, part) != NULL;
}

/* The number behind name in what the program prints, in whichever line comes last; 0: it could not
 * be had. */
static double hear_number(char *const argv[], const char *name, int timeout_s)
{
    struct assay_error err = { 0 };
    struct child *child = child_start(argv, &err);
    const char *line = NULL;
    double number = 0;

    while (child && (line = child_hear(child, timeout_s, &err)))
        if (strncmp(line, name, strlen(name)) == 0)
            number = strtod(line + strlen(name), NULL);
    child_free(child);
    return number;
}

/* With wrk where there is one: a tool that others know. Requests a second; 0: it is not there. */
static double run_wrk(const struct bench *bench, const char *path)
{
    static char program[] = "/usr/bin/wrk";
    static char threads[] = "-t1";
    char connections[16];
    char duration[16];
    char url[PATH_TEXT + 64];
    char *const argv[] = { program, threads, connections, duration, url, NULL };

    if (bench->counts->read_s < 1 || access(program, X_OK) != 0)
        return 0;
    (void)snprintf(connections, sizeof connections, "-c%d", READERS);
    (void)snprintf(duration, sizeof duration, "-d%.0fs", bench->counts->read_s);
    (void)snprintf(url, sizeof url, "http://127.0.0.1:%d%s", bench->served.port, path);
    return hear_number(argv, "Requests/sec:", WRK_TIMEOUT_S);
}

static bool run_reads(struct bench *bench, struct assay_error *err)
{
    const struct service_job job = {
        .trainer = bench->trainer, .trials = 20, .parallel = 8, .steps = 1
    };
    struct load_figures figures = { 0 };
    char path[PATH_TEXT];
    double rate = 0;
    double cpu_s = 0;

    report_part("a: GET of a tuning job with 20 finished trials");
    if (!service_job_submit(&bench->served, &job, path, sizeof path, err) ||
        !service_job_await(&bench->served, path, "JOB_STATE_SUCCEEDED", 0, err))
        return false;
    rate = run_wrk(bench, path);
    if (rate > 0)
        report_at_least(&bench->report, "a: 32 connections of wrk", rate, 20000, "/s");
    cpu_s = served_cpu_s(&bench->served);
    if (!load_reads(&bench->served, path, READERS, bench->counts->read_s, &figures, err))
        return false;
    cpu_s = served_cpu_s(&bench->served) - cpu_s;
    if (rate > 0)
        report_figure("  the same from this program", figures.rate, "/s");
    else
        report_at_least(&bench->report, "a: 32 connections", figures.rate, 20000, "/s");
    report_figure("  CPU of the server for each", cpu_s * 1e6 / (double)figures.count, "us");
    report_figure("  99 of 100 take at most", figures.p99_ms, "ms");
    return true;
}

/* What a round of part b tells. */
struct round {
    double trips, commits, cpu_us, bytes; /* a second; for a trip; for a commit */
    double append, overwrite;             /* syncs a second of as many bytes */
};

struct rounds {
    double trips[ROUNDS_MAX], commits[ROUNDS_MAX], cpu_us[ROUNDS_MAX], append[ROUNDS_MAX],
        overwrite[ROUNDS_MAX], against_append[ROUNDS_MAX], against_overwrite[ROUNDS_MAX],
        carried[ROUNDS_MAX];
    int count;
};

static bool run_syncs(const struct bench *bench, struct round *round, struct assay_error *err)
{
    char path[PATH_MAX + 16];
    size_t size = round->bytes > 512 ? (size_t)round->bytes : 512;

    (void)snprintf(path, sizeof path, "%s/syncs", bench->folder);
    return bare_syncs_run(path, SYNCS_APPEND, size, bench->counts->sync_s, &round->append, err) &&
           bare_syncs_run(path, SYNCS_OVERWRITE, size, bench->counts->sync_s, &round->overwrite,
                          err);
}

/* /metrics counts all jobs: it is asked before and after, not meanwhile. */
static bool run_round(struct bench *bench, const char *study, struct round *round,
                      struct assay_error *err)
{
    struct load_figures figures = { 0 };
    double before = 0;
    double after = 0;
    double cpu_s = 0;
    double bytes = 0;

    if (!served_commits(&bench->served, &before, err))
        return false;
    cpu_s = served_cpu_s(&bench->served);
    bytes = served_written_bytes(&bench->served);
    if (!load_round_trips(&bench->served, study, CLIENTS, 0, bench->counts->round_s, &figures, err))
        return false;
    cpu_s = served_cpu_s(&bench->served) - cpu_s;
    bytes = served_written_bytes(&bench->served) - bytes;
    if (!served_commits(&bench->served, &after, err))
        return false;
    round->trips = figures.rate;
    round->commits = (after - before) * figures.rate / (double)figures.count;
    round->cpu_us = cpu_s * 1e6 / (double)figures.count;
    round->bytes = bytes / (after - before);
    return run_syncs(bench, round, err);
}

static void note_round(struct rounds *rounds, const struct round *round)
{
    int i = rounds->count++;

    rounds->trips[i] = round->trips;
    rounds->commits[i] = round->commits;
    rounds->cpu_us[i] = round->cpu_us;
    rounds->append[i] = round->append;
    rounds->overwrite[i] = round->overwrite;
    rounds->against_append[i] = round->commits / round->append;
    rounds->against_overwrite[i] = round->commits / round->overwrite;
    rounds->carried[i] = 2 * round->trips / round->commits;
}

static double show(const char *name, double *values, int count, const char *unit)
{
    struct spread spread = spread_of(values, (size_t)count);

    report_spread(name, &spread, unit);
    return spread.median;
}

/* A study that has so many trials, for the next round. */
static bool fill_study(struct bench *bench, const char *display_name, long trials, char *study,
                       struct assay_error *err)
{
    struct load_figures figures = { 0 };

    return load_make_study(&bench->served, display_name, study, PATH_TEXT, err) &&
           load_round_trips(&bench->served, study, CLIENTS, trials, 0, &figures, err);
}

/* Of the studies of few and many trials in turn, since what else the machine does changes. */
static bool run_rounds(struct bench *bench, struct rounds *few, struct rounds *many,
                       struct assay_error *err)
{
    char large[PATH_TEXT];

    (void)printf("  storing %ld trials first\n", bench->counts->many);
    (void)fflush(stdout);
    if (!fill_study(bench, "large", bench->counts->many, large, err))
        return false;
    for (int i = 0; i < bench->counts->rounds; i++) {
        char small[PATH_TEXT];
        char name[32];
        struct round round = { 0 };

        (void)snprintf(name, sizeof name, "small-%d", i);
        if (!fill_study(bench, name, bench->counts->few, small, err) ||
            !run_round(bench, small, &round, err))
            return false;
        note_round(few, &round);
        if (!run_round(bench, large, &round, err))
            return false;
        note_round(many, &round);
    }
    return true;
}

static bool run_trips(struct bench *bench, struct assay_error *err)
{
    struct rounds few = { 0 };
    struct rounds many = { 0 };
    double few_us = 0;
    double many_us = 0;

    report_part("b: suggest and complete, durable, 64 clients of one study (random search)");
    if (!run_rounds(bench, &few, &many, err))
        return false;
    bench->trip_rate = show("b: round trips", few.trips, few.count, "/s");
    (void)show("  commits", few.commits, few.count, "/s");
    (void)show("  requests that one commit carries", few.carried, few.count, "");
    (void)show("  bare fdatasync of as many bytes, appended", few.append, few.count, "/s");
    (void)show("  the same, overwriting as the store's log", few.overwrite, few.count, "/s");
    report_at_least(&bench->report, "  commits / appends, median",
                    show("  commits / appends of each round", few.against_append, few.count, ""),
                    0.8, "");
    (void)show("  commits / overwrites of each round", few.against_overwrite, few.count, "");
    few_us = show("  CPU of the server for a round trip", few.cpu_us, few.count, "us");
    report_at_most(&bench->report, "  its median", few_us, 100, "us");
    (void)printf("  with %ld trials stored\n", bench->counts->many);
    (void)show("b: round trips", many.trips, many.count, "/s");
    many_us = show("  CPU of the server for a round trip", many.cpu_us, many.count, "us");
    report_at_most(&bench->report, "  many / few, CPU, medians", many_us / few_us, 1.1, "");
    report_figure("  many / few, rate, medians",
                  spread_of(many.trips, (size_t)many.count).median / bench->trip_rate, "");
    return true;
}

/* One run of the script: what it prints last is VERSION,SQLITE,PROXY. */
static bool ask_optuna(const struct bench *bench, int processes, double *sqlite, double *proxy,
                       char *version, size_t size, struct assay_error *err)
{
    char python[PATH_MAX];
    char script[PATH_MAX];
    char folder[PATH_MAX];
    char count[16];
    char seconds[16];
    char *const argv[] = { python, script, folder, count, seconds, NULL };
    struct child *child = NULL;
    const char *line = NULL;
    const char *comma = NULL;
    char *rest = NULL;

    (void)snprintf(python, sizeof python, "%s", bench->python);
    (void)snprintf(script, sizeof script, "%s", bench->script);
    (void)snprintf(folder, sizeof folder, "%s", bench->folder);
    (void)snprintf(count, sizeof count, "%d", processes);
    (void)snprintf(seconds, sizeof seconds, "%g", bench->counts->optuna_s);
    child = child_start(argv, err);
    line = child ? child_hear(child, OPTUNA_TIMEOUT_S, err) : NULL;
    comma = line ? strchr(line, ',') : NULL;
    if (comma) {
        (void)snprintf(version, size, "%.*s", (int)(comma - line), line);
        *sqlite = strtod(comma + 1, &rest);
        *proxy = *rest == ',' ? strtod(rest + 1, NULL) : 0;
    } else if (line) {
        (void)assay_fail(err, ASSAY_INTERNAL, NULL, "%s printed %.200s", script, line);
    }
    child_free(child);
    return comma != NULL;
}

static bool run_optuna(struct bench *bench, struct assay_error *err)
{
    static const int processes[] = { CLIENTS, FEW_PROCESSES };
    char version[64] = "";
    double best = 0;

    if (!bench->python)
        return true;
    report_part("c: ask and tell of Optuna, random sampler, the same four parameters");
    for (size_t i = 0; i < sizeof processes / sizeof processes[0]; i++) {
        double sqlite = 0;
        double proxy = 0;

        if (!ask_optuna(bench, processes[i], &sqlite, &proxy, version, sizeof version, err))
            return assay_error_add(err, "Optuna");
        report_figure("c: processes", processes[i], "");
        report_figure("  RDBStorage on SQLite", sqlite, "/s");
        report_figure("  gRPC storage proxy before it", proxy, "/s");
        best = sqlite > best ? sqlite : best;
        best = proxy > best ? proxy : best;
    }
    (void)printf("  version %s\n", version);
    if (bench->trip_rate > 0 && best > 0)
        report_at_least(&bench->report, "b / the best of c", bench->trip_rate / best, 30, "");
    return true;
}

/* The token of the next page, into path; false: this was the last. */
static bool next_page(const char *answer, char *path, size_t size)
{
    static const char name[] = "\"nextPageToken\": \"";
    const char *at = strstr(answer, name);

    if (!at)
        return false;
    at += strlen(name);
    (void)snprintf(path, size,
                   "/v1/projects/bench/locations/here/customJobs?pageSize=100"
                   "&pageToken=%.*s",
                   (int)strcspn(at, "\""), at);
    return true;
}

/* Milliseconds of each page. */
static bool read_pages(struct bench *bench, double *times_ms, size_t *count,
                       struct assay_error *err)
{
    char path[1024] = "/v1/projects/bench/locations/here/customJobs?pageSize=100";
    bool has_more = true;

    for (*count = 0; has_more; (*count)++) {
        double start_s = moment_now().wall_s;
        char *answer = NULL;

        if (!served_ask(&bench->served, "GET", path, NULL, &answer, err))
            return false;
        times_ms[*count] = (moment_now().wall_s - start_s) * 1e3;
        has_more = next_page(answer, path, sizeof path);
        free(answer);
    }
    return true;
}

static bool run_lists(struct bench *bench, struct assay_error *err)
{
    size_t room = (size_t)bench->counts->jobs / 100 + 2;
    double *times_ms = calloc(room, sizeof *times_ms);
    double total_ms = 0;
    size_t count = 0;
    bool is_ok = times_ms && read_pages(bench, times_ms, &count, err);

    if (!times_ms)
        return assay_fail_memory(err);
    if (is_ok) {
        size_t part = count / 4 + 1;
        double first = 0;

        for (size_t i = 0; i < count; i++)
            total_ms += times_ms[i];
        report_part("d: open jobs listed by pages of 100");
        report_figure("d: jobs", (double)bench->counts->jobs, "");
        report_figure("  all pages", total_ms, "ms");
        report_figure("  a job", total_ms * 1e3 / (double)bench->counts->jobs, "us");
        first = spread_of(times_ms, part).median;
        report_at_most(&bench->report, "  a page of the last quarter / of the first",
                       spread_of(times_ms + count - part, part).median / first, 1.5, "");
    }
    free(times_ms);
    return is_ok;
}

static bool run_busy_reads(struct bench *bench, struct assay_error *err)
{
    const struct service_job job = { .trainer = bench->trainer,
                                     .trials = bench->counts->trials,
                                     .parallel = bench->counts->trials,
                                     .steps = 600,
                                     .step_ms = 100 };
    struct load_figures figures = { 0 };
    char path[PATH_TEXT];

    report_part("e: GET of a job while its trials run, each reporting ten times a second");
    if (!service_job_submit(&bench->served, &job, path, sizeof path, err) ||
        !service_job_await(&bench->served, path, "JOB_STATE_RUNNING", bench->counts->trials, err) ||
        !load_reads(&bench->served, path, 4, bench->counts->watch_s, &figures, err))
        return false;
    report_figure("e: trials that run", bench->counts->trials, "");
    report_figure("  reads, 4 connections", figures.rate, "/s");
    report_figure("  half of them take at most", figures.p50_ms, "ms");
    report_at_most(&bench->report, "  99 of 100 take at most", figures.p99_ms, 5, "ms");
    report_figure("  the longest", figures.max_ms, "ms");
    return service_job_cancel(&bench->served, path, err) &&
           service_job_await(&bench->served, path, "JOB_STATE_CANCELLED", 0, err);
}

static bool run_parts(struct bench *bench, struct assay_error *err)
{
    char state[PATH_MAX + 16];

    (void)snprintf(state, sizeof state, "%s/state", bench->folder);
    if (mkdir(state, 0777) != 0)
        return assay_fail_errno(err, errno, "make %s", state);
    if (has_part(bench, 'd') && !service_jobs_store_paused(state, bench->counts->jobs, err))
        return false;
    if (!served_start(&bench->served, bench->program, state, err))
        return false;
    if ((has_part(bench, 'a') && !run_reads(bench, err)) ||
        (has_part(bench, 'b') && !run_trips(bench, err)) ||
        (has_part(bench, 'd') && !run_lists(bench, err)) ||
        (has_part(bench, 'e') && !run_busy_reads(bench, err)))
        return false;
    served_stop(&bench->served);
    if (has_part(bench, 'c') && !run_optuna(bench, err))
        return false;
    report_end(&bench->report);
    return true;
}

static bool parse_options(int argc, char **argv, struct bench *bench, const char **folder)
{
    static const struct option options[] = {
        { "folder", required_argument, NULL, 'f' },
        { "quick", no_argument, NULL, 'q' },
        { "smoke", no_argument, NULL, 's' },
        { "parts", required_argument, NULL, 'p' },
        { "python", required_argument, NULL, 'y' },
        { "script", required_argument, NULL, 'c' },
        { 0 },
    };
    int option = 0;

    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) { // NOLINT: one thread
        if (option == 'f')
            *folder = optarg;
        else if (option == 'q')
            bench->counts = &quick_counts;
        else if (option == 's') {
            bench->counts = &smoke_counts;
            bench->report.is_judging = false;
        } else if (option == 'p')
            (void)snprintf(bench->parts, sizeof bench->parts, "%s", optarg);
        else if (option == 'y')
            bench->python = optarg;
        else if (option == 'c')
            bench->script = optarg;
        else
            return false;
    }
    return optind == argc && !bench->python == !bench->script;
}

int main(int argc, char **argv)
{
    struct bench bench = { .counts = &full_counts,
                           .parts = "abcde",
                           .served = { .output = -1 },
                           .report = { .is_judging = true } };
    struct assay_error err = { 0 };
    struct assay_error ignored = { 0 };
    const char *folder = ".";
    bool is_ok = false;

    if (!parse_options(argc, argv, &bench, &folder)) {
        (void)fprintf(stderr,
                      "usage: %s [--folder DIR] [--quick | --smoke] [--parts abcde]\n"
                      "       [--python PROGRAM --script bench/rivals/service_optuna.py]\n",
                      argv[0]);
        return 2;
    }
    (void)signal(SIGPIPE, SIG_IGN);
    is_ok = bench_folder_make(folder, "service", bench.folder, &err) &&
            bench_program("assay", bench.program, &err) &&
            bench_program("bench-trainer", bench.trainer, &err);
    if (is_ok) {
        report_machine(bench.folder);
        is_ok = run_parts(&bench, &err);
    }
    served_stop(&bench.served);
    if (bench.folder[0] && !artifact_remove(bench.folder, &ignored))
        (void)fprintf(stderr, "%s is left behind: %s\n", bench.folder, ignored.message);
    if (!is_ok)
        (void)fprintf(stderr, "service: %s\n", err.message);
    return is_ok && bench.report.missed == 0 ? 0 : 1;
}
