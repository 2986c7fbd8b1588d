#include "engine/datasets/item_filter.h"

#include "assay/json.h"
#include "engine/api/list/filter.h"

#include <stdlib.h>
#include <string.h>

enum item_field {
    FIELD_OF_LABELS,
    FIELD_OF_CREATE_TIME,
    FIELD_OF_UPDATE_TIME,
    FIELD_OF_SCHEMA,
    FIELD_OF_SPEC,
    FIELD_OF_NAME,
};

static const struct filter_field item_fields[] = {
    { "labels", FILTER_MAP, FILTER_SAME | FILTER_HAS, FIELD_OF_LABELS, .words = NULL },
    { "create_time", FILTER_TIME, FILTER_ORDER, FIELD_OF_CREATE_TIME, .words = NULL },
    { "update_time", FILTER_TIME, FILTER_ORDER, FIELD_OF_UPDATE_TIME, .words = NULL },
};

static const struct filter_field annotation_fields[] = {
    { "labels", FILTER_MAP, FILTER_SAME | FILTER_HAS, FIELD_OF_LABELS, .words = NULL },
    { "create_time", FILTER_TIME, FILTER_ORDER, FIELD_OF_CREATE_TIME, .words = NULL },
    { "update_time", FILTER_TIME, FILTER_ORDER, FIELD_OF_UPDATE_TIME, .words = NULL },
    { "payload_schema_uri", FILTER_TEXT, FILTER_SAME | FILTER_HAS, FIELD_OF_SCHEMA, .words = NULL },
    { "annotation_spec_id", FILTER_TEXT, FILTER_SAME, FIELD_OF_SPEC, .words = NULL },
    { "display_name", FILTER_TEXT, FILTER_SAME | FILTER_HAS, FIELD_OF_NAME, .words = NULL },
};

struct item_filter {
    struct filter *filter; /* NULL: matches nothing */
    bool is_all;
};

struct item_filter *item_filter_parse(const char *text, enum item_filter_of of,
                                      struct assay_error *err)
{
    struct item_filter *filter = calloc(1, sizeof *filter);
    bool is_annotations = of == FILTER_OF_ANNOTATIONS;

    if (!filter) {
        (void)assay_fail_memory(err);
        return NULL;
    }
    filter->is_all = !text || !*text;
    if (filter->is_all || strcmp(text, "-") == 0)
        return filter;
    filter->filter =
        filter_parse(text, is_annotations ? annotation_fields : item_fields,
                     is_annotations ? sizeof annotation_fields / sizeof annotation_fields[0]
                                    : sizeof item_fields / sizeof item_fields[0],
                     err);
    if (filter->filter)
        return filter;
    free(filter);
    return NULL;
}

void item_filter_free(struct item_filter *filter)
{
    if (filter)
        filter_free(filter->filter);
    free(filter);
}

/* A row as the filter sees it; what is JSON in it is read when it is first asked for. */
struct filtered {
    const char *label_text, *payload_text, *schema_uri;
    int64_t create_us, update_us;
    cJSON *labels, *payload;
};

static const cJSON *read_once(cJSON **tree, const char *text)
{
    struct assay_error ignored = { 0 };

    if (!*tree && text)
        *tree = json_read(text, strlen(text), &ignored);
    return *tree;
}

/* False where it is absent; value's text is then "". */
static bool get_text(const cJSON *object, const char *key, struct filter_value *value)
{
    const cJSON *member = object && key ? json_get(object, key) : NULL;

    value->text = cJSON_IsString(member) ? member->valuestring : "";
    return member != NULL;
}

static bool get_value(const void *context, int id, const char *key, struct filter_value *value)
{
    /* The getter's row is const for its callers; this one keeps what it has read. */
    struct filtered *row = *(struct filtered *const *)context;

    switch ((enum item_field)id) {
    case FIELD_OF_LABELS:
        return get_text(read_once(&row->labels, row->label_text), key, value);
    case FIELD_OF_CREATE_TIME:
        value->number = row->create_us;
        return true;
    case FIELD_OF_UPDATE_TIME:
        value->number = row->update_us;
        return true;
    case FIELD_OF_SCHEMA:
        value->text = row->schema_uri;
        return true;
    case FIELD_OF_SPEC:
        return get_text(read_once(&row->payload, row->payload_text), "annotationSpecId", value);
    case FIELD_OF_NAME:
        return get_text(read_once(&row->payload, row->payload_text), "displayName", value);
    }
    return false;
}

static bool matches(const struct item_filter *filter, struct filtered *row)
{
    struct filtered *const asked = row;
    bool is_match =
        filter->is_all || (filter->filter && filter_matches(filter->filter, get_value, &asked));

    cJSON_Delete(row->labels);
    cJSON_Delete(row->payload);
    return is_match;
}

bool item_filter_has_item(const struct item_filter *filter, const struct data_item_row *row)
{
    struct filtered filtered = {
        .label_text = row->labels,
        .create_us = row->create_us,
        .update_us = row->update_us,
    };

    return matches(filter, &filtered);
}

bool item_filter_has_annotation(const struct item_filter *filter, const struct annotation_row *row)
{
    struct filtered filtered = {
        .label_text = row->labels,
        .payload_text = row->payload,
        .schema_uri = row->schema_uri,
        .create_us = row->create_us,
        .update_us = row->update_us,
    };

    return matches(filter, &filtered);
}
