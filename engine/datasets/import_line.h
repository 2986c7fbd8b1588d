/*
 * engine/datasets/import_line.h - one line of a file that is imported, as an item with its
 * annotations: JSON Lines, or CSV where annotations are words. Pure.
 *
 *     {"imageGcsUri": "gs://b/1.jpg", "classificationAnnotation": {"displayName": "daisy"},
 *      "dataItemResourceLabels": {"aiplatform.googleapis.com/ml_use": "training"}}
 *     training,gs://b/1.jpg,daisy
 */
#ifndef ENGINE_DATASETS_IMPORT_LINE_H
#define ENGINE_DATASETS_IMPORT_LINE_H

#include "assay/json.h"
#include "engine/datasets/dataset_kind.h"

struct import_annotation {
    cJSON *payload; /* a word's: {"displayName"} */
    cJSON *labels;  /* object or NULL */
};

/* Zero it to start; owns what is in it. One of uri and text is there. */
struct import_item {
    char *uri;
    char *text;
    cJSON *labels; /* object or NULL */
    struct import_annotation *annotations;
    size_t annotation_count;
};

struct import_form {
    const struct import_schema *schema;
    const struct dataset_kind *kind;
    bool is_csv;
};

/* ASSAY_INVALID says what is wrong with the line. Clear *item, also then. */
bool import_line_read(const struct import_form *form, const char *line, size_t size,
                      struct import_item *item, struct assay_error *err);
void import_item_clear(struct import_item *item);

enum { IMPORT_TEXT_MAX = 10 * 1024 * 1024, IMPORT_LABELS_MAX = 100 };

/* The file's type by its name: "image/jpeg"; "" for one that is not known. */
const char *import_mime_type(const char *uri);

#endif
