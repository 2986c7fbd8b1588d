/* What the command line asks of the model registry beyond Vertex AI's methods: what made a version,
 * its files, whether they are whole, and where they were taken. */

#include "engine/api/vertex/vertex_models.h"

#include "engine/array.h"
#include "engine/models/registry.h"
#include "engine/spec/fields.h"
#include "launcher/artifact_unpack.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { FILES_SHOWN_MAX = 10000 };

/* Of any parent: these paths name none. */
static bool read_view(const struct api_call *call, struct model_view *view, struct assay_error *err)
{
    struct model_name name = { .id = "" };
    bool is_ok = false;

    *view = (struct model_view){ 0 };
    if (!model_word_parse(call->match->words[ROUTE_MODEL], &name))
        return assay_fail(err, ASSAY_NOT_FOUND, NULL, "the Model %s does not exist",
                          call->match->words[ROUTE_MODEL]);
    is_ok = model_view_read(engine_read_begin(call->engine), &name, view, err);
    engine_read_end(call->engine);
    return is_ok;
}

/* Nothing is removed while files are read, where somebody could. */
static void begin_reading(const struct api_call *call)
{
    if (engine_models(call->engine))
        model_registry_begin(engine_models(call->engine));
}

static void end_reading(const struct api_call *call)
{
    if (engine_models(call->engine))
        model_registry_end(engine_models(call->engine));
}

static void write_files(struct json_writer *w, const struct artifact_tree *tree)
{
    json_key(w, "files");
    json_begin_array(w);
    for (size_t i = 0; i < tree->count && i < FILES_SHOWN_MAX; i++) {
        json_begin_object(w);
        json_key(w, "path");
        json_string(w, tree->entries[i].path);
        json_key(w, "sizeBytes");
        json_int64(w, (int64_t)tree->entries[i].size_bytes);
        json_key(w, "sha256");
        json_string(w, tree->entries[i].sha256);
        json_end_object(w);
    }
    json_end_array(w);
}

static void write_push(struct json_writer *w, const struct api_call *call,
                       const struct model_version_row *version)
{
    static const char *const states[] = { "NONE", "WAITING", "DONE" };
    const char *remote = engine_models_remote(call->engine);

    json_key(w, "push");
    json_begin_object(w);
    json_key(w, "state");
    json_string(w, states[version->push_state]);
    if (remote && version->push_state != MODEL_PUSH_NONE) {
        json_key(w, "remote");
        json_string(w, remote);
    }
    if (version->push_state == MODEL_PUSH_DONE)
        resource_write_time(w, "time", version->push_due_us);
    if (version->push_error[0]) {
        json_key(w, "error");
        json_string(w, version->push_error);
        json_key(w, "tries");
        json_int(w, version->push_tries);
        resource_write_time(w, "nextTime", version->push_due_us);
    }
    json_end_object(w);
}

static void write_artifact(struct json_writer *w, const struct api_call *call,
                           const struct model_view *view, const struct artifact_tree *tree,
                           const struct assay_error *damage)
{
    char path[PATH_TEXT];

    if (!view->version.artifact[0])
        return;
    json_key(w, "artifact");
    json_begin_object(w);
    json_key(w, "digest");
    json_string(w, view->version.artifact);
    json_key(w, "dir");
    json_string(w, model_registry_path(engine_shown_dir(call->engine), view->model.id,
                                       view->version.version, path));
    json_key(w, "fileCount");
    json_int64(w, view->version.file_count);
    json_key(w, "sizeBytes");
    json_int64(w, view->version.size_bytes);
    write_files(w, tree);
    if (damage->code != ASSAY_OK) {
        json_key(w, "damage");
        json_string(w, damage->message);
    }
    write_push(w, call, &view->version);
    json_end_object(w);
}

/* {model: Model, lineage, artifact: {digest, dir, files, push}} */
bool api_show_model(struct api_call *call, struct assay_error *err)
{
    char dir[PATH_TEXT];
    struct artifact_blobs blobs = model_registry_blobs(call->engine, dir);
    struct model_view view;
    struct artifact_tree tree = { .fd = -1 };
    struct assay_error damage = { .code = ASSAY_OK };
    cJSON *lineage = NULL;
    bool is_ok = read_view(call, &view, err);

    if (is_ok && view.version.lineage[0])
        is_ok = (lineage = json_read(view.version.lineage, strlen(view.version.lineage), err));
    if (is_ok && view.version.artifact[0])
        (void)artifact_blobs_read(&blobs, view.version.artifact, &tree, &damage);
    if (is_ok) {
        json_begin_object(&call->json);
        json_key(&call->json, "model");
        is_ok = model_view_write(&call->json, &view, true, err);
        if (lineage) {
            json_key(&call->json, "lineage");
            json_node(&call->json, lineage);
        }
        write_artifact(&call->json, call, &view, &tree, &damage);
        json_end_object(&call->json);
    }
    cJSON_Delete(lineage);
    artifact_tree_clear(&tree);
    model_view_clear(&view);
    return is_ok;
}

