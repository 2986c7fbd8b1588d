#include "engine/pipelines/pipeline_work.h"

#include "engine/datasets/pipeline_input.h"
#include "engine/operations/long_operation.h"
#include "engine/owned_text.h"
#include "engine/pipelines/pipeline_life.h"
#include "engine/pipelines/pipeline_model.h"
#include "engine/pipelines/pipeline_runner.h"
#include "engine/pipelines/pipeline_submission.h"
#include "engine/store/pipeline_rows.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* A pipeline while it is worked on. */
struct working {
    struct engine *engine;
    struct pipeline_row row;
    cJSON *document;
    struct pipeline_spec *spec;
    struct job_row job; /* all of it zero where there is none */
    bool is_job_gone;
};

static void working_clear(struct working *w)
{
    pipeline_row_clear(&w->row);
    cJSON_Delete(w->document);
    pipeline_spec_free(w->spec);
    job_row_clear(&w->job);
}

static bool is_ours(const struct assay_error *err)
{
    return err->code == ASSAY_UNAVAILABLE || err->code == ASSAY_ABORTED;
}

static bool read_document(struct working *w, struct assay_error *err)
{
    struct assay_faults faults = { 0 };

    bool is_good = false;

    w->document = json_read(w->row.document, strlen(w->row.document), err);
    if (!w->document)
        return false;
    w->spec = pipeline_spec_read(w->document, false, &faults);
    /* It was without faults when it was stored, though not for this version of assay, maybe. */
    is_good = w->spec ? assay_faults_check(&faults, err) : assay_fail_memory(err);
    assay_faults_clear(&faults);
    return is_good;
}

static bool read_rows(struct working *w, int64_t id, struct assay_error *err)
{
    struct store *store = engine_read_begin(w->engine);
    bool is_read = store_pipeline_get(store, id, &w->row, err);

    if (is_read && w->row.job != 0) {
        is_read = store_job_get(store, w->row.job, &w->job, err);
        w->is_job_gone = !is_read && err->code == ASSAY_NOT_FOUND;
        is_read = is_read || w->is_job_gone;
    }
    engine_read_end(w->engine);
    return is_read;
}

static struct pipeline_facts facts_of(const struct working *w)
{
    return (struct pipeline_facts){ .state = w->row.state,
                                    .has_data = w->spec && w->spec->data_config,
                                    .is_exported = w->row.data_uri[0] != '\0',
                                    .has_job = w->row.job != 0,
                                    .is_job_gone = w->is_job_gone,
                                    .job_state = w->job.state,
                                    .has_model = w->spec && w->spec->model };
}

/* What an edit writes; the row is read anew in it, since others may have changed it. */
struct row_change {
    int64_t id;
    int state;                     /* where it is to end */
    const struct assay_error *why; /* FAILED, CANCELLED */
    int64_t best_trial;
    const struct pipeline_data *data; /* an export */
    bool is_late; /* set: the row has gone on meanwhile, and needs this no more */
};

static bool apply_end(void *context, struct store *store, int64_t now_us, int64_t job,
                      struct assay_error *err)
{
    const struct row_change *change = context;
    struct pipeline_row row = { 0 };
    bool is_ok = store_pipeline_get(store, change->id, &row, err);

    (void)job;
    if (is_ok && row.end_us == 0) {
        row.state = change->state;
        row.end_us = row.update_us = pipeline_row_moment(&row, now_us);
        row.best_trial = change->best_trial;
        row.error_code = change->why ? (int)change->why->code : 0;
        is_ok = owned_text_set(&row.error_message, change->why ? change->why->message : "", err) &&
                store_pipeline_update(store, &row, err);
    }
    pipeline_row_clear(&row);
    return is_ok;
}

static bool end_as(struct working *w, enum job_state state, const struct assay_error *why,
                   struct assay_error *err)
{
    struct row_change change = {
        .id = w->row.id, .state = state, .why = why, .best_trial = w->job.best_trial
    };
    const struct edit edit = { .apply = apply_end, .context = &change };

