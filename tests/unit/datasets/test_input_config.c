#include "engine/datasets/input_config.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <math.h>
#include <string.h>

/* One reading of an inputDataConfig. */
struct reading {
    struct input_config config;
    struct assay_faults faults;
};

static struct reading read_config(const char *text)
{
    struct reading reading = { 0 };
    struct assay_error err = { 0 };
    cJSON *node = json_read(text, strlen(text), &err);

    cr_assert(node != NULL, "%s: %s", text, err.message);
    input_config_read(node, "input", false, &reading.config, &reading.faults);
    cJSON_Delete(node);
    return reading;
}

static void clear(struct reading *reading)
{
    input_config_clear(&reading->config);
    assay_faults_clear(&reading->faults);
}

/* The fields at fault, in their order, are these and no others. */
static void assert_faults(const char *text, const char *const *fields)
{
    struct reading reading = read_config(text);
    size_t i = 0;

    for (; fields[i]; i++) {
        cr_assert(i < reading.faults.stored, "%s: no fault at %s", text, fields[i]);
        cr_expect_str_eq(reading.faults.items[i].field, fields[i]);
    }
    cr_expect_eq(reading.faults.count, i, "%s: %s", text,
                 i < reading.faults.stored ? reading.faults.items[i].message : "");
    clear(&reading);
}

#define FAULTS(...)                                                                                \
    (const char *const[])                                                                          \
    {                                                                                              \
        __VA_ARGS__, NULL                                                                          \
    }
#define TARGET "\"gcsDestination\": {\"outputUriPrefix\": \"gs://b/x//\"}"

Test(input_config, both_spellings_null_and_a_number_for_the_id_are_read)
{
    struct reading reading =
        read_config("{\"dataset_id\": 3350, \"fraction_split\": {\"training_fraction\": 0.7}, "
                    "\"filterSplit\": null, \"gcs_destination\": {\"output_uri_prefix\": "
                    "\"gs://b/x/\"}, \"savedQueryId\": \"\"}");

    cr_assert_eq(reading.faults.count, 0);
    cr_assert_str_eq(reading.config.dataset_id, "3350");
    cr_assert_str_eq(reading.config.gcs_prefix, "gs://b/x");
    cr_assert_eq((int)reading.config.split, INPUT_FRACTION);
    cr_assert_eq(reading.config.fractions[SPLIT_TRAINING], 0.7);
    cr_assert(isnan(reading.config.fractions[SPLIT_TEST]));
    cr_assert(reading.config.saved_query_id == NULL);
    clear(&reading);
}

Test(input_config, no_split_is_none_and_a_sum_that_rounding_lifts_above_one_is_one)
{
    struct reading none = read_config("{\"datasetId\": \"1\", " TARGET "}");
    struct reading whole =
        read_config("{\"datasetId\": \"1\", \"stratifiedSplit\": {\"key\": \"k\", "
                    "\"trainingFraction\": 0.7, \"validationFraction\": 0.2, "
                    "\"testFraction\": 0.1}, " TARGET "}");

    cr_assert_eq((int)none.config.split, INPUT_NO_SPLIT);
    cr_assert_eq(whole.faults.count, 0);
    cr_assert_eq((int)whole.config.split, INPUT_STRATIFIED);
    cr_assert_str_eq(whole.config.key, "k");
    clear(&none);
    clear(&whole);
}

Test(input_config, what_is_wrong_is_told_with_its_path_all_at_once)
{
    assert_faults("{}", FAULTS("input.dataset_id", "input.gcs_destination"));
    assert_faults("{\"datasetId\": \"projects/p/locations/l/datasets/1\", " TARGET "}",
                  FAULTS("input.dataset_id"));
    assert_faults("{\"datasetId\": \"1\", \"fractionSplit\": {\"trainingFraction\": 1.5}, " TARGET
                  "}",
                  FAULTS("input.fraction_split.training_fraction", "input.fraction_split"));
    assert_faults("{\"datasetId\": \"1\", \"fractionSplit\": {\"trainingFraction\": 0.9, "
                  "\"testFraction\": 0.2}, " TARGET "}",
                  FAULTS("input.fraction_split"));
    assert_faults("{\"datasetId\": \"1\", \"fractionSplit\": {}, \"predefinedSplit\": "
                  "{\"key\": \"k\"}, " TARGET "}",
                  FAULTS("input.predefined_split"));
    assert_faults("{\"datasetId\": \"1\", \"timestampSplit\": {\"trainingFraction\": 0.5}, " TARGET
                  "}",
                  FAULTS("input.timestamp_split.key"));
    assert_faults(
        "{\"datasetId\": \"1\", \"filterSplit\": {\"trainingFilter\": \"labels.a=1 AND\", "
        "\"testFilter\": \"-\"}, " TARGET "}",
        FAULTS("input.filter_split.training_filter", "input.filter_split.validation_filter"));
    assert_faults(
        "{\"datasetId\": \"1\", \"annotationSchemaUri\": \"" DATASET_SCHEMA_ROOT
        "dataset/annotation/image_classification_1.0.0.yaml\", \"savedQueryId\": \"7\", " TARGET
        "}",
        FAULTS("input.saved_query_id"));
    assert_faults("{\"datasetId\": \"1\", \"colour\": 1, " TARGET "}", FAULTS("input.colour"));
}

Test(input_config, a_split_that_does_not_fit_the_kind_of_dataset_is_a_fault)
{
    const struct dataset_kind *table =
        dataset_kind_of(DATASET_SCHEMA_ROOT "dataset/metadata/tabular_1.0.0.yaml");
    const struct dataset_kind *image =
        dataset_kind_of(DATASET_SCHEMA_ROOT "dataset/metadata/image_1.0.0.yaml");
    struct reading keyed =
        read_config("{\"datasetId\": \"1\", \"predefinedSplit\": {\"key\": \"k\"}, " TARGET "}");
    struct reading filtered =
        read_config("{\"datasetId\": \"1\", \"filterSplit\": {\"trainingFilter\": \"labels.a=1\", "
                    "\"validationFilter\": \"-\", \"testFilter\": \"-\"}, "
                    "\"persistMlUseAssignment\": true, " TARGET "}");

    input_config_check_kind(&keyed.config, "input", table, &keyed.faults);
    input_config_check_kind(&filtered.config, "input", image, &filtered.faults);
    cr_assert_eq(keyed.faults.count, 0);
    cr_assert_eq(filtered.faults.count, 0);
    input_config_check_kind(&keyed.config, "input", image, &keyed.faults);
    input_config_check_kind(&filtered.config, "input", table, &filtered.faults);
    cr_assert_str_eq(keyed.faults.items[0].field, "input.predefined_split");
    cr_assert_eq(filtered.faults.count, 2);
    cr_assert_str_eq(filtered.faults.items[0].field, "input.filter_split");
    cr_assert_str_eq(filtered.faults.items[1].field, "input.persist_ml_use_assignment");
    clear(&keyed);
    clear(&filtered);
}
