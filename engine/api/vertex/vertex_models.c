/* Models as the API has them, but for their files: get, patch, aliases, copy, delete. */

#include "engine/api/vertex/vertex_models.h"

#include "engine/api/list/field_mask.h"
#include "engine/api/vertex/vertex_jobs.h"
#include "engine/models/model_upload.h"
#include "engine/models/registry.h"
#include "engine/spec/fields.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

char *vertex_path_parent(const struct api_call *call, char parent[VERTEX_PARENT_SIZE])
{
    (void)snprintf(parent, VERTEX_PARENT_SIZE, "projects/%s/locations/%s",
                   call->match->words[ROUTE_PROJECT], call->match->words[ROUTE_LOCATION]);
    return parent;
}

char *vertex_object_text(const char *const *pairs)
{
    cJSON *root = cJSON_CreateObject();
    char *text = NULL;
    bool is_ok = root != NULL;

    for (; is_ok && *pairs; pairs += 2)
        is_ok = cJSON_AddStringToObject(root, pairs[0], pairs[1]) != NULL;
    if (is_ok)
        text = json_text(root, 0);
    cJSON_Delete(root);
    return text;
}

static bool fail_absent(const struct api_call *call, struct assay_error *err)
{
    return assay_fail(err, ASSAY_NOT_FOUND, NULL, "the Model %s does not exist",
                      call->match->words[ROUTE_MODEL]);
}

bool vertex_read_model(const struct api_call *call, struct model_name *name,
                       struct model_view *view, struct assay_error *err)
{
    bool is_read = false;

    *view = (struct model_view){ 0 };
    *name = (struct model_name){ .id = "" };
    if (!model_word_parse(call->match->words[ROUTE_MODEL], name))
        return fail_absent(call, err);
    is_read = model_view_read(engine_read_begin(call->engine), name, view, err);
    engine_read_end(call->engine);
    if (is_read && !vertex_is_parent(call, view->model.parent))
        is_read = fail_absent(call, err);
    return is_read;
}

/* What the path names is there: what an edit then finds may be gone again. */
static bool check_model(const struct api_call *call, struct model_name *name,
                        struct assay_error *err)
{
    struct model_view view;
    bool is_there = vertex_read_model(call, name, &view, err);

    model_view_clear(&view);
    return is_there;
}

bool vertex_read_body(struct api_call *call, const struct message *message, void *record,
                      struct assay_error *err)
{
    const struct assay_request *request = call->request;
    struct fields *fields = calloc(1, sizeof *fields);
    cJSON *body = NULL;
    bool is_ok = fields != NULL;

    if (!is_ok)
        return assay_fail_memory(err);
    body = request->body_size ? json_read(request->body, request->body_size, err)
                              : cJSON_CreateObject();
    if (body) {
        fields->faults = &call->faults;
        fields_read(fields, body, message, record);
        is_ok = assay_faults_check(&call->faults, err);
        if (fields->is_short_of_memory)
            is_ok = assay_fail_memory(err);
    } else {
        is_ok = request->body_size ? assay_error_add(err, "the request's body")
                                   : assay_fail_memory(err);
    }
    cJSON_Delete(body);
    free(fields);
    return is_ok;
}

/* Whoever names a version is answered with its name, which clients send back with a patch. */
static bool has_version(const struct model_name *name)
{
    return name->version[0] && strcmp(name->version, "-") != 0;
}

static bool answer_model(struct api_call *call, const struct model_name *name,
                         struct assay_error *err)
{
    struct model_view view;
    bool is_ok = model_view_read(engine_read_begin(call->engine), name, &view, err);

    engine_read_end(call->engine);
    is_ok = is_ok && model_view_write(&call->json, &view, has_version(name), err);
    model_view_clear(&view);
    return is_ok;
}

bool vertex_get_model(struct api_call *call, struct assay_error *err)
{
    struct model_name name;
    struct model_view view;
    bool is_ok = vertex_read_model(call, &name, &view, err) &&
                 model_view_write(&call->json, &view, has_version(&name), err);

    model_view_clear(&view);
    return is_ok;
}

static const char *const patchable[] = { "display_name", "description", "version_description",
                                         "labels" };

