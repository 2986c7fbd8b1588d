/* Logs: how large one is, and where a text stands in it. */

#include "engine/api/job_view.h"
#include "engine/api/replicas.h"
#include "engine/api/trial_files/log_search.h"
#include "engine/api/trial_files/trial_files.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MATCHES_DEFAULT = 100 };

static void write_replicas(struct json_writer *w, const struct run_spec *run)
{
    char name[REPLICA_NAME_TEXT];
    enum replica_role role = ROLE_PRIMARY;
    int32_t index = 0;

    json_key(w, "replicas");
    json_begin_array(w);
    for (int64_t i = 0; replica_find(run, i, &role, &index); i++)
        json_string(w, replica_name(role, index, name));
    json_end_array(w);
}

bool api_stat_logs(struct api_call *call, struct assay_error *err)
{
    struct json_writer *w = &call->json;
    const struct job_view *view = NULL;
    struct trial_row trial = { 0 };
    struct stat info = { 0 };
    int64_t job = 0;
    int64_t number = 0;
    int fd = -1;

    if (!api_find_job(call, &job, err) || !api_find_trial(call, job, &number, &trial, err) ||
        !api_open_log(call, &fd, err))
        return false;
    if (fd >= 0) {
        (void)fstat(fd, &info);
        (void)close(fd);
    }
    view = job_view_get(call->engine, job, err);
    if (!view)
        return false;
    json_begin_object(w);
    json_key(w, "size");
    json_int64(w, info.st_size);
    json_key(w, "attempts");
    json_int(w, trial.attempt);
    write_replicas(w, &view->spec->run);
    json_end_object(w);
    job_view_release(view);
    return true;
}

static void note(struct api_call *call, bool is_ok, const struct assay_error *why)
{
    if (!is_ok)
        assay_faults_add(&call->faults, 0, why->field, "%s", why->message);
}

/* text: where the one to look for is kept. */
static bool read_search(struct api_call *call, char text[LOG_SEARCH_TEXT_MAX + 2],
                        struct log_search *search, struct assay_error *err)
{
    struct assay_faults *faults = &call->faults;
    struct assay_error why = { 0 };

    text[0] = '\0';
    (void)api_query(call, "text", text, LOG_SEARCH_TEXT_MAX + 2);
    if (!text[0])
        assay_faults_add(faults, 0, "text", "is required: what to look for");
    else if (strlen(text) > LOG_SEARCH_TEXT_MAX)
        assay_faults_add(faults, 0, "text", "expected at most %d bytes", LOG_SEARCH_TEXT_MAX);
    else if (strchr(text, '\n'))
        assay_faults_add(faults, 0, "text", "expected no line break, since lines are looked at");
    note(call, api_query_integer(call, "offset", 0, &search->offset, &why), &why);
    note(call, api_query_integer(call, "limit", MATCHES_DEFAULT, &search->limit, &why), &why);
    if (search->limit < 1 || search->limit > LOG_SEARCH_MATCHES_MAX)
        assay_faults_add(faults, 0, "limit", "expected a number from 1 to %d",
                         LOG_SEARCH_MATCHES_MAX);
    search->text = text;
    search->budget = LOG_SEARCH_BYTES;
    return assay_faults_check(faults, err);
}

static void write_match(void *context, int64_t offset, const char *line)
{
    struct json_writer *w = context;

    json_begin_object(w);
    json_key(w, "offset");
    json_int64(w, offset);
    json_key(w, "line");
    json_string(w, line);
    json_end_object(w);
}

bool api_search_logs(struct api_call *call, struct assay_error *err)
{
    struct json_writer *w = &call->json;
    char text[LOG_SEARCH_TEXT_MAX + 2];
    struct log_search search = { .fd = -1 };
    int64_t next = -1;
    bool is_ok = true;

    if (!api_open_log(call, &search.fd, err))
        return false;
    json_begin_object(w);
    json_key(w, "matches");
    json_begin_array(w);
    is_ok = read_search(call, text, &search, err) &&
            (search.fd < 0 || log_search_run(&search, write_match, w, &next, err));
    json_end_array(w);
    if (next >= 0) {
        json_key(w, "nextOffset");
        json_int64(w, next);
    }
    json_end_object(w);
    if (search.fd >= 0)
        (void)close(search.fd);
    return is_ok;
}
