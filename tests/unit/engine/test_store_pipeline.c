/* Rows of pipelines, in a real store. */

#include "controller_bench.h"
#include "engine/store/pipeline_rows.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdlib.h>
#include <string.h>

struct inserting {
    struct pipeline_row row;
    bool is_update, is_deletion;
};

static bool write_row(void *context, struct store *store, int64_t now_us, int64_t job,
                      struct assay_error *err)
{
    struct inserting *in = context;

    (void)now_us;
    (void)job;
    if (in->is_deletion)
        return store_pipeline_delete(store, in->row.id, err);
    return in->is_update ? store_pipeline_update(store, &in->row, err)
                         : store_pipeline_insert(store, &in->row, err);
}

static bool edit(struct bench *bench, struct inserting *in, struct assay_error *err)
{
    const struct edit what = { .apply = write_row, .context = in };
    struct request request = { .kind = REQUEST_EDIT, .edit = &what };

    bench_put_request(bench, &request);
    bench_commit(bench);
    *err = request.err;
    return request.is_ok;
}

/* Borrowed texts throughout. */
static struct inserting pipeline(int64_t id, int64_t create_us)
{
    static char parent[] = "projects/p/locations/l";
    static char name[] = "n\xc3\xa4me";
    static char document[] = "{\"a\": 1}";
    static char empty[] = "";

    return (struct inserting){ .row = { .id = id,
                                        .state = JOB_STATE_PENDING,
                                        .seed = UINT64_C(1) << 52,
                                        .create_us = create_us,
                                        .parent = parent,
                                        .display_name = name,
                                        .definition = empty,
                                        .document = document,
                                        .source_dir = empty } };
}

static bool note_id(void *context, const struct pipeline_row *row)
{
    int64_t **at = context;

    *(*at)++ = row->id;
    return row->id != 3;
}

Test(store_pipeline, a_row_is_read_as_it_was_written)
{
    struct inserting in = pipeline(1234567890, 5);
    struct pipeline_row row = { 0 };
    struct assay_error err = { 0 };
    static char uri[] = "gs://b/d";
    int64_t id = 0;
    bool has = false;
    struct bench bench;

    bench_init(&bench);
    cr_assert(edit(&bench, &in, &err), "%s", err.message);
    in.is_update = true;
    in.row.data_uri = uri;
    in.row.job = 77;
    in.row.counts[2] = 9;
    in.row.end_us = 6;
    in.row.create_us = 99; /* which stays */
    cr_assert(edit(&bench, &in, &err), "%s", err.message);
    cr_assert(store_pipeline_get(bench.reader, 1234567890, &row, &err), "%s", err.message);
    cr_assert_str_eq(row.display_name, "n\xc3\xa4me");
    cr_assert_str_eq(row.data_uri, "gs://b/d");
    cr_assert_str_eq(row.model, "");
    cr_assert(eq(u64, row.seed, UINT64_C(1) << 52));
    cr_assert(eq(i64, row.create_us, 5));
    cr_assert(eq(i64, row.counts[2], 9));
    cr_assert(store_pipeline_of_job(bench.reader, 77, &id, &err));
    cr_assert(eq(i64, id, 1234567890));
    cr_assert(store_pipeline_of_job(bench.reader, 78, &id, &err));
    cr_assert(eq(i64, id, 0));
    pipeline_row_clear(&row);
    cr_assert(store_pipeline_has(bench.reader, 1234567890, &has, &err));
    cr_assert(has);
    in.is_deletion = true;
    cr_assert(edit(&bench, &in, &err));
    cr_assert(store_pipeline_has(bench.reader, 1234567890, &has, &err));
    cr_assert(not(has));
    cr_assert(not(store_pipeline_get(bench.reader, 1234567890, &row, &err)));
    cr_assert(eq(int, (int)err.code, ASSAY_NOT_FOUND));
    bench_clear(&bench);
}

