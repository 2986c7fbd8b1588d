#include "assay/value.h"
#include "engine/spec/field_values.h"
#include "engine/spec/messages.h"
#include "metrics/metric_reader.h"
#include "search/sampler.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* All 64 bits; as text beyond 2^53. */
static void read_seed(struct fields *fields, const cJSON *node, void *record)
{
    struct assay_block *block = record;
    char found[FIELDS_TEXT_MAX];

    if (cJSON_IsNumber(node) && node->valuedouble >= 0 && node->valuedouble < ASSAY_INTEGER_MAX &&
        node->valuedouble == floor(node->valuedouble)) {
        block->seed = (uint64_t)node->valuedouble;
        block->has_seed = true;
        return;
    }
    if (cJSON_IsString(node) && *node->valuestring &&
        node->valuestring[strspn(node->valuestring, "0123456789")] == '\0') {
        errno = 0;
        block->seed = strtoull(node->valuestring, NULL, 10);
        block->has_seed = errno == 0;
    }
    if (!block->has_seed)
        fields_fault(
            fields, node, NULL,
            "expected a whole number from 0 to 2^64 - 1 (in quotes from 2^53 on), found %s",
            fields_describe(node, found));
}

/* The sampler's own refusal names the algorithms that exist. */
static void read_algorithm(struct fields *fields, const cJSON *node, void *record)
{
    struct assay_block *block = record;
    const char *name = fields_text(fields, node);
    struct sampler_options options = { .algorithm = name };
    struct search_space *space = NULL;
    struct sampler *sampler = NULL;
    struct assay_error err = { 0 };

    if (!name)
        return;
    if (sampler_is_known(name)) {
        block->algorithm = fields_copy(fields, name);
        return;
    }
    space = search_space_new();
    sampler = space ? sampler_new(&options, space, &err) : NULL;
    if (space && err.code != ASSAY_EXHAUSTED)
        fields_fault(fields, node, NULL, "%s", err.message);
    else
        fields->is_short_of_memory = true;
    sampler_free(sampler);
    search_space_free(space);
}

/* NAME: text. */
static void read_env_object(struct fields *fields, const cJSON *node, struct assay_block *block)
{
    size_t count = (size_t)cJSON_GetArraySize(node);
    const cJSON *member = NULL;

    if (count == 0)
        return;
    block->env = calloc(count, sizeof *block->env);
    if (!block->env) {
        fields->is_short_of_memory = true;
        return;
    }
    cJSON_ArrayForEach(member, node)
    {
        struct env_var *env = &block->env[block->env_count];
        size_t here = fields_enter_key(fields, member->string);
        const char *value = NULL;

        env_name_check(fields, member, NULL, member->string);
        if (!cJSON_IsNull(member))
            value = fields_text(fields, member);
        fields_leave(fields, here);
        if (!value)
            continue;
        env->name = fields_copy(fields, member->string);
        env->value = fields_copy(fields, value);
        block->env_count++;
    }
}

static void read_env(struct fields *fields, const cJSON *node, void *record)
{
    static const struct field list = { .name = "env",
                                       .kind = FIELD_MESSAGES,
                                       .at = FIELD_AT(struct assay_block, env),
                                       .count_at = FIELD_AT(struct assay_block, env_count),
                                       .message = &env_message };
    char found[FIELDS_TEXT_MAX];

    if (cJSON_IsArray(node)) {
        field_value_read(fields, node, &list, record);
        fields_check_unique(fields, node, "name");
    } else if (cJSON_IsObject(node)) {
        read_env_object(fields, node, record);
    } else {
        fields_fault(fields, node, NULL,
                     "expected names with texts (NAME: text), or a list of {name, value}; found %s",
                     fields_describe(node, found));
    }
}

/* Less than this, a program cannot even be loaded: the unit was forgotten. */
enum { MEMORY_MIN = 1024 * 1024 };

