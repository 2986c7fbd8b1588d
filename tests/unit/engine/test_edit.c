/* What somebody has written by a function of his: whole or not at all, and with the job that is
 * handed in with it. */

#include "controller_bench.h"
#include "engine/edit.h"
#include "engine/operations/long_operation.h"
#include "engine/store/store_private.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdlib.h>
#include <string.h>

#define PARENT "projects/p/locations/l/models/7"

struct writing {
    int64_t id;  /* of the operation that it has put */
    int64_t job; /* that it was called with */
    bool is_refused;
};

static bool put_operation(void *context, struct store *store, int64_t now_us, int64_t job,
                          struct assay_error *err)
{
    struct writing *writing = context;

    writing->job = job;
    return long_operation_put(store, PARENT, "ImportDataOperationMetadata", "", "{}", now_us,
                              &writing->id, err) &&
           (!writing->is_refused || assay_fail(err, ASSAY_EXISTS, "model_id", "it is taken"));
}

/* Puts it in a batch with others, so that a refusal must not take these back. */
static bool edit(struct bench *bench, struct writing *writing, struct assay_error *err)
{
    const struct edit what = { .apply = put_operation, .context = writing };
    struct request request = { .kind = REQUEST_EDIT, .edit = &what };

    bench_put_request(bench, &request);
    bench_commit(bench);
    cr_assert(request.is_answered);
    *err = request.err;
    return request.is_ok;
}

static bool has_operation(struct bench *bench, int64_t id)
{
    struct long_operation_row row = { 0 };
    struct assay_error err = { 0 };
    bool has = store_long_operation_get(bench->reader, id, &row, &err);

    cr_assert(has || err.code == ASSAY_NOT_FOUND);
    cr_assert(not(has && strcmp(row.parent, PARENT) != 0));
    long_operation_row_clear(&row);
    return has;
}

Test(edit, is_stored_when_it_is_answered)
{
    struct writing writing = { 0 };
    struct assay_error err = { 0 };
    struct bench bench;

    bench_init(&bench);
    cr_assert(edit(&bench, &writing, &err));
    cr_assert(eq(i64, writing.id, LONG_OPERATION_FIRST));
    cr_assert(eq(i64, writing.job, 0));
    cr_assert(has_operation(&bench, writing.id));
    bench_clear(&bench);
}

Test(edit, that_is_refused_leaves_nothing_and_the_batch_goes_on)
{
    struct writing first = { 0 }, refused = { .is_refused = true }, last = { 0 };
    const struct edit edits[] = { { put_operation, &first },
                                  { put_operation, &refused },
                                  { put_operation, &last } };
    struct request requests[3];
    struct bench bench;

    bench_init(&bench);
    for (int i = 0; i < 3; i++) {
        requests[i] = (struct request){ .kind = REQUEST_EDIT, .edit = &edits[i] };
        bench_put_request(&bench, &requests[i]);
    }
    bench_commit(&bench);
    cr_assert(requests[0].is_ok && requests[2].is_ok);
    cr_assert(not(requests[1].is_ok));
    cr_assert(eq(int, requests[1].err.code, ASSAY_EXISTS));
    cr_assert(strcmp(requests[1].err.field, "model_id") == 0);
    cr_assert(has_operation(&bench, first.id));
    cr_assert(has_operation(&bench, last.id));
    cr_assert(eq(i64, last.id, refused.id), "the refused one's number is free");
    bench_clear(&bench);
}

static bool submit_with(struct bench *bench, struct writing *writing, int64_t *job)
{
    const struct edit what = { .apply = put_operation, .context = writing };
    char *document = make_document("", "\"maxTrialCount\":1,\"parallelTrialCount\":1,");
    bool is_ok = bench_submit_with(bench, document, &what, job);

    free(document);
    return is_ok;
}

Test(edit, goes_with_the_job_that_is_handed_in)
{
    struct writing writing = { 0 };
    struct bench bench;
    int64_t job = 0;

    bench_init(&bench);
    cr_assert(submit_with(&bench, &writing, &job));
    cr_assert(eq(i64, writing.job, job));
    cr_assert(has_operation(&bench, writing.id));
    bench_clear(&bench);
}

static bool count_job(void *context, int64_t job, int kind, int state)
{
    (void)job;
    (void)kind;
    (void)state;
    ++*(int *)context;
    return true;
}

Test(edit, that_is_refused_keeps_the_job_from_being_made)
{
    struct writing writing = { .is_refused = true };
    struct assay_error err = { 0 };
    struct bench bench;
    int64_t job = 0;
    int count = 0;

    bench_init(&bench);
    cr_assert(not(submit_with(&bench, &writing, &job)));
    cr_assert(not(has_operation(&bench, writing.id)));
    cr_assert(store_job_each_state(bench.reader, count_job, &count, &err));
    cr_assert(eq(int, count, 0));
    bench_clear(&bench);
}
