#include "engine/models/model_document.h"

#include "assay/utf8.h"
#include "engine/spec/canonical.h"
#include "engine/spec/messages.h"

#include <stdlib.h>
#include <string.h>

static const struct field schemata_fields[] = {
    { .name = "instanceSchemaUri", .kind = FIELD_TEXT },
    { .name = "parametersSchemaUri", .kind = FIELD_TEXT },
    { .name = "predictionSchemaUri", .kind = FIELD_TEXT },
};
static const struct message schemata_message = { MESSAGE_FIELDS(schemata_fields) };

static const struct field variable_fields[] = {
    { .name = "name", .kind = FIELD_TEXT },
    { .name = "value", .kind = FIELD_TEXT },
};
static const struct message variable_message = { MESSAGE_FIELDS(variable_fields) };

static const struct field port_fields[] = {
    { .name = "containerPort", .kind = FIELD_INT32 },
};
static const struct message port_message = { MESSAGE_FIELDS(port_fields) };

static const struct field exec_fields[] = {
    { .name = "command", .kind = FIELD_TEXTS },
};
static const struct message exec_message = { MESSAGE_FIELDS(exec_fields) };

static const struct field header_fields[] = {
    { .name = "name", .kind = FIELD_TEXT },
    { .name = "value", .kind = FIELD_TEXT },
};
static const struct message header_message = { MESSAGE_FIELDS(header_fields) };

static const struct field http_fields[] = {
    { .name = "path", .kind = FIELD_TEXT },
    { .name = "port", .kind = FIELD_INT32 },
    { .name = "host", .kind = FIELD_TEXT },
    { .name = "scheme", .kind = FIELD_TEXT },
    { .name = "httpHeaders", .kind = FIELD_MESSAGES, .message = &header_message },
};
static const struct message http_message = { MESSAGE_FIELDS(http_fields) };

static const struct field grpc_fields[] = {
    { .name = "port", .kind = FIELD_INT32 },
    { .name = "service", .kind = FIELD_TEXT },
};
static const struct message grpc_message = { MESSAGE_FIELDS(grpc_fields) };

static const struct field tcp_fields[] = {
    { .name = "port", .kind = FIELD_INT32 },
    { .name = "host", .kind = FIELD_TEXT },
};
static const struct message tcp_message = { MESSAGE_FIELDS(tcp_fields) };

static const struct field probe_fields[] = {
    { .name = "exec", .kind = FIELD_MESSAGE, .oneof = "probe_type", .message = &exec_message },
    { .name = "httpGet", .kind = FIELD_MESSAGE, .oneof = "probe_type", .message = &http_message },
    { .name = "grpc", .kind = FIELD_MESSAGE, .oneof = "probe_type", .message = &grpc_message },
    { .name = "tcpSocket", .kind = FIELD_MESSAGE, .oneof = "probe_type", .message = &tcp_message },
    { .name = "periodSeconds", .kind = FIELD_INT32 },
    { .name = "timeoutSeconds", .kind = FIELD_INT32 },
    { .name = "failureThreshold", .kind = FIELD_INT32 },
    { .name = "successThreshold", .kind = FIELD_INT32 },
    { .name = "initialDelaySeconds", .kind = FIELD_INT32 },
};
static const struct message probe_message = { MESSAGE_FIELDS(probe_fields) };

static const struct field container_fields[] = {
    { .name = "imageUri", .kind = FIELD_TEXT },
    { .name = "command", .kind = FIELD_TEXTS },
    { .name = "args", .kind = FIELD_TEXTS },
    { .name = "env", .kind = FIELD_MESSAGES, .message = &variable_message },
    { .name = "ports", .kind = FIELD_MESSAGES, .message = &port_message },
    { .name = "grpcPorts", .kind = FIELD_MESSAGES, .message = &port_message },
    { .name = "predictRoute", .kind = FIELD_TEXT },
    { .name = "healthRoute", .kind = FIELD_TEXT },
    { .name = "invokeRoutePrefix", .kind = FIELD_TEXT },
    { .name = "deploymentTimeout", .kind = FIELD_DURATION },
    { .name = "sharedMemorySizeMb", .kind = FIELD_INT64 },
    { .name = "startupProbe", .kind = FIELD_MESSAGE, .message = &probe_message },
    { .name = "healthProbe", .kind = FIELD_MESSAGE, .message = &probe_message },
    { .name = "livenessProbe", .kind = FIELD_MESSAGE, .message = &probe_message },
};