Test(store_pipeline, an_id_is_given_once_among_pipelines_and_jobs)
{
    struct inserting in = pipeline(1234567890, 5);
    struct assay_error err = { 0 };
    static const char document[] =
        "{\"jobSpec\": {\"workerPoolSpecs\": [{\"containerSpec\": {\"imageUri\": \"host:\","
        " \"command\": [\"x\"]}}]}}";
    struct bench bench;
    int64_t job = 0;

    bench_init(&bench);
    cr_assert(edit(&bench, &in, &err));
    cr_assert(not(edit(&bench, &in, &err)));
    cr_assert(eq(int, (int)err.code, ASSAY_EXISTS));
    job = bench_submit(&bench, document);
    in.row.id = job;
    cr_assert(not(edit(&bench, &in, &err)));
    cr_assert(eq(int, (int)err.code, ASSAY_EXISTS));
    bench_clear(&bench);
}

static bool find_time(void *context, struct store *store, int64_t now_us, int64_t job,
                      struct assay_error *err)
{
    (void)now_us;
    (void)job;
    return store_pipeline_free_time(store, context, err);
}

static int64_t free_time_from(struct bench *bench, int64_t time_us)
{
    const struct edit what = { .apply = find_time, .context = &time_us };
    struct request request = { .kind = REQUEST_EDIT, .edit = &what };

    bench_put_request(bench, &request);
    bench_commit(bench);
    cr_assert(request.is_ok, "%s", request.err.message);
    return time_us;
}

Test(store_pipeline, a_millisecond_is_one_pipelines)
{
    struct inserting first = pipeline(1, 5000);
    struct inserting second = pipeline(2, 6999);
    struct inserting other = pipeline(3, 9000);
    struct assay_error err = { 0 };
    struct bench bench;

    bench_init(&bench);
    cr_assert(edit(&bench, &first, &err) && edit(&bench, &second, &err) &&
              edit(&bench, &other, &err));
    cr_assert(eq(i64, free_time_from(&bench, 4999), 4999));
    cr_assert(eq(i64, free_time_from(&bench, 5999), 7000));
    cr_assert(eq(i64, free_time_from(&bench, 6000), 7000));
    cr_assert(eq(i64, free_time_from(&bench, 7001), 7001));
    cr_assert(eq(i64, free_time_from(&bench, 9500), 10000));
    cr_assert(eq(i64, pipeline_row_moment(&other.row, 8999), 9000), "it starts before it is made");
    cr_assert(eq(i64, pipeline_row_moment(&other.row, 9001), 9001));
    bench_clear(&bench);
}

Test(store_pipeline, lists_are_newest_first_and_go_on_behind_a_position)
{
    int64_t ids[8] = { 0 };
    int64_t *at = ids;
    struct assay_error err = { 0 };
    struct bench bench;

    bench_init(&bench);
    for (int64_t id = 1; id <= 5; id++) {
        struct inserting in = pipeline(id, id == 4 ? 3 : id);

        in.row.end_us = id == 2 ? 7 : 0;
        cr_assert(edit(&bench, &in, &err));
    }
    cr_assert(store_pipeline_each(bench.reader, INT64_MAX, INT64_MAX, note_id, &at, &err));
    cr_assert(eq(i64, ids[0], 5));
    cr_assert(eq(i64, ids[1], 4));
    cr_assert(eq(i64, ids[2], 3));
    cr_assert(eq(i64, ids[3], 0)); /* the walk was ended */
    at = ids;
    cr_assert(store_pipeline_each(bench.reader, 3, 3, note_id, &at, &err));
    cr_assert(eq(i64, ids[0], 2));
    cr_assert(eq(i64, ids[1], 1));
    at = ids;
    cr_assert(store_pipeline_each_unended(bench.reader, note_id, &at, &err));
    cr_assert(eq(i64, ids[0], 1));
    cr_assert(eq(i64, ids[1], 3));
    bench_clear(&bench);
}
