#include "engine/models/model_upload.h"

#include "engine/models/model_change.h"
#include "engine/models/registry.h"
#include "engine/paths.h"
#include "launcher/storage.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Ten digits, as jobs have them. */
#define MODEL_ID_MIN INT64_C(1000000000)
#define MODEL_ID_COUNT INT64_C(9000000000)

struct uploading {
    struct engine *engine;
    const struct model_upload *upload;
    const struct edit *also;
    struct model_uploaded *uploaded;
    struct model_document document;
    struct model_name parent_model;
    char *lineage; /* as text; NULL for none */
    struct artifact_stored stored;
    int64_t version;
    char id[MODEL_ID_SIZE];
};

static const char *text_or_null(const char *text)
{
    return text && *text ? text : NULL;
}

/* The path of a field beside the model's. */
static void add_fault(struct assay_faults *faults, const char *field, const char *message)
{
    assay_faults_add(faults, 0, field, "%s", message);
}

static void check_ids(const struct model_upload *upload, struct assay_faults *faults)
{
    const char *id = text_or_null(upload->model_id);
    const char *parent = text_or_null(upload->parent_model);
    struct model_name name;

    if (id && !model_id_is_valid(id))
        add_fault(faults, "model_id",
                  "is 1 to 63 lowercase letters, digits, _ and -, the first no digit and no -");
    if (parent && !model_name_parse(parent, &name))
        add_fault(faults, "parent_model",
                  "is no name of a model: projects/…/locations/…/models/ID");
    if (id && parent)
        add_fault(faults, "model_id",
                  "a new version (parent_model) has its model's id: leave one of the two out");
}

void model_upload_check_document(const struct model_upload *upload, const char *prefix,
                                 struct assay_faults *faults)
{
    struct model_document document;

    if (!model_document_read(upload->model, prefix, false, &document, faults))
        faults->is_short_of_memory = true;
    model_document_clear(&document);
    check_ids(upload, faults);
}

/* Whether the registry has a model of this id. */
static bool has_model(struct engine *engine, const char *id)
{
    struct model_row row = { 0 };
    struct assay_error err = { 0 };
    bool is_there = store_model_row_get(engine_read_begin(engine), id, &row, &err);

    engine_read_end(engine);
    model_row_clear(&row);
    return is_there;
}

void model_upload_check(struct engine *engine, const struct model_upload *upload,
                        const char *prefix, struct assay_faults *faults)
{
    const char *id = text_or_null(upload->model_id);
    const char *parent = text_or_null(upload->parent_model);
    struct model_name name;

    model_upload_check_document(upload, prefix, faults);
    if (parent && model_name_parse(parent, &name) && !has_model(engine, name.id))
        add_fault(faults, "parent_model", "there is no such model");
    if (id && !parent && has_model(engine, id))
        add_fault(faults, "model_id", "there is a model of this id already");
}

bool model_new_id(struct engine *engine, struct store *store, char *id, size_t size,
                  struct assay_error *err)
{
    const struct assay_env *env = engine_env(engine);

    for (;;) {
        struct model_row row = { 0 };
        struct assay_error none = { 0 };
        uint64_t random = 0;
        bool is_used = false;

        if (!env->entropy(env->context, &random, sizeof random))
            return assay_fail(err, ASSAY_INTERNAL, NULL, "the system gives no random numbers");
        (void)snprintf(id, size, "%" PRId64,
                       MODEL_ID_MIN + (int64_t)(random % (uint64_t)MODEL_ID_COUNT));
        is_used = store_model_row_get(store, id, &row, &none);
        model_row_clear(&row);
        if (is_used)
            continue;
        if (none.code == ASSAY_NOT_FOUND)
            return true;
        *err = none;
        return false;
    }
}

static bool choose_id(struct uploading *u, struct store *store, struct assay_error *err)
{
    const char *wanted = text_or_null(u->upload->model_id);

    if (u->parent_model.id[0])
        (void)snprintf(u->id, sizeof u->id, "%s", u->parent_model.id);
    else if (wanted)
        (void)snprintf(u->id, sizeof u->id, "%s", wanted);
    else
        return model_new_id(u->engine, store, u->id, sizeof u->id, err);
    return true;
}

/* The name as the model has it: a project's number may have stood for its id. */
static bool name_uploaded(const struct uploading *u, struct store *store, struct assay_error *err)
{
    struct model_row row = { 0 };
    bool is_read = store_model_row_get(store, u->id, &row, err);

    if (is_read)
        (void)snprintf(u->uploaded->name, sizeof u->uploaded->name, "%s/models/%s", row.parent,
                       row.id);
    model_row_clear(&row);
    return is_read;
}

static bool apply(void *context, struct store *store, int64_t now_us, int64_t job,
                  struct assay_error *err)
{
    struct uploading *u = context;
    const struct model_upload *upload = u->upload;
    struct model_new made = {
        .parent = upload->parent,
        .id = u->id,
        .is_version = u->parent_model.id[0] != '\0',
        .document = &u->document,
        .artifact_uri = upload->artifact_uri,
        .pipeline = upload->training_pipeline,
        .lineage = u->lineage,
        .artifact = u->stored.digest,
        .file_count = (int64_t)u->stored.summary.file_count,
        .size_bytes = (int64_t)u->stored.summary.size_bytes,
        .is_pushed = engine_models_remote(u->engine) != NULL,
    };

