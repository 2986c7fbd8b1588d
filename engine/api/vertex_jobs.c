/*
 * HyperparameterTuningJobs and CustomJobs as the API has them: create, get, list, cancel, delete.
 *
 * A trial's custom job is a CustomJob, too: it is read here, and nothing else.
 */

#include "assay/value.h"
#include "engine/api/api_private.h"
#include "engine/api/submission.h"
#include "engine/spec/fields.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static const char *type_name(enum job_kind kind)
{
    return kind == JOB_CUSTOM ? "CustomJob" : "HyperparameterTuningJob";
}

/* A number may stand for any project; "-" stands for all. */
static bool is_project(const char *asked, const char *stored, size_t size)
{
    bool is_same = strlen(asked) == size && strncmp(asked, stored, size) == 0;

    return is_same || strcmp(asked, "-") == 0 || strspn(asked, "0123456789") == strlen(asked) ||
           strspn(stored, "0123456789") >= size;
}

/* Whether "projects/…/locations/…" is what the path means. */
static bool is_parent(const struct api_call *call, const char *parent)
{
    const char *project = parent + strlen("projects/");
    size_t size = strcspn(project, "/");
    const char *location = project + size + strlen("/locations/");
    const char *asked = call->match->words[ROUTE_LOCATION];

    return is_project(call->match->words[ROUTE_PROJECT], project, size) &&
           (strcmp(asked, location) == 0 || strcmp(asked, "-") == 0);
}

static bool fail_absent(const struct api_call *call, enum job_kind kind, struct assay_error *err)
{
    return assay_fail(err, ASSAY_NOT_FOUND, NULL, "the %s %s does not exist", type_name(kind),
                      call->match->words[ROUTE_JOB]);
}

/* The row of the job that the path names. Clear it; also after false. */
static bool read_row(const struct api_call *call, enum job_kind kind, struct job_row *row,
                     struct assay_error *err)
{
    int64_t id = 0;
    bool is_read = false;

    if (!assay_integer_parse(call->match->words[ROUTE_JOB], &id))
        return fail_absent(call, kind, err);
    is_read = store_job_get(engine_read_begin(call->engine), id, row, err);
    engine_read_end(call->engine);
    if (!is_read && err->code != ASSAY_NOT_FOUND)
        return false;
    if (is_read && row->kind == (int)kind && is_parent(call, row->parent))
        return true;
    return fail_absent(call, kind, err);
}

static bool write_row(struct api_call *call, const struct job_row *row, bool has_trials,
                      struct assay_error *err)
{
    struct job_spec *spec = job_row_spec(row, err);
    bool is_ok = spec != NULL;

    if (is_ok) {
        is_ok = resource_write_job(&call->json, row, spec,
                                   has_trials ? engine_read_begin(call->engine) : NULL, err);
        if (has_trials)
            engine_read_end(call->engine);
    }
    job_spec_free(spec);
    return is_ok;
}

static bool get(struct api_call *call, enum job_kind kind, struct assay_error *err)
{
    struct job_row row = { 0 };
    bool is_ok = read_row(call, kind, &row, err) && write_row(call, &row, kind == JOB_TUNING, err);

    job_row_clear(&row);
    return is_ok;
}

static bool write_by_id(struct api_call *call, int64_t job, struct assay_error *err)
{
    struct job_row row = { 0 };
    bool is_ok = store_job_get(engine_read_begin(call->engine), job, &row, err);

    engine_read_end(call->engine);
    is_ok = is_ok && write_row(call, &row, row.kind == JOB_TUNING, err);
    job_row_clear(&row);
    return is_ok;
}

/* A door that insists: the documents of `assay run` may do without a name, and be of either kind.
 */
static void check_resource(struct submission *submission, enum job_kind kind)
{
    const char *field = kind == JOB_CUSTOM ? "custom_job" : "hyperparameter_tuning_job";
    char path[64];

    if (!submission->document)
        return;
    if (submission->spec && submission->spec->kind != kind)
        assay_faults_add(&submission->faults, 0, field, "expected a %s, found a %s",
                         type_name(kind), type_name(submission->spec->kind));
    if (!fields_member_text(submission->document, "displayName") ||
        !fields_member_text(submission->document, "displayName")[0]) {
        (void)snprintf(path, sizeof path, "%s.display_name", field);
        assay_faults_add(&submission->faults, 0, path, "is required");
    }
}

static bool create(struct api_call *call, enum job_kind kind, struct assay_error *err)
{
    struct submission submission = { 0 };
    struct submission_text text = { .document = call->request->body ? call->request->body : "",
                                    .format = DOCUMENT_JSON,
                                    .dir = engine_state_dir(call->engine) };
    char parent[2 * ROUTE_WORD_SIZE + 32];
    int64_t job = 0;
    bool is_ok = false;

    (void)snprintf(parent, sizeof parent, "projects/%s/locations/%s",
                   call->match->words[ROUTE_PROJECT], call->match->words[ROUTE_LOCATION]);
    is_ok = submission_read(&submission, &text, text.dir, err);
    if (is_ok) {
        check_resource(&submission, kind);
        is_ok = api_hand_in(call, &submission, parent, &job, err) && write_by_id(call, job, err);
    }
    submission_clear(&submission);
    return is_ok;
}

