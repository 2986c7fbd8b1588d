/*
 * engine/datasets/dataset_kind.h - what kinds of datasets there are, and how each is imported and
 * annotated: the schema URIs of Vertex AI as tables. Pure.
 */
#ifndef ENGINE_DATASETS_DATASET_KIND_H
#define ENGINE_DATASETS_DATASET_KIND_H

#include <stdbool.h>
#include <stddef.h>

#define DATASET_SCHEMA_ROOT "gs://google-cloud-aiplatform/schema/"

/* A kind of dataset: its metadataSchemaUri. */
struct dataset_kind {
    const char *name;       /* "image": of dataset/metadata/image_1.0.0.yaml */
    const char *title;      /* what the system label says */
    bool is_table;          /* it has pointers to files, no items */
    const char *uri_member; /* what a line of JSON calls the item's file: "imageGcsUri" */
};

/* NULL: no schema that is known. */
const struct dataset_kind *dataset_kind_of(const char *metadata_schema_uri);

/* "tabular, time_series, image, text, video", for messages. */
extern const char dataset_kind_names[];

/* How lines are imported: an importSchemaUri. */
struct import_schema {
    const char *name;         /* "image_classification_single_label" */
    const char *kind;         /* of the datasets it is for */
    const char *annotation;   /* its annotations' schema: "image_classification"; NULL: no import */
    const char *problem_type; /* of saved queries: "IMAGE_CLASSIFICATION_SINGLE_LABEL" */
    const char *member;       /* of a line, where its annotations are; the list's is "…s" */
    bool is_classification;   /* so that CSV will do, and the payload is a word */
    bool is_multiple;         /* several annotations per item */
};

/* NULL: no schema that is known. */
const struct import_schema *import_schema_of(const char *import_schema_uri);

enum { SCHEMA_URI_SIZE = 160 };

/* The payloadSchemaUri of an annotation type: "image_classification". Returns uri. */
char *annotation_schema_uri(const char *annotation, char uri[SCHEMA_URI_SIZE]);

/* The type that an annotationSchemaUri means, which any schema with the type's annotations has:
 * static, NULL for none that is known. */
const char *annotation_type_of(const char *annotation_schema_uri);

/* Which member of an exported line an annotation goes to: "classificationAnnotation"; its list is
 * "…s". */
const char *annotation_member(const char *annotation_schema_uri);

#endif
