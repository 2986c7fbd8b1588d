/* tests/unit/engine/support.h - state folders, rows and documents for the tests of this folder. */
#ifndef TESTS_UNIT_ENGINE_SUPPORT_H
#define TESTS_UNIT_ENGINE_SUPPORT_H

#include "engine/spec/job_spec.h"
#include "engine/store/store.h"
#include "tests/simulation/folder.h"

/* A store in a folder of its own. */
struct bench_store {
    char folder[FOLDER_PATH];
    struct store *store; /* the writer */
};

void bench_store_init(struct bench_store *bench);
void bench_store_clear(struct bench_store *bench); /* closes and removes */

struct store *open_store(const char *folder, enum store_mode mode); /* asserts that it opens */
/* Asserts that it does not, with the exit status of a folder in trouble and this word. */
void check_refused(const char *folder, enum store_mode mode, const char *word);
void begin(struct store *store);
void commit(struct store *store);

/* {value, NaN} at that index, step index * 10, elapsed index * 100. */
enum { MEASURED_METRICS = 2 };
void put_measurement(struct store *store, int64_t trial, int64_t index, double value);

/* A row that owns its strings; the document as given, JSON. */
struct job_row make_row(int64_t id, const char *document);

/* Stores a job of these, in a transaction of its own. */
void insert_job(struct store *store, int64_t id, int64_t create_us);

/* The typed spec of a JSON document that has no fault. */
struct job_spec *make_spec(const char *document);

/*
 * A tuning job's document; caller frees. more: further members ("" or "\"maxTrialCount\":3,…"),
 * study: further members of the studySpec ("" or ",\"algorithm\":…"). One metric "m0", one
 * INTEGER parameter "p" in 1 .. 100, seed 7.
 */
char *make_document(const char *study, const char *more);

#endif
