/* The list of pipelines: filter, pages, readMask. Newest first. */

#include "engine/api/list/field_mask.h"
#include "engine/api/list/filter.h"
#include "engine/api/list/masked.h"
#include "engine/api/vertex/vertex_jobs.h"
#include "engine/api/vertex/vertex_pipelines.h"
#include "engine/spec/fields.h"

#include <stdlib.h>
#include <string.h>

enum list_field {
    LIST_NAME,
    LIST_STATE,
    LIST_LABELS,
    LIST_DEFINITION,
    LIST_CREATED,
    LIST_STARTED,
    LIST_ENDED
};

static const struct enum_word state_words[] = {
    { "PIPELINE_STATE_UNSPECIFIED", 0, JOB_STATE_UNSPECIFIED },
    { "PIPELINE_STATE_QUEUED", 1, JOB_STATE_QUEUED },
    { "PIPELINE_STATE_PENDING", 2, JOB_STATE_PENDING },
    { "PIPELINE_STATE_RUNNING", 3, JOB_STATE_RUNNING },
    { "PIPELINE_STATE_SUCCEEDED", 4, JOB_STATE_SUCCEEDED },
    { "PIPELINE_STATE_FAILED", 5, JOB_STATE_FAILED },
    { "PIPELINE_STATE_CANCELLING", 6, JOB_STATE_CANCELLING },
    { "PIPELINE_STATE_CANCELLED", 7, JOB_STATE_CANCELLED },
    { "PIPELINE_STATE_PAUSED", 8, JOB_STATE_PAUSED },
};

static const struct filter_field list_fields[] = {
    { "display_name", FILTER_TEXT, FILTER_SAME | FILTER_HAS, LIST_NAME, .words = NULL },
    { "state", FILTER_ENUM, FILTER_SAME, LIST_STATE, FIELD_WORDS(state_words) },
    { "labels", FILTER_MAP, FILTER_SAME | FILTER_HAS, LIST_LABELS, .words = NULL },
    { "training_task_definition", FILTER_TEXT, FILTER_SAME | FILTER_HAS, LIST_DEFINITION,
      .words = NULL },
    { "create_time", FILTER_TIME, FILTER_ORDER, LIST_CREATED, .words = NULL },
    { "start_time", FILTER_TIME, FILTER_ORDER, LIST_STARTED, .words = NULL },
    { "end_time", FILTER_TIME, FILTER_ORDER, LIST_ENDED, .words = NULL },
};

enum { LIST_FIELDS = sizeof list_fields / sizeof list_fields[0] };

/* What a readMask may name. */
static const char *const pipeline_fields[] = {
    "name",
    "display_name",
    "input_data_config",
    "training_task_definition",
    "model_id",
    "training_task_inputs",
    "training_task_metadata",
    "model_to_upload",
    "parent_model",
    "state",
    "error",
    "create_time",
    "start_time",
    "end_time",
    "update_time",
    "labels",
    "encryption_spec",
};

/* One page while it is found and written. */
struct pipeline_page {
    struct api_call *call;
    struct api_page asked; /* its position moves on to the last item */
    struct filter *filter;
    struct field_mask *mask; /* NULL: everything */
    int64_t ids[PAGE_SIZE_MAX];
    int count;
    bool has_more;
};

/* A row as the filter sees it; labels are read when they are first asked for. */
struct candidate {
    const struct pipeline_row *row;
    cJSON *document;
};

static bool get_label(struct candidate *candidate, const char *key, struct filter_value *value)
{
    const char *document = candidate->row->document;
    struct assay_error none = { 0 }; /* it was read before it was stored */
    const cJSON *label = NULL;

    if (!candidate->document)
        candidate->document = json_read(document, strlen(document), &none);
    label = cJSON_GetObjectItemCaseSensitive(fields_member(candidate->document, "labels"), key);
    value->text = cJSON_IsString(label) ? label->valuestring : "";
    return label != NULL;
}

