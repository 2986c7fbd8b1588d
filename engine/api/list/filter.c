#include "engine/api/list/filter.h"

#include "assay/utf8.h"
#include "assay/value.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* STEPS_MAX: there is one AND or OR less than terms. */
enum { NAMES_TEXT = 1024, STEPS_MAX = 2 * FILTER_TERMS_MAX - 1 };

enum step_kind { STEP_TERM, STEP_AND, STEP_OR };

/* The filter in postfix order: a term leaves a truth, AND and OR make one of two. */
struct step {
    enum step_kind kind;
    bool is_negated;
    enum filter_comparator comparator; /* from here on of a term */
    const struct filter_field *field;
    const char *key;  /* of a map, in words */
    const char *text; /* of a text or a map, in words or constant */
    int64_t number;   /* of an enum or a time */
    double real;      /* of a number */
};

struct filter {
    size_t step_count;
    struct step steps[STEPS_MAX];
    char words[]; /* keys and values, decoded: each shorter than what it was made from */
};

struct parser {
    const char *text;
    const char *at;
    const struct filter_field *fields;
    size_t field_count;
    struct filter *filter;
    char *words_end;
    size_t term_count;
    int depth;
    struct assay_error *err;
};

/* What begins with another one comes before it. */
static const struct {
    const char *text;
    enum filter_comparator comparator;
} comparators[] = {
    { "=", FILTER_EQUAL }, { "!=", FILTER_UNEQUAL },  { "<=", FILTER_AT_MOST },
    { "<", FILTER_LESS },  { ">=", FILTER_AT_LEAST }, { ">", FILTER_MORE },
    { ":", FILTER_HAS },
};

enum { COMPARATOR_COUNT = sizeof comparators / sizeof comparators[0] };

static bool read_expression(struct parser *parser);