/* Which parts the mask is about. What is not to be changed is refused by name. */
static bool read_mask(const struct api_call *call, unsigned *parts, struct assay_error *err)
{
    char text[FIELD_MASK_TEXT_MAX + 2] = ""; /* what is too long is to be refused */
    struct field_mask *mask = NULL;

    if (!api_query(call, "updateMask", text, sizeof text) || !text[0])
        return assay_fail(err, ASSAY_INVALID, "update_mask", "is required");
    mask = field_mask_parse(text, "update_mask", patchable, sizeof patchable / sizeof patchable[0],
                            err);
    if (!mask)
        return false;
    *parts = 0;
    for (size_t i = 0; i < sizeof patchable / sizeof patchable[0]; i++)
        if (field_mask_covers(mask, patchable[i]) != FIELD_MASK_NOTHING)
            *parts |= 1U << i;
    field_mask_free(mask);
    return true;
}

struct patching {
    const struct model_name *name;
    unsigned parts;
    const struct model_document *document;
};

static bool apply_patch(void *context, struct store *store, int64_t now_us, int64_t job,
                        struct assay_error *err)
{
    const struct patching *patching = context;

    (void)job;
    return model_patch(store, patching->name, patching->parts, patching->document, now_us, err);
}

static bool read_patch(struct api_call *call, struct model_document *document,
                       struct assay_error *err)
{
    const struct assay_request *request = call->request;
    cJSON *body = NULL;
    bool is_ok = false;

    body = request->body_size ? json_read(request->body, request->body_size, err)
                              : cJSON_CreateObject();
    if (!body)
        return request->body_size ? assay_error_add(err, "the request's body")
                                  : assay_fail_memory(err);
    is_ok = model_document_read(body, "model", true, document, &call->faults)
                ? assay_faults_check(&call->faults, err)
                : assay_fail_memory(err);
    cJSON_Delete(body);
    return is_ok;
}

bool vertex_patch_model(struct api_call *call, struct assay_error *err)
{
    struct model_name name;
    struct model_document document = { 0 };
    struct patching patching = { .name = &name, .document = &document };
    const struct edit edit = { .apply = apply_patch, .context = &patching };
    bool is_ok = check_model(call, &name, err) && read_mask(call, &patching.parts, err) &&
                 read_patch(call, &document, err) && engine_edit(call->engine, &edit, err) &&
                 answer_model(call, &name, err);

    model_document_clear(&document);
    return is_ok;
}

struct merging {
    const struct model_name *name;
    char **aliases;
    size_t count;
};

static const struct field merge_fields[] = {
    { .name = "versionAliases",
      .kind = FIELD_TEXTS,
      .at = FIELD_AT(struct merging, aliases),
      .count_at = FIELD_AT(struct merging, count) },
    { .name = "name", .kind = FIELD_IGNORED },
};
static const struct message merge_message = { MESSAGE_FIELDS(merge_fields) };

static bool apply_merge(void *context, struct store *store, int64_t now_us, int64_t job,
                        struct assay_error *err)
{
    const struct merging *merging = context;

    (void)job;
    return model_merge_aliases(store, merging->name, (const char *const *)merging->aliases,
                               merging->count, now_us, err);
}

bool vertex_merge_model_aliases(struct api_call *call, struct assay_error *err)
{
    struct model_name name;
    struct merging merging = { .name = &name };
    const struct edit edit = { .apply = apply_merge, .context = &merging };
    bool is_ok =
        check_model(call, &name, err) && vertex_read_body(call, &merge_message, &merging, err);

    if (is_ok && !name.version[0])
        is_ok = assay_fail(err, ASSAY_INVALID, "name", "name a version, as in models/ID@2");
    is_ok = is_ok && engine_edit(call->engine, &edit, err) && answer_model(call, &name, err);
    for (size_t i = 0; i < merging.count; i++)
        free(merging.aliases[i]);
    free(merging.aliases);
    return is_ok;
}

struct deleting {
    const struct model_name *name;
    bool is_version;
    char parent[VERTEX_PARENT_SIZE];
    int64_t operation;
};

static bool apply_deletion(void *context, struct store *store, int64_t now_us, int64_t job,
                           struct assay_error *err)
{
    struct deleting *deleting = context;
    bool is_ok = deleting->is_version ? model_delete_version(store, deleting->name, now_us, err)
                                      : model_delete(store, deleting->name, err);