static void read_memory(struct fields *fields, const cJSON *node, void *record)
{
    struct assay_block *block = record;

    if (size_read(fields, node, &block->memory_bytes) && block->memory_bytes < MEMORY_MIN)
        fields_fault(fields, node, NULL,
                     "%lld bytes are too few for any program; write \"%lldG\" for gigabytes",
                     (long long)block->memory_bytes, (long long)block->memory_bytes);
}

static const struct enum_word stopping_words[] = { { "asha", 1, STOPPING_HALVING } };

static const struct field stopping_fields[] = {
    { .name = "rule",
      .kind = FIELD_ENUM,
      .at = FIELD_AT(struct assay_block, stopping_rule),
      FIELD_WORDS(stopping_words) },
    { .name = "eta",
      .kind = FIELD_DOUBLE,
      .at = FIELD_AT(struct assay_block, stopping_rule_spec.eta) },
    { .name = "minStepCount",
      .kind = FIELD_INT64,
      .at = FIELD_AT(struct assay_block, stopping_rule_spec.min_step_count) },
    { .name = "maxStepCount",
      .kind = FIELD_INT64,
      .at = FIELD_AT(struct assay_block, stopping_rule_spec.max_step_count) },
    { .name = "useElapsedDuration",
      .kind = FIELD_BOOL,
      .at = FIELD_AT(struct assay_block, stopping_rule_spec.use_elapsed_duration) },
};

static void stopping_check(struct fields *fields, const cJSON *node, void *record)
{
    const struct assay_block *block = record;

    fields_require(fields, node, "rule");
    stopping_steps_check(fields, node, &block->stopping_rule_spec);
    if (fields_member(node, "eta") && !(block->stopping_rule_spec.eta >= 2))
        fields_fault(fields, node, "eta", "must be at least 2: one in eta trials goes on");
}

static const struct message stopping_message = { MESSAGE_FIELDS(stopping_fields),
                                                 .check = stopping_check };

/* The rule's name, or a message with its name and its numbers. */
static void read_stopping(struct fields *fields, const cJSON *node, void *record)
{
    if (cJSON_IsString(node))
        field_value_read(fields, node, &stopping_fields[0], record);
    else
        fields_read(fields, node, &stopping_message, record);
}

static const struct field data_fields[] = {
    { .name = "format", .kind = FIELD_TEXT, .at = FIELD_AT(struct assay_block, data_format) },
    { .name = "uri", .kind = FIELD_TEXT, .at = FIELD_AT(struct assay_block, data_uri) },
};

/* A format is a part of file names. */
static void data_check(struct fields *fields, const cJSON *node, void *record)
{
    const char *format = fields_member_text(node, "format");

    (void)record;
    fields_require(fields, node, "format");
    fields_require(fields, node, "uri");
    if (format && strchr(format, '/'))
        fields_fault(fields, node, "format", "is an ending of file names, such as \"csv\"");
}

static const struct message data_message = { MESSAGE_FIELDS(data_fields), .check = data_check };

static const struct field assay_fields[] = {
    { .name = "seed", .kind = FIELD_CUSTOM, .read = read_seed },
    { .name = "onHost", .kind = FIELD_BOOL, .at = FIELD_AT(struct assay_block, on_host) },
    { .name = "algorithm", .kind = FIELD_CUSTOM, .read = read_algorithm },
    { .name = "env", .kind = FIELD_CUSTOM, .read = read_env },
    { .name = "metricRegex",
      .kind = FIELD_ANY }, /* assay_block_check(), once the metrics are known */
    { .name = "memory", .kind = FIELD_CUSTOM, .read = read_memory },
    { .name = "stopping",
      .kind = FIELD_CUSTOM,
      .message = &stopping_message,
      .read = read_stopping },
    { .name = "grace", .kind = FIELD_DURATION, .at = FIELD_AT(struct assay_block, grace_us) },
    { .name = "data", .kind = FIELD_MESSAGE, .at = FIELD_HERE, .message = &data_message },
    { .name = "gpuShare", .kind = FIELD_DOUBLE, .at = FIELD_AT(struct assay_block, gpu_share) },
};

