#include "engine/datasets/data_export.h"

#include "engine/data/table_split.h"

#include <inttypes.h>
#include <string.h>

const char *data_export_format(const struct dataset_kind *kind)
{
    return kind->is_table ? "csv" : "jsonl";
}

const char *data_export_type(const struct dataset_kind *kind, const struct input_config *config)
{
    if (kind->is_table)
        return "table";
    return config->annotation_schema_uri ? annotation_type_of(config->annotation_schema_uri)
                                         : kind->name;
}

static bool fill_from_table(const struct data_export *export, struct item_counts *counts,
                            struct assay_error *err)
{
    static const enum split_kind kinds[] = {
        [INPUT_NO_SPLIT] = SPLIT_FRACTION,     [INPUT_FRACTION] = SPLIT_FRACTION,
        [INPUT_PREDEFINED] = SPLIT_PREDEFINED, [INPUT_TIMESTAMP] = SPLIT_TIMESTAMP,
        [INPUT_STRATIFIED] = SPLIT_STRATIFIED,
    };
    struct table_split split = {
        .split = { .kind = kinds[export->config->split],
                   .key = export->config->key,
                   .seed = export->seed },
        .target_fd = export->folder_fd,
        .is_ending = export->is_ending,
        .context = export->context,
    };
    struct data_files files = { 0 };
    bool is_ok = dataset_open_table(export->dataset, export->place, &files, err);

    memcpy(split.split.fractions, export->config->fractions, sizeof split.split.fractions);
    split_fill_fractions(split.split.fractions);
    split.files = files.items;
    split.file_count = files.count;
    is_ok = is_ok && table_split_run(&split, counts->items, err);
    data_files_clear(&files);
    return is_ok;
}

static bool fill_from_items(const struct data_export *export, struct item_counts *counts,
                            struct assay_error *err)
{
    const struct item_export items = { .engine = export->engine,
                                       .dataset = export->dataset,
                                       .kind = export->kind,
                                       .config = export->config,
                                       .seed = export->seed,
                                       .folder_fd = export->folder_fd,
                                       .is_whole = export->is_whole,
                                       .is_ending = export->is_ending,
                                       .context = export->context };

    return item_export_run(&items, counts, err);
}

/* Whether the request itself says that the training set is to be empty. */
static bool wants_no_training(const struct input_config *config)
{
    if (config->split == INPUT_FILTER)
        return strcmp(config->filters[SPLIT_TRAINING], "-") == 0;
    return config->fractions[SPLIT_TRAINING] == 0;
}

/* What the split looks for in its column; "" for those that look in none. */
static const char *wanted_of(enum input_split split)
{
    switch (split) {
    case INPUT_PREDEFINED:
        return "training, validation or test";
    case INPUT_TIMESTAMP:
        return "times as in 2026-01-31T10:00:00Z";
    case INPUT_NO_SPLIT:
    case INPUT_FRACTION:
    case INPUT_FILTER:
    case INPUT_STRATIFIED:
        break;
    }
    return "";
}

/* Why nothing is in the training set. */
static bool fail_empty(const struct data_export *export, const int64_t *sets,
                       struct assay_error *err)
{
    const char *wanted = wanted_of(export->config->split);
    char why[256] = "";

    if (*wanted && export->config->key)
        (void)snprintf(why, sizeof why, ": the column \"%.100s\" has to hold %s",
                       export->config->key, wanted);
    else if (export->config->split >= INPUT_FILTER)
        (void)snprintf(why, sizeof why, ": look at the split");
    return assay_fail(err, ASSAY_PRECONDITION, NULL,
                      "dataset %" PRId64 ": no %s is in the training set (%" PRId64
                      " for validation, %" PRId64 " for test)%s",
                      export->dataset->id, export->kind->is_table ? "row" : "data item",
                      sets[SPLIT_VALIDATION], sets[SPLIT_TEST], why);
}

bool data_export_fill(const struct data_export *export, struct item_counts *counts,
                      struct assay_error *err)
{
    bool is_table = export->kind->is_table;
    const int64_t *sets = counts->items;

    *counts = (struct item_counts){ 0 };
    if (!(is_table ? fill_from_table : fill_from_items)(export, counts, err))
        return assay_error_add(err, "dataset %" PRId64, export->dataset->id);
    if (sets[SPLIT_TRAINING] > 0 || wants_no_training(export->config))
        return true;
    return fail_empty(export, sets, err);
}
