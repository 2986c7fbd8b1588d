#include "launcher/slurm/slurm_command.h"

#include "launcher/shim/node_order.h"
#include "launcher/slurm/slurm_queue.h"

#include <inttypes.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* SLACK_MINUTES: the shim keeps the timeout; Slurm's limit is for a node that it does not answer on
 * any more. WATCH_S: how often an allocation looks for an engine, which beats as often. */
static const int64_t week_us = INT64_C(604800) * 1000 * 1000;

enum {
    MIB = 1024 * 1024,
    MINUTE_US = 60 * 1000 * 1000,
    SLACK_MINUTES = 3,
    SHIM_MIB = 16,
    WATCH_S = 10,
};

static bool make_room(struct word_list *list)
{
    size_t capacity = list->capacity ? list->capacity * 2 : 32;
    char **words = NULL;

    if (list->count + 2 <= list->capacity)
        return true;
    words = realloc(list->words, capacity * sizeof *words);
    if (!words)
        return false;
    list->words = words;
    list->capacity = capacity;
    return true;
}

void word_list_add(struct word_list *list, const char *fmt, ...)
{
    char *word = NULL;
    va_list args;

    va_start(args, fmt);
    if (!make_room(list) || vasprintf(&word, fmt, args) < 0) {
        list->is_short_of_memory = true;
    } else {
        list->words[list->count++] = word;
        list->words[list->count] = NULL;
    }
    va_end(args);
}

void word_list_copy(struct word_list *list, const struct word_list *from)
{
    for (size_t i = 0; i < from->count; i++)
        word_list_add(list, "%s", from->words[i]);
    list->is_short_of_memory = list->is_short_of_memory || from->is_short_of_memory;
}

void word_list_clear(struct word_list *list)
{
    if (!list)
        return;
    for (size_t i = 0; i < list->count; i++)
        free(list->words[i]);
    free(list->words);
    *list = (struct word_list){ 0 };
}

static void add_option(struct word_list *words, const char *name, const char *value)
{
    if (value && value[0])
        word_list_add(words, "%s=%s", name, value);
}

static void add_name(struct word_list *words, const char *tag)
{
    word_list_add(words, "--job-name=" SLURM_NAME_PREFIX "%s", tag);
    word_list_add(words, "--comment=%s", tag);
}

/* Slurm fills in %j and the like in names of files. */
static void add_output(struct word_list *words, const char *dir)
{
    char *escaped = calloc(2, strlen(dir) + 1);
    char *at = escaped;

    for (; escaped && *dir; dir++) {
        if (*dir == '%')
            *at++ = '%';
        *at++ = *dir;
    }
    if (escaped)
        word_list_add(words, "--output=%s/" SLURM_LOG_NAME, escaped);
    else
        words->is_short_of_memory = true;
    free(escaped);
}

void slurm_command_wish(const struct slurm_launch *wishes, struct word_list *words)
{
    if (!wishes)
        return;
    add_option(words, "--partition", wishes->partition);
    add_option(words, "--account", wishes->account);
    add_option(words, "--qos", wishes->qos);
    add_option(words, "--time", wishes->time);
    for (size_t i = 0; i < wishes->word_count; i++)
        word_list_add(words, "%s", wishes->words[i]);
}

static int cpus_of(const struct resources *resources)
{
    int whole = (int)resources->cpus;

    if (resources->cpus <= 1)
        return 1;
    return whole + ((double)whole < resources->cpus);
}

/* What it asks for, or else what it is limited to. */
static int64_t mebibytes_of(const struct launch *launch, const struct resources *resources)
{
    int64_t bytes = resources->memory_bytes ? resources->memory_bytes : launch->memory_bytes;

    return bytes ? (bytes + MIB - 1) / MIB + (resources->memory_bytes ? 0 : SHIM_MIB) : 0;
}

bool slurm_command_is_uniform(const struct launch *launch)
{
    const struct resources *first = &launch->replicas[0].resources;

    for (size_t i = 1; i < launch->replica_count; i++) {
        const struct resources *other = &launch->replicas[i].resources;

        if (cpus_of(other) != cpus_of(first) || other->gpus != first->gpus ||
            mebibytes_of(launch, other) != mebibytes_of(launch, first))
            return false;
    }
    return true;
}

