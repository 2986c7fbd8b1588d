/*
 * bench/result.h - what came of one run: a line of results.csv.
 *
 * The file only grows, by whole lines and under a lock, so processes may append at once and a
 * comparison that was interrupted is taken up where it stood. Of lines with the same key the last
 * one counts.
 */
#ifndef BENCH_RESULT_H
#define BENCH_RESULT_H

#include "assay/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum result_status {
    RESULT_OK,
    RESULT_CANNOT,  /* the arm does not search such a space */
    RESULT_FAILED,  /* it broke off; the curve is what it had reached */
    RESULT_MISSING, /* not installed: a line for the arm, none for its problems */
};

struct result {
    /* The key. */
    char arm[96];
    char problem[64];
    uint32_t seed;
    size_t workers;
    bool is_batch;
    size_t budget;
    /* What is known of the problem and the arm. */
    char suite[16];
    char family[32];
    unsigned instance;
    char version[64];
    /* What came of it. */
    enum result_status status;
    double cpu_s;         /* of the sampler: asks and tells */
    double startup_cpu_s; /* before the first ask */
    char note[200];       /* why not, for a person */
    size_t curve_count;   /* trials that ended */
    double *curve;        /* owned: after each trial the truth of the best measured one, as
                             (truth - optimum) / (typical - optimum); infinite before there is one */
};

void result_clear(struct result *result);

/*
 * Appends a line to the file behind the descriptor, which is that of results_open(). What a killed
 * process left of a line is cut off first. On failure (a full disk) the file is as it was.
 */
bool result_append(int file, const struct result *result, struct assay_error *err);

/*
 * Opens DIR/results.csv for appending, with a header when it is new; what a killed process left of
 * a line is cut off. Returns the descriptor, or -1 and *err.
 */
int results_open(const char *folder, struct assay_error *err);

enum { UNREAD_NAMED_MAX = 5, RESULTS_UNREAD_TEXT = 256 };

/* Zero it to start. */
struct results {
    size_t count;
    size_t capacity;
    struct result *items; /* by arm, problem, seed */
    /* Lines that are none of ours, and the numbers of the first ones. */
    size_t unread_count;
    size_t unread_lines[UNREAD_NAMED_MAX];
};

/* Reads DIR/results.csv; no such file reads as none. Lines that are none of ours are left out, and
 * counted. False and *err: unreadable, or a header of another kind. */
bool results_read(const char *folder, struct results *results, struct assay_error *err);
void results_clear(struct results *results);

/* Which lines were left out, for a person; "" when all were read. Returns text. */
char *results_unread_text(const struct results *results, char text[RESULTS_UNREAD_TEXT]);

/* By arm, problem, seed, workers, mode, budget. */
int result_compare(const struct result *a, const struct result *b);

#endif
