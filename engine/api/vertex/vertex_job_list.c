/* Lists of jobs: filter, pages, readMask. Newest first; tuning jobs without their trials. */

#include "engine/api/list/field_mask.h"
#include "engine/api/list/filter.h"
#include "engine/api/vertex/vertex_jobs.h"
#include "engine/spec/fields.h"

#include <stdlib.h>
#include <string.h>

enum list_field { LIST_NAME, LIST_STATE, LIST_LABELS, LIST_CREATED, LIST_STARTED, LIST_ENDED };

static const struct enum_word state_words[] = {
    { "JOB_STATE_UNSPECIFIED", 0, JOB_STATE_UNSPECIFIED },
    { "JOB_STATE_QUEUED", 1, JOB_STATE_QUEUED },
    { "JOB_STATE_PENDING", 2, JOB_STATE_PENDING },
    { "JOB_STATE_RUNNING", 3, JOB_STATE_RUNNING },
    { "JOB_STATE_SUCCEEDED", 4, JOB_STATE_SUCCEEDED },
    { "JOB_STATE_FAILED", 5, JOB_STATE_FAILED },
    { "JOB_STATE_CANCELLING", 6, JOB_STATE_CANCELLING },
    { "JOB_STATE_CANCELLED", 7, JOB_STATE_CANCELLED },
    { "JOB_STATE_PAUSED", 8, JOB_STATE_PAUSED },
    { "JOB_STATE_EXPIRED", 9, 9 }, /* no job of ours is in these three */
    { "JOB_STATE_UPDATING", 10, 10 },
    { "JOB_STATE_PARTIALLY_SUCCEEDED", 11, 11 },
};

static const struct filter_field list_fields[] = {
    { "display_name", FILTER_TEXT, FILTER_SAME | FILTER_HAS, LIST_NAME, .words = NULL },
    { "state", FILTER_ENUM, FILTER_SAME, LIST_STATE, FIELD_WORDS(state_words) },
    { "labels", FILTER_MAP, FILTER_SAME | FILTER_HAS, LIST_LABELS, .words = NULL },
    { "create_time", FILTER_TIME, FILTER_ORDER, LIST_CREATED, .words = NULL },
    { "start_time", FILTER_TIME, FILTER_ORDER, LIST_STARTED, .words = NULL },
    { "end_time", FILTER_TIME, FILTER_ORDER, LIST_ENDED, .words = NULL },
};

enum { LIST_FIELDS = sizeof list_fields / sizeof list_fields[0] };

/* What a readMask may name. */
static const char *const tuning_fields[] = {
    "name",
    "display_name",
    "study_spec",
    "max_trial_count",
    "parallel_trial_count",
    "max_failed_trial_count",
    "trial_job_spec",
    "trials",
    "state",
    "create_time",
    "start_time",
    "end_time",
    "update_time",
    "error",
    "labels",
    "encryption_spec",
    "satisfies_pzs",
    "satisfies_pzi",
};
static const char *const custom_fields[] = {
    "name",          "display_name",  "job_spec", "state",  "create_time",     "start_time",
    "end_time",      "update_time",   "error",    "labels", "encryption_spec", "web_access_uris",
    "satisfies_pzs", "satisfies_pzi",
};

/* One page while it is found and written. */
struct job_page {
    struct api_call *call;
    enum job_kind kind;
    struct store *store;   /* held during the walk */
    struct api_page asked; /* its position moves on to the last item */
    struct filter *filter;
    struct field_mask *mask; /* NULL: everything */
    int64_t ids[PAGE_SIZE_MAX];
    int count;
    bool has_more;
    bool has_failed; /* with *err filled */
    struct assay_error *err;
};

/* A row as the filter sees it; labels are read when they are first asked for. */
struct candidate {
    struct job_page *page;
    const struct job_row *row;
    cJSON *document;
    bool is_read;
};

static void read_document(struct candidate *candidate)
{
    struct job_row row = { 0 };

    candidate->is_read = true;
    if (!store_job_get(candidate->page->store, candidate->row->id, &row, candidate->page->err)) {
        candidate->page->has_failed = true;
        return;
    }
    candidate->document = json_read(row.document, strlen(row.document), candidate->page->err);
    candidate->page->has_failed = candidate->page->has_failed || !candidate->document;
    job_row_clear(&row);
}

static bool get_label(struct candidate *candidate, const char *key, struct filter_value *value)
{
    const cJSON *label = NULL;

    if (!candidate->is_read)
        read_document(candidate);
    label = cJSON_GetObjectItemCaseSensitive(fields_member(candidate->document, "labels"), key);
    value->text = cJSON_IsString(label) ? label->valuestring : "";
    return label != NULL;
}

static bool get_value(const void *context, int id, const char *key, struct filter_value *value)
{
    /* The getter's row is const for its callers; this one keeps what it has read. */
    struct candidate *candidate = *(struct candidate *const *)context;
    const struct job_row *row = candidate->row;

    switch ((enum list_field)id) {
    case LIST_NAME:
        value->text = row->display_name;
        return true;
    case LIST_STATE:
        value->number = row->state;
        return true;
    case LIST_LABELS:
        return get_label(candidate, key, value);
    case LIST_CREATED:
        value->number = row->create_us;
        break;
    case LIST_STARTED:
        value->number = row->start_us;
        break;
    case LIST_ENDED:
        value->number = row->end_us;
        break;
    }
    return value->number != 0;
}

