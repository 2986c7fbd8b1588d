#include "engine/datasets/import_line.h"
#include "engine/datasets/item_filter.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>

#define FORMAT DATASET_SCHEMA_ROOT "dataset/ioformat/"
#define METADATA DATASET_SCHEMA_ROOT "dataset/metadata/"

static struct import_form form_of(const char *schema, const char *kind, bool is_csv)
{
    char uri[SCHEMA_URI_SIZE];
    struct import_form form = { .is_csv = is_csv };

    (void)snprintf(uri, sizeof uri, FORMAT "%s_io_format_1.0.0.yaml", schema);
    form.schema = import_schema_of(uri);
    (void)snprintf(uri, sizeof uri, METADATA "%s_1.0.0.yaml", kind);
    form.kind = dataset_kind_of(uri);
    cr_assert(form.schema && form.kind);
    return form;
}

static struct import_item item_of(const struct import_form *form, const char *line)
{
    struct assay_error err = { 0 };
    struct import_item item;

    cr_assert(import_line_read(form, line, strlen(line), &item, &err), "%s: %s", line, err.message);
    return item;
}

static void assert_refused(const struct import_form *form, const char *line, const char *why)
{
    struct assay_error err = { 0 };
    struct import_item item;

    cr_assert(not(import_line_read(form, line, strlen(line), &item, &err)), "%s", line);
    cr_expect(strstr(err.message, why) != NULL, "%s: %s", line, err.message);
    import_item_clear(&item);
}

static const char *name_of(const struct import_item *item, size_t index)
{
    cr_assert(index < item->annotation_count);
    return cJSON_GetStringValue(json_get(item->annotations[index].payload, "displayName"));
}

Test(import_line, an_image_with_its_word_and_labels_is_read)
{
    struct import_form form = form_of("image_classification_single_label", "image", false);
    struct import_item item =
        item_of(&form, "{\"image_gcs_uri\": \"gs://b/1.jpg\", \"classificationAnnotation\": "
                       "{\"displayName\": \"daisy\", \"annotationResourceLabels\": {\"a\": \"1\"}},"
                       " \"dataItemResourceLabels\": {\"" LABEL_ML_USE "\": \"test\"}}");

    cr_assert_str_eq(item.uri, "gs://b/1.jpg");
    cr_assert_str_eq(name_of(&item, 0), "daisy");
    cr_assert_str_eq(cJSON_GetStringValue(json_get(item.labels, LABEL_ML_USE)), "test");
    cr_assert_str_eq(cJSON_GetStringValue(json_get(item.annotations[0].labels, "a")), "1");
    import_item_clear(&item);
}

Test(import_line, an_item_without_a_word_is_an_item)
{
    struct import_form form = form_of("text_classification_single_label", "text", false);
    struct import_item item = item_of(&form, "{\"textContent\": \"good film\"}");

    cr_assert_str_eq(item.text, "good film");
    cr_assert_eq(item.annotation_count, 0);
    import_item_clear(&item);
}

Test(import_line, corners_of_boxes_become_numbers)
{
    struct import_form form = form_of("image_bounding_box", "image", false);
    struct import_item item =
        item_of(&form, "{\"imageGcsUri\": \"gs://b/1.jpg\", \"boundingBoxAnnotations\": "
                       "[{\"displayName\": \"cat\", \"xMin\": \"0.25\", \"xMax\": 0.5}]}");

    cr_assert_eq(json_get(item.annotations[0].payload, "xMin")->valuedouble, 0.25);
    cr_assert_eq(json_get(item.annotations[0].payload, "xMax")->valuedouble, 0.5);
    import_item_clear(&item);
}

Test(import_line, csv_has_a_use_a_file_and_words)
{
    struct import_form form = form_of("image_classification_multi_label", "image", true);
    struct import_item item = item_of(&form, "VALIDATION,gs://b/1.jpg,\"a \"\"b\"\", c\",d,,");

    cr_assert_str_eq(item.uri, "gs://b/1.jpg");
    cr_assert_str_eq(cJSON_GetStringValue(json_get(item.labels, LABEL_ML_USE)), "validation");
    cr_assert_eq(item.annotation_count, 2);
    cr_assert_str_eq(name_of(&item, 0), "a \"b\", c");
    cr_assert_str_eq(name_of(&item, 1), "d");
    import_item_clear(&item);
}

Test(import_line, csv_of_texts_has_them_in_place)
{
    struct import_form form = form_of("text_classification_single_label", "text", true);
    struct import_item item = item_of(&form, "\"two\nlines\",good");

    cr_assert_str_eq(item.text, "two\nlines");
    cr_assert(item.uri == NULL);
    import_item_clear(&item);
}

Test(import_line, what_is_wrong_with_a_line_is_said)
{
    struct import_form image = form_of("image_classification_single_label", "image", false);
    struct import_form csv = form_of("image_classification_single_label", "image", true);
    struct import_form boxes = form_of("image_bounding_box", "image", true);

    assert_refused(&image, "{\"imageGcsUri\": 7}", "imageGcsUri: expected text");
    assert_refused(&image, "[1]", "expected an object");
    assert_refused(&image, "{\"imageGcsUri\"", "line 1");
    assert_refused(&image, "{}", "imageGcsUri is required");
    assert_refused(&image, "{\"imageUri\": \"gs://b/1\"}", "\"imageUri\" is not of this schema");
    assert_refused(&image, "{\"imageGcsUri\": \"gs://b/1\", \"classificationAnnotation\": {}}",
                   "displayName is required");
    assert_refused(&image,
                   "{\"imageGcsUri\": \"gs://b/1\", \"classificationAnnotations\": "
                   "[{\"displayName\": \"a\"}, {\"displayName\": \"b\"}]}",
                   "one per item");
    assert_refused(&image,
                   "{\"imageGcsUri\": \"gs://b/1\", \"dataItemResourceLabels\": {\"a\": 1}}",
                   "is no text");
    assert_refused(&csv, "training", "imageGcsUri is required");
    assert_refused(&csv, "\"gs://b/1", "not closed");
    assert_refused(&csv, "\"gs://b/1\"x,a", "behind a closing quote");
    assert_refused(&boxes, "gs://b/1,cat", "JSON Lines");
}
