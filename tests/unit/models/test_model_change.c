#include "engine/models/model_change.h"

#include "support.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdlib.h>
#include <string.h>

#define PARENT "projects/p/locations/l"

/* A store, and whatever is written to it in one transaction. */
static struct bench_store bench;
static struct store *store;
static struct assay_error err;

static void open_bench(void)
{
    bench_store_init(&bench);
    store = bench.store;
    begin(store);
}

static void close_bench(void)
{
    commit(store);
    bench_store_clear(&bench);
}

TestSuite(model_change, .init = open_bench, .fini = close_bench);

static struct model_name named(const char *word)
{
    struct model_name name = { .id = "" };

    cr_assert(model_word_parse(word, &name));
    return name;
}

/* The number of a new version of "m"; 0 and err. */
static int64_t create(bool is_version, const char *alias)
{
    char name[] = "M";
    char word[MODEL_ALIAS_SIZE];
    char *aliases[] = { word };
    struct model_document document = { .display_name = name,
                                       .aliases = aliases,
                                       .alias_count = alias ? 1 : 0 };
    const struct model_new made = {
        .parent = PARENT, .id = "m", .is_version = is_version, .document = &document
    };
    int64_t version = 0;

    (void)snprintf(word, sizeof word, "%s", alias ? alias : "");
    document.kept = cJSON_CreateObject();
    if (!model_create(store, &made, 1000, &version, &err))
        version = 0;
    cJSON_Delete(document.kept);
    return version;
}

static bool merge(const char *word, const char *alias)
{
    struct model_name name = named(word);

    return model_merge_aliases(store, &name, &alias, 1, 2000, &err);
}

/* What a word means; 0: nothing. */
static int64_t meaning(const char *word)
{
    struct model_name name = named(word);
    struct model_row model;
    struct model_version_row version;
    int64_t number = model_find(store, &name, &model, &version, &err) ? version.version : 0;

    model_version_row_clear(&version);
    model_row_clear(&model);
    return number;
}

static bool delete_version(const char *word)
{
    struct model_name name = named(word);

    return model_delete_version(store, &name, 3000, &err);
}

Test(model_change, the_first_version_is_the_default_one)
{
    cr_assert(eq(i64, create(false, "champ"), 1));
    cr_assert(eq(i64, meaning("m"), 1));
    cr_assert(eq(i64, meaning("m@-"), 1));
    cr_assert(eq(i64, meaning("m@default"), 1));
    cr_assert(eq(i64, meaning("m@champ"), 1));
    cr_assert(eq(i64, meaning("m@2"), 0));
    cr_assert(eq(int, (int)err.code, ASSAY_NOT_FOUND));
}

Test(model_change, an_id_that_is_used_is_refused)
{
    cr_assert(eq(i64, create(false, NULL), 1));
    cr_assert(eq(i64, create(false, NULL), 0));
    cr_assert(eq(int, (int)err.code, ASSAY_EXISTS));
}

Test(model_change, a_version_of_no_model_is_refused)
{
    cr_assert(eq(i64, create(true, NULL), 0));
    cr_assert(eq(int, (int)err.code, ASSAY_NOT_FOUND));
}

Test(model_change, a_new_version_takes_the_default_only_when_it_says_so)
{
    (void)create(false, NULL);
    (void)create(true, NULL);
    cr_assert(eq(i64, meaning("m"), 1));
    cr_assert(eq(i64, create(true, "default"), 3));
    cr_assert(eq(i64, meaning("m"), 3));
}

Test(model_change, the_number_of_the_newest_version_is_not_given_again)
{
    (void)create(false, NULL);
    (void)create(true, NULL);
    cr_assert(delete_version("m@2"));
    cr_assert(eq(i64, create(true, NULL), 3));
}

Test(model_change, default_is_moved_and_never_removed)
{
    (void)create(false, NULL);
    (void)create(true, NULL);
    cr_assert(not(merge("m@1", "-default")));
    cr_assert(eq(int, (int)err.code, ASSAY_INVALID));
    cr_assert(merge("m@2", "default"));
    cr_assert(eq(i64, meaning("m"), 2));
    cr_assert(not(delete_version("m@2")));
    cr_assert(eq(int, (int)err.code, ASSAY_PRECONDITION));
    cr_assert(delete_version("m@1"));
    cr_assert(not(delete_version("m@2")));
}

Test(model_change, an_alias_is_removed_only_where_it_is)
{
    (void)create(false, NULL);
    (void)create(true, "gold");
    cr_assert(merge("m@1", "-gold"));
    cr_assert(eq(i64, meaning("m@gold"), 2));
    cr_assert(merge("m@2", "-gold"));
    cr_assert(eq(i64, meaning("m@gold"), 0));
}