static void container_check(struct fields *fields, const cJSON *node, void *record)
{
    (void)record;
    fields_require(fields, node, "imageUri");
}

static const struct message container_message = { MESSAGE_FIELDS(container_fields),
                                                  .check = container_check };

static void read_labels(struct fields *fields, const cJSON *node, void *record)
{
    struct model_document *document = record;

    labels_read(fields, node, NULL);
    document->labels = cJSON_Duplicate(node, true);
    if (!document->labels)
        fields->is_short_of_memory = true;
}

static const struct field model_fields[] = {
    { .name = "displayName",
      .kind = FIELD_TEXT,
      .at = FIELD_AT(struct model_document, display_name) },
    { .name = "description",
      .kind = FIELD_TEXT,
      .at = FIELD_AT(struct model_document, description) },
    { .name = "versionDescription",
      .kind = FIELD_TEXT,
      .at = FIELD_AT(struct model_document, version_description) },
    { .name = "versionAliases",
      .kind = FIELD_TEXTS,
      .at = FIELD_AT(struct model_document, aliases),
      .count_at = FIELD_AT(struct model_document, alias_count) },
    { .name = "artifactUri",
      .kind = FIELD_TEXT,
      .at = FIELD_AT(struct model_document, artifact_uri) },
    { .name = "etag", .kind = FIELD_TEXT, .at = FIELD_AT(struct model_document, etag) },
    { .name = "labels", .kind = FIELD_CUSTOM, .read = read_labels },
    { .name = "predictSchemata", .kind = FIELD_MESSAGE, .message = &schemata_message },
    { .name = "metadataSchemaUri", .kind = FIELD_TEXT },
    { .name = "metadata", .kind = FIELD_ANY },
    { .name = "containerSpec", .kind = FIELD_MESSAGE, .message = &container_message },
    { .name = "explanationSpec", .kind = FIELD_ANY },
    { .name = "encryptionSpec", .kind = FIELD_MESSAGE, .message = &encryption_message },
    { .name = "pipelineJob", .kind = FIELD_TEXT },
    { .name = "baseModelSource", .kind = FIELD_ANY },
    { .name = "defaultCheckpointId", .kind = FIELD_TEXT },
    { .name = "name", .kind = FIELD_IGNORED },
    { .name = "versionId", .kind = FIELD_IGNORED },
    { .name = "versionCreateTime", .kind = FIELD_IGNORED },
    { .name = "versionUpdateTime", .kind = FIELD_IGNORED },
    { .name = "supportedExportFormats", .kind = FIELD_IGNORED },
    { .name = "trainingPipeline", .kind = FIELD_IGNORED },
    { .name = "supportedDeploymentResourcesTypes", .kind = FIELD_IGNORED },
    { .name = "supportedInputStorageFormats", .kind = FIELD_IGNORED },
    { .name = "supportedOutputStorageFormats", .kind = FIELD_IGNORED },
    { .name = "createTime", .kind = FIELD_IGNORED },
    { .name = "updateTime", .kind = FIELD_IGNORED },
    { .name = "deployedModels", .kind = FIELD_IGNORED },
    { .name = "dataStats", .kind = FIELD_IGNORED },
    { .name = "modelSourceInfo", .kind = FIELD_IGNORED },
    { .name = "originalModelInfo", .kind = FIELD_IGNORED },
    { .name = "metadataArtifact", .kind = FIELD_IGNORED },
    { .name = "checkpoints", .kind = FIELD_IGNORED },
    { .name = "satisfiesPzs", .kind = FIELD_IGNORED },
    { .name = "satisfiesPzi", .kind = FIELD_IGNORED },
};

/* What has a column of its own, or may change. */
static const char *const columns[] = {
    "displayName", "description", "versionDescription", "versionAliases",
    "etag",        "labels",      "artifactUri",
};

bool model_id_is_valid(const char *id)
{
    size_t size = strlen(id);

    return size > 0 && size < MODEL_ID_SIZE && !strchr("0123456789-", id[0]) &&
           strspn(id, "abcdefghijklmnopqrstuvwxyz0123456789_-") == size;
}

