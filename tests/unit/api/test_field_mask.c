#include "engine/api/list/field_mask.h"

#include "assay/json.h"
#include "tests/simulation/dice.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const known[] = { "name", "display_name", "labels", "study_spec", "trials" };

enum { KNOWN_COUNT = sizeof known / sizeof known[0] };

static const char job[] =
    "{\"name\":\"n\",\"displayName\":\"d\",\"labels\":{\"my_key\":\"1\",\"other\":\"2\"},"
    "\"studySpec\":{\"metrics\":[{\"metricId\":\"a\",\"goal\":1},{\"metricId\":\"b\"}],"
    "\"algorithm\":2},\"trials\":[{\"id\":\"1\",\"name\":\"t\",\"state\":4},{\"id\":\"2\"}]}";

static struct field_mask *mask_of(const char *text)
{
    struct assay_error err = { 0 };
    struct field_mask *mask = field_mask_parse(text, "read_mask", known, KNOWN_COUNT, &err);

    cr_assert(mask != NULL, "%s: %s", text, err.message);
    return mask;
}

static void assert_keeps(const char *text, const char *expected)
{
    struct assay_error err = { 0 };
    struct field_mask *mask = mask_of(text);
    cJSON *tree = json_read(job, sizeof job - 1, &err);
    char *left = NULL;

    field_mask_apply(mask, tree);
    left = json_text(tree, 0);
    cr_assert(eq(str, left, (char *)expected));
    free(left);
    cJSON_Delete(tree);
    field_mask_free(mask);
}

static void assert_refused(const char *text, const char *words)
{
    struct assay_error err = { 0 };

    cr_assert(field_mask_parse(text, "read_mask", known, KNOWN_COUNT, &err) == NULL, "%s", text);
    cr_assert(eq(int, err.code, ASSAY_INVALID));
    cr_assert(eq(str, err.field, "read_mask"));
    cr_assert(strstr(err.message, words) != NULL, "%s: %s", text, err.message);
}

Test(field_mask, keeps_what_it_names_in_either_spelling_and_the_name)
{
    static const char both[] =
        "{\"name\":\"n\",\"displayName\":\"d\",\"labels\":{\"my_key\":\"1\",\"other\":\"2\"}}";

    assert_keeps("displayName,labels", both);
    assert_keeps("display_name,labels", both);
    assert_keeps(" labels , display_name ", both);
    assert_keeps("name", "{\"name\":\"n\"}");
}

Test(field_mask, no_mask_and_a_star_keep_everything)
{
    assert_keeps(NULL, job);
    assert_keeps("", job);
    assert_keeps("*", job);
    assert_keeps("labels,*", job);
}

Test(field_mask, goes_inside_objects_and_through_lists)
{
    assert_keeps("study_spec.metrics.metric_id",
                 "{\"name\":\"n\",\"studySpec\":{\"metrics\":[{\"metricId\":\"a\"},"
                 "{\"metricId\":\"b\"}]}}");
    assert_keeps("labels.my_key", "{\"name\":\"n\",\"labels\":{\"my_key\":\"1\"}}");
    assert_keeps("trials.id,trials.state",
                 "{\"name\":\"n\",\"trials\":[{\"id\":\"1\",\"state\":4},{\"id\":\"2\"}]}");
    assert_keeps("studySpec.*",
                 "{\"name\":\"n\",\"studySpec\":{\"metrics\":[{\"metricId\":\"a\",\"goal\":1},"
                 "{\"metricId\":\"b\"}],\"algorithm\":2}}");
    assert_keeps("studySpec,studySpec.algorithm",
                 "{\"name\":\"n\",\"studySpec\":{\"metrics\":[{\"metricId\":\"a\",\"goal\":1},"
                 "{\"metricId\":\"b\"}],\"algorithm\":2}}");
    assert_keeps("studySpec.algorithm.x", "{\"name\":\"n\",\"studySpec\":{}}");
}

Test(field_mask, an_unknown_name_is_refused_with_those_that_exist)
{
    assert_refused("displayName,lables", "study_spec, trials; did you mean \"labels\"?");
    assert_refused("nothing.like.it", "no field \"nothing\"; expected some of name, display_name");
    assert_refused("displayNam", "did you mean \"display_name\"");
}

