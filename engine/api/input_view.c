#include "engine/api/input_view.h"

#include "engine/datasets/input_config.h"

#include <string.h>

/* As the document calls them; no split is that by fractions, all of them the default. */
static const char *const kinds[] = {
    [INPUT_NO_SPLIT] = "fractionSplit",   [INPUT_FRACTION] = "fractionSplit",
    [INPUT_FILTER] = "filterSplit",       [INPUT_PREDEFINED] = "predefinedSplit",
    [INPUT_TIMESTAMP] = "timestampSplit", [INPUT_STRATIFIED] = "stratifiedSplit",
};

/* The caller clears *config, also after false: it says nothing, or memory ran out. It was without
 * faults when it was stored. */
static bool read_config(const char *document, struct input_config *config, struct assay_error *err)
{
    struct assay_faults faults = { 0 };
    cJSON *root = json_read(document, strlen(document), err);
    const cJSON *node = fields_member(root, "inputDataConfig");
    bool is_short = false;

    *config = (struct input_config){ 0 };
    if (node)
        input_config_read(node, "input_data_config", false, config, &faults);
    is_short = faults.is_short_of_memory;
    assay_faults_clear(&faults);
    cJSON_Delete(root);
    return root && (!is_short || assay_fail_memory(err));
}

static void write_fractions(struct json_writer *w, const struct input_config *config)
{
    double fractions[SPLIT_SETS];

    memcpy(fractions, config->fractions, sizeof fractions);
    split_fill_fractions(fractions);
    json_key(w, "fractions");
    json_begin_object(w);
    for (size_t i = 0; i < SPLIT_SETS; i++) {
        json_key(w, split_set_name((enum split_set)i));
        json_number(w, fractions[i]);
    }
    json_end_object(w);
}

static void write_filters(struct json_writer *w, const struct input_config *config)
{
    json_key(w, "filters");
    json_begin_object(w);
    for (size_t i = 0; i < SPLIT_SETS; i++) {
        json_key(w, split_set_name((enum split_set)i));
        json_string(w, config->filters[i] ? config->filters[i] : "");
    }
    json_end_object(w);
}

static void write_split(struct json_writer *w, const struct input_config *config)
{
    json_key(w, "split");
    json_begin_object(w);
    json_key(w, "kind");
    json_string(w, kinds[config->split]);
    if (config->key) {
        json_key(w, "key");
        json_string(w, config->key);
    }
    if (config->split == INPUT_FILTER)
        write_filters(w, config);
    else if (config->split != INPUT_PREDEFINED)
        write_fractions(w, config);
    json_end_object(w);
}

bool input_view_write(struct json_writer *w, const char *document, struct assay_error *err)
{
    struct input_config config;
    bool is_read = read_config(document, &config, err);

    if (is_read && config.dataset_id) {
        json_key(w, "dataset");
        json_string(w, config.dataset_id);
        write_split(w, &config);
    }
    input_config_clear(&config);
    return is_read;
}

bool input_view_is_of(const char *document, const char *dataset, bool *is_of,
                      struct assay_error *err)
{
    struct input_config config;
    bool is_read = false;

    *is_of = false;
    /* Most documents are of other datasets, and then the id is nowhere in them. */
    if (!strstr(document, dataset))
        return true;
    is_read = read_config(document, &config, err);
    *is_of = is_read && config.dataset_id && strcmp(config.dataset_id, dataset) == 0;
    input_config_clear(&config);
    return is_read;
}
