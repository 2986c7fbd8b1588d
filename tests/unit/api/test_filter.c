#include "engine/api/list/filter.h"

#include "assay/value.h"
#include "tests/simulation/dice.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAME, STATE, CREATED, ENDED, LABELS };

enum { TREE_MAX = 24, TEXT_MAX = FILTER_TEXT_MAX + 1 };

static const struct enum_word states[] = {
    { "JOB_STATE_RUNNING", 3, 3 },
    { "JOB_STATE_SUCCEEDED", 4, 4 },
    { "JOB_STATE_FAILED", 5, 5 },
};

static const struct filter_field fields[] = {
    { .name = "display_name",
      .kind = FILTER_TEXT,
      .comparators = FILTER_SAME | FILTER_HAS,
      .id = NAME },
    { .name = "state",
      .kind = FILTER_ENUM,
      .comparators = FILTER_SAME,
      .id = STATE,
      FIELD_WORDS(states) },
    { .name = "create_time", .kind = FILTER_TIME, .comparators = FILTER_ORDER, .id = CREATED },
    { .name = "end_time", .kind = FILTER_TIME, .comparators = FILTER_ORDER, .id = ENDED },
    { .name = "labels",
      .kind = FILTER_MAP,
      .comparators = FILTER_EQUAL | FILTER_HAS,
      .id = LABELS },
};

enum { TABLE_SIZE = sizeof fields / sizeof fields[0] };

struct row {
    const char *name;
    int state;
    int64_t create_us, end_us; /* 0: none */
    const char *team;          /* labels: NULL where it has none */
    const char *odd;           /* of the key "a key/x.y" */
};

static bool get(const void *context, int id, const char *key, struct filter_value *value)
{
    const struct row *row = context;

    if (id == LABELS) {
        value->text = strcmp(key, "team") == 0 ? row->team : NULL;
        if (strcmp(key, "a key/x.y") == 0)
            value->text = row->odd;
        return value->text != NULL;
    }
    value->text = row->name;
    value->number = id == STATE ? row->state : (id == CREATED ? row->create_us : row->end_us);
    return id != ENDED || row->end_us != 0;
}

static struct filter *parse(const char *text, struct assay_error *err)
{
    *err = (struct assay_error){ 0 };
    return filter_parse(text, fields, TABLE_SIZE, err);
}

static bool holds(const char *text, const struct row *row)
{
    struct assay_error err;
    struct filter *filter = parse(text, &err);
    bool truth = false;

    cr_assert(filter != NULL, "%s: %s", text, err.message);
    truth = filter_matches(filter, get, row);
    filter_free(filter);
    return truth;
}

/* The message must begin with the place, and contain the words. */
static void assert_refused(const char *text, const char *where, const char *words)
{
    struct assay_error err;
    struct filter *filter = parse(text, &err);

    cr_assert(filter == NULL, "accepted: %s", text);
    cr_assert(eq(int, err.code, ASSAY_INVALID));
    cr_assert(eq(str, err.field, "filter"));
    cr_assert(strncmp(err.message, where, strlen(where)) == 0, "%s: %s", text, err.message);
    cr_assert(strstr(err.message, words) != NULL, "%s: %s", text, err.message);
}

static const struct row cnn = { .name = "cnn",
                                .state = 4,
                                .create_us = 1706702400000000, /* 2024-01-31T12:00:00Z */
                                .team = "vision",
                                .odd = "v" };

Test(filter, no_filter_matches_every_row)
{
    cr_assert(holds(NULL, &cnn));
    cr_assert(holds("", &cnn));
    cr_assert(holds(" \t\r\n", &cnn));
}