    (void)job;
    return is_ok && long_operation_put_done(store, deleting->parent, "DeleteOperationMetadata", "",
                                            "", now_us, &deleting->operation, err);
}

/* The rows go now; the files after that, by the registry's thread. */
static bool delete_rows(struct api_call *call, bool is_version, struct assay_error *err)
{
    struct model_name name;
    struct deleting deleting = { .name = &name, .is_version = is_version };
    const struct edit edit = { .apply = apply_deletion, .context = &deleting };
    bool is_ok = check_model(call, &name, err);

    (void)vertex_path_parent(call, deleting.parent);
    if (is_ok && !is_version && name.version[0])
        is_ok = assay_fail(err, ASSAY_INVALID, "name",
                           "the name of a version: delete the model by its name without @%s, or "
                           "the version by :deleteVersion",
                           name.version);
    is_ok = is_ok && engine_edit(call->engine, &edit, err);
    if (is_ok)
        model_registry_note(engine_models(call->engine), true);
    return is_ok && long_operation_answer(call, deleting.operation, err);
}

bool vertex_delete_model(struct api_call *call, struct assay_error *err)
{
    return delete_rows(call, false, err);
}

bool vertex_delete_model_version(struct api_call *call, struct assay_error *err)
{
    return delete_rows(call, true, err);
}

struct copying {
    struct engine *engine;
    char *source; /* owned, as the two after it */
    char *model_id;
    char *parent_model;
    struct model_name from, to;
    char parent[VERTEX_PARENT_SIZE];
    char id[MODEL_ID_SIZE];
    int64_t version;
    int64_t operation;
};

static const struct field copy_fields[] = {
    { .name = "sourceModel", .kind = FIELD_TEXT, .at = FIELD_AT(struct copying, source) },
    { .name = "modelId", .kind = FIELD_TEXT, .at = FIELD_AT(struct copying, model_id) },
    { .name = "parentModel", .kind = FIELD_TEXT, .at = FIELD_AT(struct copying, parent_model) },
    { .name = "encryptionSpec", .kind = FIELD_ANY },
    { .name = "parent", .kind = FIELD_IGNORED },
};

static void check_copy(struct fields *fields, const cJSON *node, void *record)
{
    struct copying *c = record;
    bool has_id = c->model_id && *c->model_id;
    bool has_parent = c->parent_model && *c->parent_model;

    fields_require(fields, node, "sourceModel");
    if (c->source && *c->source && !model_name_parse(c->source, &c->from))
        fields_fault(fields, node, "sourceModel", "is no name of a model");
    if (has_id && has_parent)
        fields_fault(fields, node, "modelId", "and parentModel exclude each other");
    if (has_id && !model_id_is_valid(c->model_id))
        fields_fault(fields, node, "modelId",
                     "is 1 to 63 lowercase letters, digits, _ and -, the first no digit and no -");
    if (has_parent && !model_name_parse(c->parent_model, &c->to))
        fields_fault(fields, node, "parentModel", "is no name of a model");
}

static const struct message copy_message = { MESSAGE_FIELDS(copy_fields), .check = check_copy };

/* The rows of a copy: all but the text of what is the model's is the version's own. */
static bool make_copy(struct copying *c, struct store *store, const struct model_view *from,
                      int64_t now_us, struct assay_error *err)
{
    char source[RESOURCE_NAME_SIZE + 32];
    struct model_document document = { .display_name = from->model.display_name,
                                       .description = from->model.description,
                                       .version_description = from->version.description };
    struct model_new made = {
        .parent = c->parent,
        .id = c->id,
        .is_version = c->to.id[0] != '\0',
        .document = &document,
        .artifact_uri = from->version.artifact_uri,
        .pipeline = from->version.pipeline,
        .source = source,
        .lineage = from->version.lineage,
        .artifact = from->version.artifact,
        .file_count = from->version.file_count,
        .size_bytes = from->version.size_bytes,
        .is_pushed = engine_models_remote(c->engine) != NULL,
    };
    bool is_ok = false;

    (void)snprintf(source, sizeof source, "%s/models/%s@%" PRId64, from->model.parent,
                   from->model.id, from->version.version);
    document.labels = model_view_labels(from);
    document.kept = *from->version.document
                        ? json_read(from->version.document, strlen(from->version.document), err)
                        : cJSON_CreateObject();
    is_ok = (document.labels && document.kept) || assay_fail_memory(err);
    is_ok = is_ok && model_create(store, &made, now_us, &c->version, err);
    cJSON_Delete(document.labels);
    cJSON_Delete(document.kept);
    return is_ok;
}

