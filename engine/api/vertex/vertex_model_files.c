/* Operations on models that read and write files: upload, export. */

#include "engine/api/vertex/vertex_models.h"

#include "assay/value.h"
#include "engine/models/model_upload.h"
#include "engine/models/registry.h"
#include "engine/spec/fields.h"
#include "launcher/artifact_unpack.h"
#include "launcher/shim/record_file.h"
#include "launcher/storage.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define GS "gs://"

/* What is asked of an upload; owns all. In the row it is written as it came, with the id chosen. */
struct upload_request {
    cJSON *model;
    char *model_id;
    char *parent_model;
    char *parent; /* of the row: of the path that was asked */
};

static void read_model(struct fields *fields, const cJSON *node, void *record)
{
    struct upload_request *request = record;

    request->model = cJSON_Duplicate(node, true);
    if (!request->model)
        fields->is_short_of_memory = true;
}

static const struct field upload_fields[] = {
    { .name = "model", .kind = FIELD_CUSTOM, .read = read_model },
    { .name = "modelId", .kind = FIELD_TEXT, .at = FIELD_AT(struct upload_request, model_id) },
    { .name = "parentModel",
      .kind = FIELD_TEXT,
      .at = FIELD_AT(struct upload_request, parent_model) },
    { .name = "parent", .kind = FIELD_TEXT, .at = FIELD_AT(struct upload_request, parent) },
    { .name = "serviceAccount", .kind = FIELD_TEXT },
};
static const struct message upload_message = { MESSAGE_FIELDS(upload_fields) };

static void upload_request_clear(struct upload_request *request)
{
    cJSON_Delete(request->model);
    free(request->model_id);
    free(request->parent_model);
    free(request->parent);
    *request = (struct upload_request){ 0 };
}

static struct model_upload upload_of(const struct upload_request *request)
{
    return (struct model_upload){ .parent = request->parent,
                                  .model = request->model,
                                  .model_id = request->model_id,
                                  .parent_model = request->parent_model };
}

static bool is_given(const char *text)
{
    return text && *text;
}

/*
 * The folder of an artifactUri; the caller frees it. NULL and *err. Of a server for others only a
 * bucket can be meant: a path would be any of the machine's.
 */
static char *artifact_path(const struct engine *engine, const char *uri, const char *field,
                           struct assay_error *err)
{
    char buckets[PATH_TEXT];
    char *path = NULL;

    (void)snprintf(buckets, sizeof buckets, "%s/buckets", engine_state_dir(engine));
    if (engine_place(engine).is_guarded && strncmp(uri, GS, strlen(GS)) != 0) {
        (void)assay_fail(err, ASSAY_DENIED, field, "only gs:// is possible here");
        return NULL;
    }
    path = storage_path(uri, buckets, NULL, err);
    if (!path)
        (void)snprintf(err->field, sizeof err->field, "%s", field);
    return path;
}

/* What can be told at once: is the parent there, the id free, the folder one that can be read? */
static bool check_upload(struct api_call *call, const struct model_upload *upload,
                         struct assay_error *err)
{
    const char *uri = fields_member_text(upload->model, "artifactUri");
    struct model_name name;
    struct model_row row = { 0 };
    char *path = NULL;
    bool is_there = false;
    bool is_ok = true;

    model_upload_check_document(upload, "model", &call->faults);
    if (!assay_faults_check(&call->faults, err))
        return false;
    if (is_given(uri) && !(path = artifact_path(call->engine, uri, "model.artifact_uri", err)))
        return false;
    free(path);
    if (!is_given(upload->parent_model) && !is_given(upload->model_id))
        return true;
    if (is_given(upload->parent_model))
        (void)model_name_parse(upload->parent_model, &name);
    is_there =
        store_model_row_get(engine_read_begin(call->engine),
                            is_given(upload->parent_model) ? name.id : upload->model_id, &row, err);
    engine_read_end(call->engine);
    if (is_given(upload->parent_model))
        is_ok = is_there;
    else if (is_there)
        is_ok = assay_fail(err, ASSAY_EXISTS, "model_id", "there is a Model %s/models/%s already",
                           row.parent, row.id);
    else
        is_ok = err->code == ASSAY_NOT_FOUND;
    model_row_clear(&row);
    return is_ok;
}