bool model_alias_is_valid(const char *alias)
{
    static const char all[] = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-";
    const size_t ends = 36; /* lower-case letters and digits come first */
    size_t size = strlen(alias);

    return size >= 2 && size < MODEL_ALIAS_SIZE && alias[0] >= 'a' && alias[0] <= 'z' &&
           strspn(alias, all) == size && memchr(all, alias[size - 1], ends);
}

static void check_aliases(struct fields *fields, const cJSON *node,
                          const struct model_document *document)
{
    for (size_t i = 0; i < document->alias_count; i++)
        if (document->aliases[i] && !model_alias_is_valid(document->aliases[i]))
            fields_fault(fields, node, "versionAliases",
                         "\"%.140s\" is no alias: 2 to 128 letters, digits and hyphens, the first "
                         "a lowercase letter, the last no hyphen and no capital",
                         document->aliases[i]);
}

static void check_model(struct fields *fields, const cJSON *node, void *record)
{
    const struct model_document *document = record;
    const char *name = document->display_name;

    if (name && utf8_count(name, strlen(name)) > DISPLAY_NAME_MAX)
        fields_fault(fields, node, "displayName", "has more than %d characters", DISPLAY_NAME_MAX);
    check_aliases(fields, node, document);
}

static const struct message model_message = { MESSAGE_FIELDS(model_fields), .check = check_model };

static bool keep_rest(const cJSON *model, struct model_document *document)
{
    document->kept = canonical_message(model, &model_message, CANONICAL_WIRE_NAMES);
    if (!document->kept)
        return false;
    for (size_t i = 0; i < sizeof columns / sizeof columns[0]; i++)
        cJSON_DeleteItemFromObjectCaseSensitive(document->kept, columns[i]);
    return true;
}

bool model_document_read(const cJSON *model, const char *prefix, bool is_patch,
                         struct model_document *document, struct assay_faults *faults)
{
    struct fields *fields = calloc(1, sizeof *fields);
    bool is_ok = fields != NULL;

    *document = (struct model_document){ 0 };
    if (!is_ok)
        return false;
    fields->faults = faults;
    fields->path_size = (size_t)snprintf(fields->path, sizeof fields->path, "%s", prefix);
    if (!cJSON_IsObject(model)) {
        fields_fault(fields, model, NULL, "is required");
    } else {
        fields_read(fields, model, &model_message, document);
        if (!is_patch)
            fields_require(fields, model, "displayName");
        is_ok = keep_rest(model, document);
    }
    is_ok = is_ok && !fields->is_short_of_memory;
    free(fields);
    return is_ok;
}

void model_document_clear(struct model_document *document)
{
    if (!document)
        return;
    free(document->display_name);
    free(document->description);
    free(document->version_description);
    free(document->artifact_uri);
    free(document->etag);
    for (size_t i = 0; i < document->alias_count; i++)
        free(document->aliases[i]);
    free(document->aliases);
    cJSON_Delete(document->labels);
    cJSON_Delete(document->kept);
    *document = (struct model_document){ 0 };
}

bool model_word_parse(const char *word, struct model_name *name)
{
    size_t size = strcspn(word, "@");
    const char *version = word[size] ? word + size + 1 : "";

    if (size == 0 || size >= sizeof name->id || strlen(version) >= sizeof name->version ||
        (word[size] && !*version) || strpbrk(word, "/:"))
        return false;
    memcpy(name->id, word, size);
    name->id[size] = '\0';
    (void)snprintf(name->version, sizeof name->version, "%s", version);
    return true;
}

/* "projects/P/locations/L", nothing of it empty. */
static bool is_parent(const char *text)
{
    const char *slash = strchr(text, '/');
    size_t size = 0;

    if (strncmp(text, "projects/", strlen("projects/")) != 0)
        return false;
    size = strcspn(slash + 1, "/");
    text = slash + 1 + size;
    if (size == 0 || strncmp(text, "/locations/", strlen("/locations/")) != 0)
        return false;
    text += strlen("/locations/");
    return *text && !strchr(text, '/');
}

bool model_name_parse(const char *text, struct model_name *name)
{
    static const char collection[] = "/models/";
    const char *at = strstr(text, collection);
    size_t size = at ? (size_t)(at - text) : 0;

    *name = (struct model_name){ .id = "" };
    if (!at || size >= sizeof name->parent)
        return false;
    memcpy(name->parent, text, size);
    name->parent[size] = '\0';
    return is_parent(name->parent) && model_word_parse(at + strlen(collection), name);
}
