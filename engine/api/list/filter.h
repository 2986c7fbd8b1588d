/*
 * engine/api/list/filter.h - the `filter` of a list: a subset of AIP-160, parsed once, asked per
 * row.
 *
 *     filter     = [ expression ]                        nothing matches every row
 *     expression = factor { [ "AND" ] factor }
 *     factor     = term { "OR" term }                    so a AND b OR c is a AND (b OR c)
 *     term       = [ "NOT" | "-" ] ( member comparator value | "(" expression ")" )
 *     member     = field [ "." ( key | quoted ) ]        the key of a map may have dots and slashes
 *     comparator   = "=" | "!=" | "<" | "<=" | ">" | ">=" | ":"
 *     value      = quoted | what stands up to the next blank or parenthesis
 *     quoted     = "…" or '…'; a backslash stands before ", ' and itself
 *
 * What may be asked is a table of fields. Texts are compared byte by byte; only after ":" is a *
 * any run of characters. A map is asked for the value of a key (labels.team=vision) or whether it
 * has one (labels.team:*, labels:team). Numbers are compared as numbers; after ":" there is only *,
 * which asks whether there is one. Where a row has no value, only "!=" holds.
 *
 * Threads: a filter never changes once it is made.
 */
#ifndef ENGINE_API_LIST_FILTER_H
#define ENGINE_API_LIST_FILTER_H

#include "assay/error.h"
#include "engine/spec/fields.h"

/* What is larger is refused, and so bounded is the cost of a row. */
enum {
    FILTER_TEXT_MAX = 4096, /* bytes */
    FILTER_TERMS_MAX = 100,
    FILTER_DEPTH_MAX = 16,  /* of parentheses */
    FILTER_FIELDS_MAX = 32, /* of a table */
};

enum filter_kind {
    FILTER_TEXT,   /* = != : */
    FILTER_ENUM,   /* = !=, by name */
    FILTER_TIME,   /* all but ":", RFC 3339 with any offset */
    FILTER_MAP,    /* of texts: = != : */
    FILTER_NUMBER, /* all */
    FILTER_NAME, /* = != : of a text for people: after ":" any part, ASCII letters in either case */
    FILTER_GROUP, /* a table of further fields, each named after a dot: metrics.loss */
};

/* A set of them says what a field allows. */
enum filter_comparator {
    FILTER_EQUAL = 1,
    FILTER_UNEQUAL = 2,
    FILTER_LESS = 4,
    FILTER_AT_MOST = 8,
    FILTER_MORE = 16,
    FILTER_AT_LEAST = 32,
    FILTER_HAS = 64,
    FILTER_SAME = FILTER_EQUAL | FILTER_UNEQUAL,
    FILTER_ORDER = FILTER_SAME | FILTER_LESS | FILTER_AT_MOST | FILTER_MORE | FILTER_AT_LEAST,
};

struct filter_field {
    const char *name; /* snake_case; camelCase is understood too */
    enum filter_kind kind;
    unsigned comparators;          /* a set of enum filter_comparator, within those of the kind */
    int id;                        /* the caller's, for its getter */
    const struct enum_word *words; /* of an enum: FIELD_WORDS() */
    size_t word_count;
    const struct filter_field *members; /* of a group: none is a map or a group */
    size_t member_count;
};

/* What a row has in a field; the text is the row's and is read at once. */
struct filter_value {
    const char *text; /* of texts and maps; not NULL */
    int64_t number;   /* of an enum the value of its word, of a time microseconds since 1970 */
    double real;      /* of a number; not NaN */
};

/* False where the row has no value. key is NULL but for maps. */
typedef bool (*filter_get)(const void *row, int id, const char *key, struct filter_value *value);

struct filter; /* opaque: filter.c */

/*
 * Borrows fields, which must outlive the filter; text (NULL is "") is not kept. NULL and *err on
 * failure: ASSAY_INVALID, its field "filter", saying at which character and what was expected.
 */
struct filter *filter_parse(const char *text, const struct filter_field *fields, size_t count,
                            struct assay_error *err);
void filter_free(struct filter *filter); /* NULL is fine */

bool filter_is_empty(const struct filter *filter); /* it lets everything through */

/* Asks get for each term of the filter once; allocates nothing. */
bool filter_matches(const struct filter *filter, filter_get get, const void *row);

#endif