Test(filter, what_the_reference_gives_as_examples_means_what_it_says)
{
    static const struct row tune = { .name = "tune_7", .state = 4 };

    cr_assert(holds("display_name:\"tune_*\" AND state=\"JOB_STATE_SUCCEEDED\"", &tune));
    cr_assert(not(holds("display_name:\"tune_*\" AND state=\"JOB_STATE_SUCCEEDED\"", &cnn)));
    cr_assert(holds("display_name=\"cnn\" OR state!=\"JOB_STATE_FAILED\"", &tune));
    cr_assert(not(holds("NOT display_name=\"cnn\"", &cnn)));
    cr_assert(holds("NOT display_name=\"cnn\"", &tune));
    cr_assert(holds("create_time>=\"2024-01-31T12:00:00Z\"", &cnn));
    cr_assert(not(holds("create_time>=\"2024-01-31T12:00:00Z\"", &tune)));
    cr_assert(holds("labels.team=vision", &cnn));
    cr_assert(not(holds("labels.team=vision", &tune)));
    cr_assert(holds("labels.team:*", &cnn));
    cr_assert(not(holds("labels.team:*", &tune)));
    cr_assert(holds("display_name:\"*un*\"", &tune));
    cr_assert(holds("labels.\"a key/x.y\"=\"v\"", &cnn));
}

Test(filter, a_field_may_be_written_in_either_spelling)
{
    cr_assert(holds("displayName=cnn createTime>\"2024-01-01T00:00:00Z\"", &cnn));
    assert_refused("DisplayName=cnn", "character 1:", "did you mean \"display_name\"");
}

Test(filter, or_binds_tighter_than_and)
{
    cr_assert(not(holds("state=JOB_STATE_FAILED AND display_name=x OR display_name=cnn", &cnn)));
    cr_assert(holds("(state=JOB_STATE_FAILED AND display_name=x) OR display_name=cnn", &cnn));
    cr_assert(holds("display_name=cnn OR display_name=x AND labels.team=vision", &cnn));
    cr_assert(not(holds("display_name=cnn OR display_name=x labels.team=audio", &cnn)));
}

Test(filter, a_minus_is_not_and_blanks_are_free)
{
    cr_assert(holds("-display_name=x", &cnn));
    cr_assert(holds("-(display_name=x OR state=JOB_STATE_FAILED)", &cnn));
    cr_assert(holds("NOT(display_name = \"x\")AND\tstate !=\n'JOB_STATE_FAILED'", &cnn));
    cr_assert(holds("display_name=\"cnn\"state=\"JOB_STATE_SUCCEEDED\"", &cnn));
}

Test(filter, times_are_compared_as_moments_whatever_their_offset)
{
    cr_assert(holds("create_time=\"2024-01-31T13:00:00+01:00\"", &cnn));
    cr_assert(holds("create_time = 2024-01-31T12:00:00Z", &cnn));
    cr_assert(holds("create_time<2024-01-31T12:00:00.000001Z", &cnn));
    cr_assert(not(holds("create_time!='2024-01-31T07:00:00-05:00'", &cnn)));
    cr_assert(holds("create_time<=\"2024-01-31T12:00:00Z\"", &cnn));
    cr_assert(not(holds("create_time>\"2024-01-31T12:00:00Z\"", &cnn)));
}

Test(filter, of_what_a_row_does_not_have_only_unequal_holds)
{
    static const char *const compared[] = { "=", "<", "<=", ">", ">=" };
    char text[64];

    for (size_t i = 0; i < 5; i++) {
        (void)snprintf(text, sizeof text, "end_time%s\"1970-01-01T00:00:00Z\"", compared[i]);
        cr_assert(not(holds(text, &cnn)), "%s", text);
    }
    cr_assert(holds("end_time!=\"1970-01-01T00:00:00Z\"", &cnn));
    cr_assert(not(holds("labels.none:*", &cnn)));
}

Test(filter, a_map_is_asked_for_keys_with_dots_slashes_and_blanks)
{
    static const struct row empty = { .name = "", .team = "" };

    cr_assert(holds("labels:team", &cnn));
    cr_assert(holds("labels:'a key/x.y'", &cnn));
    cr_assert(not(holds("labels:other", &cnn)));
    cr_assert(holds("labels.team:vis*", &cnn));
    cr_assert(not(holds("labels.team=vis*", &cnn)));
    cr_assert(not(holds("labels.aiplatform.googleapis.com/ml_use=training", &cnn)));
    cr_assert(holds("labels.team:*", &empty), "an empty value is one");
    cr_assert(holds("labels.team=\"\"", &empty));
}