Test(model_change, a_change_gives_another_etag_and_an_old_one_is_refused)
{
    struct model_name name = named("m");
    struct model_row model;
    struct model_version_row version;
    char etag[MODEL_ETAG_SIZE];
    char description[] = "d";
    struct model_document document = { .description = description, .etag = etag };

    (void)create(false, NULL);
    cr_assert(model_find(store, &name, &model, &version, &err));
    (void)model_etag(&model, &version, etag);
    model_row_clear(&model);
    model_version_row_clear(&version);
    cr_assert(model_patch(store, &name, MODEL_PATCH_DESCRIPTION, &document, 5, &err));
    cr_assert(not(model_patch(store, &name, MODEL_PATCH_DESCRIPTION, &document, 5, &err)));
    cr_assert(eq(int, (int)err.code, ASSAY_ABORTED));
    (void)snprintf(etag, sizeof etag, "rubbish");
    cr_assert(not(model_patch(store, &name, MODEL_PATCH_DESCRIPTION, &document, 5, &err)));
}

Test(model_change, a_change_of_a_version_leaves_the_etag_for_the_model_good_and_the_other_way_round)
{
    struct model_name name = named("m");
    struct model_name first = named("m@1");
    struct model_row model;
    struct model_version_row version;
    char etag[MODEL_ETAG_SIZE];
    char text[] = "d";
    struct model_document document = { .description = text,
                                       .version_description = text,
                                       .etag = etag };

    (void)create(false, NULL);
    cr_assert(model_find(store, &first, &model, &version, &err));
    (void)model_etag(&model, &version, etag);
    model_row_clear(&model);
    model_version_row_clear(&version);
    cr_assert(eq(i64, create(true, "default"), 2));
    cr_assert(model_patch(store, &name, MODEL_PATCH_DESCRIPTION, &document, 5, &err), "%s",
              err.message);
    cr_assert(model_patch(store, &first, MODEL_PATCH_VERSION_DESCRIPTION, &document, 5, &err));
    cr_assert(not(model_patch(store, &first, MODEL_PATCH_VERSION_DESCRIPTION, &document, 5, &err)));
    cr_assert(eq(int, (int)err.code, ASSAY_ABORTED));
}

Test(model_change, a_mask_of_the_other_level_is_refused)
{
    static const struct {
        const char *word;
        unsigned parts;
        bool is_good;
    } cases[] = {
        { "m", MODEL_PATCH_DESCRIPTION, true },
        { "m@-", MODEL_PATCH_DESCRIPTION, true },
        { "m@1", MODEL_PATCH_DESCRIPTION, false },
        { "m@default", MODEL_PATCH_DISPLAY_NAME, false },
        { "m", MODEL_PATCH_VERSION_DESCRIPTION, false },
        { "m@1", MODEL_PATCH_VERSION_DESCRIPTION, true },
        { "m@1", MODEL_PATCH_VERSION_DESCRIPTION | MODEL_PATCH_DESCRIPTION, false },
        { "m", MODEL_PATCH_VERSION_DESCRIPTION | MODEL_PATCH_DESCRIPTION, false },
        { "m", MODEL_PATCH_LABELS, true },
        { "m@1", MODEL_PATCH_LABELS, true },
    };
    char text[] = "x";
    struct model_document document = { .display_name = text,
                                       .description = text,
                                       .version_description = text };

    (void)create(false, NULL);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct model_name name = named(cases[i].word);
        bool is_patched = model_patch(store, &name, cases[i].parts, &document, 5, &err);

        cr_assert(eq(int, is_patched, cases[i].is_good), "%s %u", cases[i].word, cases[i].parts);
        if (!is_patched)
            cr_assert(eq(int, (int)err.code, ASSAY_PRECONDITION));
    }
}

/* The naive twin: versions in an array, for each which of three aliases it has. */
enum { TWIN_VERSIONS = 64, TWIN_ALIASES = 3, TWIN_STEPS = 4000 };

static const char *const twin_aliases[TWIN_ALIASES] = { "default", "gold", "old" };

struct twin {
    bool is_there[TWIN_VERSIONS + 1];
    int holder[TWIN_ALIASES]; /* 0: none */
    int last;
};

static int twin_count(const struct twin *twin)
{
    int count = 0;

    for (int i = 1; i <= twin->last; i++)
        count += twin->is_there[i];
    return count;
}

