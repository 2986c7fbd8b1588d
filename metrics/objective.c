#include "metrics/objective.h"

#include "assay/value.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { NAMES_SHOWN = 8, NAME_SHOWN_MAX = 100 };

size_t objective_metric(const struct metric_spec *specs, size_t metric_count)
{
    for (size_t i = 0; i < metric_count; i++) {
        if (!specs[i].is_safety)
            return i;
    }
    return 0;
}

bool objective_is_better(enum goal goal, double value, double than)
{
    if (isnan(value) || isnan(than))
        return !isnan(value) && isnan(than);
    return goal == GOAL_MINIMIZE ? value < than : value > than;
}

/* Text of limited size that is filled from the left; what does not fit is cut. */
struct sentence {
    char *text;
    size_t size;
    size_t used;
};

static void say(struct sentence *sentence, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

static void say(struct sentence *sentence, const char *fmt, ...)
{
    size_t room = sentence->size - sentence->used;
    va_list args;
    int size = 0;

    va_start(args, fmt);
    size = vsnprintf(sentence->text + sentence->used, room, fmt, args);
    va_end(args);
    if (size > 0)
        sentence->used += (size_t)size < room ? (size_t)size : room - 1;
}

/* Drops the bytes of a character that was cut in two at the end. */
static void mend_end(struct sentence *sentence)
{
    const unsigned char *bytes = (const unsigned char *)sentence->text;
    size_t start = sentence->used;
    size_t need = 1;

    while (start > 0 && sentence->used - start < 3 && (bytes[start - 1] & 0xC0) == 0x80)
        start--;
    if (start == 0 || bytes[start - 1] < 0xC0)
        return;
    start--;
    need = bytes[start] >= 0xF0 ? 4 : bytes[start] >= 0xE0 ? 3 : 2;
    if (sentence->used - start < need)
        sentence->used = start;
    sentence->text[sentence->used] = '\0';
}

/* Names come from a stranger's program: as a JSON string, control characters as "?". */
static void say_name(struct sentence *sentence, const char *name)
{
    say(sentence, "\"");
    for (size_t i = 0; name[i] && i < NAME_SHOWN_MAX; i++) {
        unsigned char c = (unsigned char)name[i];

        if (c == '"' || c == '\\')
            say(sentence, "\\");
        say(sentence, "%c", c < 0x20 || c == 0x7F ? '?' : c);
    }
    say(sentence, "\"");
}

/* Keys of a metric line that keep their own meaning, whatever a metric is called. */
static bool is_reserved(const char *id)
{
    return strcmp(id, "global_step") == 0 || strcmp(id, "checkpoint_path") == 0;
}

/* A misspelling, or else an abbreviation or longer form ("acc", "val_accuracy"); or NULL. */
static const char *meant_name(const char *id, const char *const *seen, size_t seen_count)
{
    const char *found = assay_nearest_word(id, seen, seen_count);

    if (found)
        return found;
    for (size_t i = 0; i < seen_count; i++) {
        if (strlen(seen[i]) < 3 || strlen(id) < 3)
            continue;
        if ((strcasestr(id, seen[i]) || strcasestr(seen[i], id)) &&
            (!found || strlen(seen[i]) > strlen(found)))
            found = seen[i];
    }
    return found;
}

static void say_missing(struct sentence *sentence, const struct metric_spec *specs,
                        size_t metric_count, const double *values)
{
    size_t missing = 0;
    size_t said = 0;

    for (size_t i = 0; i < metric_count; i++)
        missing += isnan(values[i]) ? 1 : 0;
    say(sentence, "the trainer ended without reporting %s ", missing == 1 ? "metric" : "metrics");
    for (size_t i = 0; i < metric_count; i++) {
        if (!isnan(values[i]))
            continue;
        if (said++)
            say(sentence, "%s", said == missing ? " and " : ", ");
        say_name(sentence, specs[i].id);
    }
}

static bool is_metric_id(const char *name, const struct metric_spec *specs, size_t metric_count)
{
    for (size_t i = 0; i < metric_count; i++) {
        if (strcmp(name, specs[i].id) == 0)
            return true;
    }
    return false;
}

/* Metrics of the study that did come, then the names that are none of them. */
static void say_reported(struct sentence *sentence, const struct metric_spec *specs,
                         size_t metric_count, const double *values, const char *const *seen,
                         size_t seen_count)
{
    size_t said = 0;
    size_t hidden = 0;

    for (size_t i = 0; i < metric_count + seen_count; i++) {
        bool is_metric = i < metric_count;
        const char *name = is_metric ? specs[i].id : seen[i - metric_count];

        if (is_metric && isnan(values[i]))
            continue;
        if (said == NAMES_SHOWN) {
            hidden++;
            continue;
        }
        say(sentence, "%s", said ? ", " : "; it reported ");
        say_name(sentence, name);
        if (!is_metric && is_metric_id(name, specs, metric_count))
            say(sentence, " only as nan or inf");
        said++;
    }
    if (hidden)
        say(sentence, " and %zu more", hidden);
    if (!said)
        say(sentence, "; it reported no metric at all");
}

static void say_advice(struct sentence *sentence, const char *id, const char *const *seen,
                       size_t seen_count)
{
    const char *meant = meant_name(id, seen, seen_count);

    if (is_reserved(id)) {
        say(sentence, "; ");
        say_name(sentence, id);
        say(sentence, " is a key that hypertune fills in by itself: give the metric another name");
        return;
    }
    for (size_t i = 0; i < seen_count; i++) {
        if (strcmp(id, seen[i]) == 0)
            return;
    }
    if (meant) {
        say(sentence, "; if ");
        say_name(sentence, meant);
        say(sentence, " is meant to be ");
        say_name(sentence, id);
        say(sentence, ", give it one name in studySpec.metrics and in the trainer");
        return;
    }
    say(sentence, "; report it with hypertune or a line {");
    say_name(sentence, id);
    say(sentence, ": 0.9} in $CLOUD_ML_HP_METRIC_FILE, or give assay.metricRegex");
}

void objective_explain_missing(const struct metric_spec *specs, size_t metric_count,
                               const double *values, const char *const *seen, size_t seen_count,
                               char *text, size_t text_size)
{
    struct sentence sentence = { .text = text, .size = text_size };
    size_t first = 0;

    if (text_size == 0)
        return;
    text[0] = '\0';
    while (first < metric_count && !isnan(values[first]))
        first++;
    if (first == metric_count)
        return;
    say_missing(&sentence, specs, metric_count, values);
    say_reported(&sentence, specs, metric_count, values, seen, seen_count);
    say_advice(&sentence, specs[first].id, seen, seen_count);
    mend_end(&sentence);
}
