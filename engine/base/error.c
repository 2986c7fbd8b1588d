#include "assay/error.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct assay_code_info code_table[] = {
    [ASSAY_OK] = { "OK", 200, 0 },
    [ASSAY_CANCELLED] = { "CANCELLED", 499, 1 },
    [ASSAY_UNKNOWN] = { "UNKNOWN", 500, 1 },
    [ASSAY_INVALID] = { "INVALID_ARGUMENT", 400, 2 },
    [ASSAY_DEADLINE] = { "DEADLINE_EXCEEDED", 504, 1 },
    [ASSAY_NOT_FOUND] = { "NOT_FOUND", 404, 3 },
    [ASSAY_EXISTS] = { "ALREADY_EXISTS", 409, 2 },
    [ASSAY_DENIED] = { "PERMISSION_DENIED", 403, 4 },
    [ASSAY_EXHAUSTED] = { "RESOURCE_EXHAUSTED", 429, 1 },
    [ASSAY_PRECONDITION] = { "FAILED_PRECONDITION", 400, 2 },
    [ASSAY_ABORTED] = { "ABORTED", 409, 1 },
    [ASSAY_RANGE] = { "OUT_OF_RANGE", 400, 2 },
    [ASSAY_UNIMPLEMENTED] = { "UNIMPLEMENTED", 501, 2 },
    [ASSAY_INTERNAL] = { "INTERNAL", 500, 1 },
    [ASSAY_UNAVAILABLE] = { "UNAVAILABLE", 503, 4 },
    [ASSAY_DATA_LOSS] = { "DATA_LOSS", 500, 4 },
    [ASSAY_UNAUTHENTICATED] = { "UNAUTHENTICATED", 401, 4 },
};

const struct assay_code_info *assay_code_info(enum assay_code code)
{
    if ((size_t)code >= sizeof code_table / sizeof code_table[0])
        code = ASSAY_UNKNOWN;
    return &code_table[code];
}

bool assay_fail(struct assay_error *err, enum assay_code code, const char *field, const char *fmt,
                ...)
{
    va_list args;

    err->code = code;
    (void)snprintf(err->field, sizeof err->field, "%s", field ? field : "");
    va_start(args, fmt);
    (void)vsnprintf(err->message, sizeof err->message, fmt, args);
    va_end(args);
    return false;
}

bool assay_fail_memory(struct assay_error *err)
{
    return assay_fail(err, ASSAY_EXHAUSTED, NULL, "out of memory");
}

static enum assay_code code_of_errno(int error_number)
{
    switch (error_number) {
    case ENOENT:
    case ENOTDIR:
        return ASSAY_NOT_FOUND;
    case EEXIST:
        return ASSAY_EXISTS;
    case EACCES:
    case EPERM:
    case EROFS:
        return ASSAY_DENIED;
    case ENOMEM:
    case ENOSPC:
    case EDQUOT:
    case EMFILE:
    case ENFILE:
    case EAGAIN:
        return ASSAY_EXHAUSTED;
    default:
        return ASSAY_INTERNAL;
    }
}

bool assay_fail_errno(struct assay_error *err, int error_number, const char *fmt, ...)
{
    char what[1024];
    char reason[128];
    va_list args;

    va_start(args, fmt);
    (void)vsnprintf(what, sizeof what, fmt, args);
    va_end(args);
    return assay_fail(err, code_of_errno(error_number), NULL, "%s: %s", what,
                      strerror_r(error_number, reason, sizeof reason));
}

bool assay_error_add(struct assay_error *err, const char *fmt, ...)
{
    char message[sizeof err->message];
    char context[512];
    va_list args;

    va_start(args, fmt);
    (void)vsnprintf(context, sizeof context, fmt, args);
    va_end(args);
    memcpy(message, err->message, sizeof message);
    (void)snprintf(err->message, sizeof err->message, "%s: %.*s", context,
                   (int)(sizeof message - sizeof context - 3), message);
    return false;
}

static bool faults_grow(struct assay_faults *faults)
{
    /* Doubles at each power of two, so that stored alone tells the capacity. */
    size_t capacity = faults->stored ? faults->stored * 2 : 4;
    struct assay_fault *items = NULL;

    if (faults->stored & (faults->stored - 1) || (faults->stored && faults->stored < 4))
        return true;
    items = realloc(faults->items, capacity * sizeof *items);
    if (!items)
        return false;
    faults->items = items;
    return true;
}

void assay_faults_add(struct assay_faults *faults, int line, const char *field, const char *fmt,
                      ...)
{
    struct assay_fault fault = { .line = line };
    va_list args;

    faults->count++;
    if (faults->stored == ASSAY_FAULTS_MAX)
        return;
    va_start(args, fmt);
    if (vasprintf(&fault.message, fmt, args) < 0)
        fault.message = NULL;
    va_end(args);
    fault.field = strdup(field ? field : "");
    if (!fault.message || !fault.field || !faults_grow(faults)) {
        faults->is_short_of_memory = true;
        free(fault.message);
        free(fault.field);
        return;
    }
    faults->items[faults->stored++] = fault;
}

void assay_faults_clear(struct assay_faults *faults)
{
    if (!faults)
        return;
    for (size_t i = 0; i < faults->stored; i++) {
        free(faults->items[i].field);
        free(faults->items[i].message);
    }
    free(faults->items);
    *faults = (struct assay_faults){ 0 };
}

bool assay_faults_check(const struct assay_faults *faults, struct assay_error *err)
{
    size_t used = 0;

    if (faults->count == 0)
        return true;
    if (faults->is_short_of_memory)
        return assay_fail_memory(err);
    if (faults->count == 1 && faults->items[0].field[0] == '\0') /* a text that cannot be parsed */
        return assay_fail(err, ASSAY_INVALID, "", "%s", faults->items[0].message);
    (void)assay_fail(err, ASSAY_INVALID, faults->items[0].field, "List of found errors:\t");
    for (size_t i = 0; i < faults->stored; i++) {
        used = strlen(err->message);
        (void)snprintf(err->message + used, sizeof err->message - used,
                       "%zu.Field: %s; Message: %s.\t", i + 1, faults->items[i].field,
                       faults->items[i].message);
    }
    return false;
}
