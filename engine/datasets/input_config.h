/*
 * engine/datasets/input_config.h - which data a training, or an export, wants: InputDataConfig of a
 * TrainingPipeline, ExportDataConfig of a dataset, read and checked as far as they can be without
 * the dataset. Pure.
 */
#ifndef ENGINE_DATASETS_INPUT_CONFIG_H
#define ENGINE_DATASETS_INPUT_CONFIG_H

#include "engine/data/split.h"
#include "engine/datasets/dataset_kind.h"
#include "engine/spec/fields.h"

enum input_split {
    INPUT_NO_SPLIT, /* the fractions' defaults */
    INPUT_FRACTION,
    INPUT_FILTER,
    INPUT_PREDEFINED,
    INPUT_TIMESTAMP,
    INPUT_STRATIFIED,
};

/* Owns its strings, which are NULL where absent. */
struct input_config {
    char *dataset_id;
    enum input_split split;
    bool has_fraction, has_filter, has_predefined, has_timestamp, has_stratified;
    double fractions[SPLIT_SETS]; /* NaN where absent */
    char *filters[SPLIT_SETS];
    char *key;
    char *gcs_prefix; /* without trailing slashes */
    bool has_gcs, has_bigquery;
    char *annotations_filter;
    char *annotation_schema_uri;
    char *saved_query_id;
    bool persists_use; /* persistMlUseAssignment */
    int export_use;    /* of an export: ExportUse */
};

enum { EXPORT_USE_UNSPECIFIED = 0, EXPORT_USE_TRAINING = 6 };

/*
 * Faults have paths below prefix (snake_case). is_export: an ExportDataConfig. The caller clears
 * *config, also after faults.
 */
void input_config_read(const cJSON *node, const char *prefix, bool is_export,
                       struct input_config *config, struct assay_faults *faults);
/*
 * Has the dataset's id as text where it was written as a number: for a document that is kept, since
 * the API's field is text. config may be NULL. False for lack of memory.
 */
bool input_config_settle(cJSON *config);

void input_config_clear(struct input_config *config);

/* What does not fit the kind of dataset: a fault each. */
void input_config_check_kind(const struct input_config *config, const char *prefix,
                             const struct dataset_kind *kind, struct assay_faults *faults);

#endif
