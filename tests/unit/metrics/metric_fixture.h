/*
 * tests/unit/metrics/metric_fixture.h - a trial's files in a folder of their own, and a reader.
 *
 * Failures of the system end the test program: there is nothing to test without files.
 */
#ifndef METRIC_FIXTURE_H
#define METRIC_FIXTURE_H

#include "metrics/metric_reader.h"

enum { FIXTURE_METRICS = 2 };

/* Metrics "acc" (maximised) and "loss" (minimised), started at 1000 s. */
struct fixture {
    char folder[64];
    char metric_path[96];
    char stdout_path[96];
    char stderr_path[96];
    char ids[FIXTURE_METRICS][8];
    struct metric_spec specs[FIXTURE_METRICS];
    const char *regexes[FIXTURE_METRICS];
    struct metric_source source;
    struct metric_reader *reader;
    struct metric_report *reports; /* all that came, oldest first */
    size_t count;
    size_t capacity;
};

#define FIXTURE_START_US (INT64_C(1000) * 1000000)
#define FIXTURE_NOW_US (INT64_C(1500) * 1000000)

/* regexes: give acc's in fixture->regexes[0] before the first read, if wanted. */
void fixture_init(struct fixture *fixture);
void fixture_clear(struct fixture *fixture);

void file_write(const char *path, const char *text, size_t size); /* truncates in place */
void file_append(const char *path, const char *text, size_t size);
void file_put(const char *path, const char *text); /* file_write() of a string */
void file_add(const char *path, const char *text); /* file_append() of a string */

/* Reads until there is no more; reports are added to fixture->reports. */
void fixture_read(struct fixture *fixture);
void fixture_read_final(struct fixture *fixture);

/* A new reader from the mark of the old one, as after a crash. */
void fixture_restart(struct fixture *fixture);

/* Values of the reports that came, as text: "0.5 0.25". The caller frees it. */
char *fixture_values(const struct fixture *fixture);

/* Whether both texts are equal; if not, both are printed. For const texts, which eq(str) refuses.
 */
bool is_text(const char *got, const char *wanted);

/* Numbers that look random and are the same for the same seed (SplitMix64). */
uint64_t random_next(uint64_t *state);
uint64_t random_below(uint64_t *state, uint64_t limit);

/* The seed of a random test: from the environment variable TEST_SEED, else fallback; printed. */
uint64_t random_seed(uint64_t fallback);

#endif