    if (why)
        assay_log(engine_env(w->engine), ASSAY_LOG_WARNING, "pipeline=%" PRId64 " %s: %s",
                  w->row.id, pipeline_state_name(state), why->message);
    else
        assay_log(engine_env(w->engine), ASSAY_LOG_INFO, "pipeline=%" PRId64 " %s", w->row.id,
                  pipeline_state_name(state));
    return engine_edit(w->engine, &edit, err);
}

/* A step that could not be done ends the pipeline, unless the engine is at fault. */
static bool give_up(struct working *w, const char *what, struct assay_error *err)
{
    struct assay_error why = *err;

    if (is_ours(err) || engine_is_ending(w->engine))
        return false;
    (void)assay_error_add(&why, "%s", what);
    return end_as(w, JOB_STATE_FAILED, &why, err);
}

static bool apply_export(void *context, struct store *store, int64_t now_us, int64_t job,
                         struct assay_error *err)
{
    const struct row_change *change = context;
    struct pipeline_row row = { 0 };
    bool is_ok = store_pipeline_get(store, change->id, &row, err) &&
                 owned_text_set(&row.data_format, change->data->format, err) &&
                 owned_text_set(&row.data_uri, change->data->dir_uri, err);

    (void)job;
    if (is_ok) {
        memcpy(row.counts, change->data->counts, sizeof row.counts);
        row.update_us = pipeline_row_moment(&row, now_us);
        is_ok = store_pipeline_update(store, &row, err);
    }
    pipeline_row_clear(&row);
    return is_ok;
}

/* Whether an export is to go on: the row is looked at every so often, since that takes a reading
 * handle of the store. */
struct export_watch {
    struct engine *engine;
    int64_t id;
    int64_t look_us; /* monotonic: not before */
    bool is_cancelled;
};

enum { LOOK_US = 100 * 1000 };

static bool is_export_ending(void *context)
{
    struct export_watch *watch = context;
    int64_t now_us = assay_mono_us(engine_env(watch->engine));
    struct pipeline_row row = { 0 };
    struct assay_error none = { 0 };

    if (watch->is_cancelled || engine_is_ending(watch->engine))
        return true;
    if (now_us < watch->look_us)
        return false;
    if (store_pipeline_get(engine_read_begin(watch->engine), watch->id, &row, &none))
        watch->is_cancelled = row.state == JOB_STATE_CANCELLING;
    engine_read_end(watch->engine);
    watch->look_us = now_us + LOOK_US;
    pipeline_row_clear(&row);
    return watch->is_cancelled;
}

static bool export_data(struct working *w, struct assay_error *err)
{
    struct export_watch watch = { .engine = w->engine, .id = w->row.id };
    struct pipeline_data data = { 0 };
    struct pipeline_input input = { .parent = w->row.parent,
                                    .config = w->spec->data_config,
                                    .source_dir = w->row.source_dir,
                                    .seed = w->row.seed,
                                    .create_us = w->row.create_us,
                                    .is_ending = is_export_ending,
                                    .context = &watch };
    struct row_change change = { .id = w->row.id, .data = &data };
    const struct edit edit = { .apply = apply_export, .context = &change };
    bool is_ok = pipeline_input_export(w->engine, &input, &data, err);

    if (is_ok) {
        assay_log(engine_env(w->engine), ASSAY_LOG_INFO,
                  "data exported pipeline=%" PRId64 " training=%" PRId64 " validation=%" PRId64
                  " test=%" PRId64,
                  w->row.id, data.counts[0], data.counts[1], data.counts[2]);
        is_ok = engine_edit(w->engine, &edit, err);
    } else {
        /* Cancelled meanwhile: the next look tells. */
        is_ok = (err->code == ASSAY_ABORTED && watch.is_cancelled) ||
                give_up(w, "the export of the data", err);
    }
    pipeline_data_clear(&data);
    return is_ok;
}

