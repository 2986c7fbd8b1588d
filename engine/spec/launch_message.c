#include "assay/value.h"
#include "engine/spec/messages.h"

#include <math.h>
#include <string.h>

/* "512M": a whole number of bytes, or of 1024, 1024^2, … of them. */
static bool parse_size(const char *text, int64_t *size)
{
    static const char units[] = "KMGT";
    size_t digits = strspn(text, "0123456789");
    const char *unit = text[digits] ? strchr(units, text[digits]) : NULL;
    int64_t factor = 1;
    int64_t value = 0;

    if (digits == 0 || digits > 15 || (text[digits] && (!unit || text[digits + 1])))
        return false;
    for (size_t i = 0; i < digits; i++)
        value = value * 10 + (text[i] - '0');
    for (const char *at = units; unit && at <= unit; at++)
        factor *= 1024;
    if (value > INT64_MAX / factor)
        return false;
    *size = value * factor;
    return value > 0;
}

bool size_read(struct fields *fields, const cJSON *node, int64_t *bytes)
{
    char found[FIELDS_TEXT_MAX];

    if (cJSON_IsString(node) && parse_size(node->valuestring, bytes))
        return true;
    if (cJSON_IsNumber(node) && node->valuedouble >= 1 && node->valuedouble < ASSAY_INTEGER_MAX &&
        node->valuedouble == floor(node->valuedouble)) {
        *bytes = (int64_t)node->valuedouble;
        return true;
    }
    fields_fault(fields, node, NULL,
                 "expected a number of bytes, or a size such as \"512M\" or \"2G\"; found %s",
                 fields_describe(node, found));
    return false;
}

/* "/data:/data:ro" */
static bool is_mount(const char *text)
{
    const char *target = strchr(text, ':');
    const char *mode = target ? strchr(target + 1, ':') : NULL;

    return text[0] == '/' && target && target[1] == '/' && (!mode || strcmp(mode, ":ro") == 0);
}

static bool is_option(const char *text)
{
    return text[0] == '-';
}

/* A fault for each text in the list that is not as expected. */
static void check_items(struct fields *fields, const cJSON *node, const char *member,
                        bool (*is_good)(const char *text), const char *expected)
{
    const cJSON *item = NULL;
    size_t here = fields_enter(fields, member);
    size_t index = 0;

    cJSON_ArrayForEach(item, fields_member(node, member))
    {
        size_t outer = fields_enter_item(fields, index++);

        if (cJSON_IsString(item) && !is_good(item->valuestring))
            fields_fault(fields, item, NULL, "expected %s", expected);
        fields_leave(fields, outer);
    }
    fields_leave(fields, here);
}

/* What comes to stand among the options of another program must not be taken for one. */
static void check_name(struct fields *fields, const cJSON *node, const char *member)
{
    const char *text = fields_member_text(node, member);

    if (text && (!*text || *text == '-'))
        fields_fault(fields, node, member, "must not be empty or begin with -");
}

static const struct field container_fields[] = {
    { .name = "network", .kind = FIELD_TEXT, .at = FIELD_AT(struct container_settings, network) },
    { .name = "user", .kind = FIELD_TEXT, .at = FIELD_AT(struct container_settings, user) },
    { .name = "readOnly",
      .kind = FIELD_BOOL,
      .at = FIELD_AT(struct container_settings, is_read_only),
      .has_at = FIELD_AT(struct container_settings, has_read_only) },
    { .name = "reuse",
      .kind = FIELD_BOOL,
      .at = FIELD_AT(struct container_settings, is_reused),
      .has_at = FIELD_AT(struct container_settings, has_reuse) },
    { .name = "mounts",
      .kind = FIELD_TEXTS,
      .at = FIELD_AT(struct container_settings, mounts.items),
      .count_at = FIELD_AT(struct container_settings, mounts.count) },
};

static void container_check(struct fields *fields, const cJSON *node, void *record)
{
    (void)record;
    check_items(fields, node, "mounts", is_mount,
                "SOURCE:TARGET or SOURCE:TARGET:ro, both absolute paths");
    check_name(fields, node, "network");
    check_name(fields, node, "user");
}

static const struct message container_message = { MESSAGE_FIELDS(container_fields),
                                                  .check = container_check };

static const struct field slurm_fields[] = {
    { .name = "partition", .kind = FIELD_TEXT, .at = FIELD_AT(struct slurm_settings, partition) },
    { .name = "account", .kind = FIELD_TEXT, .at = FIELD_AT(struct slurm_settings, account) },
    { .name = "qos", .kind = FIELD_TEXT, .at = FIELD_AT(struct slurm_settings, qos) },
    { .name = "time", .kind = FIELD_TEXT, .at = FIELD_AT(struct slurm_settings, time) },
    { .name = "options",
      .kind = FIELD_TEXTS,
      .at = FIELD_AT(struct slurm_settings, options.items),
      .count_at = FIELD_AT(struct slurm_settings, options.count) },
    { .name = "ahead",
      .kind = FIELD_INT32,
      .at = FIELD_AT(struct slurm_settings, ahead),
      .has_at = FIELD_AT(struct slurm_settings, has_ahead) },
};