/* As many tasks, on as many nodes as they take: memory and GPUs are asked for by what comes with
 * each of them. */
static void add_task_resources(struct word_list *words, const struct launch *launch)
{
    const struct resources *resources = &launch->replicas[0].resources;
    int64_t mebibytes = mebibytes_of(launch, resources);
    int cpus = cpus_of(resources);

    word_list_add(words, "--ntasks=%zu", launch->replica_count);
    word_list_add(words, "--cpus-per-task=%d", cpus);
    if (mebibytes)
        word_list_add(words, "--mem-per-cpu=%" PRId64 "M", (mebibytes + cpus - 1) / cpus);
    if (resources->gpus > 0)
        word_list_add(words, "--gpus-per-task=%d", resources->gpus);
}

static void add_resources(struct word_list *words, const struct launch *launch,
                          const struct resources *resources)
{
    int64_t mebibytes = mebibytes_of(launch, resources);

    word_list_add(words, "--ntasks=1");
    word_list_add(words, "--nodes=1");
    word_list_add(words, "--cpus-per-task=%d", cpus_of(resources));
    if (mebibytes)
        word_list_add(words, "--mem=%" PRId64 "M", mebibytes);
    if (resources->gpus > 0)
        word_list_add(words, "--gres=gpu:%d", resources->gpus);
}

/* A week is what the service gives to jobs that say nothing: more than many partitions allow. */
int64_t slurm_command_timeout_us(const struct launch *launch)
{
    bool is_said = launch->timeout_us > 0 && launch->timeout_us < week_us;

    return is_said ? launch->timeout_us + launch->grace_us : 0;
}

/* In front of the user's words, of which a later one counts. */
static void add_time(struct word_list *words, const struct launch *launch)
{
    int64_t timeout_us = slurm_command_timeout_us(launch);

    if (timeout_us > 0)
        word_list_add(words, "--time=%" PRId64, timeout_us / MINUTE_US + SLACK_MINUTES);
}

void slurm_command_submit(const struct slurm_submission *submission, struct word_list *words)
{
    const struct launch *launch = submission->launch;
    size_t component_count = slurm_command_is_uniform(launch) ? 1 : launch->replica_count;

    word_list_add(words, "sbatch");
    word_list_add(words, "--parsable");
    word_list_add(words, "--no-requeue");
    word_list_add(words, "--open-mode=append");
    word_list_add(words, "--chdir=%s", launch->replicas[0].dir);
    add_output(words, launch->replicas[0].dir);
    for (size_t i = 0; i < component_count; i++) {
        if (i > 0)
            word_list_add(words, ":");
        add_name(words, submission->tag);
        if (component_count < launch->replica_count)
            add_task_resources(words, launch);
        else
            add_resources(words, launch, &launch->replicas[i].resources);
        add_time(words, launch);
        slurm_command_wish(submission->wishes, words);
    }
    word_list_add(words, "%s/" SLURM_SCRIPT_NAME, launch->replicas[0].dir);
}

/* "--dependency=afterany:17?afterany:18" */
static void add_dependency(struct word_list *words, const char *ids)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);

    if (!out) {
        words->is_short_of_memory = true;
        return;
    }
    (void)fputs("--dependency=", out);
    for (const char *id = ids; *id;) {
        int length = (int)strcspn(++id, " ");

        (void)fprintf(out, "%safterany:%.*s", id > ids + 1 ? "?" : "", length, id);
        id += length;
    }
    if (ferror(out) | fclose(out))
        words->is_short_of_memory = true;
    else
        word_list_add(words, "%s", text);
    free(text);
}

/* Behind the user's words for the first component, and in front of the script. */
void slurm_command_submit_after(const struct word_list *submission, const char *ids,
                                struct word_list *words)
{
    size_t at = 0;

    while (at + 1 < submission->count && strcmp(submission->words[at], ":") != 0)
        at++;
    for (size_t i = 0; i < submission->count; i++) {
        if (i == at && ids[0])
            add_dependency(words, ids);
        word_list_add(words, "%s", submission->words[i]);
    }
    words->is_short_of_memory = words->is_short_of_memory || submission->is_short_of_memory;
}

