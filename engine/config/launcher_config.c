#include "engine/config/launcher_config.h"

#include "engine/spec/messages.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CONFIG_TEXT_MAX = 1024 * 1024, CONFIG_PATH_MAX = 4096 };

static const struct enum_word launcher_words[] = {
    { "host", 0, LAUNCHER_HOST },
    { "slurm", 1, LAUNCHER_SLURM },
};

static void read_places(struct fields *fields, const cJSON *node, void *record)
{
    struct launcher_config *config = record;
    const char *text = fields_text(fields, node);
    struct assay_error err = { 0 };

    if (text && !machine_parse(text, &config->places, &err))
        fields_fault(fields, node, NULL, "%s", err.message);
}

static void read_max_disk(struct fields *fields, const cJSON *node, void *record)
{
    struct launcher_config *config = record;

    (void)size_read(fields, node, &config->max_disk_bytes);
}

/* PATTERN: interpreter or image:NAME, in the order in which they are tried. */
static void read_executors(struct fields *fields, const cJSON *node, void *record)
{
    struct launcher_config *config = record;
    const cJSON *member = NULL;

    if (!fields_expect_object(fields, node) || !node->child)
        return;
    config->executors = calloc((size_t)cJSON_GetArraySize(node), sizeof *config->executors);
    if (!config->executors) {
        fields->is_short_of_memory = true;
        return;
    }
    cJSON_ArrayForEach(member, node)
    {
        size_t here = fields_enter_key(fields, member->string);
        const char *target = fields_text(fields, member);

        if (target && (!*target || strcmp(target, "image:") == 0))
            fields_fault(fields, member, NULL,
                         "expected an interpreter, such as \"python3.11\", or \"image:NAME\"");
        fields_leave(fields, here);
        if (!target)
            continue;
        config->executors[config->executor_count++] =
            (struct executor){ .image = fields_copy(fields, member->string),
                               .target = fields_copy(fields, target) };
    }
}

/* The engine renews it every ten seconds, over a network's file system. */
enum { SLURM_LEASE_LEAST_US = 60 * 1000 * 1000 };

static const struct field models_fields[] = {
    { .name = "push", .kind = FIELD_TEXT, .at = FIELD_AT(struct launcher_config, models_push) },
};

/* What rclone(1) takes: "remote:path", or a folder of this machine. */
static void models_check(struct fields *fields, const cJSON *node, void *record)
{
    struct launcher_config *config = record;
    const char *push = config->models_push;

    if (push && *push && (*push == '-' || (*push != '/' && !strchr(push, ':'))))
        fields_fault(fields, node, "push", "expected \"REMOTE:PATH\" or an absolute path");
    if (push && !*push) {
        free(config->models_push);
        config->models_push = NULL;
    }
}

static const struct message models_message = { MESSAGE_FIELDS(models_fields),
                                               .check = models_check };

static const struct field config_fields[] = {
    { .name = "places", .kind = FIELD_CUSTOM, .read = read_places },
    { .name = "strictPlaces",
      .kind = FIELD_BOOL,
      .at = FIELD_AT(struct launcher_config, is_strict) },
    { .name = "launcher",
      .kind = FIELD_ENUM,
      .at = FIELD_AT(struct launcher_config, launcher),
      .has_at = FIELD_AT(struct launcher_config, has_launcher),
      FIELD_WORDS(launcher_words) },
    { .name = "containerEngine",
      .kind = FIELD_TEXT,
      .at = FIELD_AT(struct launcher_config, container_engine) },
    { .name = "slurmAllocation",
      .kind = FIELD_INT32,
      .at = FIELD_AT(struct launcher_config, slurm_nodes) },
    { .name = "slurmLease",
      .kind = FIELD_DURATION,
      .at = FIELD_AT(struct launcher_config, slurm_lease_us) },
    { .name = "maxDisk", .kind = FIELD_CUSTOM, .read = read_max_disk },
    { .name = "models", .kind = FIELD_MESSAGE, .at = FIELD_HERE, .message = &models_message },
    { .name = "executors", .kind = FIELD_CUSTOM, .read = read_executors },
    { .name = "notify",
      .kind = FIELD_MESSAGES,
      .at = FIELD_AT(struct launcher_config, hooks),
      .count_at = FIELD_AT(struct launcher_config, hook_count),
      .message = &notify_hook_message },
    { .name = "notifyCommand",
      .kind = FIELD_TEXT,
      .at = FIELD_AT(struct launcher_config, notify_command) },
    { .name = "notifyWebhook",
      .kind = FIELD_TEXT,
      .at = FIELD_AT(struct launcher_config, notify_webhook) },
};