    if (!choose_id(u, store, err) || !model_create(store, &made, now_us, &u->version, err))
        return false;
    if (!name_uploaded(u, store, err))
        return false;
    (void)snprintf(u->uploaded->version, sizeof u->uploaded->version, "%" PRId64, u->version);
    return !u->also || !u->also->apply || u->also->apply(u->also->context, store, now_us, job, err);
}

static bool is_ending(const void *context)
{
    return engine_is_ending(context);
}

/* Opens a folder of others without following a link; its path by the descriptor. */
static bool open_guarded(const struct uploading *u, char path[PATH_TEXT], int *fd,
                         struct assay_error *err)
{
    const char *state_dir = engine_state_dir(u->engine);
    const char *dir = u->upload->artifact_dir;
    char buckets[PATH_TEXT];

    (void)snprintf(buckets, sizeof buckets, "%s/buckets", state_dir);
    *fd = storage_open(dir, storage_below(dir, buckets) ? buckets : state_dir, STORAGE_NO_LINKS,
                       O_RDONLY | O_DIRECTORY, err);
    (void)snprintf(path, PATH_TEXT, "/proc/self/fd/%d", *fd);
    return *fd >= 0;
}

/* What is wrong with the folder, in the words of whoever named it. */
static bool fail_artifacts(const struct uploading *u, struct assay_error *err)
{
    const char *shown = u->upload->artifact_uri ? u->upload->artifact_uri : u->upload->artifact_dir;

    if (err->code == ASSAY_PRECONDITION)
        return assay_fail(err, ASSAY_PRECONDITION, NULL, "there is no file in %.1000s", shown);
    if (err->code == ASSAY_NOT_FOUND)
        return assay_fail(err, ASSAY_NOT_FOUND, NULL, "there is no folder %.1000s", shown);
    return false;
}

static bool store_artifacts(struct uploading *u, struct assay_error *err)
{
    char dir[PATH_TEXT];
    char path[PATH_TEXT];
    struct artifact_blobs blobs = model_registry_blobs(u->engine, dir);
    const char *source = u->upload->artifact_dir;
    int fd = -1;
    bool is_ok = true;

    if (!source)
        return true;
    blobs.is_ending = is_ending;
    blobs.context = u->engine;
    if (u->upload->is_guarded) {
        is_ok = open_guarded(u, path, &fd, err);
        source = path;
    }
    is_ok = is_ok && artifact_blobs_add(&blobs, source, u->upload->is_guarded, &u->stored, err);
    if (fd >= 0)
        (void)close(fd);
    return is_ok || fail_artifacts(u, err);
}

static bool read_upload(struct uploading *u, struct assay_error *err)
{
    const struct model_upload *upload = u->upload;
    struct assay_faults faults = { 0 };
    bool is_ok = true;

    if (!model_document_read(upload->model, "model", false, &u->document, &faults))
        faults.is_short_of_memory = true;
    if (faults.is_short_of_memory)
        is_ok = assay_fail_memory(err);
    is_ok = is_ok && assay_faults_check(&faults, err);
    assay_faults_clear(&faults);
    if (is_ok && text_or_null(upload->parent_model) &&
        !model_name_parse(upload->parent_model, &u->parent_model))
        is_ok = assay_fail(err, ASSAY_INVALID, "parent_model", "is no name of a model");
    if (is_ok && upload->lineage && !(u->lineage = json_text(upload->lineage, 0)))
        is_ok = assay_fail_memory(err);
    return is_ok;
}

static void show(const struct uploading *u)
{
    char digest[SHA256_TEXT];
    struct model_version_row row = { .version = u->version, .artifact = digest };
    struct assay_error err = { 0 };

    (void)snprintf(digest, sizeof digest, "%s", u->stored.digest);
    if (!model_registry_show(u->engine, u->id, &row, true, &err))
        assay_log(engine_env(u->engine), ASSAY_LOG_WARNING, "a model's files are not shown: %s",
                  err.message);
}

bool model_upload_run(struct engine *engine, const struct model_upload *upload,
                      const struct edit *also, struct model_uploaded *uploaded,
                      struct assay_error *err)
{
    struct uploading u = { .engine = engine, .upload = upload, .also = also, .uploaded = uploaded };
    const struct edit edit = { .apply = apply, .context = &u };
    bool is_ok = false;

    if (!engine_models(engine))
        return assay_fail(err, ASSAY_UNAVAILABLE, NULL, "nothing works in this folder");
    model_registry_begin(engine_models(engine));
    is_ok = read_upload(&u, err) && store_artifacts(&u, err) && engine_edit(engine, &edit, err);
    if (is_ok)
        show(&u);
    model_registry_end(engine_models(engine));
    /* What was stored for nothing goes with the next sweep. */
    if (!is_ok || engine_models_remote(engine))
        model_registry_note(engine_models(engine), !is_ok && u.stored.digest[0]);
    model_document_clear(&u.document);
    free(u.lineage);
    return is_ok;
}
