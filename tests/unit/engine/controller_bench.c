#include "controller_bench.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int64_t bench_now(void *context)
{
    const struct bench *bench = context;

    return bench->now_us;
}

static bool bench_entropy(void *context, void *buffer, size_t size)
{
    struct bench *bench = context;

    cr_assert(eq(sz, size, sizeof bench->entropy));
    memcpy(buffer, &bench->entropy, size);
    bench->entropy++;
    return true;
}

static void note(struct bench *bench, struct done done)
{
    cr_assert(lt(sz, bench->deed_count, DEEDS_MAX));
    bench->deeds[bench->deed_count++] = done;
}

/* Stored before done: another connection sees the trial with this attempt. */
static void note_trial(struct bench *bench, enum done_kind kind, const struct live_job *job,
                       const struct live_trial *trial)
{
    struct trial_view view = { .attempt = trial->attempt, .state = (int)trial->state };

    if (!bench->looks_away)
        view = bench_trial(bench, job->row.id, trial->number);
    if (view.attempt != trial->attempt || view.state != (int)trial->state)
        bench->unstored++;
    note(bench,
         (struct done){
             .kind = kind, .job = job->row.id, .trial = trial->number, .attempt = trial->attempt });
}

static bool launch(void *context, const struct live_job *job, const struct live_trial *trial,
                   struct assay_error *err)
{
    struct bench *bench = context;
    enum assay_code refusal = bench->refusal;

    bench->refusal = ASSAY_OK;
    note_trial(bench, DONE_LAUNCH, job, trial);
    return refusal == ASSAY_OK || assay_fail(err, refusal, NULL, "refused");
}

static bool adopt(void *context, const struct live_job *job, const struct live_trial *trial,
                  struct assay_error *err)
{
    (void)err;
    note_trial(context, DONE_ADOPT, job, trial);
    return true;
}

static void stop(void *context, struct attempt_key key, enum stop_manner manner)
{
    note(context, (struct done){ .kind = DONE_STOP,
                                 .job = key.trial / STORE_TRIALS_MAX,
                                 .trial = key.trial % STORE_TRIALS_MAX,
                                 .attempt = key.attempt,
                                 .manner = manner });
}

static bool publish(void *context, const struct live_job *job, int64_t trial)
{
    struct bench *bench = context;

    note(bench, (struct done){ .kind = DONE_PUBLISH, .job = job->row.id, .trial = trial });
    return !bench->has_no_memory;
}

static bool search(void *context, struct search_task *task)
{
    struct bench *bench = context;

    if (bench->has_no_memory)
        return false;
    cr_assert(lt(sz, bench->task_count, BENCH_TASKS_MAX));
    bench->tasks[bench->task_count++] = task;
    return true;
}

static void forget(void *context, int64_t job)
{
    struct bench *bench = context;

    if (bench_job_state(bench, job) != 0)
        bench->unstored++;
    note(bench, (struct done){ .kind = DONE_FORGET, .job = job });
}

static void new_controller(struct bench *bench)
{
    struct controller_outlet outlet = { .context = bench,
                                        .launch = launch,
                                        .adopt = adopt,
                                        .stop = stop,
                                        .publish = publish,
                                        .search = bench->searches_apart ? search : NULL,
                                        .forget = forget };

    bench->controller = controller_new(bench->base.store, &bench->env, &outlet);
    cr_assert(bench->controller != NULL);
}

void bench_init(struct bench *bench)
{
    *bench = (struct bench){ .now_us = INT64_C(1700000000000000) };
    bench_store_init(&bench->base);
    bench->reader = open_store(bench->base.folder, STORE_READ);
    bench->env = (struct assay_env){
        .context = bench, .wall_us = bench_now, .mono_us = bench_now, .entropy = bench_entropy
    };
    new_controller(bench);
}

/* They borrow from the controller. */
static void drop_tasks(struct bench *bench)
{
    while (bench->task_count > 0)
        search_task_free(bench->tasks[--bench->task_count]);
}

