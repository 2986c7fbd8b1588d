/* Datasets as the API has them: create, get, patch, delete. */

#include "engine/api/vertex/vertex_datasets.h"

#include "assay/value.h"
#include "engine/api/list/field_mask.h"
#include "engine/api/vertex/dataset_resource.h"
#include "engine/api/vertex/vertex_jobs.h"
#include "engine/datasets/dataset_document.h"
#include "engine/datasets/item_filter.h"
#include "engine/datasets/item_identity.h"
#include "engine/operations/long_operation.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* Ten digits, as a job's. */
#define DATASET_ID_MIN INT64_C(1000000000)
#define DATASET_ID_COUNT INT64_C(9000000000)

const char *const vertex_dataset_fields[] = {
    "name",          "display_name",    "description",       "metadata_schema_uri", "metadata",
    "labels",        "data_item_count", "create_time",       "update_time",         "etag",
    "saved_queries", "encryption_spec", "metadata_artifact", "model_reference",     "satisfies_pzs",
    "satisfies_pzi",
};
const size_t vertex_dataset_field_count =
    sizeof vertex_dataset_fields / sizeof vertex_dataset_fields[0];

bool vertex_has_dataset(const struct api_call *call, const char *parent)
{
    return strcmp(parent, STORE_PARENT_LOCAL) == 0 || vertex_is_parent(call, parent);
}

static bool fail_absent(const struct api_call *call, struct assay_error *err)
{
    return assay_fail(err, ASSAY_NOT_FOUND, NULL, "the Dataset %s does not exist",
                      call->match->words[ROUTE_DATASET]);
}

bool vertex_find_any_dataset(const struct api_call *call, struct dataset_row *row,
                             struct assay_error *err)
{
    const char *word = call->match->words[ROUTE_DATASET];
    int64_t id = 0;
    bool is_found = false;

    *row = (struct dataset_row){ 0 };
    if (assay_integer_parse(word, &id)) {
        is_found = store_dataset_get(engine_read_begin(call->engine), id, row, err);
        engine_read_end(call->engine);
        if (!is_found && err->code != ASSAY_NOT_FOUND)
            return false;
    }
    return is_found || fail_absent(call, err);
}

bool vertex_find_dataset(const struct api_call *call, struct dataset_row *row,
                         struct assay_error *err)
{
    return vertex_find_any_dataset(call, row, err) &&
           (vertex_has_dataset(call, row->parent) || fail_absent(call, err));
}

cJSON *vertex_dataset_body(const struct api_call *call, struct assay_error *err)
{
    const struct assay_request *request = call->request;
    cJSON *body = json_read(request->body ? request->body : "", request->body_size, err);

    if (!body)
        (void)assay_error_add(err, "the request's body");
    return body;
}

bool vertex_read_dataset_mask(const struct api_call *call, const char *query,
                              const char *const *known, size_t count, struct field_mask **mask,
                              struct assay_error *err)
{
    bool is_update = strcmp(query, "updateMask") == 0;
    char text[FIELD_MASK_TEXT_MAX + 2] = "";

    *mask = NULL;
    (void)api_query(call, query, text, sizeof text);
    if (!*text)
        return true;
    *mask = field_mask_parse(text, is_update ? "update_mask" : "read_mask", known, count, err);
    return *mask != NULL;
}

bool vertex_write_dataset(struct api_call *call, const struct dataset_row *row,
                          const struct field_mask *mask, struct assay_error *err)
{
    cJSON *tree = NULL;

    if (!mask) {
        dataset_resource_write(&call->json, row);
        return true;
    }
    tree = dataset_resource_tree(row);
    if (!tree)
        return assay_fail_memory(err);
    field_mask_apply(mask, tree);
    json_node(&call->json, tree);
    cJSON_Delete(tree);
    return true;
}

/* What a new dataset's edit needs, and what it leaves. */
struct creation {
    struct dataset_row row; /* strings borrowed, but for those below */
    const struct dataset_document *document;
    int64_t operation;
};