static void slurm_check(struct fields *fields, const cJSON *node, void *record)
{
    const struct slurm_settings *settings = record;
    const char *time = fields_member_text(node, "time");

    if (settings && settings->ahead < 0)
        fields_fault(fields, node, "ahead", "is a number of trials, or 0 for none");
    check_items(fields, node, "options", is_option,
                "an option of sbatch, such as \"--constraint=a100\"");
    check_name(fields, node, "partition");
    check_name(fields, node, "account");
    check_name(fields, node, "qos");
    if (time && (!*time || time[strspn(time, "0123456789:-")]))
        fields_fault(fields, node, "time",
                     "expected a time limit as sbatch takes it: minutes, \"H:MM:SS\" or "
                     "\"D-HH:MM:SS\"");
}

static const struct message slurm_message = { MESSAGE_FIELDS(slurm_fields), .check = slurm_check };

/* idle, best-effort, or best-effort:N. */
static void read_io_class(struct fields *fields, const cJSON *node, void *record)
{
    static const char best_effort[] = "best-effort";
    enum { LEVEL_DEFAULT = 4 }; /* the kernel's */
    struct launch_settings *settings = record;
    const char *text = cJSON_IsString(node) ? node->valuestring : "";
    size_t size = sizeof best_effort - 1;

    if (strcmp(text, "idle") == 0) {
        settings->io_class = IO_CLASS_IDLE;
    } else if (strncmp(text, best_effort, size) == 0 &&
               (!text[size] || (text[size] == ':' && text[size + 1] >= '0' &&
                                text[size + 1] <= '7' && !text[size + 2]))) {
        settings->io_class = IO_CLASS_BEST_EFFORT;
        settings->io_level = text[size] ? text[size + 1] - '0' : LEVEL_DEFAULT;
    } else {
        fields_fault(fields, node, NULL,
                     "expected \"idle\", \"best-effort\", or \"best-effort:N\" with N from 0, "
                     "first, to 7");
    }
}

static void read_log_max(struct fields *fields, const cJSON *node, void *record)
{
    struct launch_settings *settings = record;
    bool is_none = (cJSON_IsNumber(node) && node->valuedouble == 0) ||
                   (cJSON_IsString(node) && strcmp(node->valuestring, "0") == 0);

    settings->has_log_max = is_none || size_read(fields, node, &settings->log_max_bytes);
    /* What is left out must be longer than any line, or the two ends of it would make one. */
    if (settings->has_log_max && !is_none && settings->log_max_bytes < LOG_MAX_LEAST_BYTES)
        fields_fault(fields, node, NULL, "expected 1M or more, or 0 for no limit");
}

/* all, best, or how many of the best. */
static void read_keep(struct fields *fields, const cJSON *node, void *record)
{
    struct launch_settings *settings = record;
    const char *text = cJSON_IsString(node) ? node->valuestring : "";
    int64_t count = cJSON_IsNumber(node) && node->valuedouble == floor(node->valuedouble) &&
                            fabs(node->valuedouble) <= JOB_TRIALS_MAX
                        ? (int64_t)node->valuedouble
                        : 0;

    if (strcmp(text, "all") == 0) {
        settings->keep = KEEP_ALL;
    } else if (strcmp(text, "best") == 0 || count > 0 ||
               (assay_integer_parse(text, &count) && count > 0)) {
        settings->keep = KEEP_BEST;
        settings->keep_count = count > 0 ? count : 1;
    } else {
        fields_fault(fields, node, NULL,
                     "expected \"all\", \"best\", or how many of the best trials to keep");
    }
}

static const struct field launch_fields[] = {
    { .name = "container",
      .kind = FIELD_MESSAGE,
      .at = FIELD_AT(struct launch_settings, container),
      .message = &container_message },
    { .name = "slurm",
      .kind = FIELD_MESSAGE,
      .at = FIELD_AT(struct launch_settings, slurm),
      .message = &slurm_message },
    { .name = "nice",
      .kind = FIELD_INT32,
      .at = FIELD_AT(struct launch_settings, nice),
      .has_at = FIELD_AT(struct launch_settings, has_nice) },
    { .name = "ioClass", .kind = FIELD_CUSTOM, .read = read_io_class },
    { .name = "logMax", .kind = FIELD_CUSTOM, .read = read_log_max },
    { .name = "keep", .kind = FIELD_CUSTOM, .read = read_keep },
};

static void launch_check(struct fields *fields, const cJSON *node, void *record)
{
    const struct launch_settings *settings = record;

    if (settings && (settings->nice < 0 || settings->nice > 19))
        fields_fault(fields, node, "nice", "must be from 0, as every other program, to 19");
}

const struct message launch_message = { MESSAGE_FIELDS(launch_fields), .check = launch_check };