static bool get_value(const void *context, int id, const char *key, struct filter_value *value)
{
    /* The getter's row is const for its callers; this one keeps what it has read. */
    struct candidate *candidate = *(struct candidate *const *)context;
    const struct pipeline_row *row = candidate->row;

    switch ((enum list_field)id) {
    case LIST_NAME:
        value->text = row->display_name;
        return true;
    case LIST_DEFINITION:
        value->text = row->definition;
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

static bool take_row(void *context, const struct pipeline_row *row)
{
    struct pipeline_page *page = context;
    struct candidate candidate = { .row = row };
    struct candidate *const asked = &candidate;
    bool is_match = vertex_is_parent(page->call, row->parent) &&
                    filter_matches(page->filter, get_value, &asked);

    cJSON_Delete(candidate.document);
    if (!is_match)
        return true;
    page->has_more = page->count == page->asked.size;
    if (page->has_more)
        return false;
    page->ids[page->count++] = row->id;
    page->asked.position = (struct page_position){ .key = row->create_us, .id = row->id };
    return true;
}

struct listed {
    struct api_call *call;
    struct pipeline_row row;
};

static bool write_listed(struct json_writer *writer, const void *item, struct assay_error *err)
{
    const struct listed *listed = item;

    return vertex_write_pipeline(listed->call, writer, &listed->row, err);
}

/* A pipeline that was deleted since the walk is passed over. */
static bool write_item(struct pipeline_page *page, int64_t id, struct assay_error *err)
{
    struct listed listed = { .call = page->call };
    bool is_ok = store_pipeline_get(engine_read_begin(page->call->engine), id, &listed.row, err);

    engine_read_end(page->call->engine);
    if (is_ok)
        is_ok = masked_write(&page->call->json, page->mask, write_listed, &listed, err);
    else
        is_ok = err->code == ASSAY_NOT_FOUND;
    pipeline_row_clear(&listed.row);
    return is_ok;
}

static bool write_page(struct pipeline_page *page, struct assay_error *err)
{
    struct json_writer *w = &page->call->json;
    bool is_ok = true;

    json_begin_object(w);
    if (page->count > 0) {
        json_key(w, "trainingPipelines");
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

/* The request's words. text: room for the longest, size bytes. */
static bool read_request(struct pipeline_page *page, char *text, size_t size,
                         struct assay_error *err)
{
    const struct api_call *call = page->call;

    text[0] = '\0';
    if (api_query(call, "readMask", text, size) && text[0]) {
        page->mask = field_mask_parse(text, "read_mask", pipeline_fields,
                                      sizeof pipeline_fields / sizeof pipeline_fields[0], err);
        if (!page->mask)
            return false;
    }
    text[0] = '\0';
    (void)api_query(call, "filter", text, size);
    page->filter = filter_parse(text, list_fields, LIST_FIELDS, err);
    page->asked.request.filter = text;
    return page->filter && api_page_read(call, PAGE_SIZE_DEFAULT, &page->asked, err);
}

static bool walk(struct pipeline_page *page, struct assay_error *err)
{
    struct page_position from = page->asked.position;
    bool is_ok = store_pipeline_each(engine_read_begin(page->call->engine), from.key, from.id,
                                     take_row, page, err);

    engine_read_end(page->call->engine);
    return is_ok;
}

bool vertex_list_pipelines(struct api_call *call, struct assay_error *err)
{
    size_t size = (call->request->query ? strlen(call->request->query) : 0) + 1;
    char *text = malloc(size);
    struct pipeline_page *page = calloc(1, sizeof *page);
    bool is_ok = false;

    if (text && page) {
        page->call = call;
        page->asked.request.collection = "trainingPipelines";
        page->asked.request.parent = call->match->words[ROUTE_LOCATION];
        page->asked.position = (struct page_position){ .key = INT64_MAX, .id = INT64_MAX };
        is_ok = read_request(page, text, size, err) && walk(page, err) && write_page(page, err);
        filter_free(page->filter);
        field_mask_free(page->mask);
    } else {
        (void)assay_fail_memory(err);
    }
    free(page);
    free(text);
    return is_ok;
}