/* An operation that is to be put, with what is chosen for it. */
struct beginning {
    struct engine *engine;
    const struct upload_request *request;
    int64_t operation;
};

static char *upload_row_text(const struct upload_request *request, const char *id)
{
    cJSON *root = cJSON_CreateObject();
    cJSON *model = cJSON_Duplicate(request->model, true);
    bool is_ok = root && model && cJSON_AddItemToObject(root, "model", model);
    char *text = NULL;

    if (!is_ok)
        cJSON_Delete(model);
    is_ok = is_ok && cJSON_AddStringToObject(root, "modelId", id) &&
            cJSON_AddStringToObject(root, "parent", request->parent) &&
            cJSON_AddStringToObject(root, "parentModel",
                                    request->parent_model ? request->parent_model : "");
    if (is_ok)
        text = json_text(root, 0);
    cJSON_Delete(root);
    return text;
}

/* The id of a new model is chosen now, since the operation's name has it. */
static bool apply_beginning(void *context, struct store *store, int64_t now_us, int64_t job,
                            struct assay_error *err)
{
    struct beginning *beginning = context;
    const struct upload_request *request = beginning->request;
    char id[MODEL_ID_SIZE] = "";
    char parent[RESOURCE_NAME_SIZE];
    char *text = NULL;
    bool is_version = is_given(request->parent_model);
    bool is_ok = true;

    (void)job;
    if (!is_version && is_given(request->model_id))
        (void)snprintf(id, sizeof id, "%s", request->model_id);
    else if (!is_version)
        is_ok = model_new_id(beginning->engine, store, id, sizeof id, err);
    if (!is_ok)
        return false;
    if (is_version)
        (void)snprintf(parent, sizeof parent, "%.*s", (int)strcspn(request->parent_model, "@"),
                       request->parent_model);
    else
        (void)snprintf(parent, sizeof parent, "%s/models/%s", request->parent, id);
    text = upload_row_text(request, id);
    is_ok = text ? long_operation_put(store, parent, vertex_model_upload_kind.metadata_type, "",
                                      text, now_us, &beginning->operation, err)
                 : assay_fail_memory(err);
    free(text);
    return is_ok;
}

bool vertex_upload_model(struct api_call *call, struct assay_error *err)
{
    struct upload_request request = { 0 };
    struct beginning beginning = { .engine = call->engine, .request = &request };
    const struct edit edit = { .apply = apply_beginning, .context = &beginning };
    struct model_upload upload;
    char parent[VERTEX_PARENT_SIZE];
    bool is_ok = vertex_read_body(call, &upload_message, &request, err);

    if (is_ok) {
        free(request.parent);
        request.parent = strdup(vertex_path_parent(call, parent));
        upload = upload_of(&request);
        is_ok = request.parent ? check_upload(call, &upload, err) : assay_fail_memory(err);
    }
    is_ok = is_ok && engine_edit(call->engine, &edit, err) &&
            long_operation_start(call->engine, beginning.operation, err) &&
            long_operation_answer(call, beginning.operation, err);
    upload_request_clear(&request);
    return is_ok;
}

/* What ends the operation, with the version. */
struct uploaded_end {
    int64_t operation;
    const struct model_uploaded *uploaded;
};

static bool apply_uploaded(void *context, struct store *store, int64_t now_us, int64_t job,
                           struct assay_error *err)
{
    const struct uploaded_end *ending = context;
    char *response = vertex_object_text((const char *const[]){
        "model", ending->uploaded->name, "modelVersionId", ending->uploaded->version, NULL });
    bool is_ok = response ? long_operation_done(store, ending->operation, now_us,
                                                "UploadModelResponse", response, err)
                          : assay_fail_memory(err);

    (void)job;
    free(response);
    return is_ok;
}

/* The request of a row; clear it after failure too. */
static bool read_row_request(const char *text, const struct message *message, void *record,
                             struct assay_error *err)
{
    struct assay_faults faults = { 0 };
    struct fields *fields = calloc(1, sizeof *fields);
    cJSON *root = fields ? json_read(text, strlen(text), err) : NULL;
    bool is_ok = root != NULL;

