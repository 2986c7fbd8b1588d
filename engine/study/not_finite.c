#include "engine/study/not_finite.h"

#include "assay/value.h"

#include <stdlib.h>
#include <string.h>

static const char *const words[] = { "NaN", "Infinity", "-Infinity" };

enum { WORD_COUNT = sizeof words / sizeof words[0], METRIC_MAX = 100, REASON_SIZE = 128 };

/* The word that the text begins with; NULL: none. */
static const char *word_at(const char *text, size_t size)
{
    for (size_t i = 0; i < WORD_COUNT; i++)
        if (size >= strlen(words[i]) && memcmp(text, words[i], strlen(words[i])) == 0)
            return words[i];
    return NULL;
}

/* The line with such words as texts; NULL where there are none, or no memory. */
static char *quote(const char *line, size_t size, size_t *quoted_size)
{
    char *quoted = malloc(size * 2 + 1); /* a word has three letters or more */
    bool is_in_text = false;
    size_t count = 0, used = 0, at = 0;

    while (quoted && at < size) {
        const char *word = is_in_text ? NULL : word_at(line + at, size - at);

        if (word) {
            used += (size_t)snprintf(quoted + used, size * 2 + 1 - used, "\"%s\"", word);
            at += strlen(word);
            count++;
            continue;
        }
        if (is_in_text && line[at] == '\\' && at + 1 < size)
            quoted[used++] = line[at++];
        else if (line[at] == '"')
            is_in_text = !is_in_text;
        quoted[used++] = line[at++];
    }
    *quoted_size = used;
    if (count > 0)
        return quoted;
    free(quoted);
    return NULL;
}

static bool is_word(const cJSON *node)
{
    const char *text = cJSON_GetStringValue(node);
    const char *word = text ? word_at(text, strlen(text)) : NULL;

    return word && strlen(word) == strlen(text);
}

/* Of a trial that may be told: NULL for what is no id. */
static const char *id_of(const cJSON *trial, char text[ASSAY_NUMBER_TEXT])
{
    const cJSON *id = json_get(trial, "id");
    const char *said =
        cJSON_IsNumber(id) ? assay_number_text(id->valuedouble, text) : cJSON_GetStringValue(id);
    int64_t number = 0;

    return said && assay_integer_parse(said, &number) ? said : NULL;
}

/* "loss is NaN" as a JSON text that can be copied; of a name that would need escapes only the value
 * is said. */
static const char *reason(const cJSON *metric, char text[REASON_SIZE])
{
    bool is_plain = strlen(metric->string) <= METRIC_MAX;

    for (const char *at = metric->string; is_plain && *at; at++)
        is_plain = (unsigned char)*at >= ' ' && *at != '"' && *at != '\\' && *at != 0x7f;
    (void)snprintf(text, REASON_SIZE, "\"%s%s%s\"", is_plain ? metric->string : "",
                   is_plain ? " is " : "", metric->valuestring);
    return text;
}

static void fault_metric(struct fields *fields, const cJSON *trial, const cJSON *metric,
                         bool has_ended)
{
    char text[ASSAY_NUMBER_TEXT];
    char why[REASON_SIZE];
    const char *id = id_of(trial, text);
    size_t here = fields_enter_key(fields, metric->string);

    if (!id)
        fields_fault(fields, NULL, NULL,
                     "is %s, not a finite number; tell this trial with \"infeasible\":%s in the "
                     "place of its metrics",
                     metric->valuestring, reason(metric, why));
    else
        fields_fault(fields, NULL, NULL,
                     "is %s, not a finite number; %strial %s is told without it: "
                     "{\"tell\":[{\"id\":\"%s\",\"infeasible\":%s}]}",
                     metric->valuestring, has_ended ? "" : "leave it out, or, to end it, ", id, id,
                     reason(metric, why));
    fields_leave(fields, here);
}

static void fault_metrics(struct fields *fields, const cJSON *trial, bool has_ended)
{
    size_t here = fields_enter(fields, "metrics");
    const cJSON *metric = NULL;

    cJSON_ArrayForEach(metric, json_get(trial, "metrics"))
    {
        if (is_word(metric))
            fault_metric(fields, trial, metric, has_ended);
    }
    fields_leave(fields, here);
}

static void fault_line(struct fields *fields, const cJSON *root)
{
    size_t here = fields_enter(fields, "tell");
    const cJSON *trial = NULL;
    size_t i = 0;

    cJSON_ArrayForEach(trial, json_get(root, "tell"))
    {
        size_t there = fields_enter_item(fields, i++);

        fault_metrics(fields, trial, true);
        fields_leave(fields, there);
    }
    fields_leave(fields, here);
    here = fields_enter(fields, "measure");
    fault_metrics(fields, json_get(root, "measure"), false);
    fields_leave(fields, here);
}

void not_finite_faults(struct fields *fields, const char *line, size_t size)
{
    struct assay_error err;
    size_t quoted_size = 0;
    char *quoted = quote(line, size, &quoted_size);
    cJSON *root = quoted ? json_read(quoted, quoted_size, &err) : NULL;

    if (root)
        fault_line(fields, root);
    cJSON_Delete(root);
    free(quoted);
}