/* In the moment in which the job is stored: so there is one, and never two. */
static bool note_job(void *context, struct store *store, int64_t now_us, int64_t job,
                     struct assay_error *err)
{
    struct row_change *change = context;
    struct pipeline_row row = { 0 };
    bool is_ok = store_pipeline_get(store, change->id, &row, err);

    change->is_late =
        is_ok && (row.job != 0 || row.end_us != 0 || row.state == JOB_STATE_CANCELLING);
    if (change->is_late)
        is_ok = assay_fail(err, ASSAY_ABORTED, NULL, "the pipeline needs no job any more");
    if (is_ok) {
        row.job = job;
        row.state = JOB_STATE_RUNNING;
        row.start_us = row.update_us = pipeline_row_moment(&row, now_us);
        is_ok = store_pipeline_update(store, &row, err);
    }
    pipeline_row_clear(&row);
    return is_ok;
}

static bool submit(struct working *w, struct assay_error *err)
{
    const struct launch_place place = engine_place(w->engine);
    const struct submission_text like = { .dir = w->row.source_dir,
                                          .is_emulated = engine_is_emulated(w->engine) };
    bool has_data = w->row.data_uri[0] != '\0';
    const struct pipeline_job_facts facts = { .seed = &w->row.seed,
                                              .data_format = has_data ? w->row.data_format : NULL,
                                              .data_uri = has_data ? w->row.data_uri : NULL };
    struct row_change change = { .id = w->row.id };
    const struct edit edit = { .apply = note_job, .context = &change };
    struct submission job = { 0 };
    char *text = NULL;
    int64_t id = 0;
    bool is_ok =
        pipeline_submission_job(w->document, w->spec, &facts, &like, &place, &job, &text, err) &&
        assay_faults_check(&job.faults, err) &&
        submission_hand_in(&job, w->engine, w->row.parent, &edit, &id, err);

    if (is_ok)
        assay_log(engine_env(w->engine), ASSAY_LOG_INFO,
                  "backing job submitted pipeline=%" PRId64 " job=%" PRId64, w->row.id, id);
    else if (change.is_late) /* cancelled in this moment, say: the next look tells */
        is_ok = true;
    else
        is_ok = give_up(w, "the backing job", err);
    submission_clear(&job);
    free(text);
    return is_ok;
}

static bool cancel_job(struct working *w, struct assay_error *err)
{
    struct request request = { .kind = REQUEST_CANCEL, .job = w->row.job };

    /* Gone in this moment: the next look tells. */
    return engine_ask(w->engine, &request, err) || err->code == ASSAY_NOT_FOUND;
}

static bool upload(struct working *w, struct assay_error *err)
{
    const struct pipeline_upload upload = {
        .row = &w->row, .document = w->document, .spec = w->spec, .job = &w->job
    };
    bool is_late = false;

    /* Cancelled in this moment: the next look tells. */
    return pipeline_model_upload(w->engine, &upload, &is_late, err) || is_late ||
           give_up(w, "the upload of the model", err);
}

static bool end(struct working *w, enum job_state state, struct assay_error *err)
{
    struct assay_error why = { 0 };

    if (state == JOB_STATE_SUCCEEDED)
        return end_as(w, state, NULL, err);
    if (w->row.state == JOB_STATE_CANCELLING)
        (void)assay_fail(&why, ASSAY_CANCELLED, NULL, "the pipeline was cancelled");
    else if (w->is_job_gone)
        (void)assay_fail(&why, ASSAY_NOT_FOUND, NULL, "its job %" PRId64 " was deleted",
                         w->row.job);
    else if (state == JOB_STATE_CANCELLED)
        (void)assay_fail(&why, ASSAY_CANCELLED, NULL, "its job %" PRId64 " was cancelled",
                         w->row.job);
    else
        (void)assay_fail(&why,
                         w->job.error_code ? (enum assay_code)w->job.error_code : ASSAY_UNKNOWN,
                         NULL, "%s", w->job.error_message);
    return end_as(w, state, &why, err);
}