Test(field_mask, what_is_no_path_is_refused)
{
    char text[FIELD_MASK_TEXT_MAX + 2];

    assert_refused(",", "expected a name");
    assert_refused("labels,", "expected a name");
    assert_refused("labels..a", "expected a name");
    assert_refused(".labels", "expected a name");
    assert_refused("labels.", "expected a name");
    assert_refused("labels display_name", "0x20");
    assert_refused("labels.\xff", "0xff");
    assert_refused("labels.b.c.d.e.f.g.h.i.j.k.l.m.n.o.p.q", "at most 16 names");
    memset(text, 'a', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    assert_refused(text, "at most 4096 bytes, found 4097");
    for (int i = 0; i <= FIELD_MASK_PATHS_MAX; i++)
        (void)snprintf(text + 2 * (ptrdiff_t)i, 3, "%s", i < FIELD_MASK_PATHS_MAX ? "*," : "*");
    assert_refused(text, "at most 64 paths");
    text[strlen(text) - 2] = '\0';
    assert_keeps(text, job);
}

Test(field_mask, tells_how_much_of_a_field_it_is_about)
{
    struct field_mask *mask = mask_of("displayName,labels.team,study_spec");
    struct field_mask *all = mask_of("*");
    struct field_mask *none = mask_of("");

    cr_assert(eq(int, field_mask_covers(mask, "display_name"), FIELD_MASK_WHOLE));
    cr_assert(eq(int, field_mask_covers(mask, "displayName"), FIELD_MASK_WHOLE));
    cr_assert(eq(int, field_mask_covers(mask, "labels"), FIELD_MASK_PART));
    cr_assert(eq(int, field_mask_covers(mask, "labels.team"), FIELD_MASK_WHOLE));
    cr_assert(eq(int, field_mask_covers(mask, "labels.other"), FIELD_MASK_NOTHING));
    cr_assert(eq(int, field_mask_covers(mask, "studySpec.metrics"), FIELD_MASK_WHOLE));
    cr_assert(eq(int, field_mask_covers(mask, "trials"), FIELD_MASK_NOTHING));
    cr_assert(eq(int, field_mask_covers(all, "trials.state"), FIELD_MASK_WHOLE));
    cr_assert(eq(int, field_mask_covers(none, "trials"), FIELD_MASK_WHOLE));
    field_mask_free(mask);
    field_mask_free(all);
    field_mask_free(none);
}

/* The naive twin: paths as texts, names from a small set so that masks and trees meet. */
static const char *const names[] = { "a", "bB", "c1", "dDd" };
static const char *const spelled[] = { "a", "b_b", "c1", "d_dd" };

static cJSON *grow(struct dice *dice, int depth)
{
    cJSON *node = NULL;

    if (depth == 0 || dice_chance(dice, 25))
        return cJSON_CreateNumber(dice_below(dice, 100));
    if (dice_chance(dice, 25)) {
        node = cJSON_CreateArray();
        for (int i = dice_below(dice, 3); i >= 0; i--) {
            cJSON *item = cJSON_CreateObject();

            (void)cJSON_AddItemToObject(item, names[dice_below(dice, 4)], grow(dice, depth - 1));
            (void)cJSON_AddItemToArray(node, item);
        }
        return node;
    }
    node = cJSON_CreateObject();
    for (int i = 0; i < 4; i++)
        if (dice_chance(dice, 60))
            (void)cJSON_AddItemToObject(node, names[i], grow(dice, depth - 1));
    return node;
}

/* ",a.bB,c1": a comma before each path, so that they can be searched for; as the request and as
 * the tree spells it. */
static void random_mask(struct dice *dice, char *text, char *meant, size_t size)
{
    size_t used = 0;
    size_t meant_used = 0;

    for (int i = dice_below(dice, 5); i >= 0; i--) {
        for (int j = dice_below(dice, 4); j >= 0; j--) {
            int name = dice_below(dice, 4);
            const char *spelling = dice_chance(dice, 50) ? names[name] : spelled[name];

            used += (size_t)snprintf(text + used, size - used, "%s%s", spelling,
                                     j ? "." : (i ? "," : ""));
            meant_used += (size_t)snprintf(meant + meant_used, size - meant_used, "%s%s",
                                           names[name], j ? "." : ";");
        }
    }
}

/* Is the path, or the beginning of it up to a dot, one of those meant? */
static bool naive_names(const char *meant, const char *path)
{
    for (const char *at = meant; *at; at = strchr(at, ';') + 1) {
        size_t size = strcspn(at, ";");

        if (strncmp(at, path, size) == 0 && (path[size] == '.' || path[size] == '\0'))
            return true;
    }
    return false;
}

/* Each number of the tree with its path, those only that are meant (NULL: all). */
static void list_numbers(const cJSON *node, const char *path, const char *meant, FILE *out)
{
    const cJSON *child = NULL;

    if (cJSON_IsNumber(node) && (!meant || naive_names(meant, path)))
        (void)fprintf(out, "%s=%g\n", path, node->valuedouble);
    cJSON_ArrayForEach(child, node)
    {
        char below[256];

        (void)snprintf(below, sizeof below, "%s%s%s", path,
                       *path && cJSON_IsObject(node) ? "." : "",
                       cJSON_IsObject(node) ? child->string : "");
        list_numbers(child, below, meant, out);
    }
}

static char *numbers_of(const cJSON *tree, const char *meant)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);

    list_numbers(tree, "", meant, out);
    (void)fclose(out);
    return text;
}

Test(field_mask, random_masks_keep_what_their_paths_begin)
{
    const char *seed = getenv("ASSAY_TEST_SEED");
    struct dice dice = { seed ? strtoull(seed, NULL, 10) : 161 };
    size_t kept = 0;

    (void)fprintf(stderr, "ASSAY_TEST_SEED=%llu\n", (unsigned long long)dice.state);
    for (int i = 0; i < 3000; i++) {
        char text[512];
        char meant[512];
        struct assay_error err = { 0 };
        cJSON *tree = cJSON_CreateObject();
        struct field_mask *mask = NULL;
        char *expected = NULL;
        char *left = NULL;

        for (int j = 0; j < 4; j++)
            (void)cJSON_AddItemToObject(tree, names[j], grow(&dice, 4));
        random_mask(&dice, text, meant, sizeof text);
        mask = field_mask_parse(text, "read_mask", NULL, 0, &err);
        cr_assert(mask != NULL, "%s: %s", text, err.message);
        expected = numbers_of(tree, meant);
        field_mask_apply(mask, tree);
        left = numbers_of(tree, NULL);
        cr_assert(eq(str, left, expected), "%s", text);
        kept += strlen(left);
        free(expected);
        free(left);
        field_mask_free(mask);
        cJSON_Delete(tree);
    }
    cr_assert(lt(sz, 30000, kept));
}