Test(filter, quotes_hold_blanks_keywords_and_escaped_quotes)
{
    static const struct row row = { .name = "a \"b\" 'c' \\ (OR) é" };

    cr_assert(holds("display_name=\"a \\\"b\\\" 'c' \\\\ (OR) é\"", &row));
    cr_assert(holds("display_name='a \"b\" \\'c\\' \\\\ (OR) é'", &row));
    cr_assert(holds("display_name=\"AND\"", &(struct row){ .name = "AND" }));
}

Test(filter, an_error_says_where_and_what_was_expected)
{
    assert_refused("displayname=x", "character 1:", "did you mean \"display_name\"");
    assert_refused("state=JOB_STATE_FAILED nme=x",
                   "character 24:", "display_name, state, create_time, end_time, labels.KEY");
    assert_refused("state=JOB_STATE_FAILED and x=y", "character 24:", "keywords are AND");
    assert_refused("state<JOB_STATE_FAILED", "character 6:", "=, != after state");
    assert_refused("state:JOB_STATE_FAILED", "character 6:", "found ':'");
    assert_refused("state=FAILED",
                   "character 7:", "JOB_STATE_RUNNING, JOB_STATE_SUCCEEDED, JOB_STATE_FAILED");
    assert_refused("state=\"\"", "character 7:", "expected one of");
    assert_refused("create_time>yesterday", "character 13:", "found \"yesterday\"");
    assert_refused("create_time:*",
                   "character 12:", "=, !=, <=, <, >=, > after create_time, found ':'");
    assert_refused("display_name", "character 13:", "=, !=, : after display_name, found the end");
    assert_refused("display_name=", "character 14:", "expected a value");
    assert_refused("display_name= AND state=x",
                   "character 15:", "a value (quotes are for keywords and comparators), found 'A'");
    assert_refused("display_name==\"x\"", "character 14:", "expected a value");
    assert_refused("display_name=\"é\" x", "character 18:", "no field \"x\"");
    assert_refused("display_name=\"x", "character 14:", "closing \"");
    assert_refused("display_name=\"x\\n\"", "character 17:", "after a backslash, found 'n'");
    assert_refused("display_name=\"x\ny\"", "character 16:", "control character");
    assert_refused("display_name=it's", "character 16:", "whole value in quotes");
    assert_refused("display_name.x=y", "character 13:", "has no members");
    assert_refused("labels=x", "character 7:", "expected .KEY or :");
    assert_refused("labels.=x", "character 8:", "expected a key");
    assert_refused("labels:*", "character 8:", "expected a key");
    assert_refused("labels.team!=x", "character 12:", "=, : after labels");
    assert_refused("(state=JOB_STATE_FAILED", "character 24:", "AND, OR or ), found the end");
    assert_refused("state=JOB_STATE_FAILED)", "character 23:", "AND, OR or the end");
    assert_refused("()", "character 2:", "expected a field");
    assert_refused("NOT", "character 4:", "expected a field, NOT, - or (");
    assert_refused("NOT NOT display_name=x", "character 5:", "expected a field");
    assert_refused("display_name=x OR", "character 18:", "expected a field");
    assert_refused("display_name=x AND AND display_name=x", "character 20:", "found AND");
    assert_refused("OR display_name=x", "character 1:", "found OR");
    assert_refused("\"display_name\"=x", "character 1:", "expected a field");
    assert_refused("display_name=\"\xff\"", "character 15:", "0xff");
}

/* count terms with OR between, in depth parentheses. */
static char *long_filter(size_t count, int depth)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);

    for (int i = 0; i < depth; i++)
        (void)fputc('(', out);
    for (size_t i = 0; i < count; i++)
        (void)fprintf(out, "%sdisplay_name=%c", i ? " OR " : "", i + 1 < count ? 'x' : 'y');
    for (int i = 0; i < depth; i++)
        (void)fputc(')', out);
    (void)fclose(out);
    return text;
}

