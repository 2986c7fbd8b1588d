#include "engine/models/model_view.h"

#include "engine/api/resource.h"
#include "engine/array.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { CONTENTS_ARTIFACT = 1, SOURCE_CUSTOM = 2 };

struct taking {
    struct model_view *view;
    size_t capacity;
    bool is_short_of_memory;
};

static bool take_alias(void *context, const char *alias)
{
    struct taking *taking = context;
    struct model_view *view = taking->view;
    void *items = view->aliases;
    bool has_room = array_make_room(&items, view->alias_count, &taking->capacity, sizeof(char *));
    char *copy = has_room ? strdup(alias) : NULL;

    view->aliases = items;
    if (copy)
        view->aliases[view->alias_count++] = copy;
    taking->is_short_of_memory = !copy;
    return copy != NULL;
}

bool model_view_fill(struct store *store, const struct model_name *name, struct model_view *view,
                     struct assay_error *err)
{
    struct taking taking = { .view = view };
    bool is_ok = false;

    *view = (struct model_view){ 0 };
    is_ok = model_find(store, name, &view->model, &view->version, err) &&
            store_model_alias_each(store, view->model.number, view->version.version, take_alias,
                                   &taking, err);
    if (is_ok && taking.is_short_of_memory)
        is_ok = assay_fail_memory(err);
    return is_ok;
}

bool model_view_read(struct store *store, const struct model_name *name, struct model_view *view,
                     struct assay_error *err)
{
    bool is_ok = false;

    store_snapshot_begin(store);
    is_ok = model_view_fill(store, name, view, err);
    store_snapshot_end(store);
    return is_ok;
}

void model_view_clear(struct model_view *view)
{
    if (!view)
        return;
    model_row_clear(&view->model);
    model_version_row_clear(&view->version);
    for (size_t i = 0; i < view->alias_count; i++)
        free(view->aliases[i]);
    free(view->aliases);
    *view = (struct model_view){ 0 };
}

/* Puts the members of a column's object into labels, in place of those that it has. */
static bool merge(cJSON *labels, const char *text)
{
    struct assay_error none = { 0 };
    cJSON *own = *text ? json_read(text, strlen(text), &none) : NULL;
    const cJSON *label = NULL;
    bool is_ok = own || !*text;

    cJSON_ArrayForEach(label, own)
    {
        cJSON_DeleteItemFromObjectCaseSensitive(labels, label->string);
        is_ok = is_ok && cJSON_AddStringToObject(labels, label->string,
                                                 cJSON_IsString(label) ? label->valuestring : "");
    }
    cJSON_Delete(own);
    return is_ok;
}

cJSON *model_view_labels(const struct model_view *view)
{
    cJSON *labels = cJSON_CreateObject();

    if (labels && merge(labels, view->model.labels) && merge(labels, view->version.labels))
        return labels;
    cJSON_Delete(labels);
    return NULL;
}

static void write_text(struct json_writer *w, const char *key, const char *text)
{
    if (!*text)
        return;
    json_key(w, key);
    json_string(w, text);
}

static void write_identity(struct json_writer *w, const struct model_view *view, bool has_version)
{
    char name[RESOURCE_NAME_SIZE + 32];
    char version[24];
    int size = snprintf(name, sizeof name, "%s/models/%s", view->model.parent, view->model.id);

    (void)snprintf(version, sizeof version, "%" PRId64, view->version.version);
    if (has_version && size >= 0 && (size_t)size < sizeof name)
        (void)snprintf(name + size, sizeof name - (size_t)size, "@%s", version);
    write_text(w, "name", name);
    write_text(w, "versionId", version);
    if (view->alias_count > 0) {
        json_key(w, "versionAliases");
        json_begin_array(w);
        for (size_t i = 0; i < view->alias_count; i++)
            json_string(w, view->aliases[i]);
        json_end_array(w);
    }
    resource_write_time(w, "versionCreateTime", view->version.create_us);
    resource_write_time(w, "versionUpdateTime", view->version.update_us);
    write_text(w, "displayName", view->model.display_name);
    write_text(w, "description", view->model.description);
    write_text(w, "versionDescription", view->version.description);
}

static void write_members(struct json_writer *w, const cJSON *object)
{
    const cJSON *member = NULL;

    cJSON_ArrayForEach(member, object)
    {
        json_key(w, member->string);
        json_node(w, member);
    }
}

static void write_export_formats(struct json_writer *w, const struct model_view *view)
{
    if (!*view->version.artifact)
        return;
    json_key(w, "supportedExportFormats");
    json_begin_array(w);
    json_begin_object(w);
    json_key(w, "id");
    json_string(w, "custom-trained");
    json_key(w, "exportableContents");
    json_begin_array(w);
    json_enum(w, CONTENTS_ARTIFACT, "ARTIFACT");
    json_end_array(w);
    json_end_object(w);
    json_end_array(w);
}

static void write_origin(struct json_writer *w, const struct model_view *view)
{
    bool is_copy = *view->version.source != '\0';

    json_key(w, "modelSourceInfo");
    json_begin_object(w);
    json_key(w, "sourceType");
    json_enum(w, SOURCE_CUSTOM, "CUSTOM");
    if (is_copy) {
        json_key(w, "copy");
        json_bool(w, true);
    }
    json_end_object(w);
    if (is_copy) {
        json_key(w, "originalModelInfo");
        json_begin_object(w);
        write_text(w, "model", view->version.source);
        json_end_object(w);
    }
}

/* The column as a tree; an empty object for "". NULL and *err. */
static cJSON *read_object(const char *text, struct assay_error *err)
{
    cJSON *object = *text ? json_read(text, strlen(text), err) : cJSON_CreateObject();

    if (!object && !*text)
        (void)assay_fail_memory(err);
    return object;
}

bool model_view_write(struct json_writer *w, const struct model_view *view, bool has_version,
                      struct assay_error *err)
{
    char etag[MODEL_ETAG_SIZE];
    cJSON *document = read_object(view->version.document, err);
    cJSON *lineage = document ? read_object(view->version.lineage, err) : NULL;
    cJSON *labels = lineage ? model_view_labels(view) : NULL;
    const cJSON *stats = json_get(lineage, "dataStats");

    if (labels) {
        json_begin_object(w);
        write_identity(w, view, has_version);
        write_members(w, document);
        write_export_formats(w, view);
        write_text(w, "trainingPipeline", view->version.pipeline);
        write_text(w, "artifactUri", view->version.artifact_uri);
        resource_write_time(w, "createTime", view->model.create_us);
        resource_write_time(w, "updateTime", view->model.update_us);
        write_text(w, "etag", model_etag(&view->model, &view->version, etag));
        if (labels->child) {
            json_key(w, "labels");
            json_node(w, labels);
        }
        if (stats && stats->child) {
            json_key(w, "dataStats");
            json_node(w, stats);
        }
        write_origin(w, view);
        json_end_object(w);
    } else if (lineage) {
        (void)assay_fail_memory(err);
    }
    cJSON_Delete(labels);
    cJSON_Delete(lineage);
    cJSON_Delete(document);
    return labels != NULL;
}
