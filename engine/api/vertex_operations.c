/*
 * Operations: deletions are done when they are answered; what they answer is all there is to say.
 */
#include "engine/api/api_private.h"

#include <inttypes.h>
#include <string.h>

#define TYPE_PREFIX "type.googleapis.com/"

static void write_type(struct json_writer *w, const char *key, const char *type)
{
    json_key(w, key);
    json_begin_object(w);
    json_key(w, "@type");
    json_string(w, type);
}

void vertex_write_deletion(struct api_call *call, const char *parent, int64_t target)
{
    struct json_writer *w = &call->json;
    const struct assay_env *env = assay_env_system();
    int64_t now_us = env->wall_us(env->context);
    char name[RESOURCE_NAME_SIZE];

    (void)snprintf(name, sizeof name, "%s/operations/%" PRId64, parent, target);
    json_begin_object(w);
    json_key(w, "name");
    json_string(w, name);
    write_type(w, "metadata", TYPE_PREFIX "google.cloud.aiplatform.v1.DeleteOperationMetadata");
    json_key(w, "genericMetadata");
    json_begin_object(w);
    resource_write_time(w, "createTime", now_us);
    resource_write_time(w, "updateTime", now_us);
    json_end_object(w);
    json_end_object(w);
    json_key(w, "done");
    json_bool(w, true);
    write_type(w, "response", TYPE_PREFIX "google.protobuf.Empty");
    json_end_object(w);
    json_end_object(w);
}