static bool put_query(struct store *store, const struct creation *creation, struct assay_error *err)
{
    const struct dataset_document *document = creation->document;
    const char *const identity[] = { document->query_name, document->query_problem };
    const struct saved_query_row row = { .dataset = creation->row.id,
                                         .id = identity_of_texts(identity, 2),
                                         .display_name = document->query_name,
                                         .problem_type = document->query_problem,
                                         .create_us = creation->row.create_us };

    return store_saved_query_put(store, &row, err);
}

/* The first free id from the one that chance has proposed on. */
static bool choose_id(struct store *store, int64_t *id, struct assay_error *err)
{
    for (;;) {
        struct dataset_row row = { 0 };
        bool is_taken = store_dataset_get(store, *id, &row, err);

        dataset_row_clear(&row);
        if (!is_taken)
            return err->code == ASSAY_NOT_FOUND;
        *id = DATASET_ID_MIN + (*id - DATASET_ID_MIN + 1) % DATASET_ID_COUNT;
    }
}

static bool apply_creation(void *context, struct store *store, int64_t now_us, int64_t job,
                           struct assay_error *err)
{
    struct creation *creation = context;
    struct dataset_row *row = &creation->row;
    char parent[RESOURCE_NAME_SIZE];
    char *text = NULL;
    bool is_ok = choose_id(store, &row->id, err);

    (void)job;
    row->create_us = now_us;
    row->update_us = now_us;
    row->revision = 1;
    is_ok = is_ok && store_dataset_put(store, row, err) &&
            (!creation->document->has_query || put_query(store, creation, err));
    if (!is_ok)
        return false;
    (void)snprintf(parent, sizeof parent, "%s/datasets/%" PRId64, row->parent, row->id);
    text = dataset_resource_text(row);
    is_ok = text ? long_operation_put_done(store, parent, "CreateDatasetOperationMetadata",
                                           "Dataset", text, now_us, &creation->operation, err)
                 : assay_fail_memory(err);
    free(text);
    return is_ok;
}

/* The tree as text, NULL for lack of memory; fallback where there is none. */
static char *node_text(const cJSON *node, const char *fallback)
{
    return node ? json_text(node, 0) : strdup(fallback);
}

static bool create(struct api_call *call, const struct dataset_document *document,
                   struct assay_error *err)
{
    char nothing[] = "";
    const struct assay_env *env = engine_env(call->engine);
    char parent[2 * ROUTE_WORD_SIZE + 32];
    struct creation creation = {
        .document = document,
        .row = { .parent = parent,
                 .display_name = document->display_name,
                 .description = document->description ? document->description : nothing,
                 .schema_uri = document->schema_uri,
                 .metadata = node_text(document->metadata, "null"),
                 .labels = node_text(document->labels, "{}"),
                 .encryption = node_text(document->encryption, "") },
    };
    const struct edit edit = { .apply = apply_creation, .context = &creation };
    uint64_t random = 0;
    bool is_ok = creation.row.metadata && creation.row.labels && creation.row.encryption;

    (void)snprintf(parent, sizeof parent, "projects/%s/locations/%s",
                   call->match->words[ROUTE_PROJECT], call->match->words[ROUTE_LOCATION]);
    if (!is_ok)
        (void)assay_fail_memory(err);
    else if (!env->entropy(env->context, &random, sizeof random))
        is_ok = assay_fail(err, ASSAY_INTERNAL, NULL, "the system gives no random numbers");
    creation.row.id = DATASET_ID_MIN + (int64_t)(random % (uint64_t)DATASET_ID_COUNT);
    is_ok = is_ok && engine_edit(call->engine, &edit, err) &&
            long_operation_answer(call, creation.operation, err);
    free(creation.row.metadata);
    free(creation.row.labels);
    free(creation.row.encryption);
    return is_ok;
}