/* As a word of a shell. */
static void put_quoted(FILE *out, const char *text)
{
    (void)fputc('\'', out);
    for (; *text; text++) {
        if (*text == '\'')
            (void)fputs("'\\''", out);
        else
            (void)fputc(*text, out);
    }
    (void)fputs("' ", out);
}

static void put_quoted_path(FILE *out, const char *dir, const char *name)
{
    char path[PATH_MAX];

    (void)snprintf(path, sizeof path, "%s/%s", dir, name);
    put_quoted(out, path);
}

static void put_node_command(FILE *out, const struct slurm_submission *submission, size_t replica)
{
    put_quoted(out, submission->shim);
    (void)fputs("--node ", out);
    put_quoted(out, submission->launch->replicas[replica].dir);
    put_quoted(out, submission->tag);
}

/* Each job of the attempt is another run of it, for all its replicas the same. */
static void put_run(FILE *out)
{
    (void)fputs("export " NODE_RUN_VARIABLE "=\"${" NODE_RUN_VARIABLE
                "-$SLURM_JOB_ID-$SLURM_RESTART_COUNT}\"\n",
                out);
}

/* The script runs on the first node, and again, with a word, as each of the tasks of one srun. */
static void put_tasks(FILE *out, const struct slurm_submission *submission)
{
    const struct launch *launch = submission->launch;

    (void)fprintf(out,
                  "[ \"${1-}\" = replica ] ||\n"
                  "    exec srun --mpi=none --kill-on-bad-exit=0 --wait=0 --ntasks=%zu "
                  "--cpus-per-task=%d /bin/sh ",
                  launch->replica_count, cpus_of(&launch->replicas[0].resources));
    put_quoted_path(out, launch->replicas[0].dir, SLURM_SCRIPT_NAME);
    (void)fputs("replica\ncase $SLURM_PROCID in\n", out);
    for (size_t i = 0; i < launch->replica_count; i++) {
        (void)fprintf(out, "%zu) exec ", i);
        put_node_command(out, submission, i);
        (void)fputs(";;\n", out);
    }
    (void)fputs("esac\n", out);
}

/* The script runs on the first node; the others are reached by one srun with a task on each. */
static void put_gang_command(FILE *out, const struct slurm_submission *submission)
{
    (void)fputs("exec srun --mpi=none --kill-on-bad-exit=0 --wait=0 ", out);
    for (size_t i = 0; i < submission->launch->replica_count; i++) {
        (void)fprintf(out, "%s--het-group=%zu --ntasks=1 --cpus-per-task=%d ", i > 0 ? ": " : "", i,
                      cpus_of(&submission->launch->replicas[i].resources));
        put_node_command(out, submission, i);
    }
}

char *slurm_command_script(const struct slurm_submission *submission)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);

    if (!out)
        return NULL;
    (void)fputs("#!/bin/sh\n", out);
    if (submission->launch->replica_count == 1) {
        (void)fputs("exec ", out);
        put_node_command(out, submission, 0);
    } else if (slurm_command_is_uniform(submission->launch)) {
        put_run(out);
        put_tasks(out, submission);
    } else {
        put_run(out);
        put_gang_command(out, submission);
    }
    (void)fputc('\n', out);
    if (ferror(out) | fclose(out)) {
        free(text);
        return NULL;
    }
    return text;
}

void slurm_command_step(const struct slurm_submission *submission, struct word_list *words)
{
    const struct replica_launch *replica = &submission->launch->replicas[0];

    word_list_add(words, "srun");
    word_list_add(words, "%s", ""); /* slurm_command_set_allocation() */
    word_list_add(words, "--exact");
    word_list_add(words, "--mpi=none");
    word_list_add(words, "--input=none");
    word_list_add(words, "--chdir=%s", replica->dir);
    word_list_add(words, "--job-name=" SLURM_NAME_PREFIX "%s", submission->tag);
    add_resources(words, submission->launch, &replica->resources);
    word_list_add(words, "%s", submission->shim);
    word_list_add(words, "--node");
    word_list_add(words, "%s", replica->dir);
    word_list_add(words, "%s", submission->tag);
}