static bool is_wanted(struct job_page *page, const struct job_row *row)
{
    struct candidate candidate = { .page = page, .row = row };
    struct candidate *const asked = &candidate;
    bool is_match = false;

    if (row->kind != (int)page->kind || !vertex_is_parent(page->call, row->parent))
        return false;
    is_match = filter_matches(page->filter, get_value, &asked);
    cJSON_Delete(candidate.document);
    return is_match;
}

static bool take_row(void *context, const struct job_row *row)
{
    struct job_page *page = context;

    if (!is_wanted(page, row))
        return !page->has_failed;
    if (page->has_failed || page->count == page->asked.size) {
        page->has_more = true;
        return false;
    }
    page->ids[page->count++] = row->id;
    page->asked.position = (struct page_position){ .key = row->create_us, .id = row->id };
    return true;
}

static bool write_masked(struct job_page *page, const struct job_row *row, struct assay_error *err)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    struct json_writer writer;
    cJSON *tree = NULL;
    bool is_ok = false;

    if (!out)
        return assay_fail_memory(err);
    json_writer_init(&writer, out, 0);
    writer.has_enum_numbers = page->call->json.has_enum_numbers;
    is_ok = vertex_write_job(page->call, &writer, row, false, err);
    is_ok = (json_writer_finish(&writer) && is_ok);
    is_ok = fclose(out) == 0 && is_ok;
    tree = is_ok ? json_read(text, size, err) : NULL;
    free(text);
    if (!tree)
        return is_ok ? false : assay_fail_memory(err);
    field_mask_apply(page->mask, tree);
    json_node(&page->call->json, tree);
    cJSON_Delete(tree);
    return true;
}

/* A job that was deleted since the walk is passed over. */
static bool write_item(struct job_page *page, int64_t id, struct assay_error *err)
{
    struct job_row row = { 0 };
    bool is_ok = store_job_get(engine_read_begin(page->call->engine), id, &row, err);

    engine_read_end(page->call->engine);
    if (!is_ok)
        return err->code == ASSAY_NOT_FOUND;
    is_ok = page->mask ? write_masked(page, &row, err)
                       : vertex_write_job(page->call, &page->call->json, &row, false, err);
    job_row_clear(&row);
    return is_ok;
}

static bool write_page(struct job_page *page, struct assay_error *err)
{
    struct json_writer *w = &page->call->json;
    bool is_ok = true;

    json_begin_object(w);
    if (page->count > 0) {
        json_key(w, page->asked.request.collection);
        json_begin_array(w);
        for (int i = 0; i < page->count && is_ok; i++)
            is_ok = write_item(page, page->ids[i], err);
        json_end_array(w);
    }
    if (page->has_more)
        api_page_write_next(page->call, &page->asked, &page->asked.position);
    json_end_object(w);
    return is_ok;
}

static struct field_mask *parse_mask(enum job_kind kind, const char *text, struct assay_error *err)
{
    bool is_custom = kind == JOB_CUSTOM;

    return field_mask_parse(text, "read_mask", is_custom ? custom_fields : tuning_fields,
                            is_custom ? sizeof custom_fields / sizeof custom_fields[0]
                                      : sizeof tuning_fields / sizeof tuning_fields[0],
                            err);
}

/* The request's words. text: room for the longest, size bytes. */
static bool read_request(struct job_page *page, char *text, size_t size, struct assay_error *err)
{
    const struct api_call *call = page->call;

    text[0] = '\0';
    (void)api_query(call, "readMask", text, size);
    page->mask = text[0] ? parse_mask(page->kind, text, err) : NULL;
    if (text[0] && !page->mask)
        return false;
    text[0] = '\0';
    (void)api_query(call, "filter", text, size);
    page->filter = filter_parse(text, list_fields, LIST_FIELDS, err);
    page->asked.request.filter = text;
    return page->filter && api_page_read(call, PAGE_SIZE_DEFAULT, &page->asked, err);
}

static bool walk(struct job_page *page, struct assay_error *err)
{
    struct page_position from = page->asked.position;
    bool is_ok = false;

    page->err = err;
    page->store = engine_read_begin(page->call->engine);
    is_ok = store_job_each(page->store, from.key, from.id, take_row, page, err);
    engine_read_end(page->call->engine);
    return is_ok && !page->has_failed;
}

bool vertex_list_jobs(struct api_call *call, enum job_kind kind, struct assay_error *err)
{
    size_t size = (call->request->query ? strlen(call->request->query) : 0) + 1;
    char *text = malloc(size);
    struct job_page *page = calloc(1, sizeof *page);
    bool is_ok = text && page;

    if (!is_ok) {
        free(text);
        free(page);
        return assay_fail_memory(err);
    }
    page->call = call;
    page->kind = kind;
    page->asked.request.collection = resource_collection((int)kind);
    page->asked.request.parent = call->match->words[ROUTE_LOCATION];
    page->asked.position = (struct page_position){ .key = INT64_MAX, .id = INT64_MAX };
    is_ok = read_request(page, text, size, err) && walk(page, err) && write_page(page, err);
    filter_free(page->filter);
    field_mask_free(page->mask);
    free(page);
    free(text);
    return is_ok;
}
