/* What the store keeps of studies beside their trials, next to a naive twin: arrays. */

#include "support.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STUDY = 1234567890, OTHER = 1234567891, NUMBERS = 60, STEPS = 4000, OPERATIONS = 1500 };

struct twin_trial {
    bool is_there, is_deleted, is_given;
    char client[32]; /* "": none */
    int64_t ordinal; /* of a row in made; 0: none */
    char fixed[32];
};

struct twin {
    struct twin_trial trials[NUMBERS + 1]; /* by number */
    int64_t last_operation;
    bool has_operation[OPERATIONS + 1];
};

/* A small generator with a seed of its own: what fails once fails again. */
static uint32_t draw(uint32_t *state, uint32_t end)
{
    *state = *state * 1664525U + 1013904223U;
    return (*state >> 8) % end;
}

static void insert(struct store *store, struct twin *twin, int64_t number, bool is_given)
{
    struct assay_error err = { 0 };
    double point = (double)number;
    struct trial_row row = { .job = STUDY,
                             .number = number,
                             .state = TRIAL_ACTIVE,
                             .attempt = is_given ? 0 : 1,
                             .point = &point,
                             .point_count = 1 };

    if (twin->trials[number].is_there || twin->trials[number].is_deleted)
        return;
    cr_assert(store_trial_insert(store, &row, &err), "%s", err.message);
    twin->trials[number] = (struct twin_trial){ .is_there = true, .is_given = is_given };
}

static void put_client(struct store *store, struct twin *twin, int64_t number, uint32_t who)
{
    struct assay_error err = { 0 };
    struct twin_trial *trial = &twin->trials[number];

    if (!trial->is_there)
        return;
    (void)snprintf(trial->client, sizeof trial->client, "client %" PRIu32, who);
    cr_assert(store_client_put(store, store_trial_id(STUDY, number), trial->client, &err), "%s",
              err.message);
}

static void put_made(struct store *store, struct twin *twin, int64_t number, uint32_t fixed)
{
    struct assay_error err = { 0 };
    struct twin_trial *trial = &twin->trials[number];

    if (!trial->is_there || trial->is_given || trial->ordinal)
        return;
    trial->ordinal = number > 3 ? number - 3 : 1;
    if (fixed)
        (void)snprintf(trial->fixed, sizeof trial->fixed, "%" PRIu32 " 7", fixed);
    cr_assert(
        store_made_put(store, store_trial_id(STUDY, number), trial->ordinal, trial->fixed, &err),
        "%s", err.message);
}

static void delete_trial(struct store *store, struct twin *twin, int64_t number)
{
    struct assay_error err = { 0 };
    struct twin_trial *trial = &twin->trials[number];

    if (!trial->is_there)
        return;
    cr_assert(store_trial_delete(store, STUDY, number, &err), "%s", err.message);
    trial->is_there = false;
    trial->is_deleted = true;
}

static void put_operation(struct store *store, struct twin *twin)
{
    struct assay_error err = { 0 };
    struct operation_row row = { .job = STUDY, .kind = OPERATION_SUGGEST, .start_us = 1 };

    if (twin->last_operation == OPERATIONS)
        return;
    row.number = ++twin->last_operation;
    row.end_us = row.number;
    cr_assert(store_operation_put(store, &row, "w", "3 4", &err), "%s", err.message);
    twin->has_operation[row.number] = true;
    if (row.number > OPERATIONS_KEPT)
        twin->has_operation[row.number - OPERATIONS_KEPT] = false;
}

static void check_clients(struct store *store, const struct twin *twin)
{
    for (int64_t number = 1; number <= NUMBERS; number++) {
        struct assay_error err = { 0 };
        char *client = store_client_get(store, store_trial_id(STUDY, number), &err);

        cr_assert(client != NULL, "%s", err.message);
        cr_assert(
            strcmp(client, twin->trials[number].is_there ? twin->trials[number].client : "") == 0);
        free(client);
    }
}

static void check_deleted(struct store *store, const struct twin *twin)
{
    struct assay_error err = { 0 };
    int64_t last = 0, wanted = 0;

    for (int64_t number = 1; number <= NUMBERS; number++)
        if (twin->trials[number].is_deleted)
            wanted = number;
    cr_assert(store_deleted_last(store, STUDY, &last, &err), "%s", err.message);
    cr_assert(eq(i64, last, wanted));
}

static int64_t ordinal_of(const struct twin *twin, int64_t number)
{
    const struct twin_trial *trial = &twin->trials[number];

    if (trial->is_given || (!trial->is_there && !trial->is_deleted))
        return 0;
    return trial->ordinal ? trial->ordinal : number;
}