bool vertex_create_dataset(struct api_call *call, struct assay_error *err)
{
    cJSON *body = vertex_dataset_body(call, err);
    struct dataset_document document = { 0 };
    struct data_place *place = malloc(sizeof *place);
    bool is_ok = body && place;

    if (body && !place)
        (void)assay_fail_memory(err);
    if (is_ok) {
        data_place_init(place, call->engine, NULL);
        dataset_document_read(body, true, &document, &call->faults);
        is_ok = dataset_document_check_source(&document, place, &call->faults, err) &&
                assay_faults_check(&call->faults, err) && create(call, &document, err);
    }
    dataset_document_clear(&document);
    free(place);
    cJSON_Delete(body);
    return is_ok;
}

bool vertex_get_dataset(struct api_call *call, struct assay_error *err)
{
    struct dataset_row row = { 0 };
    struct field_mask *mask = NULL;
    bool is_ok = vertex_read_dataset_mask(call, "readMask", vertex_dataset_fields,
                                          vertex_dataset_field_count, &mask, err) &&
                 vertex_find_dataset(call, &row, err) &&
                 vertex_write_dataset(call, &row, mask, err);

    dataset_row_clear(&row);
    field_mask_free(mask);
    return is_ok;
}

/* What a change's edit needs. */
struct dataset_change {
    int64_t id;
    const struct dataset_document *document;
    const struct field_mask *mask; /* NULL: what the document has */
};

/* Whether the change is about this field. */
static bool is_changed(const struct dataset_change *change, const char *path, bool is_given)
{
    return change->mask ? field_mask_covers(change->mask, path) != FIELD_MASK_NOTHING : is_given;
}

/* Replaces an owned text by a copy; NULL is "". */
static bool replace(char **text, const char *value)
{
    char *copy = strdup(value ? value : "");

    if (!copy)
        return false;
    free(*text);
    *text = copy;
    return true;
}

/* "labels" replaces all of them, "labels.team" that one. */
static bool replace_labels(const struct dataset_change *change, struct dataset_row *row,
                           struct assay_error *err)
{
    bool is_whole = !change->mask || field_mask_covers(change->mask, "labels") == FIELD_MASK_WHOLE;
    cJSON *labels =
        is_whole ? cJSON_CreateObject() : json_read(row->labels, strlen(row->labels), err);
    const cJSON *label = NULL;
    char *text = NULL;
    bool is_ok = labels != NULL;

    cJSON_ArrayForEach(label, change->document->labels)
    {
        char path[512];
        cJSON *copy = NULL;

        (void)snprintf(path, sizeof path, "labels.%s", label->string);
        if (!is_whole && field_mask_covers(change->mask, path) == FIELD_MASK_NOTHING)
            continue;
        copy = cJSON_Duplicate(label, true);
        cJSON_DeleteItemFromObjectCaseSensitive(labels, label->string);
        is_ok = is_ok && copy && cJSON_AddItemToObject(labels, label->string, copy);
    }
    text = is_ok ? json_text(labels, 0) : NULL;
    is_ok = text && replace(&row->labels, text);
    free(text);
    cJSON_Delete(labels);
    return is_ok || assay_fail_memory(err);
}

static bool apply_change(void *context, struct store *store, int64_t now_us, int64_t job,
                         struct assay_error *err)
{
    const struct dataset_change *change = context;
    const struct dataset_document *document = change->document;
    struct dataset_row row = { 0 };
    char etag[32] = "";
    bool is_ok = store_dataset_get(store, change->id, &row, err);

    (void)job;
    (void)snprintf(etag, sizeof etag, "%" PRId64, row.revision);
    if (is_ok && document->etag && *document->etag && strcmp(document->etag, etag) != 0)
        is_ok = assay_fail(err, ASSAY_ABORTED, "dataset.etag",
                           "the dataset has changed since it was read (etag %s, now %s): read it "
                           "again",
                           document->etag, etag);
    if (is_ok && is_changed(change, "display_name", document->display_name))
        is_ok = replace(&row.display_name, document->display_name) || assay_fail_memory(err);
    if (is_ok && is_changed(change, "description", document->description))
        is_ok = replace(&row.description, document->description) || assay_fail_memory(err);
    if (is_ok && is_changed(change, "labels", document->labels))
        is_ok = replace_labels(change, &row, err);
    row.revision++;
    row.update_us = now_us;
    is_ok = is_ok && store_dataset_put(store, &row, err);
    dataset_row_clear(&row);
    return is_ok;
}