static bool choose_copy_id(struct copying *c, struct store *store, struct assay_error *err)
{
    if (!c->to.id[0] && !(c->model_id && *c->model_id))
        return model_new_id(c->engine, store, c->id, sizeof c->id, err);
    (void)snprintf(c->id, sizeof c->id, "%s", c->to.id[0] ? c->to.id : c->model_id);
    return true;
}

/* The copy's operation, which is done. */
static bool put_copied(struct copying *c, struct store *store, int64_t now_us,
                       struct assay_error *err)
{
    struct model_row row = { 0 };
    char name[RESOURCE_NAME_SIZE];
    char version[24];
    char *response = NULL;
    bool is_ok = store_model_row_get(store, c->id, &row, err);

    if (is_ok) {
        (void)snprintf(name, sizeof name, "%s/models/%s", row.parent, row.id);
        (void)snprintf(version, sizeof version, "%" PRId64, c->version);
        response = vertex_object_text(
            (const char *const[]){ "model", name, "modelVersionId", version, NULL });
        is_ok = response ? long_operation_put_done(store, name, "CopyModelOperationMetadata",
                                                   "CopyModelResponse", response, now_us,
                                                   &c->operation, err)
                         : assay_fail_memory(err);
    }
    free(response);
    model_row_clear(&row);
    return is_ok;
}

static bool apply_copy(void *context, struct store *store, int64_t now_us, int64_t job,
                       struct assay_error *err)
{
    struct copying *c = context;
    struct model_view from = { 0 };
    bool is_ok = model_find(store, &c->from, &from.model, &from.version, err) &&
                 choose_copy_id(c, store, err) && make_copy(c, store, &from, now_us, err) &&
                 put_copied(c, store, now_us, err);

    (void)job;
    model_view_clear(&from);
    return is_ok;
}

/* As an upload does; and it may be to be pushed. */
static void show_copy(const struct copying *c)
{
    struct model_name name = { .id = "" };
    struct model_view view;
    struct assay_error err = { 0 };
    bool is_ok = false;

    (void)snprintf(name.id, sizeof name.id, "%s", c->id);
    (void)snprintf(name.version, sizeof name.version, "%" PRId64, c->version);
    model_registry_begin(engine_models(c->engine));
    is_ok = model_view_read(engine_read_begin(c->engine), &name, &view, &err);
    engine_read_end(c->engine);
    if (!(is_ok && model_registry_show(c->engine, c->id, &view.version, true, &err)))
        assay_log(engine_env(c->engine), ASSAY_LOG_WARNING, "a model's files are not shown: %s",
                  err.message);
    model_registry_end(engine_models(c->engine));
    model_view_clear(&view);
    model_registry_note(engine_models(c->engine), false);
}

/* The copy has the files of the other: there is nothing to be copied. */
bool vertex_copy_model(struct api_call *call, struct assay_error *err)
{
    struct copying c = { .engine = call->engine };
    const struct edit edit = { .apply = apply_copy, .context = &c };
    bool is_ok = vertex_read_body(call, &copy_message, &c, err);

    (void)vertex_path_parent(call, c.parent);
    is_ok = is_ok && engine_edit(call->engine, &edit, err);
    if (is_ok)
        show_copy(&c);
    is_ok = is_ok && long_operation_answer(call, c.operation, err);
    free(c.source);
    free(c.model_id);
    free(c.parent_model);
    return is_ok;
}

/* Models of ours have neither. */
static bool list_nothing(struct api_call *call, struct assay_error *err)
{
    struct model_name name;
    struct api_page page = { .request = { .collection = "nothing" } };

    return api_page_read(call, PAGE_SIZE_DEFAULT, &page, err) && check_model(call, &name, err) &&
           api_write_empty(call);
}

bool vertex_list_model_checkpoints(struct api_call *call, struct assay_error *err)
{
    return list_nothing(call, err);
}

bool vertex_list_model_evaluations(struct api_call *call, struct assay_error *err)
{
    return list_nothing(call, err);
}