static bool write_empty(struct api_call *call)
{
    json_begin_object(&call->json);
    json_end_object(&call->json);
    return true;
}

/* What has ended stays as it is. */
static bool cancel(struct api_call *call, enum job_kind kind, struct assay_error *err)
{
    struct job_row row = { 0 };
    struct request request = { .kind = REQUEST_CANCEL };
    bool is_ok = read_row(call, kind, &row, err);

    request.job = row.id;
    if (is_ok && !job_state_is_terminal(row.state))
        is_ok = engine_ask(call->engine, &request, err);
    job_row_clear(&row);
    return is_ok && write_empty(call);
}

/* An operation that is done. */
static bool delete (struct api_call *call, enum job_kind kind, struct assay_error *err)
{
    struct job_row row = { 0 };
    struct request request = { .kind = REQUEST_DELETE };
    bool is_ok = read_row(call, kind, &row, err);

    request.job = row.id;
    is_ok = is_ok && engine_ask(call->engine, &request, err);
    if (is_ok)
        vertex_write_deletion(call, row.parent, row.id);
    job_row_clear(&row);
    return is_ok;
}

/* One page of a list. */
struct page {
    struct api_call *call;
    enum job_kind kind;
    int64_t ids[VERTEX_PAGE_MAX];
    size_t count, wanted;
    int64_t last_us; /* when the last of them was made */
    bool has_more;
};

static bool choose(void *context, const struct job_row *row)
{
    struct page *page = context;

    if (row->kind != (int)page->kind || !is_parent(page->call, row->parent))
        return true;
    if (page->count == page->wanted) {
        page->has_more = true;
        return false;
    }
    page->ids[page->count++] = row->id;
    page->last_us = row->create_us;
    return true;
}

static bool write_page(struct page *page, struct assay_error *err)
{
    struct json_writer *w = &page->call->json;
    bool is_ok = true;

    json_begin_object(w);
    json_key(w, page->kind == JOB_CUSTOM ? "customJobs" : "hyperparameterTuningJobs");
    json_begin_array(w);
    for (size_t i = 0; i < page->count && is_ok; i++) {
        struct job_row row = { 0 };

        is_ok = store_job_get(engine_read_begin(page->call->engine), page->ids[i], &row, err);
        engine_read_end(page->call->engine);
        if (!is_ok && err->code == ASSAY_NOT_FOUND) /* deleted meanwhile */
            is_ok = true;
        else
            is_ok = is_ok && write_row(page->call, &row, false, err);
        job_row_clear(&row);
    }
    json_end_array(w);
    json_end_object(w);
    return is_ok;
}

static bool list(struct api_call *call, enum job_kind kind, struct assay_error *err)
{
    struct page *page = calloc(1, sizeof *page);
    bool is_ok = false;

    if (!page)
        return assay_fail_memory(err);
    page->call = call;
    page->kind = kind;
    page->wanted = VERTEX_PAGE_MAX;
    is_ok =
        store_job_each(engine_read_begin(call->engine), INT64_MAX, INT64_MAX, choose, page, err);
    engine_read_end(call->engine);
    is_ok = is_ok && write_page(page, err);
    free(page);
    return is_ok;
}

bool vertex_get_location(struct api_call *call, struct assay_error *err)
{
    const char *location = call->match->words[ROUTE_LOCATION];
    char name[2 * ROUTE_WORD_SIZE + 32];

    (void)err;
    (void)snprintf(name, sizeof name, "projects/%s/locations/%s", call->match->words[ROUTE_PROJECT],
                   location);
    json_begin_object(&call->json);
    json_key(&call->json, "name");
    json_string(&call->json, name);
    json_key(&call->json, "locationId");
    json_string(&call->json, location);
    json_end_object(&call->json);
    return true;
}

bool vertex_create_tuning_job(struct api_call *call, struct assay_error *err)
{
    return create(call, JOB_TUNING, err);
}

bool vertex_create_custom_job(struct api_call *call, struct assay_error *err)
{
    return create(call, JOB_CUSTOM, err);
}

bool vertex_list_tuning_jobs(struct api_call *call, struct assay_error *err)
{
    return list(call, JOB_TUNING, err);
}

bool vertex_list_custom_jobs(struct api_call *call, struct assay_error *err)
{
    return list(call, JOB_CUSTOM, err);
}

bool vertex_get_tuning_job(struct api_call *call, struct assay_error *err)
{
    return get(call, JOB_TUNING, err);
}

bool vertex_get_custom_job(struct api_call *call, struct assay_error *err)
{
    return get(call, JOB_CUSTOM, err);
}

bool vertex_delete_tuning_job(struct api_call *call, struct assay_error *err)
{
    return delete (call, JOB_TUNING, err);
}

bool vertex_delete_custom_job(struct api_call *call, struct assay_error *err)
{
    return delete (call, JOB_CUSTOM, err);
}

bool vertex_cancel_tuning_job(struct api_call *call, struct assay_error *err)
{
    return cancel(call, JOB_TUNING, err);
}

bool vertex_cancel_custom_job(struct api_call *call, struct assay_error *err)
{
    return cancel(call, JOB_CUSTOM, err);
}
