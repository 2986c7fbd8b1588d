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
    int64_t
        create_us; /* of the pipeline: names the folder, so that a second run finds the first's */
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

/*
 * Writes the shards; blocks, may take long; asks engine_is_ending() now and then (ASSAY_ABORTED).
 * The folder appears whole (filled under another name, synced, renamed); one that is there already
 * is what an earlier call made, and stays as it is: what it has is counted by splitting once more.
 * The caller clears *data.
 */
bool pipeline_input_export(struct engine *engine, const struct pipeline_input *input,
                           struct pipeline_data *data, struct assay_error *err);

#endif