/* Versions to be looked at, one after another. */
struct version_list {
    struct model_name *names;
    size_t count, capacity;
    int64_t model; /* whose are being taken */
    char id[MODEL_ID_SIZE];
    bool is_short_of_memory;
};

static bool add_name(struct version_list *list, const char *id, int64_t version)
{
    void *names = list->names;
    struct model_name *name = NULL;

    list->is_short_of_memory =
        !array_make_room(&names, list->count, &list->capacity, sizeof *list->names);
    list->names = names;
    if (list->is_short_of_memory)
        return false;
    name = &list->names[list->count++];
    *name = (struct model_name){ .id = "" };
    (void)snprintf(name->id, sizeof name->id, "%s", id);
    (void)snprintf(name->version, sizeof name->version, "%" PRId64, version);
    return true;
}

static bool take_version(void *context, const struct model_version_row *row)
{
    struct version_list *list = context;

    return !row->artifact[0] || add_name(list, list->id, row->version);
}

struct model_ids {
    struct model_row *rows; /* number and id */
    size_t count, capacity;
    bool is_short_of_memory;
};

static bool take_model(void *context, const struct model_row *row)
{
    struct model_ids *ids = context;
    void *rows = ids->rows;
    bool has_room = array_make_room(&rows, ids->count, &ids->capacity, sizeof *ids->rows);
    char *id = has_room ? strdup(row->id) : NULL;

    ids->rows = rows;
    ids->is_short_of_memory = !id;
    if (id)
        ids->rows[ids->count++] = (struct model_row){ .number = row->number, .id = id };
    return id != NULL;
}

/* All that have files. */
static bool list_versions(const struct api_call *call, struct version_list *list,
                          struct assay_error *err)
{
    struct store *store = engine_read_begin(call->engine);
    struct model_ids ids = { 0 };
    bool is_ok = false;

    store_snapshot_begin(store);
    is_ok = store_model_row_each(store, take_model, &ids, err);
    for (size_t i = 0; i < ids.count && is_ok; i++) {
        (void)snprintf(list->id, sizeof list->id, "%s", ids.rows[i].id);
        is_ok = store_model_version_each(store, ids.rows[i].number, take_version, list, err);
    }
    store_snapshot_end(store);
    engine_read_end(call->engine);
    for (size_t i = 0; i < ids.count; i++)
        free(ids.rows[i].id);
    free(ids.rows);
    if (is_ok && (ids.is_short_of_memory || list->is_short_of_memory))
        is_ok = assay_fail_memory(err);
    return is_ok;
}

/* Those that the path means: a model with @version is that, without one all versions of it; no
 * model: all there are. */
static bool choose_versions(const struct api_call *call, struct version_list *list,
                            struct assay_error *err)
{
    const char *word = call->match->words[ROUTE_MODEL];
    struct model_view view;
    struct store *store = NULL;
    bool is_ok = false;

    if (!*word)
        return list_versions(call, list, err);
    is_ok = read_view(call, &view, err);
    if (is_ok && strchr(word, '@')) {
        is_ok = !view.version.artifact[0] || add_name(list, view.model.id, view.version.version);
    } else if (is_ok) {
        (void)snprintf(list->id, sizeof list->id, "%s", view.model.id);
        store = engine_read_begin(call->engine);
        is_ok = store_model_version_each(store, view.model.number, take_version, list, err);
        engine_read_end(call->engine);
    }
    model_view_clear(&view);
    if (list->is_short_of_memory)
        is_ok = assay_fail_memory(err);
    return is_ok;
}

static void write_damage(void *context, const char *path, const char *why)
{
    struct json_writer *w = context;

    json_begin_object(w);
    json_key(w, "path");
    json_string(w, path);
    json_key(w, "why");
    json_string(w, why);
    json_end_object(w);
}

/* A version that was deleted since is passed over. */
static bool verify(struct api_call *call, const struct model_name *name, struct assay_error *err)
{
    char dir[PATH_TEXT];
    struct artifact_blobs blobs = model_registry_blobs(call->engine, dir);
    struct json_writer *w = &call->json;
    struct artifact_tree tree = { .fd = -1 };
    struct model_view view;
    size_t count = 0;
    bool is_ok = model_view_read(engine_read_begin(call->engine), name, &view, err);

    engine_read_end(call->engine);
    if (is_ok) {
        json_begin_object(w);
        json_key(w, "model");
        json_string(w, view.model.id);
        json_key(w, "version");
        json_int64(w, view.version.version);
        json_key(w, "fileCount");
        json_int64(w, view.version.file_count);
        json_key(w, "damaged");
        json_begin_array(w);
        if (!artifact_blobs_read(&blobs, view.version.artifact, &tree, err))
            write_damage(w, "(manifest)", err->message);
        else
            is_ok = artifact_verify(&blobs, &tree, write_damage, w, &count, err);
        json_end_array(w);
        json_end_object(w);
    }
    artifact_tree_clear(&tree);
    model_view_clear(&view);
    return is_ok || err->code == ASSAY_NOT_FOUND;
}

