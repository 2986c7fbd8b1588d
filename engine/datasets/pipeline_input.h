/*
 * engine/datasets/pipeline_input.h - a managed dataset on its way into a training: the
 * inputDataConfig of a TrainingPipeline, checked and exported.
 */
#ifndef ENGINE_DATASETS_PIPELINE_INPUT_H
#define ENGINE_DATASETS_PIPELINE_INPUT_H

#include "assay/json.h"
#include "engine/engine.h"

/* All borrowed. */
struct pipeline_input {
    const char *parent;     /* "projects/…/locations/…": the dataset is of the same */
    const cJSON *config;    /* inputDataConfig as received, either spelling */
    const char *source_dir; /* where relative plain paths begin; NULL: there are none */
    uint64_t seed;          /* of the split */
    /* Of the pipeline: names the folder, so that a second run finds the first's. No other pipeline
     * has one of the same millisecond. */
    int64_t create_us;
    /* Of an export: asked now and then, true ends it. NULL: nobody asks. */
    bool (*is_ending)(void *context);
    void *context;
};

struct pipeline_data {
    char format[8];    /* AIP_DATA_FORMAT: "csv", "jsonl" */
    char *dir_uri;     /* gs:// folder (or plain path); AIP_TRAINING_DATA_URI is
                          <dir_uri>/training-*.<format>, and so on */
    int64_t counts[3]; /* items of training, validation, test */
};

void pipeline_data_clear(struct pipeline_data *data);

/* All faults, with paths below "input_data_config": unknown dataset, two splits, fractions above 1,
 * no destination, a key that is no column (reads the header), … BigQuery: *err and false,
 * ASSAY_UNIMPLEMENTED. */
bool pipeline_input_check(struct engine *engine, const struct pipeline_input *input,
                          struct assay_faults *faults, struct assay_error *err);

/* The same of what needs no dataset: of a document that is checked where no engine is. */
bool pipeline_input_check_config(const cJSON *config, struct assay_faults *faults,
                                 struct assay_error *err);

/*
 * Writes the shards; blocks, may take long; ASSAY_ABORTED: the input's is_ending() said so.
 * The folder appears whole (filled under another name, synced, renamed); one that is there already
 * is what an earlier call made that could not tell of it, and is replaced. The caller clears *data.
 */
bool pipeline_input_export(struct engine *engine, const struct pipeline_input *input,
                           struct pipeline_data *data, struct assay_error *err);

#endif