static void compare(const struct twin *twin)
{
    for (int i = 0; i < TWIN_ALIASES; i++) {
        char word[64];

        (void)snprintf(word, sizeof word, "m@%s", twin_aliases[i]);
        cr_assert(eq(i64, meaning(word), twin->holder[i]), "%s", word);
    }
    for (int i = 1; i <= TWIN_VERSIONS; i++) {
        char word[64];

        (void)snprintf(word, sizeof word, "m@%d", i);
        cr_assert(eq(int, meaning(word) == i, twin->is_there[i]), "%s", word);
    }
}

/* One random deed, done to both; whether it is possible must be the same. */
static void step(struct twin *twin, unsigned *seed)
{
    int version = 1 + rand_r(seed) % (twin->last + 1);
    int alias = rand_r(seed) % TWIN_ALIASES;
    int deed = rand_r(seed) % 4;
    bool is_there = version <= twin->last && twin->is_there[version];
    char word[64];
    char removal[64];

    (void)snprintf(word, sizeof word, "m@%d", version);
    (void)snprintf(removal, sizeof removal, "-%s", twin_aliases[alias]);
    if (deed == 0 && twin->last < TWIN_VERSIONS) {
        cr_assert(eq(i64, create(true, twin_aliases[alias]), ++twin->last));
        twin->is_there[twin->last] = true;
        twin->holder[alias] = twin->last;
    } else if (deed == 1) {
        cr_assert(eq(int, merge(word, twin_aliases[alias]), is_there));
        if (is_there)
            twin->holder[alias] = version;
    } else if (deed == 2) {
        cr_assert(eq(int, merge(word, removal), is_there &&alias != 0));
        if (is_there && alias != 0 && twin->holder[alias] == version)
            twin->holder[alias] = 0;
    } else if (deed == 3) {
        bool is_possible = is_there && twin_count(twin) > 1 && twin->holder[0] != version;

        cr_assert(eq(int, delete_version(word), is_possible));
        for (int i = 0; i < TWIN_ALIASES; i++)
            if (is_possible && twin->holder[i] == version)
                twin->holder[i] = 0;
        if (is_possible)
            twin->is_there[version] = false;
    }
}

struct walk {
    char seen[200];
    size_t count;
};

static bool note_files(void *context, const struct model_files_row *row)
{
    struct walk *walk = context;
    size_t size = strlen(walk->seen);

    walk->count++;
    (void)snprintf(walk->seen + size, sizeof walk->seen - size, " %s@%d:%s", row->id,
                   (int)row->version, row->artifact);
    return true;
}

static void put_version(int64_t model, int64_t version, int push_state, int64_t push_due_us)
{
    char digest[] = "d";
    struct model_version_row row = { .model = model,
                                     .version = version,
                                     .artifact = digest,
                                     .push_state = push_state,
                                     .push_due_us = push_due_us };

    cr_assert(store_model_version_put(store, &row, &err), "%s", err.message);
}

static int64_t put_model(const char *id)
{
    char word[8];
    struct model_row row = { .id = word };

    (void)snprintf(word, sizeof word, "%s", id);
    cr_assert(store_model_row_put(store, &row, &err), "%s", err.message);
    return row.number;
}

Test(model_change, versions_are_looked_after_by_id_then_number_and_pushed_by_their_time)
{
    struct walk walk = { .count = 0 };
    int64_t b = put_model("b");
    int64_t a = put_model("a");

    put_version(b, 10, MODEL_PUSH_WAITING, 7);
    put_version(b, 9, MODEL_PUSH_DONE, 1);
    put_version(a, 1, MODEL_PUSH_WAITING, 5);
    put_version(a, 2, MODEL_PUSH_NONE, 0);
    cr_assert(store_model_files_each(store, note_files, &walk, &err), "%s", err.message);
    cr_assert_str_eq(walk.seen, " a@1:d a@2:d b@9:d b@10:d");
    walk = (struct walk){ .count = 0 };
    cr_assert(store_model_files_to_push(store, note_files, &walk, &err), "%s", err.message);
    cr_assert_str_eq(walk.seen, " a@1:d");
    put_version(a, 1, MODEL_PUSH_DONE, 5);
    put_version(b, 10, MODEL_PUSH_NONE, 0);
    walk = (struct walk){ .count = 0 };
    cr_assert(store_model_files_to_push(store, note_files, &walk, &err), "%s", err.message);
    cr_assert(eq(sz, walk.count, 0));
}

Test(model_change, random_deeds_do_what_an_array_would_do)
{
    struct twin twin = { .last = 1, .is_there = { false, true }, .holder = { 1 } };
    unsigned seed = 20260131;

    cr_assert(eq(i64, create(false, NULL), 1));
    for (int i = 0; i < TWIN_STEPS; i++) {
        step(&twin, &seed);
        if (i % 20 == 0)
            compare(&twin);
    }
    compare(&twin);
}
