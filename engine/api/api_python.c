/* The Python environments of a state folder: listed, and removed where nobody needs them. */

#include "assay/value.h"
#include "engine/api/api_private.h"
#include "launcher/python/python_prune.h"

#include <inttypes.h>
#include <string.h>

static bool fail_value(const char *name, const char *expected, struct assay_error *err)
{
    return assay_fail(err, ASSAY_INVALID, name, "expected %s", expected);
}

static bool read_flag(const cJSON *options, const char *name, bool *flag, struct assay_error *err)
{
    const cJSON *item = json_get(options, name);

    *flag = cJSON_IsTrue(item);
    return !item || cJSON_IsBool(item) || fail_value(name, "true or false", err);
}

static bool read_options(const struct assay_request *request, struct python_prune *prune,
                         struct assay_error *err)
{
    cJSON *options = json_read(request->body, request->body_size, err);
    const cJSON *size = json_get(options, "maxSizeBytes");
    const cJSON *unused = json_get(options, "unusedFor");
    int64_t unused_us = 0;
    bool is_ok = options != NULL;

    if (is_ok && size) {
        prune->has_max_bytes = true;
        is_ok =
            (cJSON_IsString(size) && assay_integer_parse(size->valuestring, &prune->max_bytes) &&
             prune->max_bytes >= 0) ||
            fail_value("maxSizeBytes", "a number of bytes as text", err);
    }
    if (is_ok && unused) {
        prune->has_used_before = true;
        is_ok = (cJSON_IsString(unused) && assay_duration_parse(unused->valuestring, &unused_us)) ||
                fail_value("unusedFor", "a duration such as \"3600s\"", err);
        prune->used_before_us = assay_wall_us(assay_env_system()) - unused_us;
    }
    is_ok = is_ok && read_flag(options, "all", &prune->is_all, err) &&
            read_flag(options, "dryRun", &prune->is_dry, err);
    cJSON_Delete(options);
    return is_ok;
}

static void write_packages(struct json_writer *json, const char *names)
{
    json_begin_array(json);
    while (*names) {
        char name[PYTHON_PACKAGES_TEXT];
        size_t size = strcspn(names, " ");

        (void)snprintf(name, sizeof name, "%.*s", (int)size, names);
        json_string(json, name);
        names += size;
        names += *names == ' ';
    }
    json_end_array(json);
}

static void write_time(struct json_writer *json, const char *key, int64_t wall_us)
{
    char text[ASSAY_TIME_TEXT];

    json_key(json, key);
    json_string(json, assay_time_text(wall_us, text));
}

static void write_environment(struct json_writer *json, const struct python_env_info *info)
{
    json_begin_object(json);
    json_key(json, "id");
    json_string(json, info->folder.hash);
    json_key(json, "isReady");
    json_bool(json, info->is_ready);
    json_key(json, "isInUse");
    json_bool(json, info->is_in_use);
    json_key(json, "isRemoved");
    json_bool(json, info->is_removed);
    json_key(json, "dir");
    json_string(json, info->is_ready ? info->ready.env : info->folder.path);
    if (info->is_ready) {
        json_key(json, "interpreter");
        json_string(json, info->ready.interpreter);
        json_key(json, "version");
        json_string(json, info->ready.version);
        json_key(json, "packages");
        write_packages(json, info->ready.packages);
        write_time(json, "createTime", info->ready.built_us);
        write_time(json, "lastUseTime", info->ready.used_us);
    }
    json_key(json, "sizeBytes");
    json_int64(json, info->size_bytes);
    json_end_object(json);
}

/* Those that were removed are in the answer, too: for the last time. */
static void write_list(struct json_writer *json, const struct python_env_list *list)
{
    int64_t kept_bytes = 0;
    int64_t removed_bytes = 0;

    json_begin_object(json);
    json_key(json, "environments");
    json_begin_array(json);
    for (size_t i = 0; i < list->count; i++) {
        const struct python_env_info *info = &list->items[i];

        write_environment(json, info);
        *(info->is_removed ? &removed_bytes : &kept_bytes) += info->size_bytes;
    }
    json_end_array(json);
    json_key(json, "sizeBytes");
    json_int64(json, kept_bytes);
    json_key(json, "removedBytes");
    json_int64(json, removed_bytes);
    json_end_object(json);
}

bool api_prune_environments(struct api_call *call, struct assay_error *err)
{
    struct python_env_list list = { 0 };
    struct python_prune prune = { 0 };
    char dir[PATH_MAX];
    bool is_ok = true;

    if ((size_t)snprintf(dir, sizeof dir, "%s/python", call->state_dir) >= sizeof dir)
        return assay_fail(err, ASSAY_INVALID, NULL, "the path of the state folder is too long");
    is_ok = (!call->request->body || read_options(call->request, &prune, err)) &&
            python_env_list_read(&list, dir, err) &&
            (!call->request->body || python_env_prune(&list, &prune, err));
    if (is_ok)
        write_list(&call->json, &list);
    python_env_list_clear(&list);
    return is_ok;
}
