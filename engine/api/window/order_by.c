#include "engine/api/window/order_by.h"

#include <stdio.h>
#include <string.h>

enum { NAMES_TEXT = 1024, WORD_TEXT = 256 };

static const char *skip_blanks(const char *at)
{
    return at + strspn(at, " \t\r\n");
}

/* "one of a, b, c"; returns text. */
static const char *list_names(const struct filter_field *fields, size_t count,
                              char text[NAMES_TEXT])
{
    size_t used = 0;

    text[0] = '\0';
    for (size_t i = 0; i < count && used < NAMES_TEXT; i++)
        used += (size_t)snprintf(text + used, NAMES_TEXT - used, "%s%s%s", i ? ", " : "",
                                 fields[i].name, fields[i].kind == FILTER_GROUP ? ".ID" : "");
    return text;
}

static bool fail_unknown(const char *word, const char *group, const struct filter_field *fields,
                         size_t count, struct assay_error *err)
{
    char names[NAMES_TEXT];

    return assay_fail(err, ASSAY_INVALID, "order_by",
                      "nothing is called \"%s%s%.64s\"; expected one of %s", group ? group : "",
                      group ? "." : "", word, list_names(fields, count, names));
}

/* A word up to one of the ends, or what stands in quotes. NULL: it is too long, or not closed. */
static const char *take_word(const char *at, const char *ends, char word[WORD_TEXT])
{
    char quote = *at == '"' || *at == '\'' ? *at : '\0';
    size_t used = 0;

    at += quote ? 1 : 0;
    while (*at && (quote ? *at != quote : !strchr(ends, *at))) {
        if (quote && *at == '\\' && at[1])
            at++;
        if (used + 1 == WORD_TEXT)
            return NULL;
        word[used++] = *at++;
    }
    word[used] = '\0';
    if (!quote)
        return at;
    return *at ? at + 1 : NULL;
}

static bool is_named(const struct filter_field *field, const char *word)
{
    char camel[FIELDS_TEXT_MAX];

    return strcmp(word, field->name) == 0 ||
           strcmp(word, fields_camel(field->name, camel, sizeof camel)) == 0;
}

static const struct filter_field *find(const struct filter_field *fields, size_t count,
                                       const char *word, bool is_exact)
{
    for (size_t i = 0; i < count; i++)
        if (is_exact ? strcmp(word, fields[i].name) == 0 : is_named(&fields[i], word))
            return &fields[i];
    return NULL;
}

/* After the dot. */
static const char *read_member(const char *at, struct order_key *key, struct assay_error *err)
{
    const struct filter_field *group = key->field;
    char word[WORD_TEXT];

    if (*at != '.' || !(at = take_word(at + 1, " \t\r\n,", word)) || !word[0]) {
        (void)assay_fail(err, ASSAY_INVALID, "order_by", "expected %s.ID, such as %s.%s",
                         group->name, group->name,
                         group->member_count ? group->members[0].name : "x");
        return NULL;
    }
    key->field = find(group->members, group->member_count, word, true);
    if (key->field)
        return at;
    (void)fail_unknown(word, group->name, group->members, group->member_count, err);
    return NULL;
}

static const char *read_direction(const char *at, struct order_key *key, struct assay_error *err)
{
    char word[WORD_TEXT] = "";
    const char *end = take_word(at, " \t\r\n,", word);

    key->is_descending = strcmp(word, "desc") == 0;
    if (end && (key->is_descending || strcmp(word, "asc") == 0 || !word[0]))
        return end;
    (void)assay_fail(err, ASSAY_INVALID, "order_by",
                     "expected asc, desc or a comma, found \"%.64s\"", word);
    return NULL;
}

/* Returns where the key ends. */
static const char *read_key(const char *at, const struct filter_field *fields, size_t count,
                            struct order_key *key, struct assay_error *err)
{
    char word[WORD_TEXT] = "";
    const char *end = take_word(at, ". \t\r\n,", word);

    key->field = end ? find(fields, count, word, false) : NULL;
    if (!key->field) {
        (void)fail_unknown(word, NULL, fields, count, err);
        return NULL;
    }
    if (key->field->kind == FILTER_GROUP)
        end = read_member(end, key, err);
    return end ? read_direction(skip_blanks(end), key, err) : NULL;
}

bool order_by_parse(const char *text, const struct filter_field *fields, size_t count,
                    struct order_by *order, struct assay_error *err)
{
    const char *at = skip_blanks(text);

    *order = (struct order_by){ 0 };
    while (*at) {
        if (order->count == ORDER_KEYS_MAX)
            return assay_fail(err, ASSAY_INVALID, "order_by", "expected at most %d keys",
                              ORDER_KEYS_MAX);
        at = read_key(at, fields, count, &order->keys[order->count++], err);
        if (!at)
            return false;
        at = skip_blanks(at);
        if (!*at)
            break;
        if (*at != ',')
            return assay_fail(err, ASSAY_INVALID, "order_by", "expected a comma, found '%c'", *at);
        at = skip_blanks(at + 1);
        if (!*at)
            return assay_fail(err, ASSAY_INVALID, "order_by", "expected a key after the comma");
    }
    return true;
}