void bench_search_apart(struct bench *bench)
{
    controller_free(bench->controller);
    bench->searches_apart = true;
    new_controller(bench);
}

void bench_clear(struct bench *bench)
{
    drop_tasks(bench);
    controller_free(bench->controller);
    store_close(bench->reader);
    bench_store_clear(&bench->base);
    cr_assert(eq(int, bench->unstored, 0), "something was done before it was stored");
}

void bench_restart(struct bench *bench, bool is_committed)
{
    if (is_committed && bench->is_open)
        bench_commit(bench);
    drop_tasks(bench);
    controller_free(bench->controller);
    store_close(bench->base.store);
    bench->base.store = open_store(bench->base.folder, STORE_WRITE);
    bench->is_open = false;
    new_controller(bench);
}

void bench_begin(struct bench *bench)
{
    if (!bench->is_open)
        (void)controller_begin(bench->controller);
    bench->is_open = true;
}

bool bench_try_commit(struct bench *bench, struct assay_error *why)
{
    bench_begin(bench);
    bench->is_open = false;
    return controller_commit(bench->controller, NULL, why);
}

void bench_commit(struct bench *bench)
{
    struct assay_error why = { 0 };

    cr_assert(bench_try_commit(bench, &why), "%s", why.message);
}

static void put(struct bench *bench, struct event event)
{
    bench_begin(bench);
    controller_handle(bench->controller, &event);
    cr_assert(event.reports.items == NULL); /* it was taken */
}

void bench_put_request(struct bench *bench, struct request *request)
{
    put(bench, (struct event){ .kind = EVENT_REQUEST, .request = request });
    cr_assert(not(request->is_answered)); /* only the commit answers */
}

bool bench_request(struct bench *bench, enum request_kind kind, int64_t job,
                   struct assay_error *err)
{
    struct request request = { .kind = kind, .job = job };

    bench_put_request(bench, &request);
    bench_commit(bench);
    cr_assert(request.is_answered);
    *err = request.err;
    return request.is_ok;
}

bool bench_submit_with(struct bench *bench, const char *document, const struct edit *edit,
                       int64_t *job)
{
    struct job_row row = make_row(0, document);
    struct request request = {
        .kind = REQUEST_SUBMIT, .row = &row, .spec = make_spec(document), .edit = edit
    };

    row.kind = (int)request.spec->kind;
    bench_put_request(bench, &request);
    cr_assert(request.spec == NULL);
    bench_commit(bench);
    cr_assert(request.is_answered);
    *job = request.job;
    return request.is_ok;
}

int64_t bench_submit(struct bench *bench, const char *document)
{
    int64_t job = 0;

    cr_assert(bench_submit_with(bench, document, NULL, &job));
    return job;
}

static struct event_reports make_reports(const double *values, size_t count)
{
    struct event_reports reports = { .count = count, .mark = { .file_offset = count } };

    if (count) {
        reports.items = calloc(count, sizeof *reports.items);
        cr_assert(reports.items != NULL);
    }
    for (size_t i = 0; i < count; i++)
        reports.items[i] = (struct metric_report){ .step = (int64_t)i + 1,
                                                   .elapsed_us = (int64_t)i + 1,
                                                   .value = values[i] };
    return reports;
}

void bench_put_ending(struct bench *bench, int64_t job, int64_t trial, int attempt,
                      enum ending_kind kind, int status, const double *values, size_t count)
{
    put(bench, (struct event){ .kind = EVENT_ENDED,
                               .ending = { .key = { store_trial_id(job, trial), attempt, 0 },
                                           .kind = kind,
                                           .status = status },
                               .reports = make_reports(values, count) });
}

void bench_end(struct bench *bench, int64_t job, int64_t trial, double value)
{
    struct trial_view view = bench_trial(bench, job, trial);

    bench_put_ending(bench, job, trial, view.attempt, ENDING_EXITED, 0, &value, 1);
    bench_commit(bench);
}

