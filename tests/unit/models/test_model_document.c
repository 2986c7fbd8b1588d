#include "engine/models/model_document.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdlib.h>
#include <string.h>

static struct model_document document;
static struct assay_faults faults;

static void clear(void)
{
    model_document_clear(&document);
    assay_faults_clear(&faults);
    faults = (struct assay_faults){ 0 };
}

TestSuite(model_document, .fini = clear);

static void read_model(const char *text, bool is_patch)
{
    struct assay_error err = { 0 };
    cJSON *model = json_read(text, strlen(text), &err);

    clear();
    cr_assert(model_document_read(model, "model", is_patch, &document, &faults));
    cJSON_Delete(model);
}

/* The paths of all faults, with blanks between. */
static void expect_faults(const char *paths)
{
    char found[1000] = "";

    for (size_t i = 0; i < faults.stored; i++) {
        size_t size = strlen(found);

        (void)snprintf(found + size, sizeof found - size, "%s%s", i ? " " : "",
                       faults.items[i].field);
    }
    cr_assert(eq(int, strcmp(found, paths), 0), "%s", found);
}

static void expect_kept(const char *text)
{
    char *found = json_text(document.kept, 0);

    cr_assert(eq(int, strcmp(found, text), 0), "%s", found);
    free(found);
}

Test(model_document, what_never_changes_is_kept_in_the_spelling_of_the_api)
{
    read_model(
        "{\"display_name\":\"m\",\"container_spec\":{\"image_uri\":\"i\",\"shared_memory_size_mb\":"
        "5},\"metadata\":{\"own_key\":1},\"predictSchemata\":{},\"description\":\"d\","
        "\"version_aliases\":[\"champ\"],\"labels\":{\"a\":\"b\"},\"name\":\"x\",\"createTime\":7,"
        "\"explanationSpec\":null}",
        false);
    expect_faults("");
    expect_kept("{\"containerSpec\":{\"imageUri\":\"i\",\"sharedMemorySizeMb\":\"5\"},"
                "\"metadata\":{\"own_key\":1},\"predictSchemata\":{}}");
    cr_assert(eq(int, strcmp(document.display_name, "m"), 0));
    cr_assert(eq(sz, document.alias_count, 1));
    cr_assert(not(json_get(document.labels, "a") == NULL));
}

Test(model_document, all_faults_are_told_with_their_paths)
{
    read_model("{\"containerSpec\":{\"env\":[{\"name\":1}]},\"colour\":1,\"labels\":{\"A\":\"b\"},"
               "\"versionAliases\":[\"x\"]}",
               false);
    expect_faults("model.container_spec.env[0].name model.container_spec.image_uri model.colour "
                  "model.labels.A model.version_aliases model.display_name");
}

Test(model_document, a_patch_requires_nothing)
{
    read_model("{\"versionId\":\"3\",\"etag\":\"e\"}", true);
    expect_faults("");
    cr_assert(eq(int, strcmp(document.etag, "e"), 0));
}

Test(model_document, ids_are_63_lower_case_characters_that_begin_with_a_letter_or_an_underscore)
{
    char longest[65];

    memset(longest, 'a', sizeof longest);
    longest[63] = '\0';
    cr_assert(model_id_is_valid(longest));
    longest[63] = 'a';
    longest[64] = '\0';
    cr_assert(not(model_id_is_valid(longest)));
    cr_assert(model_id_is_valid("my-model_2"));
    cr_assert(model_id_is_valid("_x"));
    for (size_t i = 0; i < 6; i++) {
        static const char *const bad[] = { "", "2x", "-x", "My", "a.b", "a/b" };

        cr_assert(not(model_id_is_valid(bad[i])), "%s", bad[i]);
    }
}

Test(model_document, aliases_are_2_to_128_characters)
{
    static const char *const good[] = { "default", "ab", "a9", "aBc-d" };
    static const char *const bad[] = { "", "a", "Ab", "aB", "1a", "a-", "-a", "a_b", "a b" };
    char longest[130];

    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        cr_assert(model_alias_is_valid(good[i]), "%s", good[i]);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        cr_assert(not(model_alias_is_valid(bad[i])), "%s", bad[i]);
    memset(longest, 'a', sizeof longest);
    longest[128] = '\0';
    cr_assert(model_alias_is_valid(longest));
    longest[128] = 'a';
    longest[129] = '\0';
    cr_assert(not(model_alias_is_valid(longest)));
}

Test(model_document, a_name_is_parent_id_and_version)
{
    static const char *const bad[] = {
        "",
        "models/7",
        "projects/p/locations/l/models/",
        "projects/p/locations/l/models/@2",
        "projects/p/locations/l/models/7@",
        "projects/p/locations/l/models/7/x",
        "projects//locations/l/models/7",
        "projects/p/locations//models/7",
        "projects/p/regions/l/models/7",
        "projects/p/locations/l/x/models/7",
    };
    struct model_name name;

    cr_assert(model_name_parse("projects/p/locations/l/models/7@gold", &name));
    cr_assert(eq(int, strcmp(name.parent, "projects/p/locations/l"), 0));
    cr_assert(eq(int, strcmp(name.id, "7"), 0));
    cr_assert(eq(int, strcmp(name.version, "gold"), 0));
    cr_assert(model_name_parse("projects/p/locations/l/models/my-m", &name));
    cr_assert(eq(int, strcmp(name.version, ""), 0));
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        cr_assert(not(model_name_parse(bad[i], &name)), "%s", bad[i]);
}