/* {versions: [{model, version, fileCount, damaged: [{path, why}]}]} */
bool api_verify_models(struct api_call *call, struct assay_error *err)
{
    struct version_list list = { 0 };
    bool is_ok = choose_versions(call, &list, err);

    if (is_ok) {
        begin_reading(call);
        json_begin_object(&call->json);
        json_key(&call->json, "versions");
        json_begin_array(&call->json);
        for (size_t i = 0; i < list.count && is_ok; i++)
            is_ok = verify(call, &list.names[i], err);
        json_end_array(&call->json);
        json_end_object(&call->json);
        end_reading(call);
    }
    free(list.names);
    return is_ok;
}

struct unpacking {
    char *dir;
};

static const struct field unpack_fields[] = {
    { .name = "dir", .kind = FIELD_TEXT, .at = FIELD_AT(struct unpacking, dir) },
};
static void check_unpack(struct fields *fields, const cJSON *node, void *record)
{
    const struct unpacking *unpacking = record;

    fields_require(fields, node, "dir");
    if (unpacking->dir && *unpacking->dir && *unpacking->dir != '/')
        fields_fault(fields, node, "dir", "expected an absolute path");
}
static const struct message unpack_message = { MESSAGE_FIELDS(unpack_fields),
                                               .check = check_unpack };

/* {"dir": "/a/new/folder"}: the version's files are in it afterwards, or it is not there. */
bool api_unpack_model(struct api_call *call, struct assay_error *err)
{
    char dir[PATH_TEXT];
    struct artifact_blobs blobs = model_registry_blobs(call->engine, dir);
    struct unpacking unpacking = { 0 };
    struct artifact_tree tree = { .fd = -1 };
    struct model_view view = { 0 };
    bool is_ok = vertex_read_body(call, &unpack_message, &unpacking, err);

    if (is_ok && engine_place(call->engine).is_guarded)
        is_ok = assay_fail(err, ASSAY_DENIED, NULL, "this server writes to no folders for others");
    is_ok = is_ok && read_view(call, &view, err);
    if (is_ok && !view.version.artifact[0])
        is_ok =
            assay_fail(err, ASSAY_PRECONDITION, NULL, "the Model %s has no files", view.model.id);
    begin_reading(call);
    is_ok = is_ok && artifact_blobs_read(&blobs, view.version.artifact, &tree, err) &&
            artifact_unpack(&blobs, &tree, unpacking.dir, err);
    end_reading(call);
    artifact_tree_clear(&tree);
    model_view_clear(&view);
    free(unpacking.dir);
    return is_ok && api_write_empty(call);
}

static bool apply_push(void *context, struct store *store, int64_t now_us, int64_t job,
                       struct assay_error *err)
{
    const struct model_name *name = context;
    struct model_row model = { 0 };
    struct model_version_row version = { 0 };
    bool is_ok = model_find(store, name, &model, &version, err);

    (void)job;
    if (is_ok) {
        version.push_state = MODEL_PUSH_WAITING;
        version.push_tries = 0;
        version.push_due_us = now_us;
        version.push_error[0] = '\0';
        is_ok = store_model_version_put(store, &version, err);
    }
    model_version_row_clear(&version);
    model_row_clear(&model);
    return is_ok;
}

/* Has versions taken to the remote, now; {versions: [{model, version}]}, those that will be. */
bool api_push_models(struct api_call *call, struct assay_error *err)
{
    struct version_list list = { 0 };
    struct json_writer *w = &call->json;
    bool is_ok = engine_models_remote(call->engine) ||
                 assay_fail(err, ASSAY_PRECONDITION, NULL,
                            "no remote is configured: say where to in config.yaml, as in models: "
                            "{push: \"REMOTE:PATH\"}");

    is_ok = is_ok && choose_versions(call, &list, err);
    for (size_t i = 0; i < list.count && is_ok; i++) {
        const struct edit edit = { .apply = apply_push, .context = &list.names[i] };

        is_ok = engine_edit(call->engine, &edit, err);
    }
    if (is_ok) {
        if (list.count > 0)
            model_registry_note(engine_models(call->engine), false);
        json_begin_object(w);
        json_key(w, "versions");
        json_begin_array(w);
        for (size_t i = 0; i < list.count; i++) {
            json_begin_object(w);
            json_key(w, "model");
            json_string(w, list.names[i].id);
            json_key(w, "version");
            json_string(w, list.names[i].version);
            json_end_object(w);
        }
        json_end_array(w);
        json_end_object(w);
    }
    free(list.names);
    return is_ok;
}
