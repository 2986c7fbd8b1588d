#include "metrics/metric_line.h"

#include "assay/json.h"
#include "assay/value.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum {
    VALUE_TEXT_MAX = 512, /* longer than any double that a program prints */
    US_PER_S = 1000000,
};

/* The end of the year 9999. What lies beyond is not seconds (milliseconds, say). */
static const double seconds_max = 253402300800.0;

static const char *const not_finite_words[] = { "infinity", "inf", "nan" };

/* Length of a writing of nan or infinity, sign included, at the start of text; 0 for none. */
static size_t not_finite_size(const char *text, size_t size)
{
    size_t sign = size > 0 && (text[0] == '-' || text[0] == '+');

    for (size_t i = 0; i < sizeof not_finite_words / sizeof not_finite_words[0]; i++) {
        size_t length = strlen(not_finite_words[i]);

        if (size - sign >= length && strncasecmp(text + sign, not_finite_words[i], length) == 0)
            return sign + length;
    }
    return 0;
}

static void trim(const char **text, size_t *size)
{
    while (*size > 0 && (unsigned char)**text <= ' ') {
        ++*text;
        --*size;
    }
    while (*size > 0 && (unsigned char)(*text)[*size - 1] <= ' ')
        --*size;
}

enum value_kind metric_value_read(const char *text, size_t size, double *value)
{
    char number[VALUE_TEXT_MAX];

    trim(&text, &size);
    if (size == 0 || size >= sizeof number || memchr(text, '\0', size))
        return VALUE_NONE;
    if (not_finite_size(text, size) == size)
        return VALUE_NOT_FINITE;
    memcpy(number, text, size);
    number[size] = '\0';
    return assay_number_parse(number, value) ? VALUE_NUMBER : VALUE_NONE;
}

static enum value_kind item_read(const cJSON *item, double *value)
{
    if (cJSON_IsString(item))
        return metric_value_read(item->valuestring, strlen(item->valuestring), value);
    if (!cJSON_IsNumber(item))
        return VALUE_NONE;
    *value = item->valuedouble;
    return VALUE_NUMBER;
}

/* Whole seconds and the rest apart: their product with a million would round once too often. */
static bool stamp_of_seconds(double seconds, int64_t *stamp_us)
{
    double whole = floor(seconds);

    if (!(seconds >= 0 && seconds < seconds_max))
        return false;
    *stamp_us = (int64_t)whole * US_PER_S + (int64_t)llround((seconds - whole) * US_PER_S);
    return true;
}

static int64_t step_of(double number)
{
    if (!(number > 0))
        return 0;
    return number < 9.2e18 ? (int64_t)number : INT64_MAX;
}

static int64_t read_step(const cJSON *item)
{
    double number = 0;
    int64_t step = 0;

    if (!item)
        return 0;
    if (cJSON_IsString(item) && assay_integer_parse(item->valuestring, &step))
        return step > 0 ? step : 0;
    return item_read(item, &number) == VALUE_NUMBER ? step_of(number) : 0;
}

static bool is_fixed_key(const char *key)
{
    static const char *const fixed[] = { "global_step", "step", "timestamp", "trial",
                                         "checkpoint_path" };

    for (size_t i = 0; i < sizeof fixed / sizeof fixed[0]; i++) {
        if (strcmp(key, fixed[i]) == 0)
            return true;
    }
    return false;
}

/* Index of the metric, metric_count for none. */
static size_t find_metric(const struct metric_line_context *context, const char *id)
{
    size_t i = 0;

    while (i < context->metric_count && strcmp(context->specs[i].id, id) != 0)
        i++;
    return i;
}

/* Whether a key that names a metric reports it here: see the header about fixed keys. */
static bool is_report(const cJSON *item, bool has_tag)
{
    if (strcmp(item->string, "global_step") == 0 || strcmp(item->string, "checkpoint_path") == 0)
        return false;
    if (strcmp(item->string, "timestamp") == 0)
        return cJSON_IsString(item);
    if (strcmp(item->string, "trial") == 0)
        return !(cJSON_IsString(item) && has_tag);
    return true;
}