bool slurm_command_set_allocation(struct word_list *words, const char *allocation)
{
    char *word = NULL;

    if (words->is_short_of_memory || asprintf(&word, "--jobid=%s", allocation) < 0)
        return false;
    free(words->words[1]);
    words->words[1] = word;
    return true;
}

/*
 * The job's script: an engine that was killed and never comes back gives nothing back. The lease's
 * age is counted here, not read from two clocks; where Slurm does not answer, steps may run.
 */
static void add_watch(struct word_list *words, const struct slurm_allocation *allocation)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);

    if (!out) {
        words->is_short_of_memory = true;
        return;
    }
    (void)fputs("--wrap=lease=", out);
    put_quoted(out, allocation->lease_path);
    (void)fprintf(out,
                  "age=0 seen=\n"
                  "while sleep %d; do\n"
                  "now=$(stat -c %%y \"$lease\" 2>/dev/null)\n"
                  "age=$((age + %d))\n"
                  "[ \"$now\" = \"$seen\" ] || age=0\n"
                  "seen=$now\n"
                  "[ $age -ge %" PRId64 " ] || continue\n"
                  "steps=$(squeue --noheader --steps --format=%%i --jobs=$SLURM_JOB_ID) || "
                  "continue\n"
                  "case $steps in *.[0-9]*) ;; *) exit 0 ;; esac\n"
                  "done",
                  WATCH_S, WATCH_S, allocation->idle_s);
    if (ferror(out) | fclose(out))
        words->is_short_of_memory = true;
    else
        word_list_add(words, "%s", text);
    free(text);
}

void slurm_command_allocate(const struct slurm_allocation *allocation, struct word_list *words)
{
    word_list_add(words, "sbatch");
    word_list_add(words, "--parsable");
    word_list_add(words, "--no-requeue");
    word_list_add(words, "--chdir=/");
    word_list_add(words, "--output=/dev/null");
    add_name(words, allocation->tag);
    word_list_add(words, "--nodes=%d", allocation->nodes);
    word_list_add(words, "--exclusive");
    word_list_add(words, "--mem=0");
    word_list_copy(words, allocation->wishes);
    add_watch(words, allocation);
}

void slurm_command_look(long user, struct word_list *words)
{
    word_list_add(words, "squeue");
    word_list_add(words, "--noheader");
    word_list_add(words, "--array");
    word_list_add(words, "--states=all");
    word_list_add(words, "--user=%ld", user);
    word_list_add(words, "--format=%s", SLURM_QUEUE_FORMAT);
}

void slurm_command_cancel(long user, const char *tag, struct word_list *words)
{
    word_list_add(words, "scancel");
    word_list_add(words, "--quiet");
    word_list_add(words, "--user=%ld", user);
    word_list_add(words, "--name=" SLURM_NAME_PREFIX "%s", tag);
}

void slurm_command_environment(char *const *own, struct word_list *entries)
{
    static const char *const names[] = {
        "HOME=",   "KRB5CCNAME=", "LANG=",       "LD_LIBRARY_PATH=", "LOGNAME=",
        "PATH=",   "SHELL=",      "SLURM_CONF=", "SLURM_CLUSTERS=",  "SLURM_JWT=",
        "TMPDIR=", "TZ=",         "USER=",
    };

    for (; *own; own++) {
        for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
            if (strncmp(*own, names[i], strlen(names[i])) == 0)
                word_list_add(entries, "%s", *own);
        }
    }
}

bool slurm_command_is_refused(const char *errors)
{
    static const char *const signs[] = {
        "failed: Invalid",
        "configuration is not available",
        "invalid option",
        "unrecognized option",
        "Invalid --",
        "More processors requested than permitted",
        "Memory specification",
        "not permitted to use this",
        "Invalid time",
        "Invalid generic resource",
        "requires an argument",
        "Invalid numeric value",
        "User's group not permitted",
    };

    for (size_t i = 0; i < sizeof signs / sizeof signs[0]; i++) {
        if (strstr(errors, signs[i]))
            return true;
    }
    return false;
}