/* The short forms, as hooks like the others. False for lack of memory. */
static bool add_short_hooks(struct launcher_config *config)
{
    size_t more = (config->notify_command != NULL) + (config->notify_webhook != NULL);
    struct notify_hook *hooks = NULL;

    if (more == 0)
        return true;
    hooks = realloc(config->hooks, (config->hook_count + more) * sizeof *hooks);
    if (!hooks)
        return false;
    config->hooks = hooks;
    return (!config->notify_command ||
            notify_hook_set_command(&hooks[config->hook_count++], config->notify_command)) &&
           (!config->notify_webhook ||
            notify_hook_set_webhook(&hooks[config->hook_count++], config->notify_webhook));
}

static void config_check(struct fields *fields, const cJSON *node, void *record)
{
    struct launcher_config *config = record;

    if (config->notify_command && !config->notify_command[0])
        fields_fault(fields, node, "notifyCommand", "expected a program");
    if (config->notify_webhook && !notify_is_web_address(config->notify_webhook))
        fields_fault(fields, node, "notifyWebhook", "expected a URL, http://… or https://…");
    if (!add_short_hooks(config))
        fields->is_short_of_memory = true;
    if (config->slurm_nodes < 0)
        fields_fault(fields, node, "slurmAllocation", "is a number of nodes");
    if (config->slurm_nodes > 0 && config->launcher != LAUNCHER_SLURM)
        fields_fault(fields, node, "slurmAllocation", "goes with the launcher slurm");
    if (config->slurm_lease_us > 0 && config->slurm_lease_us < SLURM_LEASE_LEAST_US)
        fields_fault(fields, node, "slurmLease", "is at least a minute: \"60s\"");
}

static_assert(offsetof(struct launcher_config, settings) == 0,
              "launch_message reads into its beginning");

static const struct message config_message = { MESSAGE_FIELDS(config_fields),
                                               .also = &launch_message, .check = config_check };

void launcher_config_free(struct launcher_config *config)
{
    if (!config)
        return;
    for (size_t i = 0; i < config->executor_count; i++) {
        free(config->executors[i].image);
        free(config->executors[i].target);
    }
    free(config->executors);
    for (size_t i = 0; i < config->hook_count; i++)
        notify_hook_clear(&config->hooks[i]);
    free(config->hooks);
    free(config->notify_command);
    free(config->notify_webhook);
    free(config->container_engine);
    free(config->models_push);
    launch_settings_clear(&config->settings);
    free(config);
}

/* Takes root. A file without a word in it, or with comments only, says nothing. */
static cJSON *object_of_null(cJSON *root, struct assay_error *err)
{
    if (!cJSON_IsNull(root))
        return root;
    cJSON_Delete(root);
    root = cJSON_CreateObject();
    if (!root)
        (void)assay_fail_memory(err);
    return root;
}