/* "character 7: <message>"; at need not be where the parser stands. Returns false. */
static bool fail_at(const struct parser *parser, const char *at, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

static bool fail_at(const struct parser *parser, const char *at, const char *fmt, ...)
{
    char message[sizeof parser->err->message - 64];
    va_list args;

    va_start(args, fmt);
    (void)vsnprintf(message, sizeof message, fmt, args);
    va_end(args);
    return assay_fail(parser->err, ASSAY_INVALID, "filter", "character %zu: %s",
                      utf8_count(parser->text, (size_t)(at - parser->text)) + 1, message);
}

static bool fail_expected(const struct parser *parser, const char *what)
{
    const char *at = parser->at;

    if (!*at)
        return fail_at(parser, at, "expected %s, found the end of the filter", what);
    return fail_at(parser, at, "expected %s, found '%.*s'", what, (int)utf8_size(at, strlen(at)),
                   at);
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* Of a field's name, a bare key or a keyword. */
static bool is_word_char(char c)
{
    return c && !is_blank(c) && !strchr("()\"'=!<>:", c);
}

static void skip_blanks(struct parser *parser)
{
    while (is_blank(*parser->at))
        parser->at++;
}

/* Does this keyword, and not a longer word, stand at text? */
static bool is_keyword(const char *text, const char *keyword)
{
    size_t size = strlen(keyword);

    return strncmp(text, keyword, size) == 0 && !is_word_char(text[size]);
}

static bool take_keyword(struct parser *parser, const char *keyword)
{
    skip_blanks(parser);
    if (!is_keyword(parser->at, keyword))
        return false;
    parser->at += strlen(keyword);
    return true;
}

static bool take_char(struct parser *parser, char wanted)
{
    skip_blanks(parser);
    if (*parser->at != wanted)
        return false;
    parser->at++;
    return true;
}

/* A copy of the text in the filter. */
static const char *keep_word(struct parser *parser, const char *text, size_t size)
{
    char *word = parser->words_end;

    memcpy(word, text, size);
    word[size] = '\0';
    parser->words_end += size + 1;
    return word;
}

/* What follows the name of such a field. */
static const char *key_word(enum filter_kind kind)
{
    return kind == FILTER_MAP ? ".KEY" : kind == FILTER_GROUP ? ".ID" : "";
}

/* The names of all fields as one line; returns text. */
static char *list_fields(const struct parser *parser, char text[NAMES_TEXT])
{
    size_t used = 0;

    text[0] = '\0';
    for (size_t i = 0; i < parser->field_count && used < NAMES_TEXT; i++)
        used += (size_t)snprintf(text + used, NAMES_TEXT - used, "%s%s%s", i ? ", " : "",
                                 parser->fields[i].name, key_word(parser->fields[i].kind));
    return text;
}

static bool fail_unknown_field(const struct parser *parser, const char *at, const char *word)
{
    const char *names[FILTER_FIELDS_MAX];
    char list[NAMES_TEXT];
    char suggestion[FIELDS_TEXT_MAX];

    if (strcasecmp(word, "and") == 0 || strcasecmp(word, "or") == 0 || strcasecmp(word, "not") == 0)
        return fail_at(parser, at, "expected a field, found %s; keywords are AND, OR and NOT",
                       word);
    for (size_t i = 0; i < parser->field_count; i++)
        names[i] = parser->fields[i].name;
    return fail_at(parser, at, "no field \"%s\" to filter by; expected one of %s%s", word,
                   list_fields(parser, list),
                   fields_suggest(word, names, parser->field_count, suggestion));
}

static const struct filter_field *find_field(const struct parser *parser, const char *word)
{
    for (size_t i = 0; i < parser->field_count; i++) {
        char camel[FIELDS_TEXT_MAX];
        const char *name = parser->fields[i].name;

        if (strcmp(word, name) == 0 || strcmp(word, fields_camel(name, camel, sizeof camel)) == 0)
            return &parser->fields[i];
    }
    return NULL;
}

/* Up to the first dot; what follows it is a key. NULL after an error. */
static const struct filter_field *read_field(struct parser *parser)
{
    const struct filter_field *field = NULL;
    const char *start = parser->at;
    char word[FIELDS_TEXT_MAX];

    while (is_word_char(*parser->at) && *parser->at != '.')
        parser->at++;
    if (parser->at == start) {
        (void)fail_expected(parser, "a field, NOT, - or (");
        return NULL;
    }
    (void)snprintf(word, sizeof word, "%.*s", (int)(parser->at - start), start);
    field = find_field(parser, word);
    if (!field)
        (void)fail_unknown_field(parser, start, word);
    return field;
}

/* One character inside quotes goes to *to. */
static bool read_quoted_char(struct parser *parser, const char *start, char **to)
{
    if (!*parser->at)
        return fail_at(parser, start, "expected a closing %c for the one here", *start);
    if ((unsigned char)*parser->at < ' ')
        return fail_at(parser, parser->at, "expected no control character in quotes");
    if (*parser->at == '\\') {
        parser->at++;
        if (!*parser->at || !strchr("\"'\\", *parser->at))
            return fail_expected(parser, "\", ' or \\ after a backslash");
    }
    *(*to)++ = *parser->at++;
    return true;
}

/* The parser stands at the opening quote. NULL after an error. */
static const char *read_quoted(struct parser *parser)
{
    const char *start = parser->at++;
    const char *word = parser->words_end;
    char *to = parser->words_end;

    while (*parser->at != *start)
        if (!read_quoted_char(parser, start, &to))
            return NULL;
    parser->at++;
    *to++ = '\0';
    parser->words_end = to;
    return word;
}

/* What may stand after the dot of a map or a group. */
static bool read_key(struct parser *parser, const struct filter_field *field, const char **key)
{
    const char *start = parser->at;

    *key = NULL;
    if (*parser->at != '.')
        return true;
    if (field->kind != FILTER_MAP && field->kind != FILTER_GROUP)
        return fail_at(parser, start, "expected a comparator, since %s has no members",
                       field->name);
    start = ++parser->at;
    if (*start == '"' || *start == '\'') {
        *key = read_quoted(parser);
        return *key != NULL;
    }
    while (is_word_char(*parser->at))
        parser->at++;
    if (parser->at == start)
        return fail_expected(parser, "a key");
    *key = keep_word(parser, start, (size_t)(parser->at - start));
    return true;
}

/* The member of the group that the key names takes the group's place. */
static bool enter_group(struct parser *parser, const char *start, struct step *step)
{
    const struct filter_field *group = step->field;
    char list[NAMES_TEXT] = "";
    size_t used = 0;

    if (!step->key)
        return fail_at(parser, parser->at, "expected .ID after %s", group->name);
    for (size_t i = 0; i < group->member_count; i++) {
        if (strcmp(step->key, group->members[i].name) != 0)
            continue;
        step->field = &group->members[i];
        step->key = NULL;
        return true;
    }
    for (size_t i = 0; i < group->member_count && used < sizeof list; i++)
        used += (size_t)snprintf(list + used, sizeof list - used, "%s%s", i ? ", " : "",
                                 group->members[i].name);
    return fail_at(parser, start, "%s has no \"%.64s\"; expected one of %s", group->name, step->key,
                   list);
}

static bool fail_comparator(struct parser *parser, const struct step *step)
{
    char what[NAMES_TEXT];
    size_t used = 0;

    for (size_t i = 0; i < COMPARATOR_COUNT; i++)
        if (step->field->comparators & comparators[i].comparator)
            used += (size_t)snprintf(what + used, sizeof what - used, "%s%s", used ? ", " : "",
                                     comparators[i].text);
    (void)snprintf(what + used, sizeof what - used, " after %s", step->field->name);
    return fail_expected(parser, what);
}

static bool read_comparator(struct parser *parser, struct step *step)
{
    size_t i = 0;

    skip_blanks(parser);
    while (i < COMPARATOR_COUNT &&
           strncmp(parser->at, comparators[i].text, strlen(comparators[i].text)) != 0)
        i++;
    if (i == COMPARATOR_COUNT || !(step->field->comparators & comparators[i].comparator))
        return fail_comparator(parser, step);
    if (step->field->kind == FILTER_MAP && !step->key && comparators[i].comparator != FILTER_HAS)
        return fail_at(parser, parser->at, "expected .KEY or : after %s", step->field->name);
    step->comparator = comparators[i].comparator;
    parser->at += strlen(comparators[i].text);
    return true;
}

/* NULL after an error. */
static const char *read_bare_value(struct parser *parser)
{
    const char *start = parser->at;
    size_t size = strcspn(start, " \t\r\n()");
    size_t quote = strcspn(start, "\"'");

    if (size == 0 || strchr("=!<>:", *start) || is_keyword(start, "AND") ||
        is_keyword(start, "OR") || is_keyword(start, "NOT")) {
        (void)fail_expected(parser, "a value (quotes are for keywords and comparators)");
        return NULL;
    }
    if (quote < size) {
        parser->at += quote;
        (void)fail_expected(parser, "the whole value in quotes");
        return NULL;
    }
    parser->at += size;
    return keep_word(parser, start, size);
}

/* NULL after an error. */
static const char *read_value(struct parser *parser)
{
    bool is_quoted = *parser->at == '"' || *parser->at == '\'';

    return is_quoted ? read_quoted(parser) : read_bare_value(parser);
}

static bool fail_enum(const struct parser *parser, const char *at, const struct step *step)
{
    const struct filter_field *field = step->field;
    char list[NAMES_TEXT];
    size_t used = 0;

    for (size_t i = 0; i < field->word_count && used < sizeof list; i++)
        used += (size_t)snprintf(list + used, sizeof list - used, "%s%s", i ? ", " : "",
                                 field->words[i].name);
    return fail_at(parser, at, "%s has no value \"%.64s\"; expected one of %s", field->name,
                   step->text, list);
}

static bool understand_number(const struct parser *parser, const char *at, struct step *step)
{
    if (step->comparator == FILTER_HAS)
        return strcmp(step->text, "*") == 0 || fail_at(parser, at, "expected * after :");
    return assay_number_parse(step->text, &step->real) ||
           fail_at(parser, at, "expected a number, found \"%.64s\"", step->text);
}

/* What the value, which began at that place, means in its field. */
static bool understand_value(struct parser *parser, const char *at, struct step *step)
{
    const struct filter_field *field = step->field;

    if (field->kind == FILTER_TIME)
        return assay_time_parse(step->text, &step->number) ||
               fail_at(parser, at,
                       "expected a time such as \"2024-01-31T12:00:00Z\" or "
                       "\"2024-01-31T12:00:00+02:00\", found \"%.64s\"",
                       step->text);
    if (field->kind == FILTER_NUMBER)
        return understand_number(parser, at, step);
    if (field->kind == FILTER_MAP && !step->key) {
        step->key = step->text;
        step->text = "*";
        return strcmp(step->key, "*") != 0 || fail_at(parser, at, "expected a key, found '*'");
    }
    if (field->kind != FILTER_ENUM)
        return true;
    for (size_t i = 0; i < field->word_count; i++) {
        if (strcmp(step->text, field->words[i].name) == 0) {
            step->number = field->words[i].value;
            return true;
        }
    }
    return fail_enum(parser, at, step);
}

static void add_step(struct parser *parser, const struct step *step)
{
    assert(parser->filter->step_count < STEPS_MAX);
    parser->filter->steps[parser->filter->step_count++] = *step;
}

static bool read_restriction(struct parser *parser)
{
    struct step step = { .kind = STEP_TERM };
    const char *start = parser->at;
    const char *value = NULL;

    if (parser->term_count == FILTER_TERMS_MAX)
        return fail_at(parser, parser->at, "expected the end, since a filter has at most %d terms",
                       FILTER_TERMS_MAX);
    parser->term_count++;
    step.field = read_field(parser);
    if (!step.field || !read_key(parser, step.field, &step.key) ||
        (step.field->kind == FILTER_GROUP && !enter_group(parser, start, &step)) ||
        !read_comparator(parser, &step))
        return false;
    skip_blanks(parser);
    value = parser->at;
    step.text = read_value(parser);
    if (!step.text || !understand_value(parser, value, &step))
        return false;
    add_step(parser, &step);
    return true;
}

/* The parser stands after the opening parenthesis. */
static bool read_group(struct parser *parser)
{
    if (parser->depth == FILTER_DEPTH_MAX)
        return fail_at(parser, parser->at - 1,
                       "expected no more parentheses, since they nest at most %d deep",
                       FILTER_DEPTH_MAX);
    parser->depth++;
    if (!read_expression(parser))
        return false;
    parser->depth--;
    return take_char(parser, ')') || fail_expected(parser, "AND, OR or )");
}

static bool read_term(struct parser *parser)
{
    bool is_negated = take_keyword(parser, "NOT") || take_char(parser, '-');
    bool is_group = take_char(parser, '(');

    if (!(is_group ? read_group(parser) : read_restriction(parser)))
        return false;
    /* The last step is what the whole term comes to. */
    parser->filter->steps[parser->filter->step_count - 1].is_negated ^= is_negated;
    return true;
}

static bool read_factor(struct parser *parser)
{
    if (!read_term(parser))
        return false;
    while (take_keyword(parser, "OR")) {
        if (!read_term(parser))
            return false;
        add_step(parser, &(struct step){ .kind = STEP_OR });
    }
    return true;
}

/* Ends at the end of the filter or before a closing parenthesis. */
static bool read_expression(struct parser *parser)
{
    if (!read_factor(parser))
        return false;
    for (;;) {
        bool has_and = take_keyword(parser, "AND");

        if (!has_and && (!*parser->at || *parser->at == ')'))
            return true;
        if (!read_factor(parser))
            return false;
        add_step(parser, &(struct step){ .kind = STEP_AND });
    }
}

static bool check_text(const struct parser *parser, size_t size)
{
    if (size > FILTER_TEXT_MAX)
        return assay_fail(parser->err, ASSAY_INVALID, "filter",
                          "expected at most %d bytes, found %zu", FILTER_TEXT_MAX, size);
    for (size_t at = 0, step = 0; at < size; at += step) {
        step = utf8_size(parser->text + at, size - at);
        if (step == 0)
            return fail_at(parser, parser->text + at, "expected UTF-8, found the byte 0x%02x",
                           (unsigned)(unsigned char)parser->text[at]);
    }
    return true;
}

static bool read_filter(struct parser *parser)
{
    skip_blanks(parser);
    if (!*parser->at)
        return true;
    if (!read_expression(parser))
        return false;
    return !*parser->at || fail_expected(parser, "AND, OR or the end of the filter");
}

struct filter *filter_parse(const char *text, const struct filter_field *fields, size_t count,
                            struct assay_error *err)
{
    struct parser parser = {
        .text = text ? text : "", .fields = fields, .field_count = count, .err = err
    };
    size_t size = strlen(parser.text);
    struct filter *filter = NULL;

    assert(count <= FILTER_FIELDS_MAX);
    if (!check_text(&parser, size))
        return NULL;
    filter = calloc(1, sizeof *filter + size + 1);
    if (!filter) {
        (void)assay_fail_memory(err);
        return NULL;
    }
    parser.at = parser.text;
    parser.filter = filter;
    parser.words_end = filter->words;
    if (read_filter(&parser))
        return filter;
    filter_free(filter);
    return NULL;
}

void filter_free(struct filter *filter)
{
    free(filter);
}

bool filter_is_empty(const struct filter *filter)
{
    return filter->step_count == 0;
}

/* Does the text fit the pattern, where * is any run of characters? */
static bool fits(const char *pattern, const char *text)
{
    const char *star = NULL; /* the last one; all before it fits, whatever comes */
    const char *resume = text;

    while (*text) {
        if (*pattern == '*') {
            star = pattern++;
            resume = text;
        } else if (*pattern == *text) {
            pattern++;
            text++;
        } else if (star) { /* the star takes one character more */
            pattern = star + 1;
            text = ++resume;
        } else {
            return false;
        }
    }
    while (*pattern == '*')
        pattern++;
    return !*pattern;
}

static bool has_part(const struct step *step, const struct filter_value *value)
{
    switch (step->field->kind) {
    case FILTER_NUMBER:
        return true;
    case FILTER_NAME:
        return strcasestr(value->text, step->text) != NULL || strcmp(step->text, "*") == 0;
    case FILTER_TEXT:
    case FILTER_MAP:
    case FILTER_ENUM:
    case FILTER_TIME:
    case FILTER_GROUP:
        break;
    }
    return fits(step->text, value->text);
}

/* Below, at or above 0, as the row's value is below, at or above the filter's. */
static int compare(const struct step *step, const struct filter_value *value)
{
    if (step->field->kind == FILTER_TEXT || step->field->kind == FILTER_MAP ||
        step->field->kind == FILTER_NAME)
        return strcmp(value->text, step->text);
    if (step->field->kind == FILTER_NUMBER)
        return (value->real > step->real) - (value->real < step->real);
    return (value->number > step->number) - (value->number < step->number);
}

static bool term_holds(const struct step *step, filter_get get, const void *row)
{
    struct filter_value value = { 0 };
    int order = 0;

    if (!get(row, step->field->id, step->key, &value))
        return step->comparator == FILTER_UNEQUAL;
    if (step->comparator == FILTER_HAS)
        return has_part(step, &value);
    order = compare(step, &value);
    return (step->comparator == FILTER_EQUAL && order == 0) ||
           (step->comparator == FILTER_UNEQUAL && order != 0) ||
           (step->comparator == FILTER_LESS && order < 0) ||
           (step->comparator == FILTER_AT_MOST && order <= 0) ||
           (step->comparator == FILTER_MORE && order > 0) ||
           (step->comparator == FILTER_AT_LEAST && order >= 0);
}

bool filter_matches(const struct filter *filter, filter_get get, const void *row)
{
    bool truths[FILTER_TERMS_MAX] = { true }; /* a filter without terms holds */
    size_t count = 0;

    for (size_t i = 0; i < filter->step_count; i++) {
        const struct step *step = &filter->steps[i];

        if (step->kind == STEP_TERM) {
            truths[count++] = term_holds(step, get, row);
        } else {
            bool right = truths[--count];
            bool *left = &truths[count - 1];

            *left = step->kind == STEP_AND ? *left && right : *left || right;
        }
        truths[count - 1] ^= step->is_negated;
    }
    return truths[0];
}