/* The newest trial's, or the highest of those that are gone. */
static void check_last_ordinal(struct store *store, const struct twin *twin)
{
    struct assay_error err = { 0 };
    int64_t last = 0, there = 0, gone = 0;

    for (int64_t number = 1; number <= NUMBERS; number++) {
        int64_t ordinal = ordinal_of(twin, number);

        if (twin->trials[number].is_there && ordinal)
            there = ordinal;
        if (twin->trials[number].is_deleted && ordinal > gone)
            gone = ordinal;
    }
    cr_assert(store_made_last(store, STUDY, &last, &err), "%s", err.message);
    cr_assert(eq(i64, last, there > gone ? there : gone));
}

struct made_walk {
    const struct twin *twin;
    int64_t last;
    int count;
};

static bool check_made_row(void *context, int64_t number, int64_t ordinal, const char *fixed)
{
    struct made_walk *walk = context;
    const struct twin_trial *trial = &walk->twin->trials[number];

    cr_assert(lt(i64, walk->last, number));
    cr_assert(trial->is_there);
    cr_assert(eq(i64, ordinal, trial->ordinal));
    cr_assert(strcmp(fixed, trial->fixed) == 0);
    walk->last = number;
    walk->count++;
    return true;
}

static void check_made(struct store *store, const struct twin *twin)
{
    struct assay_error err = { 0 };
    struct made_walk walk = { .twin = twin };
    int wanted = 0;

    for (int64_t number = 1; number <= NUMBERS; number++)
        wanted += twin->trials[number].is_there && twin->trials[number].ordinal;
    cr_assert(store_made_each(store, STUDY, check_made_row, &walk, &err), "%s", err.message);
    cr_assert(eq(int, walk.count, wanted));
}

static void check_operations(struct store *store, const struct twin *twin)
{
    struct assay_error err = { 0 };
    int64_t last = 0, wanted = 0;

    for (int64_t number = 1; number <= twin->last_operation; number++) {
        struct operation_row row = { 0 };
        bool is_there = store_operation_get(store, STUDY, number, &row, &err);

        cr_assert(eq(int, is_there, twin->has_operation[number]), "operation %d", (int)number);
        if (is_there) {
            cr_assert(eq(i64, row.end_us, number));
            cr_assert(strcmp(row.trials, "3 4") == 0);
            wanted = number;
        }
        operation_row_clear(&row);
    }
    cr_assert(store_operation_last(store, STUDY, &last, &err), "%s", err.message);
    cr_assert(eq(i64, last, wanted));
}

static void check_all(struct store *store, const struct twin *twin)
{
    check_clients(store, twin);
    check_deleted(store, twin);
    check_last_ordinal(store, twin);
    check_made(store, twin);
    check_operations(store, twin);
}

/* What is of another study is never touched. */
static void put_neighbour(struct store *store)
{
    struct assay_error err = { 0 };
    double point = 1;
    struct trial_row row = {
        .job = OTHER, .number = 1, .state = 2, .attempt = 1, .point = &point, .point_count = 1
    };
    struct operation_row operation = { .job = OTHER, .number = 1, .kind = OPERATION_CHECK };

    cr_assert(store_trial_insert(store, &row, &err));
    cr_assert(store_client_put(store, store_trial_id(OTHER, 1), "neighbour", &err));
    cr_assert(store_made_put(store, store_trial_id(OTHER, 1), 1, "0", &err));
    cr_assert(store_operation_put(store, &operation, "neighbour", "1", &err));
}

static void check_neighbour(struct store *store)
{
    struct assay_error err = { 0 };
    struct operation_row row = { 0 };
    char *client = store_client_get(store, store_trial_id(OTHER, 1), &err);
    int64_t last = 0;

    cr_assert(client && strcmp(client, "neighbour") == 0);
    cr_assert(store_made_last(store, OTHER, &last, &err) && last == 1);
    cr_assert(store_deleted_last(store, OTHER, &last, &err) && last == 0);
    cr_assert(store_operation_get(store, OTHER, 1, &row, &err));
    operation_row_clear(&row);
    free(client);
}

