#include "engine/datasets/item_filter.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>

static bool has_item(const char *text, const char *labels)
{
    static char payload[] = "{}";
    char copy[256];
    struct assay_error err = { 0 };
    struct item_filter *filter = item_filter_parse(text, FILTER_OF_ITEMS, &err);
    struct data_item_row row = { .payload = payload, .labels = copy, .create_us = 1000000 };
    bool has = false;

    (void)snprintf(copy, sizeof copy, "%s", labels);
    cr_assert(filter != NULL, "%s: %s", text, err.message);
    has = item_filter_has_item(filter, &row);
    item_filter_free(filter);
    return has;
}

Test(item_filter, a_label_of_the_system_is_asked_for_with_its_dots_and_slash)
{
    const char *training = "{\"" LABEL_ML_USE "\": \"training\"}";

    cr_assert(has_item("labels.aiplatform.googleapis.com/ml_use=training", training));
    cr_assert(has_item("labels.\"aiplatform.googleapis.com/ml_use\" = \"training\"", training));
    cr_assert(not(has_item("labels.aiplatform.googleapis.com/ml_use=test", training)));
    cr_assert(has_item("labels.aiplatform.googleapis.com/ml_use:*", training));
    cr_assert(has_item("NOT labels.aiplatform.googleapis.com/ml_use:*", "{}"));
}

Test(item_filter, nothing_matches_everything_and_a_dash_matches_nothing)
{
    cr_assert(has_item("", "{}"));
    cr_assert(has_item(NULL, "{}"));
    cr_assert(not(has_item("-", "{}")));
}

Test(item_filter, annotations_are_asked_for_their_words)
{
    char labels[] = "{}";
    char payload[] = "{\"displayName\": \"daisy\", \"annotationSpecId\": \"7\"}";
    char uri[] = "gs://s";
    const struct annotation_row row = { .labels = labels, .payload = payload, .schema_uri = uri };
    struct assay_error err = { 0 };
    struct item_filter *filter = item_filter_parse(
        "display_name=\"daisy\" AND annotation_spec_id=7", FILTER_OF_ANNOTATIONS, &err);

    cr_assert(filter != NULL, "%s", err.message);
    cr_assert(item_filter_has_annotation(filter, &row));
    item_filter_free(filter);
}

Test(item_filter, what_is_no_filter_is_refused)
{
    struct assay_error err = { 0 };

    cr_assert(item_filter_parse("display_name=x", FILTER_OF_ITEMS, &err) == NULL);
    cr_assert(item_filter_parse("labels.a=1 AND (", FILTER_OF_ITEMS, &err) == NULL);
    cr_assert_eq((int)err.code, ASSAY_INVALID);
}
