#include "engine/datasets/input_config.h"

#include "engine/datasets/item_filter.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Sums of fractions such as 0.8 + 0.1 + 0.1 are above 1 by what doubles lose. */
#define FRACTION_EPSILON 1e-9

static const struct field fraction_fields[] = {
    { .name = "trainingFraction",
      .kind = FIELD_DOUBLE,
      .at = FIELD_AT(struct input_config, fractions[SPLIT_TRAINING]) },
    { .name = "validationFraction",
      .kind = FIELD_DOUBLE,
      .at = FIELD_AT(struct input_config, fractions[SPLIT_VALIDATION]) },
    { .name = "testFraction",
      .kind = FIELD_DOUBLE,
      .at = FIELD_AT(struct input_config, fractions[SPLIT_TEST]) },
};

static void fractions_check(struct fields *fields, const cJSON *node, void *record)
{
    static const char *const names[] = { "trainingFraction", "validationFraction", "testFraction" };
    const struct input_config *config = record;
    double sum = 0;

    for (size_t i = 0; i < SPLIT_SETS; i++) {
        double fraction = config->fractions[i];

        if (isnan(fraction))
            continue;
        if (!(fraction >= 0 && fraction <= 1))
            fields_fault(fields, node, names[i], "%g is not from 0 to 1", fraction);
        sum += fraction;
    }
    if (sum > 1 + FRACTION_EPSILON)
        fields_fault(fields, node, NULL, "the fractions add up to %g; 1 is the most", sum);
}

static const struct message fraction_message = { MESSAGE_FIELDS(fraction_fields),
                                                 .check = fractions_check };

static const struct field filter_fields[] = {
    { .name = "trainingFilter",
      .kind = FIELD_TEXT,
      .at = FIELD_AT(struct input_config, filters[SPLIT_TRAINING]) },
    { .name = "validationFilter",
      .kind = FIELD_TEXT,
      .at = FIELD_AT(struct input_config, filters[SPLIT_VALIDATION]) },
    { .name = "testFilter",
      .kind = FIELD_TEXT,
      .at = FIELD_AT(struct input_config, filters[SPLIT_TEST]) },
};

/* A fault where the text is no filter. */
static void filter_check(struct fields *fields, const cJSON *node, const char *name,
                         const char *text, enum item_filter_of of)
{
    struct assay_error why = { 0 };
    struct item_filter *filter = text ? item_filter_parse(text, of, &why) : NULL;

    if (text && !filter)
        fields_fault(fields, node, name, "%s", why.message);
    item_filter_free(filter);
}

static void filters_check(struct fields *fields, const cJSON *node, void *record)
{
    static const char *const names[] = { "trainingFilter", "validationFilter", "testFilter" };
    const struct input_config *config = record;

    for (size_t i = 0; i < SPLIT_SETS; i++) {
        if (!config->filters[i] || !*config->filters[i])
            fields_fault(fields, node, names[i],
                         "is required: all three filters are; \"-\" matches nothing");
        else
            filter_check(fields, node, names[i], config->filters[i], FILTER_OF_ITEMS);
    }
}

static const struct message filter_message = { MESSAGE_FIELDS(filter_fields),
                                               .check = filters_check };

static const struct field key_fields[] = {
    { .name = "key", .kind = FIELD_TEXT, .at = FIELD_AT(struct input_config, key) },
};

static void key_check(struct fields *fields, const cJSON *node, void *record)
{
    (void)record;
    fields_require(fields, node, "key");
}

static const struct message key_message = { MESSAGE_FIELDS(key_fields), .check = key_check };
static const struct message key_fraction_message = { MESSAGE_FIELDS(key_fields),
                                                     .also = &fraction_message,
                                                     .check = key_check };

static const struct field gcs_fields[] = {
    { .name = "outputUriPrefix",
      .kind = FIELD_TEXT,
      .at = FIELD_AT(struct input_config, gcs_prefix) },
};

static void gcs_check(struct fields *fields, const cJSON *node, void *record)
{
    (void)record;
    fields_require(fields, node, "outputUriPrefix");
}

static const struct message gcs_message = { MESSAGE_FIELDS(gcs_fields), .check = gcs_check };

static const struct field bigquery_fields[] = {
    { .name = "outputUri", .kind = FIELD_TEXT },
};

static const struct message bigquery_message = { MESSAGE_FIELDS(bigquery_fields) };

/* Of an id that is a number, as templates without quotes have it. False: it is none. */
static bool number_digits(const cJSON *node, char *text, size_t size)
{
    if (!cJSON_IsNumber(node) || !(node->valuedouble >= 0 && node->valuedouble < 1e15) ||
        node->valuedouble != floor(node->valuedouble))
        return false;
    (void)snprintf(text, size, "%.0f", node->valuedouble);
    return true;
}

