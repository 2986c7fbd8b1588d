#include "engine/api/replicas.h"

#include "assay/value.h"
#include "engine/api/job_view.h"
#include "engine/paths.h"
#include "engine/shim_path.h"
#include "engine/trial_command.h"
#include "launcher/container/container_record.h"
#include "launcher/shim/exit_record.h"
#include "launcher/slurm/slurm_shim.h"

#include <inttypes.h>
#include <string.h>

bool replica_find(const struct run_spec *run, int64_t index, enum replica_role *role,
                  int32_t *index_in_pool)
{
    for (size_t i = 0; i < run->pool_count; i++) {
        if (index < run->pools[i].replica_count) {
            *role = (enum replica_role)i;
            *index_in_pool = (int32_t)index;
            return true;
        }
        index -= run->pools[i].replica_count;
    }
    return false;
}

static void find_dir(const struct engine *engine, int64_t job, struct attempt_key key,
                     enum replica_role role, int32_t index, char dir[PATH_TEXT])
{
    char attempt_dir[PATH_TEXT];

    (void)path_of_attempt(engine_state_dir(engine), job, key.trial % STORE_TRIALS_MAX, key.attempt,
                          attempt_dir);
    (void)trial_replica_dir(attempt_dir, role, index, dir);
}

bool replica_reach(const struct engine *engine, const struct run_spec *run, int64_t job,
                   struct attempt_key key, char dir[PATH_TEXT], struct reach *reach)
{
    enum replica_role role = ROLE_PRIMARY;
    int32_t index = 0;

    if (!replica_find(run, key.replica, &role, &index))
        return false;
    find_dir(engine, job, key, role, index, dir);
    return reach_find(engine_state_dir(engine), dir, key, reach);
}

static void write_text(struct json_writer *w, const char *key, const char *text)
{
    if (!text[0])
        return;
    json_key(w, key);
    json_string(w, text);
}

static void write_time(struct json_writer *w, const char *key, int64_t time_us)
{
    char text[ASSAY_TIME_TEXT];

    if (time_us > 0)
        write_text(w, key, assay_time_text(time_us, text));
}

void replica_write_reach(struct json_writer *w, const struct reach *reach)
{
    write_text(w, "place", reach_place_name(reach->place));
    write_time(w, "startTime", reach->start_us);
    if (reach->pid > 0) {
        json_key(w, "pid");
        json_int(w, reach->pid);
    }
    write_text(w, "container", reach->container);
    write_text(w, "slurmJob", reach->where.job);
    write_text(w, "node", reach->where.node);
}

/* The index of the replica that ?replica= names; 0 where it is absent. */
static bool query_replica(const struct api_call *call, const struct run_spec *run, int64_t *index,
                          struct assay_error *err)
{
    char word[128] = "";
    char name[REPLICA_NAME_TEXT];
    enum replica_role role = ROLE_PRIMARY;
    int32_t in_pool = 0;

    *index = 0;
    if (!api_query(call, "replica", word, sizeof word))
        return true;
    for (; replica_find(run, *index, &role, &in_pool); ++*index)
        if (strcmp(word, replica_name(role, in_pool, name)) == 0)
            return true;
    return assay_fail(err, ASSAY_NOT_FOUND, "replica",
                      "the job has no replica %.64s; its %" PRId64 " are workerpool0-0, …", word,
                      *index);
}

/* Why nobody can get there, and what to do instead. */
static bool fail_unreachable(int64_t job, const struct trial_row *trial, const char *dir,
                             struct assay_error *err)
{
    int64_t number = trial->number;

    if (trial_state_is_terminal(trial->state))
        return assay_fail(err, ASSAY_PRECONDITION, NULL,
                          "trial %" PRId64 " has ended; `assay show %" PRId64 " %" PRId64
                          "` tells how, and its folder is %s",
                          number, job, number, dir);
    if (trial->state == TRIAL_REQUESTED)
        return assay_fail(err, ASSAY_PRECONDITION, NULL,
                          "trial %" PRId64 " is not started yet; `assay status` tells what it "
                          "waits for",
                          number);
    return assay_fail(err, ASSAY_PRECONDITION, NULL,
                      "this replica of trial %" PRId64 " does not run now; `assay show %" PRId64
                      " %" PRId64 "` tells of each, `assay status` what waits",
                      number, job, number);
}

static bool use_copy(const struct engine *engine, char path[PATH_MAX], struct assay_error *err)
{
    char original[PATH_MAX];
    int error = 0;

    (void)snprintf(original, sizeof original, "%s", path);
    error = slurm_shim_install(original, engine_state_dir(engine), path);
    return error == 0 || assay_fail_errno(err, error, "copy %s", original);
}

/* Slurm's nodes run a copy, which lies in the folder that they share. */
static bool find_shim(const struct engine *engine, const struct reach *reach, char path[PATH_MAX],
                      struct assay_error *err)
{
    if (!shim_path_find(NULL, path, PATH_MAX, err))
        return false;
    return reach->place != REACH_SLURM || use_copy(engine, path, err);
}

static bool write_way(struct api_call *call, const struct reach *reach, const char *dir,
                      struct assay_error *err)
{
    struct json_writer *w = &call->json;
    char shim[PATH_MAX];
    char **words = NULL;

