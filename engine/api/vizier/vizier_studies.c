/* Studies as the API has them: create, get, list, look up, delete. */

#include "engine/api/vizier/vizier_studies.h"

#include "assay/value.h"
#include "engine/api/submission.h"
#include "engine/api/vertex/vertex_jobs.h"
#include "engine/spec/fields.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

int64_t study_path_number(const struct api_call *call, enum route_word word)
{
    const char *text = call->match->words[word];
    int64_t number = 0;

    /* "+1" and "01" are names of nothing. */
    if (*text < '1' || *text > '9' || !assay_integer_parse(text, &number))
        return 0;
    return number < STORE_TRIALS_MAX ? number : 0;
}

static bool fail_absent(const struct api_call *call, struct assay_error *err)
{
    return assay_fail(err, ASSAY_NOT_FOUND, NULL, "the Study %s does not exist",
                      call->match->words[ROUTE_STUDY]);
}

static bool read_row(const struct api_call *call, struct job_row *row, struct assay_error *err)
{
    int64_t id = 0;
    bool is_read = false;

    if (!assay_integer_parse(call->match->words[ROUTE_STUDY], &id))
        return fail_absent(call, err);
    is_read = store_job_get(engine_read_begin(call->engine), id, row, err);
    engine_read_end(call->engine);
    if (!is_read && err->code != ASSAY_NOT_FOUND)
        return false;
    if (is_read && row->kind == JOB_STUDY && vertex_is_parent(call, row->parent))
        return true;
    return fail_absent(call, err);
}

/* The view of the study that the path means, and no job's. */
static const struct job_view *get_view(const struct api_call *call, struct assay_error *err)
{
    const struct job_view *view = NULL;
    int64_t id = 0;

    if (assay_integer_parse(call->match->words[ROUTE_STUDY], &id))
        view = job_view_get(call->engine, id, err);
    else
        (void)fail_absent(call, err);
    if (view && view->row.kind == JOB_STUDY && vertex_is_parent(call, view->row.parent))
        return view;
    if (view || err->code == ASSAY_NOT_FOUND)
        (void)fail_absent(call, err);
    job_view_release(view);
    return NULL;
}

bool study_read(const struct api_call *call, struct study *study, struct assay_error *err)
{
    *study = (struct study){ .view = get_view(call, err) };
    if (!study->view)
        return false;
    study->row = study->view->row;
    study->spec = study->view->spec;
    return true;
}

void study_clear(struct study *study)
{
    job_view_release(study->view);
    *study = (struct study){ 0 };
}

cJSON *study_read_body(const struct api_call *call, struct assay_error *err)
{
    err->code = ASSAY_OK;
    if (!call->request->body || call->request->body_size == 0)
        return NULL;
    return json_read(call->request->body, call->request->body_size, err);
}

bool vizier_create_study(struct api_call *call, struct assay_error *err)
{
    struct submission submission = { 0 };
    struct submission_text text = { .document = call->request->body ? call->request->body : "",
                                    .format = DOCUMENT_JSON,
                                    .dir = engine_state_dir(call->engine) };
    char parent[2 * ROUTE_WORD_SIZE + 32];
    int64_t id = 0;
    bool is_ok = submission_read_study(&submission, &text, err);

    (void)snprintf(parent, sizeof parent, "projects/%s/locations/%s",
                   call->match->words[ROUTE_PROJECT], call->match->words[ROUTE_LOCATION]);
    is_ok = is_ok && api_hand_in(call, &submission, parent, &id, err) &&
            vertex_write_stored_job(call, id, false, err);
    submission_clear(&submission);
    return is_ok;
}

bool vizier_get_study(struct api_call *call, struct assay_error *err)
{
    struct job_row row = { 0 };
    bool is_ok = read_row(call, &row, err) && vertex_write_job(call, &call->json, &row, false, err);

    job_row_clear(&row);
    return is_ok;
}

bool vizier_delete_study(struct api_call *call, struct assay_error *err)
{
    struct job_row row = { 0 };
    struct request request = { .kind = REQUEST_DELETE };
    bool is_ok = read_row(call, &row, err);

    request.job = row.id;
    is_ok = is_ok && engine_ask(call->engine, &request, err);
    job_row_clear(&row);
    /* Of two that delete at once one comes too late. */
    if (!is_ok && err->code == ASSAY_NOT_FOUND)
        return fail_absent(call, err);
    return is_ok && api_write_empty(call);
}

struct listing {
    const struct api_call *call;
    struct api_page page;
    int64_t ids[PAGE_SIZE_MAX];
    int count;
    bool has_more;
    struct page_position last;
};