/* The whole file as a tree; an empty object where the path was not named and there is none. */
static cJSON *read_file(const char *path, bool is_named, struct assay_error *err)
{
    FILE *file = fopen(path, "re");
    char *text = file ? malloc(CONFIG_TEXT_MAX + 1) : NULL;
    cJSON *root = NULL;
    size_t size = 0;

    /* A folder that cannot be one shows when it is opened. */
    if (!file && (errno == ENOENT || errno == ENOTDIR) && !is_named) {
        root = cJSON_CreateObject();
        if (!root)
            (void)assay_fail_memory(err);
        return root;
    }
    if (!file) {
        (void)assay_fail_errno(err, errno, "read the configuration %s", path);
        return NULL;
    }
    if (!text) {
        (void)assay_fail_memory(err);
        goto out;
    }
    size = fread(text, 1, CONFIG_TEXT_MAX + 1, file);
    if (ferror(file))
        (void)assay_fail_errno(err, errno, "read the configuration %s", path);
    else if (size > CONFIG_TEXT_MAX)
        (void)assay_fail(err, ASSAY_INVALID, NULL, "the configuration %s has more than %d bytes",
                         path, CONFIG_TEXT_MAX);
    else
        root = object_of_null(document_read(text, size, DOCUMENT_GUESS, err), err);
    if (!root && size <= CONFIG_TEXT_MAX)
        (void)assay_error_add(err, "%s", path);
out:
    free(text);
    (void)fclose(file);
    return root;
}

/* The field as this file has it, in camelCase; below executors are names of the user's own. */
static const char *shown_field(const char *field, char text[CONFIG_PATH_MAX])
{
    static const char own[] = "executors";

    if (strncmp(field, own, sizeof own - 1) == 0)
        (void)snprintf(text, CONFIG_PATH_MAX, "%s", field);
    else
        (void)fields_camel(field, text, CONFIG_PATH_MAX);
    return text;
}

/* "FILE:LINE: FIELD: MESSAGE" of each, as long as there is room. */
static void list_faults(const struct assay_faults *faults, const char *path,
                        struct assay_error *err)
{
    char field[CONFIG_PATH_MAX];
    size_t used = 0;

    (void)assay_fail(err, ASSAY_INVALID, shown_field(faults->items[0].field, field), "%s", "");
    for (size_t i = 0; i < faults->stored && used < sizeof err->message; i++) {
        const struct assay_fault *fault = &faults->items[i];
        char place[CONFIG_PATH_MAX + 16] = "";

        if (fault->line)
            (void)snprintf(place, sizeof place, "%s:%d: ", path, fault->line);
        else if (!*fault->field) /* of all of it, and so of no option */
            (void)snprintf(place, sizeof place, "%s: ", path);
        used += (size_t)snprintf(err->message + used, sizeof err->message - used, "%s%s%s%s%s",
                                 i ? "; " : "", place, shown_field(fault->field, field),
                                 *fault->field ? ": " : "", fault->message);
    }
}

static bool apply_overrides(cJSON *root, const struct launcher_config_source *source,
                            struct assay_error *err)
{
    for (size_t i = 0; i < source->override_count; i++) {
        if (!document_override(root, &source->overrides[i], err))
            return false;
    }
    return true;
}

static struct launcher_config *read_tree(const cJSON *root, const char *path,
                                         struct assay_error *err)
{
    struct launcher_config *config = calloc(1, sizeof *config);
    struct fields *fields = calloc(1, sizeof *fields);
    struct assay_faults faults = { 0 };
    bool is_good = false;

    if (!config || !fields) {
        (void)assay_fail_memory(err);
        goto out;
    }
    fields->faults = &faults;
    fields_read(fields, root, &config_message, config);
    if (fields->is_short_of_memory || faults.is_short_of_memory)
        (void)assay_fail_memory(err);
    else if (faults.count)
        list_faults(&faults, path, err);
    else
        is_good = true;
out:
    assay_faults_clear(&faults);
    free(fields);
    if (is_good)
        return config;
    launcher_config_free(config);
    return NULL;
}

struct launcher_config *launcher_config_load(const struct launcher_config_source *source,
                                             struct assay_error *err)
{
    struct launcher_config *config = NULL;
    char path[CONFIG_PATH_MAX] = "";
    cJSON *root = NULL;

    if (source->path)
        (void)snprintf(path, sizeof path, "%s", source->path);
    else if (source->state_dir)
        (void)snprintf(path, sizeof path, "%s/%s", source->state_dir, LAUNCHER_CONFIG_NAME);
    root = read_file(path, source->path != NULL, err);
    if (root && apply_overrides(root, source, err))
        config = read_tree(root, path, err);
    cJSON_Delete(root);
    return config;
}
