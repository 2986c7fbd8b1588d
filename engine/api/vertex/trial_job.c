#include "engine/api/vertex/trial_job.h"

#include "engine/api/web_access.h"
#include "engine/spec/fields.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

bool trial_job_find(int64_t id, int64_t *job, int64_t *trial)
{
    *job = id / STORE_TRIALS_MAX;
    *trial = id % STORE_TRIALS_MAX;
    return *job > 0 && *trial > 0;
}

static enum job_state state_of(const struct trial_row *trial)
{
    switch ((enum trial_state)trial->state) {
    case TRIAL_STATE_UNSPECIFIED:
    case TRIAL_REQUESTED:
        return JOB_STATE_PENDING;
    case TRIAL_ACTIVE:
        return JOB_STATE_RUNNING;
    case TRIAL_STOPPING:
        return JOB_STATE_CANCELLING;
    case TRIAL_SUCCEEDED:
        return JOB_STATE_SUCCEEDED;
    case TRIAL_INFEASIBLE:
        break;
    }
    return trial->failure == FAILURE_CANCELLED ? JOB_STATE_CANCELLED : JOB_STATE_FAILED;
}

/* outputUriPrefix of the study, with the trial's number below it. False: no memory. */
static bool move_output(cJSON *spec, int64_t trial)
{
    cJSON *output = cJSON_GetObjectItemCaseSensitive(spec, "baseOutputDirectory");
    const char *prefix = fields_member_text(output, "outputUriPrefix");
    size_t size = 0, used = 0;
    char *text = NULL;
    bool is_moved = false;

    if (!prefix)
        return true;
    used = strlen(prefix);
    size = used + 32;
    text = malloc(size);
    if (!text)
        return false;
    (void)snprintf(text, size, "%s%s%" PRId64 "/", prefix,
                   used > 0 && prefix[used - 1] == '/' ? "" : "/", trial);
    is_moved =
        cJSON_ReplaceItemInObjectCaseSensitive(output, "outputUriPrefix", cJSON_CreateString(text));
    free(text);
    return is_moved;
}

static bool write_spec(struct json_writer *w, const struct job_row *job,
                       const struct trial_row *trial, struct assay_error *err)
{
    cJSON *root = json_read(job->document, strlen(job->document), err);
    cJSON *canonical = root ? job_document_canonical(root, canonical_form(w), err) : NULL;
    cJSON *spec = cJSON_GetObjectItemCaseSensitive(canonical, "trialJobSpec");
    bool is_ok = canonical != NULL;

    if (is_ok && spec && !move_output(spec, trial->number))
        is_ok = assay_fail_memory(err);
    if (is_ok && spec) {
        json_key(w, "jobSpec");
        json_node(w, spec);
        if (trial->state == TRIAL_ACTIVE)
            web_access_write_document(w, spec, job->id, trial->number);
    }
    cJSON_Delete(root);
    cJSON_Delete(canonical);
    return is_ok;
}

static void write_state(struct json_writer *w, const struct trial_row *trial)
{
    enum job_state state = state_of(trial);

    json_key(w, "state");
    json_enum(w, (int)state, job_state_name((int)state));
    resource_write_time(w, "createTime", trial->start_us);
    resource_write_time(w, "startTime", trial->start_us);
    resource_write_time(w, "endTime", trial->end_us);
    resource_write_time(w, "updateTime", trial->end_us ? trial->end_us : trial->start_us);
    if (trial->state != TRIAL_INFEASIBLE)
        return;
    json_key(w, "error");
    json_begin_object(w);
    json_key(w, "code");
    json_int(w, state == JOB_STATE_CANCELLED ? ASSAY_CANCELLED : ASSAY_INVALID);
    json_key(w, "message");
    json_string(w, trial->reason ? trial->reason : "");
    json_end_object(w);
}

bool trial_job_write(struct json_writer *w, const struct job_row *job,
                     const struct trial_row *trial, struct assay_error *err)
{
    char text[RESOURCE_NAME_SIZE];
    bool is_ok = false;

    json_begin_object(w);
    (void)snprintf(text, sizeof text, "%s/customJobs/%" PRId64, job->parent,
                   store_trial_id(job->id, trial->number));
    json_key(w, "name");
    json_string(w, text);
    (void)snprintf(text, sizeof text, "%.120s trial %" PRId64, job->display_name, trial->number);
    json_key(w, "displayName");
    json_string(w, text);
    is_ok = write_spec(w, job, trial, err);
    write_state(w, trial);
    json_end_object(w);
    return is_ok;
}