    if (!fields)
        return assay_fail_memory(err);
    if (is_ok) {
        fields->faults = &faults;
        fields_read(fields, root, message, record);
        is_ok = assay_faults_check(&faults, err);
        if (fields->is_short_of_memory)
            is_ok = assay_fail_memory(err);
    }
    assay_faults_clear(&faults);
    cJSON_Delete(root);
    free(fields);
    return is_ok;
}

static bool run_upload(struct engine *engine, const struct long_operation_row *row,
                       struct assay_error *err)
{
    struct upload_request request = { 0 };
    struct model_uploaded uploaded;
    struct uploaded_end ending = { .operation = row->id, .uploaded = &uploaded };
    const struct edit also = { .apply = apply_uploaded, .context = &ending };
    struct model_upload upload;
    const char *uri = NULL;
    char *path = NULL;
    bool is_ok = read_row_request(row->request, &upload_message, &request, err);

    upload = upload_of(&request);
    uri = fields_member_text(upload.model, "artifactUri");
    if (is_ok && is_given(uri)) {
        upload.artifact_uri = uri;
        /* What an emulation is told of has no files: nothing has made them. */
        if (!engine_is_emulated(engine))
            path = artifact_path(engine, uri, "model.artifact_uri", err);
        is_ok = path || engine_is_emulated(engine);
        upload.artifact_dir = path;
        upload.is_guarded = engine_place(engine).is_guarded;
    }
    is_ok = is_ok && model_upload_run(engine, &upload, &also, &uploaded, err);
    /* The service calls an empty folder and one that is not there the same. */
    if (!is_ok && path && err->code == ASSAY_NOT_FOUND && !is_given(upload.parent_model))
        err->code = ASSAY_PRECONDITION;
    free(path);
    upload_request_clear(&request);
    return is_ok;
}

const struct long_operation_kind vertex_model_upload_kind = { .metadata_type =
                                                                  "UploadModelOperationMetadata",
                                                              .run = run_upload };

/* What is asked of an export; owns the texts. */
struct export_request {
    char *format;
    char *prefix; /* outputUriPrefix */
    char *name;   /* in the row: "ID@VERSION" */
    char *folder; /* in the row: of the folder to be */
    bool has_image;
};

static void note_image(struct fields *fields, const cJSON *node, void *record)
{
    (void)node;
    ((struct export_request *)record)->has_image = true;
    fields_fault(fields, node, NULL, "models of assay have no image to export");
}

static const struct field destination_fields[] = {
    { .name = "outputUriPrefix",
      .kind = FIELD_TEXT,
      .at = FIELD_AT(struct export_request, prefix) },
};
static const struct message destination_message = { MESSAGE_FIELDS(destination_fields) };

static const struct field output_fields[] = {
    { .name = "exportFormatId", .kind = FIELD_TEXT, .at = FIELD_AT(struct export_request, format) },
    { .name = "artifactDestination",
      .kind = FIELD_MESSAGE,
      .at = FIELD_HERE,
      .message = &destination_message },
    { .name = "imageDestination", .kind = FIELD_CUSTOM, .read = note_image },
};

static void check_output(struct fields *fields, const cJSON *node, void *record)
{
    const struct export_request *request = record;

    if (is_given(request->format) && strcmp(request->format, "custom-trained") != 0)
        fields_fault(fields, node, "exportFormatId", "expected \"custom-trained\"");
    if (!is_given(request->prefix) && !request->has_image)
        fields_fault(fields, node, "artifactDestination", "is required");
}

static const struct message output_message = { MESSAGE_FIELDS(output_fields),
                                               .check = check_output };

static const struct field export_fields[] = {
    { .name = "outputConfig", .kind = FIELD_MESSAGE, .at = FIELD_HERE, .message = &output_message },
    { .name = "name", .kind = FIELD_TEXT, .at = FIELD_AT(struct export_request, name) },
    { .name = "folder", .kind = FIELD_TEXT, .at = FIELD_AT(struct export_request, folder) },
};

static void check_export(struct fields *fields, const cJSON *node, void *record)
{
    (void)record;
    fields_require(fields, node, "outputConfig");
}

