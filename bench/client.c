#include "bench/client.h"

#include "assay/json.h"
#include "bench/measure.h"

#include <stdlib.h>
#include <string.h>

/* A tenth of a second between looks, as a status line would take them; LULL_MS without any change
 * is most often the end. */
enum { LULL_MS = 5 };

static const double look_s = 0.1;

/* One call; its answer is a tree that the caller owns. NULL and *err for a failure, also the
 * server's. */
static cJSON *call(struct assay *assay, const char *method, const char *path, const char *body,
                   struct assay_error *err)
{
    struct assay_request request = {
        .method = method, .path = path, .body = body, .body_size = body ? strlen(body) : 0
    };
    struct assay_response response = { 0 };
    cJSON *answer = NULL;

    if (!assay_call(assay, &request, &response, err))
        return NULL;
    if (response.status == 200)
        answer = json_read(response.body, response.size, err);
    else
        (void)assay_fail(err, ASSAY_INTERNAL, NULL, "%s %s answered %d: %.*s", method, path,
                         response.status, (int)response.size, response.body);
    assay_response_clear(&response);
    return answer;
}

bool client_submit(struct assay *assay, const char *document, const char *source_dir,
                   struct assay_error *err)
{
    cJSON *root = cJSON_CreateObject();
    cJSON *answer = NULL;
    char *body = NULL;

    if (root && cJSON_AddStringToObject(root, "source", document) &&
        cJSON_AddStringToObject(root, "sourceDir", source_dir))
        body = json_text(root, 0);
    if (body)
        answer = call(assay, "POST", "/assay/v1/jobs", body, err);
    else
        (void)assay_fail_memory(err);
    free(body);
    cJSON_Delete(root);
    cJSON_Delete(answer);
    return answer != NULL;
}

bool client_resume(struct assay *assay, struct assay_error *err)
{
    cJSON *answer = call(assay, "POST", "/assay/v1/jobs/last:resume", NULL, err);

    cJSON_Delete(answer);
    return answer != NULL;
}

static int64_t count_of(const cJSON *counts, const char *name)
{
    const cJSON *item = counts ? json_get(counts, name) : NULL;

    return item && cJSON_IsNumber(item) ? (int64_t)item->valuedouble : 0;
}

bool client_look(struct assay *assay, struct client_job *job, struct assay_error *err)
{
    cJSON *answer = call(assay, "GET", "/assay/v1/jobs/last", NULL, err);
    const cJSON *counts = NULL;
    const char *state = NULL;

    if (!answer)
        return false;
    counts = json_get(answer, "trialCounts");
    state = cJSON_GetStringValue(json_get(answer, "state"));
    *job = (struct client_job){ .created = count_of(counts, "created"),
                                .ended = count_of(counts, "ended"),
                                .succeeded = count_of(counts, "succeeded") };
    job->is_succeeded = state && strcmp(state, "JOB_STATE_SUCCEEDED") == 0;
    job->is_ended =
        job->is_succeeded || !state ||
        (strcmp(state, "JOB_STATE_RUNNING") != 0 && strcmp(state, "JOB_STATE_PENDING") != 0);
    cJSON_Delete(answer);
    return true;
}

bool client_wait(struct assay *assay, struct client_job *job, struct assay_error *err)
{
    uint64_t seen = 0;
    double looked_s = 0;

    for (*job = (struct client_job){ 0 }; !job->is_ended;) {
        bool is_changed = assay_wait(assay, &seen, LULL_MS);
        double now_s = moment_now().wall_s;

        if (!assay_is_working(assay, err))
            return false;
        if (is_changed && now_s - looked_s < look_s)
            continue;
        looked_s = now_s;
        if (!client_look(assay, job, err))
            return false;
    }
    return true;
}