void bench_put_measured(struct bench *bench, int64_t job, int64_t trial, int attempt, double value)
{
    put(bench, (struct event){ .kind = EVENT_MEASURED,
                               .key = { store_trial_id(job, trial), attempt, 0 },
                               .reports = make_reports(&value, 1) });
}

void bench_put_step(struct bench *bench, int64_t job, int64_t trial, int64_t step, double value)
{
    struct event_reports reports = make_reports(&value, 1);

    reports.items[0].step = step;
    reports.items[0].elapsed_us = step;
    reports.mark.file_offset = (uint64_t)step;
    put(bench, (struct event){
                   .kind = EVENT_MEASURED,
                   .key = { store_trial_id(job, trial), bench_trial(bench, job, trial).attempt, 0 },
                   .reports = reports });
}

void bench_put_published(struct bench *bench, int64_t job, enum published published,
                         const char *text)
{
    put(bench,
        (struct event){
            .kind = EVENT_PUBLISHED, .job = job, .published = published, .text = strdup(text) });
}

void bench_put_disk_full(struct bench *bench, const char *why)
{
    put(bench, (struct event){ .kind = EVENT_DISK_FULL, .text = strdup(why) });
}

int bench_count(const struct bench *bench, enum done_kind kind, int64_t trial, int attempt)
{
    int count = 0;

    for (size_t i = 0; i < bench->deed_count; i++) {
        const struct done *done = &bench->deeds[i];

        count += done->kind == kind && (!trial || done->trial == trial) &&
                 (!attempt || done->attempt == attempt);
    }
    return count;
}

void bench_put_searched(struct bench *bench, size_t at)
{
    struct search_task *task = bench->tasks[at];

    bench->task_count--;
    memmove(bench->tasks + at, bench->tasks + at + 1,
            (bench->task_count - at) * sizeof(struct search_task *));
    put(bench, (struct event){ .kind = EVENT_SEARCHED, .task = task });
}

struct viewing {
    int64_t number;
    struct trial_view view;
};

static bool note_view(void *context, const struct trial_row *row)
{
    struct viewing *viewing = context;
    struct trial_view *view = &viewing->view;

    if (row->number != viewing->number)
        return false;
    *view = (struct trial_view){ .state = row->state,
                                 .attempt = row->attempt,
                                 .failure = row->failure,
                                 .start_us = row->start_us,
                                 .end_us = row->end_us,
                                 .end_order = row->end_order,
                                 .value = row->value_count ? row->values[0] : (double)NAN };
    (void)snprintf(view->reason, sizeof view->reason, "%s", row->reason ? row->reason : "");
    return false;
}

static bool count_measurement(void *context, const struct measurement_row *row)
{
    (void)row;
    ++*(int *)context;
    return true;
}

struct trial_view bench_trial(struct bench *bench, int64_t job, int64_t trial)
{
    struct viewing viewing = { .number = trial };
    struct trial_query query = { .job = job, .after = trial - 1, .limit = 1 };
    struct assay_error err = { 0 };

    cr_assert(store_trial_each(bench->reader, &query, note_view, &viewing, &err), "%s",
              err.message);
    cr_assert(store_measurement_each(bench->reader, store_trial_id(job, trial), count_measurement,
                                     &viewing.view.measurements, &err));
    return viewing.view;
}

struct job_row bench_job(struct bench *bench, int64_t job)
{
    struct job_row row = { 0 };
    struct assay_error err = { 0 };

    if (!store_job_get(bench->reader, job, &row, &err))
        cr_assert(eq(int, (int)err.code, ASSAY_NOT_FOUND));
    return row;
}

int bench_job_state(struct bench *bench, int64_t job)
{
    struct job_row row = bench_job(bench, job);
    int state = row.state;

    job_row_clear(&row);
    return state;
}