bool input_config_settle(cJSON *config)
{
    /* The tree is the caller's; who looks a member up is only told of it as const. */
    cJSON *id = (cJSON *)(uintptr_t)fields_member(config, "datasetId");
    char digits[32];
    cJSON *text = NULL;

    if (!number_digits(id, digits, sizeof digits))
        return true;
    text = cJSON_CreateString(digits);
    if (!text)
        return false;
    id->type = cJSON_String | (id->type & ~0xFF);
    id->valuestring = text->valuestring;
    text->valuestring = NULL;
    cJSON_Delete(text);
    return true;
}

/* A text, or a number. */
static void read_dataset_id(struct fields *fields, const cJSON *node, void *record)
{
    struct input_config *config = record;
    char text[32];

    if (number_digits(node, text, sizeof text)) {
        config->dataset_id = fields_copy(fields, text);
    } else {
        const char *word = fields_text(fields, node);

        config->dataset_id = word ? fields_copy(fields, word) : NULL;
    }
}

#define COMMON_FIELDS                                                                              \
    { .name = "fractionSplit",                                                                     \
      .kind = FIELD_MESSAGE,                                                                       \
      .at = FIELD_HERE,                                                                            \
      .has_at = FIELD_AT(struct input_config, has_fraction),                                       \
      .oneof = "split",                                                                            \
      .message = &fraction_message },                                                              \
        { .name = "filterSplit",                                                                   \
          .kind = FIELD_MESSAGE,                                                                   \
          .at = FIELD_HERE,                                                                        \
          .has_at = FIELD_AT(struct input_config, has_filter),                                     \
          .oneof = "split",                                                                        \
          .message = &filter_message },                                                            \
        { .name = "gcsDestination",                                                                \
          .kind = FIELD_MESSAGE,                                                                   \
          .at = FIELD_HERE,                                                                        \
          .has_at = FIELD_AT(struct input_config, has_gcs),                                        \
          .oneof = "destination",                                                                  \
          .message = &gcs_message },                                                               \
        { .name = "annotationsFilter",                                                             \
          .kind = FIELD_TEXT,                                                                      \
          .at = FIELD_AT(struct input_config, annotations_filter) },                               \
        { .name = "annotationSchemaUri",                                                           \
          .kind = FIELD_TEXT,                                                                      \
          .at = FIELD_AT(struct input_config, annotation_schema_uri) },                            \
    {                                                                                              \
        .name = "savedQueryId", .kind = FIELD_TEXT,                                                \
        .at = FIELD_AT(struct input_config, saved_query_id)                                        \
    }

/* The empty text is what a client that wrote none sends. */
static bool is_given(const char *text)
{
    return text && *text;
}

static void common_check(struct fields *fields, const cJSON *node, void *record)
{
    const struct input_config *config = record;

    if (config->annotations_filter)
        filter_check(fields, node, "annotationsFilter", config->annotations_filter,
                     FILTER_OF_ANNOTATIONS);
    if (is_given(config->annotation_schema_uri) &&
        !annotation_type_of(config->annotation_schema_uri))
        fields_fault(fields, node, "annotationSchemaUri",
                     "is no schema that is known below " DATASET_SCHEMA_ROOT
                     "dataset/annotation/, such as image_classification_1.0.0.yaml");
    if (is_given(config->annotation_schema_uri) && is_given(config->saved_query_id))
        fields_fault(fields, node, "savedQueryId",
                     "cannot be given together with annotation_schema_uri");
}

static const struct enum_word export_use_words[] = {
    { "EXPORT_USE_UNSPECIFIED", 0, EXPORT_USE_UNSPECIFIED },
    { "CUSTOM_CODE_TRAINING", 6, EXPORT_USE_TRAINING },
};

static const struct field export_fields[] = {
    COMMON_FIELDS,
    { .name = "exportUse",
      .kind = FIELD_ENUM,
      .at = FIELD_AT(struct input_config, export_use),
      FIELD_WORDS(export_use_words) },
};

static void export_check(struct fields *fields, const cJSON *node, void *record)
{
    common_check(fields, node, record);
    fields_require(fields, node, "gcsDestination");
}

static const struct message export_message = { MESSAGE_FIELDS(export_fields),
                                               .check = export_check };

static const struct field input_fields[] = {
    { .name = "datasetId", .kind = FIELD_CUSTOM, .read = read_dataset_id },
    COMMON_FIELDS,
    { .name = "predefinedSplit",
      .kind = FIELD_MESSAGE,
      .at = FIELD_HERE,
      .has_at = FIELD_AT(struct input_config, has_predefined),
      .oneof = "split",
      .message = &key_message },
    { .name = "timestampSplit",
      .kind = FIELD_MESSAGE,
      .at = FIELD_HERE,
      .has_at = FIELD_AT(struct input_config, has_timestamp),
      .oneof = "split",
      .message = &key_fraction_message },
    { .name = "stratifiedSplit",
      .kind = FIELD_MESSAGE,
      .at = FIELD_HERE,
      .has_at = FIELD_AT(struct input_config, has_stratified),
      .oneof = "split",
      .message = &key_fraction_message },
    { .name = "bigqueryDestination",
      .kind = FIELD_MESSAGE,
      .at = FIELD_HERE,
      .has_at = FIELD_AT(struct input_config, has_bigquery),
      .oneof = "destination",
      .message = &bigquery_message },
    { .name = "persistMlUseAssignment",
      .kind = FIELD_BOOL,
      .at = FIELD_AT(struct input_config, persists_use) },
};