static const struct message export_message = { MESSAGE_FIELDS(export_fields),
                                               .check = check_export };

static void export_request_clear(struct export_request *request)
{
    free(request->format);
    free(request->prefix);
    free(request->name);
    free(request->folder);
    *request = (struct export_request){ 0 };
}

struct exporting {
    const struct export_request *request;
    const struct model_view *view;
    char parent[RESOURCE_NAME_SIZE]; /* of the operation */
    int64_t operation;
};

/* "model-export-NAME-2026-01-31T12:00:00.000Z", of a name that is any text. */
static void name_folder(const struct model_view *view, int64_t now_us, char *folder, size_t size)
{
    enum { NAME_BYTES_MAX = 150, SECONDS = sizeof "2026-01-31T12:00:00" - 1 };
    char time[ASSAY_TIME_TEXT];
    char name[NAME_BYTES_MAX + 1];
    const char *from = view->model.display_name;
    size_t count = 0;

    for (; from[count] && count < NAME_BYTES_MAX; count++)
        name[count] = (unsigned char)from[count] <= ' ' || strchr("/\\?*#[]:", from[count])
                          ? '-'
                          : from[count];
    while (count > 0 && ((unsigned char)from[count] & 0xc0) == 0x80)
        count--; /* not in the middle of a character */
    name[count] = '\0';
    (void)snprintf(folder, size, "model-export-%s-%.*s.%03dZ", name, SECONDS,
                   assay_time_text(now_us, time), (int)(now_us / 1000 % 1000));
}

static bool apply_export(void *context, struct store *store, int64_t now_us, int64_t job,
                         struct assay_error *err)
{
    struct exporting *exporting = context;
    const char *prefix = exporting->request->prefix;
    size_t size = strlen(prefix);
    char folder[PATH_TEXT];
    char name[2 * ROUTE_WORD_SIZE];
    char uri[2 * PATH_TEXT];
    char *info = NULL;
    char *request = NULL;
    char *metadata = NULL;
    bool is_ok = false;

    (void)job;
    /* Two exports of one moment, of models of one name, go to folders of their own. */
    if (!store_long_operation_free_time(store, vertex_model_export_kind.metadata_type, &now_us,
                                        err))
        return false;
    while (size > 1 && prefix[size - 1] == '/')
        size--;
    name_folder(exporting->view, now_us, folder, sizeof folder);
    (void)snprintf(name, sizeof name, "%s@%" PRId64, exporting->view->model.id,
                   exporting->view->version.version);
    (void)snprintf(uri, sizeof uri, "%.*s/%s", (int)size, prefix, folder);
    info = vertex_object_text((const char *const[]){ "artifactOutputUri", uri, NULL });
    request = vertex_object_text((const char *const[]){ "name", name, "folder", uri, NULL });
    is_ok = info && request && asprintf(&metadata, "{\"outputInfo\":%s}", info) >= 0;
    is_ok =
        is_ok ? long_operation_put(store, exporting->parent, vertex_model_export_kind.metadata_type,
                                   metadata, request, now_us, &exporting->operation, err)
              : assay_fail_memory(err);
    free(metadata);
    free(request);
    free(info);
    return is_ok;
}

static bool check_exportable(const struct api_call *call, const struct model_view *view,
                             const char *prefix, struct assay_error *err)
{
    char *path = NULL;

    if (!*view->version.artifact)
        return assay_fail(err, ASSAY_PRECONDITION, NULL, "the Model %s has no artifacts to export",
                          view->model.id);
    path = artifact_path(call->engine, prefix,
                         "output_config.artifact_destination.output_uri_prefix", err);
    free(path);
    return path != NULL;
}

bool vertex_export_model(struct api_call *call, struct assay_error *err)
{
    struct model_name name;
    struct model_view view;
    struct export_request request = { 0 };
    struct exporting exporting = { .request = &request, .view = &view };
    const struct edit edit = { .apply = apply_export, .context = &exporting };
    bool is_ok = vertex_read_model(call, &name, &view, err) &&
                 vertex_read_body(call, &export_message, &request, err) &&
                 check_exportable(call, &view, request.prefix, err);

    if (is_ok) {
        (void)snprintf(exporting.parent, sizeof exporting.parent, "%s/models/%s", view.model.parent,
                       view.model.id);
        is_ok = engine_edit(call->engine, &edit, err) &&
                long_operation_start(call->engine, exporting.operation, err) &&
                long_operation_answer(call, exporting.operation, err);
    }
    export_request_clear(&request);
    model_view_clear(&view);
    return is_ok;
}

