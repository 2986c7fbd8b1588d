#include "bench/spawn_rounds.h"

#include "bench/client.h"
#include "bench/isolate.h"
#include "bench/job_text.h"

#include <errno.h>
#include <limits.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ROUNDS_MAX = 64, METRIC_FILE_TEXT = PATH_MAX + 64 };

/* One round of one kind, in a folder of its own. */
struct round {
    const struct spawn_plan *plan;
    char folder[PATH_MAX];
};

/* What a round tells. */
struct round_figures {
    double rate;
    double cpu_ms;
};

static void fill_figures(const struct round *round, const struct moment *start, double end_s,
                         struct round_figures *figures)
{
    double cpu_s = moment_now().cpu_s - start->cpu_s + descendants_cpu_s();

    figures->rate = (double)round->plan->trials / (end_s - start->wall_s);
    figures->cpu_ms = cpu_s * 1e3 / (double)round->plan->trials;
}

/* This process's environment, with room in front for the trainer's metric file. */
static char **environment_new(char *metric_file)
{
    size_t count = 0;
    char **copy = NULL;

    while (environ[count])
        count++;
    copy = calloc(count + 2, sizeof *copy);
    if (!copy)
        return NULL;
    copy[0] = metric_file;
    memcpy(copy + 1, environ, count * sizeof *copy);
    return copy;
}

/* The process is the measurement's alone, so that every child is one of the trainers. */
static bool await_trainer(struct assay_error *err)
{
    int status = 0;

    while (waitpid(-1, &status, 0) < 0)
        if (errno != EINTR)
            return assay_fail_errno(err, errno, "wait for a trainer");
    return (WIFEXITED(status) && WEXITSTATUS(status) == 0) ||
           assay_fail(err, ASSAY_INTERNAL, NULL, "a bare trainer failed");
}

static bool spawn_all(const struct round *round, char *program, char metric_file[METRIC_FILE_TEXT],
                      char **envp, struct assay_error *err)
{
    char words[][32] = { "--rate=0.0123456789", "--momentum=0.123456789", "--layers=50",
                         "--width=64", "--activation=tanh" };
    char *argv[] = { program, words[0], words[1], words[2], words[3], words[4], NULL };
    int64_t running = 0;
    bool is_ok = true;

    for (int64_t i = 0; i < round->plan->trials && is_ok; i++) {
        pid_t pid = 0;
        int error = 0;

        if (running == round->plan->parallel) {
            is_ok = await_trainer(err);
            running--;
        }
        (void)snprintf(metric_file, METRIC_FILE_TEXT, "CLOUD_ML_HP_METRIC_FILE=%s/%lld",
                       round->folder, (long long)i);
        error = posix_spawn(&pid, program, NULL, NULL, argv, envp);
        running += error == 0;
        if (error)
            is_ok = assay_fail_errno(err, error, "%s", program);
    }
    for (; running > 0; running--)
        is_ok = await_trainer(err) && is_ok;
    return is_ok;
}

static bool run_bare(const void *context, void *result, struct assay_error *err)
{
    const struct round *round = context;
    char metric_file[METRIC_FILE_TEXT];
    char **envp = environment_new(metric_file);
    char *program = strdup(round->plan->trainer);
    struct moment start = moment_now();
    bool is_ok = envp && program ? spawn_all(round, program, metric_file, envp, err)
                                 : assay_fail_memory(err);

    fill_figures(round, &start, moment_now().wall_s, result);
    free(program);
    free(envp);
    return is_ok;
}

static bool run_job(struct assay *assay, const struct round *round, const char *document,
                    struct assay_error *err)
{
    struct client_job job = { 0 };

    if (!client_submit(assay, document, round->folder, err) || !client_wait(assay, &job, err))
        return false;
    return (job.is_succeeded && job.succeeded == round->plan->trials) ||
           assay_fail(err, ASSAY_INTERNAL, NULL,
                      "the job ended with %lld of %lld trials succeeded; see %s",
                      (long long)job.succeeded, (long long)round->plan->trials, round->folder);
}

static bool run_engine(const void *context, void *result, struct assay_error *err)
{
    const struct round *round = context;
    struct job_text text = { .trainer = round->plan->trainer,
                             .max_trials = round->plan->trials,
                             .parallel = round->plan->parallel };
    struct assay_options options = { .state_dir = round->folder };
    char *document = job_text_new(&text, err);
    struct assay *assay = document ? assay_open(&options, err) : NULL;
    struct moment start = moment_now();
    bool is_ok = assay && run_job(assay, round, document, err);
    double end_s = moment_now().wall_s;

    assay_close(assay); /* waits for the process that started all trials: their CPU time is known */
    fill_figures(round, &start, end_s, result);
    free(document);
    return is_ok;
}

/*
 * Nothing is removed before all rounds are over: an ext4 without journal searches long for an inode
 * that was not deleted minutes ago, and the next round would pay for it.
 */
static bool run_round(const struct spawn_plan *plan, const char *name, isolate_fn fn,
                      struct round_figures *figures, struct assay_error *err)
{
    struct round round = { .plan = plan };

    (void)snprintf(round.folder, sizeof round.folder, "%s/%s", plan->folder, name);
    if (mkdir(round.folder, 0777) != 0)
        return assay_fail_errno(err, errno, "make %s", round.folder);
    if (!isolate_run(fn, &round, figures, sizeof *figures, err))
        return false;
    sync(); /* its pages are not for the next one to write */
    return true;
}

bool spawn_rounds_run(const struct spawn_plan *plan, struct spawn_figures *figures,
                      struct assay_error *err)
{
    double values[5][ROUNDS_MAX];
    size_t count = (size_t)(plan->rounds < ROUNDS_MAX ? plan->rounds : ROUNDS_MAX);

    for (size_t i = 0; i < count; i++) {
        struct round_figures bare = { 0 };
        struct round_figures engine = { 0 };
        char bare_name[32];
        char engine_name[32];

        (void)snprintf(bare_name, sizeof bare_name, "bare-%d-%zu", plan->parallel, i + 1);
        (void)snprintf(engine_name, sizeof engine_name, "engine-%d-%zu", plan->parallel, i + 1);
        if (!run_round(plan, bare_name, run_bare, &bare, err) ||
            !run_round(plan, engine_name, run_engine, &engine, err))
            return false;
        values[0][i] = bare.rate;
        values[1][i] = engine.rate;
        values[2][i] = engine.rate / bare.rate;
        values[3][i] = bare.cpu_ms;
        values[4][i] = engine.cpu_ms;
    }
    figures->bare = spread_of(values[0], count);
    figures->engine = spread_of(values[1], count);
    figures->ratio = spread_of(values[2], count);
    figures->bare_cpu_ms = spread_of(values[3], count);
    figures->engine_cpu_ms = spread_of(values[4], count);
    return true;
}