    if (!find_shim(call->engine, reach, shim, err))
        return false;
    words = reach_words(reach, shim, dir, api_query_word(call, "terminal"));
    if (!words)
        return assay_fail_memory(err);
    json_begin_object(w);
    replica_write_reach(w, reach);
    write_text(w, "directory", dir);
    json_key(w, "command");
    json_begin_array(w);
    for (char **word = words; *word; word++)
        json_string(w, *word);
    json_end_array(w);
    json_end_object(w);
    container_words_free(words);
    return true;
}

/* ?web=true: for a page, which gets there only where the job lets it. */
static bool check_web_access(const struct api_call *call, const struct run_spec *run, int64_t job,
                             int64_t number, struct assay_error *err)
{
    if (run->has_web_access || !api_query_word(call, "web"))
        return true;
    return assay_fail(err, ASSAY_PRECONDITION, NULL,
                      "the job does not say enableWebAccess: true; from a terminal `assay exec "
                      "%" PRId64 " %" PRId64 "` gets there",
                      job, number);
}

bool api_get_reach(struct api_call *call, struct assay_error *err)
{
    struct attempt_key key = { 0 };
    struct trial_row trial = { 0 };
    struct reach reach = { .place = REACH_HOST };
    char dir[PATH_TEXT];
    const struct job_view *view = NULL;
    int64_t job = 0;
    int64_t number = 0;
    int64_t replica = 0;
    bool is_ok = api_find_job(call, &job, err) && api_find_trial(call, job, &number, &trial, err);

    view = is_ok ? job_view_get(call->engine, job, err) : NULL;
    is_ok = view && check_web_access(call, &view->spec->run, job, number, err) &&
            query_replica(call, &view->spec->run, &replica, err);
    if (is_ok) {
        key = (struct attempt_key){ .trial = job * STORE_TRIALS_MAX + number,
                                    .attempt = trial.attempt,
                                    .replica = (int32_t)replica };
        dir[0] = '\0';
        is_ok = (replica_reach(call->engine, &view->spec->run, job, key, dir, &reach) ||
                 fail_unreachable(job, &trial, dir, err)) &&
                write_way(call, &reach, dir, err);
    }
    job_view_release(view);
    return is_ok;
}

static void write_seconds(struct json_writer *w, const char *key, int64_t time_us)
{
    json_key(w, key);
    json_number(w, (double)time_us / 1e6);
}

static void write_exit(struct json_writer *w, const struct ending *ending)
{
    char text[400];

    json_key(w, "exit");
    json_begin_object(w);
    write_text(w, "kind", ending_kind_name(ending->kind));
    json_key(w, "status");
    json_int(w, ending->status);
    ending_describe(ending, text, sizeof text);
    write_text(w, "text", text);
    write_time(w, "startTime", ending->start_us);
    write_time(w, "endTime", ending->end_us);
    write_seconds(w, "cpuSeconds", ending->cpu_us);
    json_key(w, "peakMemoryBytes");
    json_int(w, ending->peak_memory_bytes);
    json_end_object(w);
}

/* Of a container the shim has seen only its client: what the container's first process saw is the
 * program's own. */
static void look_inside(const char *dir, struct ending *ending)
{
    struct container_record record = { 0 };

    container_record_read(dir, &record);
    if (record.stage != CONTAINER_EXITED && record.stage != CONTAINER_SIGNALED)
        return;
    ending->cpu_us = record.cpu_us;
    ending->peak_memory_bytes = record.peak_memory_bytes;
    if (ending->kind != ENDING_EXITED)
        return;
    ending->kind = record.stage == CONTAINER_EXITED ? ENDING_EXITED : ENDING_SIGNALED;
    ending->status = record.status;
}

/* One replica of one attempt. */
static void write_replica(struct api_call *call, int64_t job, struct attempt_key key,
                          enum replica_role role, int32_t index)
{
    struct json_writer *w = &call->json;
    struct ending ending = { .key = key };
    struct reach reach = { .place = REACH_HOST };
    char name[REPLICA_NAME_TEXT];
    char dir[PATH_TEXT];
    bool has_ended = false;

    find_dir(call->engine, job, key, role, index, dir);
    has_ended = exit_record_read(dir, &ending) == 0;
    if (has_ended)
        look_inside(dir, &ending);
    json_begin_object(w);
    json_key(w, "attempt");
    json_int(w, key.attempt);
    write_text(w, "replica", replica_name(role, index, name));
    write_text(w, "directory", dir);
    if (has_ended)
        write_exit(w, &ending);
    else if (reach_find(engine_state_dir(call->engine), dir, key, &reach))
        replica_write_reach(w, &reach);
    json_end_object(w);
}

bool api_list_replicas(struct api_call *call, struct assay_error *err)
{
    struct trial_row trial = { 0 };
    struct attempt_key key = { 0 };
    const struct job_view *view = NULL;
    enum replica_role role = ROLE_PRIMARY;
    int32_t index = 0;
    int64_t job = 0;
    int64_t number = 0;

    if (!api_find_job(call, &job, err) || !api_find_trial(call, job, &number, &trial, err))
        return false;
    view = job_view_get(call->engine, job, err);
    if (!view)
        return false;
    json_begin_object(&call->json);
    json_key(&call->json, "replicas");
    json_begin_array(&call->json);
    key.trial = job * STORE_TRIALS_MAX + number;
    for (key.attempt = 1; key.attempt <= trial.attempt; key.attempt++)
        for (key.replica = 0; replica_find(&view->spec->run, key.replica, &role, &index);
             key.replica++)
            write_replica(call, job, key, role, index);
    json_end_array(&call->json);
    json_end_object(&call->json);
    job_view_release(view);
    return true;
}