static bool is_ending(const void *context)
{
    return engine_is_ending(context);
}

/* In a bucket, the folder above target is made and opened on the terms of buckets. -1 and *err;
 * shown is the path by the descriptor. */
static int open_bucket_folder(const struct engine *engine, const char *target, const char *buckets,
                              char shown[PATH_TEXT], struct assay_error *err)
{
    enum storage_links links =
        engine_place(engine).is_guarded ? STORAGE_NO_LINKS : STORAGE_LINKED_BUCKETS;
    const char *slash = strrchr(target, '/');
    char parent[PATH_TEXT];
    int fd = -1;

    (void)snprintf(parent, sizeof parent, "%.*s", (int)(slash - target), target);
    if (storage_make_dirs(parent, buckets, links, err))
        fd = storage_open(parent, buckets, links, O_RDONLY | O_DIRECTORY, err);
    (void)snprintf(shown, PATH_TEXT, "/proc/self/fd/%d%s", fd, slash);
    return fd;
}

static bool unpack(struct engine *engine, const struct model_version_row *version, const char *uri,
                   struct assay_error *err)
{
    char dir[PATH_TEXT];
    char buckets[PATH_TEXT];
    char shown[PATH_TEXT];
    struct artifact_blobs blobs = model_registry_blobs(engine, dir);
    struct artifact_tree tree = { .fd = -1 };
    char *path = artifact_path(engine, uri, "output_config", err);
    int fd = -1;
    bool is_ok = path && artifact_blobs_read(&blobs, version->artifact, &tree, err);

    (void)snprintf(buckets, sizeof buckets, "%s/buckets", engine_state_dir(engine));
    blobs.is_ending = is_ending;
    blobs.context = engine;
    if (is_ok && storage_below(path, buckets)) {
        fd = open_bucket_folder(engine, path, buckets, shown, err);
        is_ok = fd >= 0 && artifact_unpack(&blobs, &tree, shown, err);
    } else if (is_ok) {
        is_ok = artifact_unpack(&blobs, &tree, path, err);
    }
    if (fd >= 0)
        (void)close(fd);
    artifact_tree_clear(&tree);
    free(path);
    return is_ok;
}

static bool apply_exported(void *context, struct store *store, int64_t now_us, int64_t job,
                           struct assay_error *err)
{
    const int64_t *operation = context;

    (void)job;
    return long_operation_done(store, *operation, now_us, "ExportModelResponse", "", err);
}

static const struct message export_row_message = { MESSAGE_FIELDS(export_fields) };

static bool run_export(struct engine *engine, const struct long_operation_row *row,
                       struct assay_error *err)
{
    struct export_request request = { 0 };
    struct model_name name = { .id = "" };
    struct model_row model = { 0 };
    struct model_version_row version = { 0 };
    int64_t operation = row->id;
    const struct edit edit = { .apply = apply_exported, .context = &operation };
    bool is_ok = read_row_request(row->request, &export_row_message, &request, err);

    if (is_ok && !model_word_parse(request.name, &name))
        is_ok = assay_fail(err, ASSAY_INTERNAL, NULL, "an export of no model");
    model_registry_begin(engine_models(engine));
    if (is_ok) {
        is_ok = model_find(engine_read_begin(engine), &name, &model, &version, err);
        engine_read_end(engine);
    }
    is_ok =
        is_ok && unpack(engine, &version, request.folder, err) && engine_edit(engine, &edit, err);
    model_registry_end(engine_models(engine));
    model_version_row_clear(&version);
    model_row_clear(&model);
    export_request_clear(&request);
    return is_ok;
}

const struct long_operation_kind vertex_model_export_kind = { .metadata_type =
                                                                  "ExportModelOperationMetadata",
                                                              .run = run_export };