Test(filter, the_largest_filters_work_and_larger_ones_are_refused)
{
    static const struct row y = { .name = "y" };
    char *most = long_filter(FILTER_TERMS_MAX, 0);
    char *more = long_filter(FILTER_TERMS_MAX + 1, 0);
    char *many = long_filter(1000, 0);
    char *deepest = long_filter(1, FILTER_DEPTH_MAX);
    char *deeper = long_filter(1, FILTER_DEPTH_MAX + 1);
    char *abyss = long_filter(1, 1000);

    cr_assert(holds(most, &y));
    cr_assert(not(holds(most, &cnn)));
    assert_refused(more, "character 1801:", "at most 100 terms");
    assert_refused(many, "expected at most 4096 bytes", "found 17996");
    cr_assert(holds(deepest, &y));
    assert_refused(deeper, "character 17:", "nest at most 16 deep");
    assert_refused(abyss, "character 17:", "nest at most 16 deep");
    free(most);
    free(more);
    free(many);
    free(deepest);
    free(deeper);
    free(abyss);
}

Test(filter, parentheses_beside_each_other_do_not_nest)
{
    char text[40 * 20 + 1] = "";

    for (int i = 0; i < 40; i++)
        (void)snprintf(text + 20 * (ptrdiff_t)i, 21, "(display_name=\"cnn\")");
    cr_assert(holds(text, &cnn));
}

Test(filter, as_many_bytes_as_there_may_be_are_read)
{
    char text[FILTER_TEXT_MAX + 2];

    memset(text, ' ', sizeof text);
    memcpy(text, "display_name=cnn", 16);
    text[FILTER_TEXT_MAX] = '\0';
    cr_assert(holds(text, &cnn));
    text[FILTER_TEXT_MAX] = ' ';
    text[FILTER_TEXT_MAX + 1] = '\0';
    assert_refused(text, "expected at most 4096 bytes", "found 4097");
}

Test(filter, a_word_that_begins_like_a_keyword_is_none)
{
    cr_assert(holds("display_name=ANDy OR display_name=NOTe", &(struct row){ .name = "NOTe" }));
    assert_refused("NOTdisplay_name=x", "character 1:", "no field \"NOTdisplay_name\"");
    assert_refused("display_name=x ORdisplay_name=y", "character 16:", "no field");
}

static struct dice seeded_dice(void)
{
    const char *text = getenv("ASSAY_TEST_SEED");
    struct dice dice = { text ? strtoull(text, NULL, 10) : 160 };

    (void)fprintf(stderr, "ASSAY_TEST_SEED=%llu\n", (unsigned long long)dice.state);
    return dice;
}

/* An expression as a tree, its nodes in one array; -1 stands for no child. */
enum node_kind { LEAF, NEGATION, CONJUNCTION, DISJUNCTION };

struct node {
    enum node_kind kind;
    int left, right;
    int leaf; /* which of leaves */
};

static const char *const leaves[] = {
    "display_name=\"a\"",
    "displayName!=b",
    "display_name:'a*'",
    "state = \"JOB_STATE_RUNNING\"",
    "state!=JOB_STATE_FAILED",
    "create_time<\"1970-01-01T00:00:02Z\"",
    "create_time >= '1970-01-01T01:00:02+01:00'",
    "end_time<=1970-01-01T00:00:01Z",
    "labels.team=x",
    "labels.team:*",
    "labels.\"a key/x.y\":*y",
};

enum { LEAF_COUNT = sizeof leaves / sizeof leaves[0] };

/* What each of leaves means. */
static bool leaf_holds(int leaf, const struct row *row)
{
    const bool truths[LEAF_COUNT] = {
        strcmp(row->name, "a") == 0,
        strcmp(row->name, "b") != 0,
        row->name[0] == 'a',
        row->state == 3,
        row->state != 5,
        row->create_us < 2000000,
        row->create_us >= 2000000,
        row->end_us != 0 && row->end_us <= 1000000,
        row->team && strcmp(row->team, "x") == 0,
        row->team != NULL,
        row->odd && row->odd[0] && row->odd[strlen(row->odd) - 1] == 'y',
    };

    return truths[leaf];
}

static bool tree_holds(const struct node *nodes, int at, const struct row *row)
{
    const struct node *node = &nodes[at];

    if (node->kind == LEAF)
        return leaf_holds(node->leaf, row);
    if (node->kind == NEGATION)
        return !tree_holds(nodes, node->left, row);
    if (node->kind == CONJUNCTION)
        return tree_holds(nodes, node->left, row) && tree_holds(nodes, node->right, row);
    return tree_holds(nodes, node->left, row) || tree_holds(nodes, node->right, row);
}

