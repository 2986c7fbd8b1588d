/*
 * assay/error.h - how every room reports what went wrong.
 *
 * A function that can fail returns false (or NULL) and fills a struct assay_error, which is never
 * NULL. Where a user's document is at fault, all its faults are collected in a struct
 * assay_faults, each with its field path and line, so that one answer lists them all.
 */
#ifndef ASSAY_ERROR_H
#define ASSAY_ERROR_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

/* What libassay exports; the other functions are for those who link its parts statically. */
#if defined(__GNUC__)
#define ASSAY_API __attribute__((visibility("default")))
#else
#define ASSAY_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* The numbers are those of google.rpc.Code, which resources carry in their `error` field. */
enum assay_code {
    ASSAY_OK = 0,
    ASSAY_CANCELLED = 1,
    ASSAY_UNKNOWN = 2,
    ASSAY_INVALID = 3, /* the user's document or request is wrong */
    ASSAY_DEADLINE = 4,
    ASSAY_NOT_FOUND = 5,
    ASSAY_EXISTS = 6,
    ASSAY_DENIED = 7,
    ASSAY_EXHAUSTED = 8, /* no memory, no disk, a limit reached */
    ASSAY_PRECONDITION = 9,
    ASSAY_ABORTED = 10,
    ASSAY_RANGE = 11,
    ASSAY_UNIMPLEMENTED = 12,
    ASSAY_INTERNAL = 13,
    ASSAY_UNAVAILABLE = 14, /* the state folder is in use, broken or cannot be reached */
    ASSAY_DATA_LOSS = 15,
    ASSAY_UNAUTHENTICATED = 16,
};

struct assay_error {
    enum assay_code code;
    char field[256];    /* path in the user's document, "" where none is at fault */
    char message[2048]; /* one line for a person */
};

/* What a code is called in JSON, over HTTP and as the exit status of the program. */
struct assay_code_info {
    const char *name; /* "INVALID_ARGUMENT" */
    int http_status;
    int exit_status;
};

/* Never NULL: an unknown code reads as ASSAY_UNKNOWN. */
ASSAY_API const struct assay_code_info *assay_code_info(enum assay_code code);

/* Fills *err and returns false, so that a caller can `return assay_fail(...)`. field may be NULL.
 */
bool assay_fail(struct assay_error *err, enum assay_code code, const char *field, const char *fmt,
                ...) __attribute__((format(printf, 4, 5)));

/* ASSAY_EXHAUSTED, "out of memory"; returns false. */
bool assay_fail_memory(struct assay_error *err);

/* Turns errno into ours: "<what>: <strerror>", with the code that fits; returns false. */
bool assay_fail_errno(struct assay_error *err, int error_number, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* Puts context in front of the message ("trial 7: …"); returns false. */
bool assay_error_add(struct assay_error *err, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

struct assay_fault {
    int line; /* 1-based; 0 where the text has none */
    char *field;
    char *message;
};

/* Zero it to start; owns its items. Past ASSAY_FAULTS_MAX only the count grows. */
struct assay_faults {
    size_t count;  /* all faults found */
    size_t stored; /* items filled, at most ASSAY_FAULTS_MAX */
    bool is_short_of_memory;
    struct assay_fault *items;
};

enum { ASSAY_FAULTS_MAX = 200 };

/* Never fails: for lack of memory the fault is counted and is_short_of_memory is set. */
void assay_faults_add(struct assay_faults *faults, int line, const char *field, const char *fmt,
                      ...) __attribute__((format(printf, 4, 5)));
void assay_faults_clear(struct assay_faults *faults);

/*
 * True when there is no fault. Else *err becomes ASSAY_INVALID (ASSAY_EXHAUSTED when memory ran
 * out), its field that of the first fault, its message "List of found errors:" with one numbered
 * "Field: …; Message: …." entry per fault, tab-separated as the service writes it.
 */
bool assay_faults_check(const struct assay_faults *faults, struct assay_error *err);

#ifdef __cplusplus
}
#endif

#endif