Test(store_study, agrees_with_arrays_over_thousands_of_changes)
{
    struct bench_store bench;
    struct twin *twin = calloc(1, sizeof *twin);
    uint32_t state = 7;

    cr_assert(twin != NULL);
    bench_store_init(&bench);
    begin(bench.store);
    put_neighbour(bench.store);
    for (int step = 0; step < STEPS; step++) {
        int64_t number = 1 + draw(&state, NUMBERS);
        uint32_t dice = draw(&state, 100);

        if (dice < 20)
            insert(bench.store, twin, number, draw(&state, 3) == 0);
        else if (dice < 40)
            put_client(bench.store, twin, number, draw(&state, 5));
        else if (dice < 50)
            put_made(bench.store, twin, number, draw(&state, 3));
        else if (dice < 53)
            delete_trial(bench.store, twin, number);
        else
            put_operation(bench.store, twin);
        if (step % 500 == 0)
            check_all(bench.store, twin);
    }
    commit(bench.store);
    store_close(bench.store);
    bench.store = open_store(bench.folder, STORE_WRITE);
    check_all(bench.store, twin);
    check_neighbour(bench.store);
    bench_store_clear(&bench);
    free(twin);
}

Test(store_study, goes_with_all_that_belongs_to_it)
{
    struct bench_store bench;
    struct twin *gone = calloc(1, sizeof *gone);
    struct twin *twin = calloc(1, sizeof *twin);
    struct assay_error err = { 0 };

    cr_assert(twin && gone);
    bench_store_init(&bench);
    begin(bench.store);
    put_neighbour(bench.store);
    for (int64_t number = 1; number <= 9; number++) {
        insert(bench.store, twin, number, false);
        put_client(bench.store, twin, number, 1);
        put_made(bench.store, twin, number, 1);
        put_operation(bench.store, twin);
    }
    delete_trial(bench.store, twin, 9);
    check_all(bench.store, twin);
    cr_assert(store_job_delete(bench.store, STUDY, &err), "%s", err.message);
    check_all(bench.store, gone);
    check_neighbour(bench.store);
    commit(bench.store);
    bench_store_clear(&bench);
    free(twin);
    free(gone);
}

struct deletions {
    int64_t jobs[OPERATIONS_KEPT + 1];
    int count;
    int most; /* ends the walk after so many; 0: never */
};

static bool note_deletion(void *context, const struct operation_row *row)
{
    struct deletions *deletions = context;

    cr_assert(eq(int, row->kind, OPERATION_DELETION));
    cr_assert(lt(int, deletions->count, OPERATIONS_KEPT + 1));
    deletions->jobs[deletions->count++] = row->job;
    return deletions->count != deletions->most;
}

static void put_deletion(struct store *store, int64_t job, int64_t time_us)
{
    struct assay_error err = { 0 };
    struct operation_row row = {
        .job = job, .kind = OPERATION_DELETION, .start_us = time_us, .end_us = time_us
    };

    cr_assert(store_operation_put(store, &row, "projects/p/locations/l", "", &err), "%s",
              err.message);
}

/* Ids of jobs are random; the times tell which was first. */
static int64_t job_at(int64_t time_us)
{
    return 1000000000 + time_us * 7919 % 100003;
}

Test(store_study, deletions_are_listed_newest_first_and_the_oldest_forgotten)
{
    enum { TIMES = OPERATIONS_KEPT + 50 };
    struct bench_store bench;
    struct deletions *found = calloc(1, sizeof *found);
    struct assay_error err = { 0 };

    cr_assert(found != NULL);
    bench_store_init(&bench);
    begin(bench.store);
    put_neighbour(bench.store);
    for (int64_t time_us = 1; time_us <= TIMES; time_us++)
        put_deletion(bench.store, job_at(time_us), time_us);
    cr_assert(store_deletion_each(bench.store, INT64_MAX, INT64_MAX, note_deletion, found, &err));
    cr_assert(eq(int, found->count, OPERATIONS_KEPT));
    for (int i = 0; i < OPERATIONS_KEPT; i++)
        cr_assert(eq(i64, found->jobs[i], job_at(TIMES - i)));
    check_neighbour(bench.store); /* operations of studies do not count */
    commit(bench.store);
    bench_store_clear(&bench);
    free(found);
}

Test(store_study, deletions_of_one_moment_are_all_on_one_page_or_the_next)
{
    struct bench_store bench;
    struct deletions first = { .most = 3 }, rest = { 0 };
    struct assay_error err = { 0 };

    bench_store_init(&bench);
    begin(bench.store);
    for (int64_t i = 0; i < 7; i++)
        put_deletion(bench.store, 2000000000 + i, 5);
    cr_assert(store_deletion_each(bench.store, INT64_MAX, INT64_MAX, note_deletion, &first, &err));
    cr_assert(store_deletion_each(bench.store, 5, first.jobs[2], note_deletion, &rest, &err));
    cr_assert(eq(int, first.count, 3));
    cr_assert(eq(int, rest.count, 4));
    for (int i = 0; i < 7; i++)
        cr_assert(eq(i64, i < 3 ? first.jobs[i] : rest.jobs[i - 3], 2000000006 - i));
    commit(bench.store);
    bench_store_clear(&bench);
}