/* Grows a tree of about so many nodes; returns its root. */
static int grow(struct dice *dice, struct node *nodes, int *count, int budget, int depth)
{
    int at = (*count)++;
    struct node node = { .left = -1, .right = -1 };

    if (*count < budget && depth < FILTER_DEPTH_MAX - 2 && dice_chance(dice, 75))
        node.kind = (enum node_kind)(1 + dice_below(dice, 3));
    node.leaf = dice_below(dice, LEAF_COUNT);
    if (node.kind != LEAF)
        node.left = grow(dice, nodes, count, budget, depth + 1);
    if (node.kind == CONJUNCTION || node.kind == DISJUNCTION)
        node.right = grow(dice, nodes, count, budget, depth + 1);
    nodes[at] = node;
    return at;
}

/* How tightly a node holds together: what is looser than its place asks for needs parentheses. */
static int tightness(enum node_kind kind)
{
    switch (kind) {
    case CONJUNCTION:
        return 0;
    case DISJUNCTION:
        return 1;
    case NEGATION:
        return 2;
    case LEAF:
        break;
    }
    return 3;
}

static void print(struct dice *dice, const struct node *nodes, int at, int needed, FILE *out)
{
    static const char *const ands[] = { " AND ", " ", "\n" };
    const struct node *node = &nodes[at];
    int own = tightness(node->kind);
    bool has_parentheses = own < needed || dice_chance(dice, 5);

    (void)fputs(has_parentheses ? "( " : "", out);
    if (node->kind == LEAF) {
        (void)fputs(leaves[node->leaf], out);
    } else if (node->kind == NEGATION) {
        (void)fputs(dice_chance(dice, 50) ? "-" : "NOT ", out);
        print(dice, nodes, node->left, own + 1, out);
    } else {
        print(dice, nodes, node->left, own, out);
        (void)fputs(node->kind == DISJUNCTION ? " OR " : ands[dice_below(dice, 3)], out);
        print(dice, nodes, node->right, own, out);
    }
    (void)fputs(has_parentheses ? ")" : "", out);
}

static struct row random_row(struct dice *dice)
{
    static const char *const names[] = { "a", "b", "ab", "" };
    static const char *const values[] = { NULL, "x", "y", "xy", "" };

    return (struct row){ .name = names[dice_below(dice, 4)],
                         .state = 3 + dice_below(dice, 3),
                         .create_us = INT64_C(1000000) * (1 + dice_below(dice, 3)),
                         .end_us = INT64_C(1000000) * dice_below(dice, 3),
                         .team = values[dice_below(dice, 5)],
                         .odd = values[dice_below(dice, 5)] };
}

Test(filter, random_expressions_mean_what_their_trees_mean)
{
    struct dice dice = seeded_dice();
    int held = 0;

    for (int i = 0; i < 5000; i++) {
        struct node nodes[2 * TREE_MAX];
        char text[TEXT_MAX];
        FILE *out = fmemopen(text, sizeof text, "w");
        struct assay_error err;
        struct filter *filter = NULL;
        int count = 0;
        int root = grow(&dice, nodes, &count, 1 + dice_below(&dice, TREE_MAX), 0);

        print(&dice, nodes, root, 0, out);
        (void)fclose(out);
        filter = parse(text, &err);
        cr_assert(filter != NULL, "%s: %s", text, err.message);
        for (int j = 0; j < 20; j++) {
            struct row row = random_row(&dice);
            bool truth = tree_holds(nodes, root, &row);

            cr_assert(filter_matches(filter, get, &row) == truth, "%s", text);
            held += truth;
        }
        filter_free(filter);
    }
    cr_assert(held > 20000 && held < 80000, "%d of 100000 held", held);
}

/* One line for each case of the definition. */
static bool naive_fits(const char *pattern, const char *text)
{
    if (*pattern == '*')
        return naive_fits(pattern + 1, text) || (*text && naive_fits(pattern, text + 1));
    if (!*pattern || !*text)
        return *pattern == *text;
    return *pattern == *text && naive_fits(pattern + 1, text + 1);
}

