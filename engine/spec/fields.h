/*
 * engine/spec/fields.h - reads messages of the API, each described by a table, into records.
 *
 * The rules of ProtoJSON are here, once: names in camelCase or snake_case, null is absent, int64 as
 * number or text, enums by name or number, oneofs. Whatever breaks them becomes a fault with the
 * line and the path of the field; reading goes on, so that one answer lists all faults.
 *
 * A field without a place in the record (`at` is 0) is known and checked for its shape, no more.
 * One thread at a time; the tables are constant.
 */
#ifndef ENGINE_SPEC_FIELDS_H
#define ENGINE_SPEC_FIELDS_H

#include "assay/json.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    FIELDS_PATH_MAX = 4096, /* longer paths are cut in faults */
    FIELDS_TEXT_MAX = 96,   /* of what fields_describe() says */
};

struct fields { /* one reading of one document */
    struct assay_faults *faults;
    bool is_short_of_memory;
    size_t path_size;
    char path[FIELDS_PATH_MAX]; /* where the reading stands */
};

/* What stands on the wire and, after the arrow, the type of the member it goes into. */
enum field_kind {
    FIELD_IGNORED,  /* output only: whatever it is */
    FIELD_ANY,      /* known, but free in its shape */
    FIELD_BOOL,     /* → bool */
    FIELD_INT32,    /* → int32_t */
    FIELD_COUNT,    /* int32 → int64_t */
    FIELD_INT64,    /* → int64_t */
    FIELD_EXACT,    /* int64 within ±2^53 → double */
    FIELD_DOUBLE,   /* finite → double */
    FIELD_TEXT,     /* → char *, owned by the record */
    FIELD_TEXTS,    /* list of text → char **, and size_t at count_at */
    FIELD_DOUBLES,  /* list → double *, and size_t at count_at */
    FIELD_INT64S,   /* list of int64, each within ±2^53 → double *, and size_t at count_at */
    FIELD_ENUM,     /* → int or an enum type, by words */
    FIELD_DURATION, /* at least 0 → int64_t, microseconds */
    FIELD_TIME,     /* → int64_t, microseconds since 1970 */
    FIELD_MESSAGE,  /* → the record of message, in place */
    FIELD_MESSAGES, /* list → pointer to an array of records, and size_t at count_at */
    FIELD_CUSTOM,   /* read() does it, in the record of the whole message */
};

struct enum_word {
    const char *name;
    int number; /* the API's */
    int value;  /* ours */
};

struct message;

struct field {
    const char *name; /* camelCase; the other spelling is derived */
    enum field_kind kind;
    size_t at;         /* FIELD_AT(), 0 for nowhere */
    size_t has_at;     /* FIELD_AT() of a bool that tells presence, or 0 */
    size_t count_at;   /* of lists */
    const char *oneof; /* fields with the same word exclude each other */
    const struct enum_word *words;
    size_t word_count;
    const struct message *message; /* FIELD_CUSTOM: of an object or of a list's items; or NULL */
    void (*read)(struct fields *fields, const cJSON *node, void *record);
};

#define FIELD_AT(record, member) (offsetof(record, member) + 1)
#define FIELD_HERE 1 /* a message that shares the record of the one around it */
#define FIELD_WORDS(table) .words = (table), .word_count = sizeof(table) / sizeof((table)[0])

enum { FIELDS_PER_MESSAGE_MAX = 64 }; /* with those of also */

struct message {
    const struct field *fields;
    size_t field_count;
    const struct message *also; /* its fields and its check are part of this message; or NULL */
    size_t size;                /* of a record; needed for lists only */
    void (*init)(void *record); /* of a record that is zero; may be NULL */
    /* What no single field can tell, with the path at the message; may be NULL. record is NULL
     * where the message is read for its shape. */
    void (*check)(struct fields *fields, const cJSON *node, void *record);
};

#define MESSAGE_FIELDS(table) .fields = (table), .field_count = sizeof(table) / sizeof((table)[0])

/* The field that is written with this key, in either spelling; NULL for an unknown one. */
const struct field *fields_find(const struct message *message, const char *key);

/* Reads an object into record (NULL: checks the shape). What it allocates the record owns. */
void fields_read(struct fields *fields, const cJSON *node, const struct message *message,
                 void *record);

/*
 * One fault about the member of node with this camelCase name, or about node itself (NULL). The
 * path must stand at node. The line is that of the member where there is one.
 */
void fields_fault(struct fields *fields, const cJSON *node, const char *name, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

/* Moves the path on; gives what fields_leave() takes it back to. name is camelCase, key as is. */
size_t fields_enter(struct fields *fields, const char *name);
size_t fields_enter_key(struct fields *fields, const char *key);
size_t fields_enter_item(struct fields *fields, size_t index);
void fields_leave(struct fields *fields, size_t path_size);

/*
 * The node that a fault's path leads to from node, or the last one on the way that exists: where
 * a person finds the fault. path is relative: ".parameters[0].scale_type".
 */
const cJSON *fields_locate(const cJSON *node, const char *path);

/* The member in either spelling; NULL when it is absent or null. */
const cJSON *fields_member(const cJSON *object, const char *name);

/* The text of that member, NULL when it is absent or no text. */
const char *fields_member_text(const cJSON *object, const char *name);

/* A fault when the member is absent or an empty text. */
void fields_require(struct fields *fields, const cJSON *node, const char *name);

/* The node's text (borrowed), or NULL after a fault. */
const char *fields_text(struct fields *fields, const cJSON *node);

/* False after a fault: node is not of the shape. */
bool fields_expect_object(struct fields *fields, const cJSON *node);
bool fields_expect_list(struct fields *fields, const cJSON *node);

/* A copy of text for a record; NULL after noting the lack of memory. */
char *fields_copy(struct fields *fields, const char *text);

/* A fault for each item of the list whose member (a text) an earlier item has already. */
void fields_check_unique(struct fields *fields, const cJSON *list, const char *name);

/* "the number 10", "the text \"abc\"", "a list": for "expected …, found …". Returns text. */
const char *fields_describe(const cJSON *node, char text[FIELDS_TEXT_MAX]);

/* "; did you mean \"…\"?", or "" when no word is near. Returns text. */
const char *fields_suggest(const char *word, const char *const *words, size_t count,
                           char text[FIELDS_TEXT_MAX]);

/* A name's other spelling. Cut at size; returns text. */
char *fields_snake(const char *camel, char *text, size_t size);
char *fields_camel(const char *snake, char *text, size_t size);

#endif
