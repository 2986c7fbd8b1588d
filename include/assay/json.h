/*
 * assay/json.h - the one strict JSON reader and the one writer.
 *
 * The tree is cJSON's, its leniency is not: the reader follows RFC 8259, refuses duplicate keys,
 * invalid UTF-8, \u0000, numbers that overflow a double, depth over JSON_DEPTH_MAX; the writer
 * prints numbers so that they survive (assay_number_text). Thread-safe.
 *
 * Every node that json_read() or the YAML loader makes carries the line it began on; nodes never
 * carry the integer copy that cJSON keeps beside a double.
 */
#ifndef ASSAY_JSON_H
#define ASSAY_JSON_H

#include "assay/error.h"

#include <cjson/cJSON.h>
#include <stdint.h>
#include <stdio.h>

/* The writer goes deeper than the reader, so that a document can be put into an answer. */
enum { JSON_DEPTH_MAX = 64, JSON_TEXT_MAX = 64 * 1024 * 1024, JSON_WRITER_DEPTH_MAX = 96 };

/*
 * Reads exactly one value; the caller owns it: cJSON_Delete(). NULL and *err (ASSAY_INVALID, the
 * line and column in the message) on failure. text need not be terminated.
 */
cJSON *json_read(const char *text, size_t size, struct assay_error *err);

/* 1-based line of the node in its text, 0 when it did not come from one. */
int json_line(const cJSON *node);
void json_set_line(cJSON *node, int line);

/* Exact-case member, or NULL. Linear: iterate with cJSON_ArrayForEach where there are many. */
const cJSON *json_get(const cJSON *object, const char *key);

/*
 * A streaming writer: what large answers are written with. Commas, indentation and escapes are its
 * business. Errors stick (of the stream and of wrong nesting) and show in json_writer_finish().
 * A byte in a text that is no UTF-8 (the last words of a trial, say) is written as U+FFFD.
 */
struct json_writer {
    FILE *out;  /* borrowed; no other thread may use it meanwhile */
    int indent; /* spaces per level; 0 for one line */
    int depth;
    bool is_failed;
    bool is_after_key;
    bool has_enum_numbers; /* json_enum() writes numbers */
    const char *origin;    /* of links to whoever answers, "http://host:80"; NULL: there are none */
    bool has_links;        /* the text depends on that */
    bool has_items[JSON_WRITER_DEPTH_MAX + 1]; /* per level; [0] is the text itself */
    bool is_object[JSON_WRITER_DEPTH_MAX + 1];
};

void json_writer_init(struct json_writer *writer, FILE *out, int indent);
/* Flushes; false when anything failed or the text is not exactly one whole value. */
bool json_writer_finish(struct json_writer *writer);

void json_begin_object(struct json_writer *writer);
void json_end_object(struct json_writer *writer);
void json_begin_array(struct json_writer *writer);
void json_end_array(struct json_writer *writer);
void json_key(struct json_writer *writer, const char *key);
void json_string(struct json_writer *writer, const char *text); /* NULL writes null */
void json_number(struct json_writer *writer, double number); /* not finite: the ProtoJSON string */
void json_int64(struct json_writer *writer, int64_t number); /* a string, as ProtoJSON has it */
void json_int(struct json_writer *writer, int64_t number);   /* a bare number */
void json_bool(struct json_writer *writer, bool value);
/* The name, unless the writer's has_enum_numbers is set. */
void json_enum(struct json_writer *writer, int number, const char *name);
void json_null(struct json_writer *writer);
void json_node(struct json_writer *writer, const cJSON *node); /* a whole tree */

/* The tree as text, the caller frees it; NULL for lack of memory (or past the writer's depth). */
char *json_text(const cJSON *node, int indent);

#endif
