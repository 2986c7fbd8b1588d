#include "engine/datasets/dataset_kind.h"

#include <stdio.h>
#include <string.h>

#define METADATA_ROOT DATASET_SCHEMA_ROOT "dataset/metadata/"
#define IMPORT_ROOT DATASET_SCHEMA_ROOT "dataset/ioformat/"
#define IMPORT_END "_io_format_1.0.0.yaml"
#define ANNOTATION_ROOT DATASET_SCHEMA_ROOT "dataset/annotation/"
#define SCHEMA_END "_1.0.0.yaml"

static const struct dataset_kind kinds[] = {
    { "tabular", "TABLE", true, NULL },         { "time_series", "TIME_SERIES", true, NULL },
    { "image", "IMAGE", false, "imageGcsUri" }, { "text", "TEXT", false, "textGcsUri" },
    { "video", "VIDEO", false, "videoGcsUri" },
};

const char dataset_kind_names[] = "tabular, time_series, image, text or video";

static const struct import_schema imports[] = {
    { "image_classification_single_label", "image", "image_classification",
      "IMAGE_CLASSIFICATION_SINGLE_LABEL", "classificationAnnotation", true, false },
    { "image_classification_multi_label", "image", "image_classification",
      "IMAGE_CLASSIFICATION_MULTI_LABEL", "classificationAnnotation", true, true },
    { "image_bounding_box", "image", "image_bounding_box", "IMAGE_BOUNDING_BOX",
      "boundingBoxAnnotation", false, true },
    { "image_segmentation", "image", NULL, "IMAGE_SEGMENTATION", NULL, false, false },
    { "text_classification_single_label", "text", "text_classification",
      "TEXT_CLASSIFICATION_SINGLE_LABEL", "classificationAnnotation", true, false },
    { "text_classification_multi_label", "text", "text_classification",
      "TEXT_CLASSIFICATION_MULTI_LABEL", "classificationAnnotation", true, true },
    { "text_extraction", "text", "text_extraction", "TEXT_EXTRACTION", "textSegmentAnnotation",
      false, true },
    { "text_sentiment", "text", "text_sentiment", "TEXT_SENTIMENT", "sentimentAnnotation", false,
      false },
    { "video_classification", "video", NULL, "VIDEO_CLASSIFICATION", NULL, false, false },
    { "video_object_tracking", "video", NULL, "VIDEO_OBJECT_TRACKING", NULL, false, false },
    { "video_action_recognition", "video", NULL, "VIDEO_ACTION_RECOGNITION", NULL, false, false },
};

enum { IMPORTS = sizeof imports / sizeof imports[0] };

/* Whether uri is root, name and end. */
static bool is_schema(const char *uri, const char *root, const char *name, const char *end)
{
    size_t root_size = strlen(root);
    size_t name_size = strlen(name);

    return strncmp(uri, root, root_size) == 0 && strncmp(uri + root_size, name, name_size) == 0 &&
           strcmp(uri + root_size + name_size, end) == 0;
}

const struct dataset_kind *dataset_kind_of(const char *metadata_schema_uri)
{
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (is_schema(metadata_schema_uri, METADATA_ROOT, kinds[i].name, SCHEMA_END))
            return &kinds[i];
    return NULL;
}

const struct import_schema *import_schema_of(const char *import_schema_uri)
{
    for (size_t i = 0; i < IMPORTS; i++)
        if (is_schema(import_schema_uri, IMPORT_ROOT, imports[i].name, IMPORT_END))
            return &imports[i];
    return NULL;
}

char *annotation_schema_uri(const char *annotation, char uri[SCHEMA_URI_SIZE])
{
    (void)snprintf(uri, SCHEMA_URI_SIZE, ANNOTATION_ROOT "%s" SCHEMA_END, annotation);
    return uri;
}

static const struct import_schema *import_of_annotation(const char *annotation_schema)
{
    for (size_t i = 0; i < IMPORTS; i++)
        if (imports[i].annotation &&
            is_schema(annotation_schema, ANNOTATION_ROOT, imports[i].annotation, SCHEMA_END))
            return &imports[i];
    return NULL;
}

const char *annotation_type_of(const char *annotation_schema)
{
    static const char *const others[] = { "image_segmentation", "video_classification",
                                          "video_object_tracking", "video_action_recognition" };
    const struct import_schema *schema = import_of_annotation(annotation_schema);

    for (size_t i = 0; !schema && i < sizeof others / sizeof others[0]; i++)
        if (is_schema(annotation_schema, ANNOTATION_ROOT, others[i], SCHEMA_END))
            return others[i];
    return schema ? schema->annotation : NULL;
}

const char *annotation_member(const char *annotation_schema)
{
    const struct import_schema *schema = import_of_annotation(annotation_schema);

    return schema ? schema->member : "annotation";
}