static void block_check(struct fields *fields, const cJSON *node, void *record)
{
    const struct assay_block *block = record;

    if (fields_member(node, "gpuShare") && !(block->gpu_share > 0 && block->gpu_share <= 1))
        fields_fault(fields, node, "gpuShare", "must be above 0 and at most 1, a whole GPU");
}

static_assert(offsetof(struct assay_block, launch) == 0, "launch_message reads into its beginning");

const struct message assay_message = { MESSAGE_FIELDS(assay_fields), .also = &launch_message,
                                       .check = block_check };

/* The index of the metric with that id; metric_count after a fault. */
static size_t find_metric(struct fields *fields, const cJSON *node, const struct study_spec *study)
{
    const char *hint = NULL;
    char text[FIELDS_TEXT_MAX] = "";

    for (size_t i = 0; i < study->metric_count; i++) {
        const char *id = study->metrics[i].id;

        if (id && strcmp(id, node->string) == 0)
            return i;
        if (id && !*text && fields->faults->stored < ASSAY_FAULTS_MAX)
            hint = fields_suggest(node->string, &id, 1, text);
    }
    fields_fault(fields, node, NULL, "study_spec.metrics has no \"%.100s\"%s", node->string,
                 hint ? hint : "");
    return study->metric_count;
}

static void read_regex(struct fields *fields, const cJSON *node, struct job_spec *spec)
{
    const char *regex = fields_text(fields, node);
    size_t metric = find_metric(fields, node, &spec->study);
    struct assay_error err = { 0 };

    if (!regex || metric == spec->study.metric_count)
        return;
    if (metric_regex_check(regex, &err))
        spec->assay.metric_regex[metric] = fields_copy(fields, regex);
    else if (err.code == ASSAY_EXHAUSTED)
        fields->is_short_of_memory = true;
    else
        fields_fault(fields, node, NULL, "%s", err.message);
}

static void read_regexes(struct fields *fields, const cJSON *node, struct job_spec *spec)
{
    const cJSON *member = NULL;

    if (!fields_expect_object(fields, node))
        return;
    if (spec->kind == JOB_CUSTOM) {
        fields_fault(fields, node, NULL, "a custom job has no metrics");
        return;
    }
    if (spec->study.metric_count == 0) /* which is a fault already */
        return;
    spec->assay.metric_regex = calloc(spec->study.metric_count, sizeof *spec->assay.metric_regex);
    if (!spec->assay.metric_regex) {
        fields->is_short_of_memory = true;
        return;
    }
    cJSON_ArrayForEach(member, node)
    {
        size_t here = fields_enter_key(fields, member->string);

        if (!cJSON_IsNull(member))
            read_regex(fields, member, spec);
        fields_leave(fields, here);
    }
}

/* Gives the study the block's stopping rule, unless it has one of its own. */
static void check_stopping(struct fields *fields, const cJSON *node, struct job_spec *spec)
{
    if (spec->assay.stopping_rule == STOPPING_NONE)
        return;
    if (spec->kind == JOB_CUSTOM) {
        fields_fault(fields, node, "stopping", "a custom job has no trials to stop");
    } else if (spec->study.stopping_rule != STOPPING_NONE) {
        fields_fault(fields, node, "stopping",
                     "study_spec has a stopping rule already; leave out one of the two");
    } else {
        spec->study.stopping_rule = spec->assay.stopping_rule;
        spec->study.stopping_rule_spec = spec->assay.stopping_rule_spec;
    }
}

void assay_block_check(struct fields *fields, const cJSON *node, struct job_spec *spec)
{
    const cJSON *regexes = fields_member(node, "metricRegex");
    size_t outer = fields_enter(fields, "assay");
    size_t inner = 0;

    check_stopping(fields, node, spec);
    inner = fields_enter(fields, "metricRegex");
    if (regexes)
        read_regexes(fields, regexes, spec);
    fields_leave(fields, inner);
    fields_leave(fields, outer);
}