static void input_check(struct fields *fields, const cJSON *node, void *record)
{
    const struct input_config *config = record;

    common_check(fields, node, record);
    if (!is_given(config->dataset_id) && !fields_member(node, "datasetId"))
        fields_fault(fields, node, "datasetId", "is required: the dataset's id, not its name");
    if (config->dataset_id && strchr(config->dataset_id, '/'))
        fields_fault(fields, node, "datasetId",
                     "is the last part of the dataset's name alone, not a whole resource name");
    if (!config->has_gcs && !config->has_bigquery)
        fields_fault(fields, node, "gcsDestination",
                     "is required: where the training is to find the data");
}

static const struct message input_message = { MESSAGE_FIELDS(input_fields), .check = input_check };

static enum input_split chosen_split(const struct input_config *config)
{
    if (config->has_fraction)
        return INPUT_FRACTION;
    if (config->has_filter)
        return INPUT_FILTER;
    if (config->has_predefined)
        return INPUT_PREDEFINED;
    if (config->has_timestamp)
        return INPUT_TIMESTAMP;
    return config->has_stratified ? INPUT_STRATIFIED : INPUT_NO_SPLIT;
}

/* "" is absent, as proto3 has it; and gs://b/x/ is gs://b/x. */
static void tidy(struct input_config *config)
{
    char **const texts[] = { &config->annotations_filter, &config->annotation_schema_uri,
                             &config->saved_query_id };

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        if (*texts[i] && !**texts[i]) {
            free(*texts[i]);
            *texts[i] = NULL;
        }
    if (config->gcs_prefix)
        for (size_t end = strlen(config->gcs_prefix);
             end > 1 && config->gcs_prefix[end - 1] == '/' && config->gcs_prefix[end - 2] != '/';
             end--)
            config->gcs_prefix[end - 1] = '\0';
}

void input_config_read(const cJSON *node, const char *prefix, bool is_export,
                       struct input_config *config, struct assay_faults *faults)
{
    struct fields *fields = calloc(1, sizeof *fields);

    *config = (struct input_config){ 0 };
    for (size_t i = 0; i < SPLIT_SETS; i++)
        config->fractions[i] = (double)NAN;
    if (!fields) {
        faults->is_short_of_memory = true;
        return;
    }
    fields->faults = faults;
    (void)fields_enter_key(fields, prefix);
    fields_read(fields, node, is_export ? &export_message : &input_message, config);
    faults->is_short_of_memory = faults->is_short_of_memory || fields->is_short_of_memory;
    free(fields);
    config->split = chosen_split(config);
    tidy(config);
}

void input_config_clear(struct input_config *config)
{
    free(config->dataset_id);
    for (size_t i = 0; i < SPLIT_SETS; i++)
        free(config->filters[i]);
    free(config->key);
    free(config->gcs_prefix);
    free(config->annotations_filter);
    free(config->annotation_schema_uri);
    free(config->saved_query_id);
    *config = (struct input_config){ 0 };
}

static void fault(struct assay_faults *faults, const char *prefix, const char *member,
                  const char *message)
{
    char field[256];

    (void)snprintf(field, sizeof field, "%s.%s", prefix, member);
    assay_faults_add(faults, 0, field, "%s", message);
}

void input_config_check_kind(const struct input_config *config, const char *prefix,
                             const struct dataset_kind *kind, struct assay_faults *faults)
{
    static const char *const keyed[] = {
        [INPUT_PREDEFINED] = "predefined_split",
        [INPUT_TIMESTAMP] = "timestamp_split",
        [INPUT_STRATIFIED] = "stratified_split",
    };

    if (!kind->is_table && config->split >= INPUT_PREDEFINED)
        fault(faults, prefix, keyed[config->split],
              "is for tabular datasets; this one has data items: use fraction_split or "
              "filter_split");
    if (!kind->is_table)
        return;
    if (config->split == INPUT_FILTER)
        fault(faults, prefix, "filter_split",
              "is for datasets with data items; a tabular one has fraction, predefined, timestamp "
              "and stratified splits");
    if (config->annotations_filter)
        fault(faults, prefix, "annotations_filter", "a tabular dataset has no annotations");
    if (config->annotation_schema_uri)
        fault(faults, prefix, "annotation_schema_uri", "a tabular dataset has no annotations");
    if (config->saved_query_id)
        fault(faults, prefix, "saved_query_id", "a tabular dataset has no saved queries");
    if (config->persists_use)
        fault(faults, prefix, "persist_ml_use_assignment",
              "a tabular dataset has no data items to write it to");
}