Test(filter, wildcards_fit_what_their_definition_fits)
{
    struct dice dice = seeded_dice();
    int fitting = 0;

    for (int i = 0; i < 50000; i++) {
        char pattern[8] = "";
        char name[10] = "";
        char text[64];
        struct row row = { .name = name };

        for (int j = dice_below(&dice, 7); j > 0; j--)
            pattern[j - 1] = "ab*"[dice_below(&dice, 3)];
        for (int j = dice_below(&dice, 9); j > 0; j--)
            name[j - 1] = "ab*"[dice_chance(&dice, 5) ? 2 : dice_below(&dice, 2)];
        (void)snprintf(text, sizeof text, "display_name:\"%s\"", pattern);
        cr_assert(holds(text, &row) == naive_fits(pattern, name), "%s on %s", text, name);
        fitting += naive_fits(pattern, name);
    }
    cr_assert(fitting > 2000, "%d fitted", fitting);
}

enum { LOSS, OPT, COUNT };

static const struct filter_field metric_fields[] = {
    { .name = "loss", .kind = FILTER_NUMBER, .comparators = FILTER_ORDER | FILTER_HAS, .id = LOSS },
    { .name = "a.b/c", .kind = FILTER_NAME, .comparators = FILTER_SAME | FILTER_HAS, .id = OPT },
};

static const struct filter_field grouped_fields[] = {
    { .name = "count", .kind = FILTER_NUMBER, .comparators = FILTER_ORDER, .id = COUNT },
    { .name = "metrics", .kind = FILTER_GROUP, .members = metric_fields, .member_count = 2 },
};

/* loss is -0.5, a.b/c "AdamW"; count is 7 where row is not NULL. */
static bool get_grouped(const void *row, int id, const char *key, struct filter_value *value)
{
    cr_assert(key == NULL);
    value->text = "AdamW";
    value->real = id == LOSS ? -0.5 : 7;
    return id != COUNT || row;
}

/* 1 and 0: whether it holds; -1: it was refused, with these words. */
static int ask_grouped(const char *text, const void *row, const char *words)
{
    struct assay_error err = { 0 };
    struct filter *filter = filter_parse(text, grouped_fields, 2, &err);
    int truth = filter ? filter_matches(filter, get_grouped, row) : -1;

    cr_assert(filter || (words && strstr(err.message, words)), "%s: %s", text, err.message);
    filter_free(filter);
    return truth;
}

Test(filter, numbers_are_compared_as_numbers)
{
    cr_assert(eq(int, ask_grouped("metrics.loss<-4e-1 count>=7.0 count!=70", &cnn, NULL), 1));
    cr_assert(eq(int, ask_grouped("metrics.loss<-0.5", &cnn, NULL), 0));
    cr_assert(eq(int, ask_grouped("metrics.loss:*", &cnn, NULL), 1));
    cr_assert(eq(int, ask_grouped("count!=7", NULL, NULL), 1));
    cr_assert(eq(int, ask_grouped("count<=7", NULL, NULL), 0));
    cr_assert(eq(int, ask_grouped("count=seven", &cnn, "expected a number, found \"seven\""), -1));
    cr_assert(eq(int, ask_grouped("metrics.loss:3", &cnn, "expected * after :"), -1));
    cr_assert(eq(int, ask_grouped("count:*", &cnn, "expected =, !="), -1));
}

Test(filter, a_part_of_a_name_is_found_in_either_case)
{
    cr_assert(eq(int, ask_grouped("metrics.a.b/c:damw", &cnn, NULL), 1));
    cr_assert(eq(int, ask_grouped("metrics.\"a.b/c\":'*'", &cnn, NULL), 1));
    cr_assert(eq(int, ask_grouped("metrics.a.b/c=adamw", &cnn, NULL), 0));
    cr_assert(eq(int, ask_grouped("metrics.a.b/c:sgd", &cnn, NULL), 0));
}

Test(filter, a_member_that_a_group_has_not_is_refused_and_told_what_there_is)
{
    cr_assert(eq(int, ask_grouped("metrics=1", &cnn, "expected .ID after metrics"), -1));
    cr_assert(eq(
        int,
        ask_grouped("metrics.lss=1", &cnn, "metrics has no \"lss\"; expected one of loss, a.b/c"),
        -1));
    cr_assert(eq(int, ask_grouped("metric.loss=1", &cnn, "count, metrics.ID"), -1));
}
