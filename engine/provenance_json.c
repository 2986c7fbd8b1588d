#include "engine/provenance_json.h"

#include "assay/value.h"

#include <math.h>
#include <string.h>

static const char *const stages[] = { "PLAIN",   "FIRST",     "START",      "MODEL",   "TRUST",
                                      "ENDGAME", "ENUMERATE", "POPULATION", "FALLBACK" };
static const char *const acquisitions[] = { "NONE", "LOG_EI",      "UCB",    "EXPLORE",
                                            "MEAN", "HYPERVOLUME", "SAFETY", "DENSITY" };
static const char *const fallbacks[] = { "NONE", "PRIOR", "JITTER", "SOBOL" };

#define COUNT_OF(table) (sizeof(table) / sizeof((table)[0]))

/* A number of an enum that grows may be past the table. */
static const char *word_of(const char *const *words, size_t count, unsigned number)
{
    return number < count ? words[number] : "UNKNOWN";
}

static unsigned number_of(const char *const *words, size_t count, const cJSON *node)
{
    for (unsigned i = 0; cJSON_IsString(node) && i < count; i++)
        if (strcmp(words[i], node->valuestring) == 0)
            return i;
    return 0;
}

static void write_number(struct json_writer *w, const char *key, double number)
{
    if (!isfinite(number))
        return;
    json_key(w, key);
    json_number(w, number);
}

static void write_nearest(struct json_writer *w, const struct provenance *p)
{
    if (p->nearest[0] == 0)
        return;
    json_key(w, "nearest");
    json_begin_array(w);
    for (size_t i = 0; i < PROVENANCE_NEAREST && p->nearest[i]; i++) {
        json_begin_object(w);
        json_key(w, "id");
        json_int64(w, (int64_t)p->nearest[i]);
        write_number(w, "similarity", p->similarity[i]);
        json_end_object(w);
    }
    json_end_array(w);
}

void provenance_write(struct json_writer *w, const struct provenance *p)
{
    json_begin_object(w);
    json_key(w, "stage");
    json_string(w, word_of(stages, COUNT_OF(stages), p->stage));
    if (p->acquisition != ACQUISITION_NONE) {
        json_key(w, "acquisition");
        json_string(w, word_of(acquisitions, COUNT_OF(acquisitions), p->acquisition));
    }
    write_number(w, "acquisitionValue", p->acquisition_value);
    if (p->fallback != FALLBACK_NONE) {
        json_key(w, "fallback");
        json_string(w, word_of(fallbacks, COUNT_OF(fallbacks), p->fallback));
    }
    write_number(w, "mean", p->mean);
    write_number(w, "deviation", p->deviation);
    json_key(w, "pastCount");
    json_int(w, (int64_t)p->past_count);
    json_key(w, "pendingCount");
    json_int(w, (int64_t)p->pending_count);
    write_nearest(w, p);
    json_end_object(w);
}

static double read_number(const cJSON *node, const char *key, double absent)
{
    const cJSON *member = json_get(node, key);

    return cJSON_IsNumber(member) ? member->valuedouble : absent;
}

static uint64_t read_count(const cJSON *node, const char *key)
{
    double number = read_number(node, key, 0);

    return number >= 0 && number < ASSAY_INTEGER_MAX ? (uint64_t)number : 0;
}

void provenance_read(const cJSON *node, struct provenance *p)
{
    const cJSON *item = NULL;
    size_t i = 0;

    *p = (struct provenance){
        .stage = number_of(stages, COUNT_OF(stages), json_get(node, "stage")),
        .acquisition =
            number_of(acquisitions, COUNT_OF(acquisitions), json_get(node, "acquisition")),
        .fallback = number_of(fallbacks, COUNT_OF(fallbacks), json_get(node, "fallback")),
        .past_count = read_count(node, "pastCount"),
        .pending_count = read_count(node, "pendingCount"),
        .acquisition_value = read_number(node, "acquisitionValue", (double)NAN),
        .mean = read_number(node, "mean", (double)NAN),
        .deviation = read_number(node, "deviation", (double)NAN),
    };
    cJSON_ArrayForEach(item, json_get(node, "nearest"))
    {
        const cJSON *id = json_get(item, "id");
        int64_t number = 0;

        if (i == PROVENANCE_NEAREST || !cJSON_IsString(id) ||
            !assay_integer_parse(id->valuestring, &number) || number < 1)
            break;
        p->nearest[i] = (uint64_t)number;
        p->similarity[i++] = read_number(item, "similarity", (double)NAN);
    }
}