/* One step. *goes_on: there may be another one at once. */
static bool step(struct working *w, bool *goes_on, bool *is_over, struct assay_error *err)
{
    struct pipeline_facts facts = facts_of(w);
    struct pipeline_decision next;

    /* Of one that waits for its job the document does not matter. */
    if (!job_state_is_terminal(facts.state) &&
        (!facts.has_job || job_state_is_terminal(facts.job_state))) {
        if (!read_document(w, err))
            return give_up(w, "the document", err);
        facts = facts_of(w);
    }
    next = pipeline_next(&facts);
    *goes_on = next.step != PIPELINE_NOTHING && next.step != PIPELINE_WAIT &&
               next.step != PIPELINE_CANCEL_JOB;
    switch (next.step) {
    case PIPELINE_NOTHING:
        *is_over = true;
        return true;
    case PIPELINE_WAIT:
        return true;
    case PIPELINE_EXPORT:
        return export_data(w, err);
    case PIPELINE_SUBMIT:
        return submit(w, err);
    case PIPELINE_CANCEL_JOB:
        return cancel_job(w, err);
    case PIPELINE_UPLOAD:
        return upload(w, err);
    case PIPELINE_END:
        break;
    }
    return end(w, next.end, err);
}

bool pipeline_work(struct engine *engine, int64_t id, bool *is_over, struct assay_error *err)
{
    bool is_ok = true;
    bool goes_on = true;

    *is_over = false;
    while (is_ok && goes_on && !engine_is_ending(engine)) {
        struct working w = { .engine = engine };

        *err = (struct assay_error){ 0 };
        is_ok = read_rows(&w, id, err);
        if (is_ok) {
            is_ok = step(&w, &goes_on, is_over, err);
        } else if (err->code == ASSAY_NOT_FOUND) {
            *is_over = is_ok = true;
            goes_on = false;
        }
        working_clear(&w);
    }
    return is_ok;
}

static bool apply_cancel(void *context, struct store *store, int64_t now_us, int64_t job,
                         struct assay_error *err)
{
    const struct row_change *change = context;
    struct pipeline_row row = { 0 };
    bool is_ok = store_pipeline_get(store, change->id, &row, err);

    (void)job;
    if (is_ok && row.end_us == 0 && row.state != JOB_STATE_CANCELLING) {
        row.state = JOB_STATE_CANCELLING;
        row.update_us = pipeline_row_moment(&row, now_us);
        is_ok = store_pipeline_update(store, &row, err);
    }
    pipeline_row_clear(&row);
    return is_ok;
}

bool pipeline_cancel(struct engine *engine, int64_t id, struct assay_error *err)
{
    struct row_change change = { .id = id };
    const struct edit edit = { .apply = apply_cancel, .context = &change };

    if (!engine_edit(engine, &edit, err))
        return false;
    pipeline_runner_watch(engine_pipelines(engine), id);
    return true;
}

struct deletion {
    int64_t id, operation;
};

static bool apply_delete(void *context, struct store *store, int64_t now_us, int64_t job,
                         struct assay_error *err)
{
    struct deletion *deletion = context;
    struct pipeline_row row = { 0 };
    bool is_ok = store_pipeline_get(store, deletion->id, &row, err);

    (void)job;
    if (is_ok && row.end_us == 0)
        is_ok = assay_fail(err, ASSAY_PRECONDITION, NULL,
                           "pipeline %" PRId64 " has not ended (%s); first: assay cancel %" PRId64,
                           row.id, pipeline_state_name(row.state), row.id);
    is_ok = is_ok && store_pipeline_delete(store, row.id, err) &&
            long_operation_put_done(store, row.parent, "DeleteOperationMetadata", NULL, NULL,
                                    now_us, &deletion->operation, err);
    pipeline_row_clear(&row);
    return is_ok;
}

bool pipeline_delete(struct engine *engine, int64_t id, int64_t *operation, struct assay_error *err)
{
    struct deletion deletion = { .id = id };
    const struct edit edit = { .apply = apply_delete, .context = &deletion };
    bool is_ok = engine_edit(engine, &edit, err);

    *operation = deletion.operation;
    return is_ok;
}