/* What all reports of the line share. */
static struct metric_report read_common(const struct metric_line_context *context,
                                        const cJSON *root)
{
    const cJSON *step = json_get(root, "global_step");
    const cJSON *stamp = json_get(root, "timestamp");
    double seconds = 0;
    int64_t stamp_us = context->now_us;

    if (!step && find_metric(context, "step") == context->metric_count)
        step = json_get(root, "step");
    if (stamp &&
        !(cJSON_IsString(stamp) && find_metric(context, "timestamp") < context->metric_count) &&
        item_read(stamp, &seconds) == VALUE_NUMBER)
        (void)stamp_of_seconds(seconds, &stamp_us);
    return (struct metric_report){ .step = read_step(step),
                                   .elapsed_us = stamp_us > context->start_us
                                                     ? stamp_us - context->start_us
                                                     : 0 };
}

static void gather(const struct metric_line_context *context, const cJSON *root,
                   struct report_list *list)
{
    struct metric_report report = read_common(context, root);
    const cJSON *item = NULL;
    bool has_tag = false;

    cJSON_ArrayForEach(item, root)
    {
        has_tag = has_tag || !is_fixed_key(item->string);
    }
    cJSON_ArrayForEach(item, root)
    {
        enum value_kind kind = item_read(item, &report.value);

        report.metric = find_metric(context, item->string);
        if (kind == VALUE_NONE)
            continue;
        if (report.metric == context->metric_count) {
            if (!is_fixed_key(item->string))
                report_list_see(list, item->string);
        } else if (is_report(item, has_tag) && kind == VALUE_NUMBER) {
            report_list_add(list, &report);
        } else if (is_report(item, has_tag)) {
            list->skipped++;
            report_list_see(list, item->string);
        }
    }
}

/*
 * A copy with bare NaN and Infinity, as Python's json.dumps() and C's printf() write them, put in
 * quotes; NULL when the line has none, or with *err ASSAY_EXHAUSTED for lack of memory.
 */
static char *quote_not_finite(const char *line, size_t size, size_t *quoted_size,
                              struct assay_error *err)
{
    size_t capacity = size * 2; /* "nan" grows by two of three bytes */
    char *quoted = malloc(capacity);
    size_t used = 0;
    bool is_changed = false;
    bool in_string = false;

    if (!quoted) {
        (void)assay_fail_memory(err);
        return NULL;
    }
    for (size_t at = 0; at < size;) {
        size_t word = in_string ? 0 : not_finite_size(line + at, size - at);

        if (word > 0) {
            quoted[used++] = '"';
            memcpy(quoted + used, line + at, word);
            used += word;
            quoted[used++] = '"';
            at += word;
            is_changed = true;
            continue;
        }
        if (in_string && line[at] == '\\' && at + 1 < size)
            quoted[used++] = line[at++];
        else if (line[at] == '"')
            in_string = !in_string;
        quoted[used++] = line[at++];
    }
    *quoted_size = used;
    if (!is_changed) {
        free(quoted);
        quoted = NULL;
    }
    return quoted;
}

bool metric_line_read(const struct metric_line_context *context, const char *line, size_t size,
                      struct report_list *list, struct assay_error *err)
{
    struct assay_error local = { 0 };
    cJSON *root = NULL;

    trim(&line, &size);
    if (size < 2 || line[0] != '{' || line[size - 1] != '}')
        return true;
    if (!report_list_reserve(list, context->metric_count, err))
        return false;
    root = json_read(line, size, &local);
    if (!root && local.code != ASSAY_EXHAUSTED) {
        size_t quoted_size = 0;
        char *quoted = quote_not_finite(line, size, &quoted_size, &local);

        if (quoted)
            root = json_read(quoted, quoted_size, &local);
        free(quoted);
    }
    if (!root && local.code == ASSAY_EXHAUSTED)
        return assay_fail_memory(err);
    if (root)
        gather(context, root, list);
    cJSON_Delete(root);
    return true;
}

int64_t metric_line_stamp(const char *line, size_t size)
{
    static const char key[] = "\"timestamp\"";
    const char *end = line + size;
    const char *at = memmem(line, size, key, sizeof key - 1);
    const char *from = NULL;
    double seconds = 0;
    int64_t stamp_us = 0;

    if (!at)
        return 0;
    at += sizeof key - 1;
    while (at < end && (*at == ' ' || *at == ':'))
        at++;
    from = at;
    while (at < end && (isdigit((unsigned char)*at) || strchr("+-.eE", *at)))
        at++;
    if (metric_value_read(from, (size_t)(at - from), &seconds) != VALUE_NUMBER)
        return 0;
    return stamp_of_seconds(seconds, &stamp_us) ? stamp_us : 0;
}