/* A name that is changed is one still. */
static void check_change(struct api_call *call, const struct dataset_change *change)
{
    const char *name = change->document->display_name;

    if (is_changed(change, "display_name", name) && (!name || !*name))
        assay_faults_add(&call->faults, 0, "dataset.display_name", "is required");
}

bool vertex_patch_dataset(struct api_call *call, struct assay_error *err)
{
    static const char *const changeable[] = { "display_name", "description", "labels" };
    struct dataset_document document = { 0 };
    struct dataset_row row = { 0 };
    struct field_mask *mask = NULL;
    struct dataset_change change = { .document = &document };
    const struct edit edit = { .apply = apply_change, .context = &change };
    cJSON *body = vertex_dataset_body(call, err);
    bool is_ok = body &&
                 vertex_read_dataset_mask(call, "updateMask", changeable,
                                          sizeof changeable / sizeof changeable[0], &mask, err) &&
                 vertex_find_dataset(call, &row, err);

    change.id = row.id;
    change.mask = mask;
    if (is_ok) {
        dataset_document_read(body, false, &document, &call->faults);
        check_change(call, &change);
        is_ok = assay_faults_check(&call->faults, err) && engine_edit(call->engine, &edit, err);
    }
    dataset_row_clear(&row);
    is_ok = is_ok && vertex_find_dataset(call, &row, err) &&
            vertex_write_dataset(call, &row, NULL, err);
    dataset_row_clear(&row);
    dataset_document_clear(&document);
    field_mask_free(mask);
    cJSON_Delete(body);
    return is_ok;
}

struct removal {
    int64_t id;
    const char *parent; /* of the operation */
    int64_t operation;
};

static bool apply_removal(void *context, struct store *store, int64_t now_us, int64_t job,
                          struct assay_error *err)
{
    struct removal *removal = context;
    struct dataset_row row = { 0 };
    bool is_ok = store_dataset_get(store, removal->id, &row, err) &&
                 store_dataset_delete(store, removal->id, err) &&
                 long_operation_put_done(store, removal->parent, "DeleteOperationMetadata", "", "",
                                         now_us, &removal->operation, err);

    (void)job;
    dataset_row_clear(&row);
    return is_ok;
}

static bool apply_sweep(void *context, struct store *store, int64_t now_us, int64_t job,
                        struct assay_error *err)
{
    (void)now_us;
    (void)job;
    return store_dataset_sweep(store, context, err);
}

/* What the dataset had goes a little at a time, so that others get their turn; what a crash leaves
 * of it, the next deletion takes. */
static bool sweep(struct engine *engine, struct assay_error *err)
{
    bool is_clean = false;
    const struct edit edit = { .apply = apply_sweep, .context = &is_clean };

    while (!is_clean && !engine_is_ending(engine))
        if (!engine_edit(engine, &edit, err))
            return false;
    return true;
}

bool vertex_delete_dataset(struct api_call *call, struct assay_error *err)
{
    struct dataset_row row = { 0 };
    bool is_ok = vertex_find_dataset(call, &row, err);
    struct removal removal = { .id = row.id, .parent = row.parent };
    const struct edit edit = { .apply = apply_removal, .context = &removal };

    is_ok = is_ok && engine_edit(call->engine, &edit, err) && sweep(call->engine, err) &&
            long_operation_answer(call, removal.operation, err);
    dataset_row_clear(&row);
    return is_ok;
}

bool vertex_refuse_dataset_version(struct api_call *call, struct assay_error *err)
{
    (void)call;
    return assay_fail(err, ASSAY_UNIMPLEMENTED, NULL,
                      "assay keeps no versions of datasets; a pipeline's export of one stays as it "
                      "is");
}