static bool choose(void *context, const struct job_row *row)
{
    struct listing *listing = context;

    if (row->kind != JOB_STUDY || !vertex_is_parent(listing->call, row->parent))
        return true;
    listing->has_more = listing->count == listing->page.size;
    if (listing->has_more)
        return false;
    listing->ids[listing->count++] = row->id;
    listing->last = (struct page_position){ .key = row->create_us, .id = row->id };
    return true;
}

/* One that was deleted since the walk is passed over. */
static bool write_listing(struct api_call *call, const struct listing *listing,
                          struct assay_error *err)
{
    bool is_ok = true;

    json_begin_object(&call->json);
    if (listing->count > 0) {
        json_key(&call->json, "studies");
        json_begin_array(&call->json);
        for (int i = 0; i < listing->count && is_ok; i++)
            is_ok = vertex_write_stored_job(call, listing->ids[i], false, err) ||
                    err->code == ASSAY_NOT_FOUND;
        json_end_array(&call->json);
    }
    if (listing->has_more)
        api_page_write_next(call, &listing->page, &listing->last);
    json_end_object(&call->json);
    return is_ok;
}

/* Newest first. */
bool vizier_list_studies(struct api_call *call, struct assay_error *err)
{
    struct listing *listing = calloc(1, sizeof *listing);
    bool is_ok = listing != NULL;

    if (!is_ok)
        return assay_fail_memory(err);
    listing->call = call;
    listing->page = (struct api_page){ .request = { .collection = "studies",
                                                    .parent = call->match->words[ROUTE_LOCATION] },
                                       .position = { .key = INT64_MAX, .id = INT64_MAX } };
    is_ok = api_page_read(call, PAGE_SIZE_DEFAULT, &listing->page, err);
    if (is_ok) {
        is_ok = store_job_each(engine_read_begin(call->engine), listing->page.position.key,
                               listing->page.position.id, choose, listing, err);
        engine_read_end(call->engine);
    }
    is_ok = is_ok && write_listing(call, listing, err);
    free(listing);
    return is_ok;
}

struct lookup {
    const struct api_call *call;
    int64_t found;
};

static bool look_at(void *context, const struct job_row *row)
{
    struct lookup *lookup = context;

    if (vertex_is_parent(lookup->call, row->parent))
        lookup->found = row->id;
    return lookup->found == 0;
}

static const struct field lookup_fields[] = {
    { .name = "parent", .kind = FIELD_IGNORED },
    { .name = "displayName", .kind = FIELD_TEXT, .at = FIELD_HERE },
};

static void lookup_check(struct fields *fields, const cJSON *node, void *record)
{
    (void)record;
    fields_require(fields, node, "displayName");
}

static const struct message lookup_message = { MESSAGE_FIELDS(lookup_fields),
                                               .check = lookup_check };

/* The name that is looked for; the caller frees it. NULL and *err, or faults of the call. */
static char *read_lookup(struct api_call *call, struct assay_error *err)
{
    struct fields *fields = calloc(1, sizeof *fields);
    cJSON *root = study_read_body(call, err);
    char *name = NULL;
    bool is_good = false;

    if (!fields || (!root && err->code == ASSAY_OK && !(root = cJSON_CreateObject()))) {
        (void)assay_fail_memory(err);
        goto out;
    }
    if (!root)
        goto out;
    fields->faults = &call->faults;
    fields_read(fields, root, &lookup_message, &name);
    is_good = assay_faults_check(&call->faults, err);
    if (fields->is_short_of_memory)
        is_good = assay_fail_memory(err);
out:
    cJSON_Delete(root);
    free(fields);
    if (is_good)
        return name;
    free(name);
    return NULL;
}

bool vizier_lookup_study(struct api_call *call, struct assay_error *err)
{
    struct lookup lookup = { .call = call };
    char *name = read_lookup(call, err);
    bool is_ok = name != NULL;

    if (is_ok) {
        is_ok = store_study_each(engine_read_begin(call->engine), name, look_at, &lookup, err);
        engine_read_end(call->engine);
    }
    if (is_ok && !lookup.found)
        is_ok = assay_fail(err, ASSAY_NOT_FOUND, NULL,
                           "there is no Study with the display name \"%.200s\"", name);
    is_ok = is_ok && vertex_write_stored_job(call, lookup.found, false, err);
    free(name);
    return is_ok;
}

bool vizier_watch_study(struct api_call *call, struct assay_error *err)
{
    struct study study = { 0 };
    bool is_ok = study_read(call, &study, err) && api_note_watched(call, study.row.id, err);

    study_clear(&study);
    return is_ok;
}
