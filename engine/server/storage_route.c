#include "engine/server/storage_route.h"

#include "assay/value.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const char service[] = "/storage/v1";

static bool starts(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

static bool ends_segment(char c)
{
    return c == '\0' || c == '/' || c == '?';
}

static const char *skip(const char *path, const char *segment)
{
    return starts(path, segment) && ends_segment(path[strlen(segment)]) ? path + strlen(segment)
                                                                        : NULL;
}

/* What stands behind the service's own part of the path: "/b/…"; NULL: it is not ours. */
static const char *skip_service(const char *path, struct storage_route *route)
{
    const char *rest = skip(path, "/upload");

    if (rest && starts(rest, service)) {
        route->is_upload = true;
        path = rest;
    } else if ((rest = skip(path, "/download")) != NULL && starts(rest, service)) {
        route->is_download = true;
        path = rest;
    }
    rest = skip(path, service);
    if (rest)
        path = rest;
    return skip(path, "/b") ? path : NULL;
}

static bool is_batch(const char *path)
{
    return skip(path, "/batch/storage/v1") != NULL;
}

bool storage_is_path(const char *path)
{
    struct storage_route ignored = { 0 };

    return is_batch(path) || skip_service(path, &ignored) != NULL;
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)tolower((unsigned char)c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Percent-encoding undone; NULL for half an escape, one of a zero byte, or lack of memory. */
static char *decode(const char *text, size_t size, bool has_plus)
{
    char *decoded = malloc(size + 1);
    char *to = decoded;

    for (size_t at = 0; decoded && at < size; at++) {
        if (text[at] == '%') {
            int high = at + 2 < size ? hex_value(text[at + 1]) : -1;
            int low = high >= 0 ? hex_value(text[at + 2]) : -1;

            if (low < 0 || high + low == 0) {
                free(decoded);
                return NULL;
            }
            *to++ = (char)(high * 16 + low);
            at += 2;
        } else {
            *to++ = has_plus && text[at] == '+' ? ' ' : text[at];
        }
    }
    if (decoded)
        *to = '\0';
    return decoded;
}

static bool take(char **slot, const char *text, size_t size, struct assay_error *err)
{
    *slot = decode(text, size, false);
    return *slot ||
           assay_fail(err, ASSAY_INVALID, NULL, "the path is not percent-encoded correctly");
}

/* "b/BUCKET/o/NAME" behind copyTo or rewriteTo. */
static bool read_destination(const char *text, struct storage_route *route, struct assay_error *err)
{
    size_t bucket = strcspn(text, "/");

    if (!starts(text + bucket, "/o/")) {
        route->target = STORAGE_OTHER;
        return true;
    }
    return take(&route->to_bucket, text, bucket, err) &&
           take(&route->to_name, text + bucket + 3, strlen(text + bucket + 3), err);
}

static bool read_object(const char *text, const char *method, struct storage_route *route,
                        struct assay_error *err)
{
    static const char compose[] = "/compose";
    static const char copy[] = "/copyTo/b/";
    static const char rewrite[] = "/rewriteTo/b/";
    size_t size = strlen(text);
    bool is_post = strcmp(method, "POST") == 0;
    const char *verb = NULL;

    route->target = STORAGE_OBJECT;
    if (is_post && (verb = strstr(text, rewrite)) != NULL) {
        route->target = STORAGE_REWRITE;
        return take(&route->name, text, (size_t)(verb - text), err) &&
               read_destination(verb + strlen(rewrite), route, err);
    }
    if (is_post && (verb = strstr(text, copy)) != NULL) {
        route->target = STORAGE_COPY;
        return take(&route->name, text, (size_t)(verb - text), err) &&
               read_destination(verb + strlen(copy), route, err);
    }
    if (is_post && size > strlen(compose) && strcmp(text + size - strlen(compose), compose) == 0) {
        route->target = STORAGE_COMPOSE;
        size -= strlen(compose);
    }
    return take(&route->name, text, size, err);
}

bool storage_route_read(const char *path, const char *method, struct storage_route *route,
                        struct assay_error *err)
{
    const char *rest = NULL;
    size_t bucket = 0;

    *route = (struct storage_route){ .target = STORAGE_OTHER };
    if (is_batch(path)) {
        route->target = STORAGE_BATCH;
        return true;
    }
    rest = skip_service(path, route);
    if (!rest)
        return true;
    rest += 2; /* "/b" */
    if (!*rest || strcmp(rest, "/") == 0) {
        route->target = STORAGE_BUCKETS;
        return true;
    }
    bucket = strcspn(++rest, "/");
    if (!take(&route->bucket, rest, bucket, err))
        return false;
    rest += bucket;
    if (!*rest || strcmp(rest, "/") == 0)
        route->target = STORAGE_BUCKET;
    else if (strcmp(rest, "/o") == 0 || strcmp(rest, "/o/") == 0)
        route->target = STORAGE_OBJECTS;
    else if (starts(rest, "/o/"))
        return read_object(rest + 3, method, route, err);
    return true;
}

void storage_route_clear(struct storage_route *route)
{
    free(route->bucket);
    free(route->name);
    free(route->to_bucket);
    free(route->to_name);
    *route = (struct storage_route){ 0 };
}

/* The first value of that name as it was sent, and its size; NULL: there is none. */
static const char *find_value(const char *query, const char *name, size_t *value_size)
{
    size_t size = strlen(name);

    while (query && *query) {
        size_t length = strcspn(query, "&");

        if (length >= size && strncmp(query, name, size) == 0 &&
            (length == size || query[size] == '=')) {
            *value_size = length == size ? 0 : length - size - 1;
            return query + length - *value_size;
        }
        query += length + (query[length] == '&');
    }
    return NULL;
}

bool storage_query_check(const char *query, struct assay_error *err)
{
    char *decoded = query ? decode(query, strlen(query), true) : NULL;

    if (query && !decoded)
        return assay_fail(err, ASSAY_INVALID, NULL,
                          "the query has half an escape, or one of a zero byte, in it");
    free(decoded);
    return true;
}

char *storage_query_text(const char *query, const char *name)
{
    size_t size = 0;
    const char *value = find_value(query, name, &size);

    return value ? decode(value, size, true) : NULL;
}

bool storage_query_is_true(const char *query, const char *name)
{
    char *text = storage_query_text(query, name);
    bool is_true = text && strcasecmp(text, "true") == 0;

    free(text);
    return is_true;
}

bool storage_query_number(const char *query, const char *name, struct object_condition *number,
                          struct assay_error *err)
{
    size_t size = 0;
    const char *value = find_value(query, name, &size);
    char *text = value ? decode(value, size, true) : NULL;
    /* One that cannot be read is none that was not sent: it may be all that keeps an object. */
    bool is_ok = !value || (text && assay_integer_parse(text, &number->value)) ||
                 assay_fail(err, ASSAY_INVALID, NULL, "%s must be a number", name);

    number->is_set = value && is_ok;
    free(text);
    return is_ok;
}

bool storage_query_conditions(const char *query, const char *prefix,
                              struct object_conditions *conditions, struct assay_error *err)
{
    const struct {
        const char *name;
        struct object_condition *condition;
    } all[] = {
        { "GenerationMatch", &conditions->generation_match },
        { "GenerationNotMatch", &conditions->generation_not_match },
        { "MetagenerationMatch", &conditions->metageneration_match },
        { "MetagenerationNotMatch", &conditions->metageneration_not_match },
    };
    char name[48];

    *conditions = (struct object_conditions){ 0 };
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        (void)snprintf(name, sizeof name, "%s%s", *prefix ? prefix : "if", all[i].name);
        if (!storage_query_number(query, name, all[i].condition, err))
            return false;
    }
    return true;
}

/* The digits at *text, which moves behind them; -1: there are none, or too many. */
static int64_t take_number(const char **text)
{
    int64_t number = 0;
    size_t digits = strspn(*text, "0123456789");

    if (digits == 0 || digits > 18)
        return -1;
    for (size_t i = 0; i < digits; i++)
        number = number * 10 + ((*text)[i] - '0');
    *text += digits;
    return number;
}

enum storage_range storage_range_read(const char *header, int64_t size, int64_t *first,
                                      int64_t *count)
{
    int64_t last = -1;

    *first = 0;
    *count = size;
    /* What is no range, or more than one, is as if it were not there (RFC 9110, 14.2). */
    if (!header || strncasecmp(header, "bytes=", 6) != 0 || strchr(header, ','))
        return STORAGE_RANGE_ALL;
    header += 6;
    if (*header == '-') {
        header++;
        last = take_number(&header);
        if (last < 0 || *header)
            return STORAGE_RANGE_ALL;
        if (last == 0 || size == 0)
            return STORAGE_RANGE_NONE;
        *count = last < size ? last : size;
        *first = size - *count;
        return STORAGE_RANGE_PART;
    }
    *first = take_number(&header);
    last = *first >= 0 && *header == '-' && *++header ? take_number(&header) : size - 1;
    if (*first < 0 || *header || last < 0 || (last < *first && last != size - 1)) {
        *first = 0;
        if (size == 0 && last < 0)
            return STORAGE_RANGE_NONE;
        return STORAGE_RANGE_ALL;
    }
    if (*first >= size)
        return STORAGE_RANGE_NONE;
    *count = (last < size ? last + 1 : size) - *first;
    return STORAGE_RANGE_PART;
}

/* A number, or a star for -1. */
static bool take_known(const char **text, int64_t *number)
{
    *number = -1;
    if (**text == '*') {
        (*text)++;
        return true;
    }
    *number = take_number(text);
    return *number >= 0;
}

bool storage_content_range_read(const char *header, struct storage_content_range *range)
{
    *range = (struct storage_content_range){ .first = -1, .last = -1, .total = -1 };
    if (strncasecmp(header, "bytes", 5) != 0)
        return false;
    header += 5;
    header += strspn(header, " =");
    if (!take_known(&header, &range->first))
        return false;
    range->is_query = range->first < 0;
    if (!range->is_query && (*header++ != '-' || !take_known(&header, &range->last)))
        return false;
    return *header++ == '/' && take_known(&header, &range->total) && *header == '\0' &&
           (range->last < 0 || range->last >= range->first) &&
           (range->total < 0 || range->last < range->total);
}

static const char base64_digits[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

char *storage_base64_text(const uint8_t *bytes, size_t size, char text[STORAGE_BASE64_TEXT])
{
    char *to = text;

    for (size_t at = 0; at < size; at += 3) {
        uint32_t word = (uint32_t)bytes[at] << 16;

        word |= at + 1 < size ? (uint32_t)bytes[at + 1] << 8 : 0;
        word |= at + 2 < size ? (uint32_t)bytes[at + 2] : 0;
        *to++ = base64_digits[word >> 18];
        *to++ = base64_digits[word >> 12 & 63];
        *to++ = at + 1 < size ? base64_digits[word >> 6 & 63] : '=';
        *to++ = at + 2 < size ? base64_digits[word & 63] : '=';
    }
    *to = '\0';
    return text;
}

bool storage_base64_read(const char *text, uint8_t *bytes, size_t size)
{
    uint32_t word = 0;
    size_t done = 0;
    int bits = 0;

    for (; *text && *text != '='; text++) {
        const char *digit = strchr(base64_digits, *text);

        if (!digit)
            return false;
        word = word << 6 | (uint32_t)(digit - base64_digits);
        bits += 6;
        if (bits >= 8) {
            bits -= 8;
            if (done == size)
                return false;
            bytes[done++] = (uint8_t)(word >> bits);
        }
    }
    return done == size && strspn(text, "=") == strlen(text);
}
