#include "engine/api/telling.h"

#include "engine/api/api_private.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

void teller_rest(struct teller *t)
{
    job_view_release(t->view);
    t->view = NULL;
    free(t->text);
    t->text = NULL;
}

static bool read_job(struct teller *t, struct assay_error *err)
{
    if (!t->view)
        t->view = job_view_get(t->engine, t->job, err);
    return t->view != NULL;
}

/* Opens the event's text, one line of JSON. */
static bool begin_text(struct teller *t, struct api_call *call, struct assay_error *err)
{
    free(t->text);
    t->text = NULL;
    t->size = 0;
    *call = (struct api_call){ .engine = t->engine };
    call->out = open_memstream(&t->text, &t->size);
    if (!call->out)
        return assay_fail_memory(err);
    json_writer_init(&call->json, call->out, 0);
    return true;
}

static bool end_text(struct api_call *call, bool is_whole, struct assay_error *err)
{
    bool is_written = !is_whole || json_writer_finish(&call->json);

    is_written = fclose(call->out) == 0 && is_written;
    return is_whole && (is_written || assay_fail_memory(err));
}

static void write_trial_id(struct json_writer *w, int64_t trial)
{
    char text[24];

    (void)snprintf(text, sizeof text, "%" PRId64, trial);
    json_key(w, "trialId");
    json_string(w, text);
}

/* False with *err, but where there is no such thing any more. */
static enum telling telling_of(bool is_written, const struct assay_error *err)
{
    if (is_written)
        return TOLD;
    return err->code == ASSAY_NOT_FOUND ? NOTHING_TO_TELL : CANNOT_TELL;
}

enum telling teller_job(struct teller *t, struct assay_error *err)
{
    struct api_call call;

    if (!begin_text(t, &call, err))
        return CANNOT_TELL;
    return telling_of(end_text(&call, api_write_job(&call, t->job, err), err), err);
}

enum telling teller_trial(struct teller *t, const struct news *news, struct assay_error *err)
{
    struct api_call call;
    int state = 0;
    bool is_written = false;
    bool is_known = false;

    if (!read_job(t, err))
        return telling_of(false, err);
    if (!begin_text(t, &call, err))
        return CANNOT_TELL;
    is_written = api_write_trial(&call, &t->view->row, t->view->spec, news->trial, &state, err);
    /* One that has ended since the cursor looked is told when its end is. */
    is_known = is_written && state != 0 && trial_state_is_terminal(state) == news->is_ended;
    if (!end_text(&call, is_known, err) && (is_known || !is_written))
        return CANNOT_TELL;
    return is_known ? TOLD : NOTHING_TO_TELL;
}

struct measurement_writing {
    struct teller *teller;
    struct json_writer *json;
    const struct news *news;
    bool is_found;
};

static bool write_measurement(void *context, const struct measurement_row *row)
{
    struct measurement_writing *writing = context;
    struct json_writer *json = writing->json;

    writing->is_found = row->index == writing->news->index &&
                        row->value_count == writing->teller->view->spec->study.metric_count;
    if (!writing->is_found)
        return false;
    json_begin_object(json);
    write_trial_id(json, writing->news->trial);
    json_key(json, "index");
    json_int(json, row->index);
    json_key(json, "measurement");
    resource_write_measurement(json, writing->teller->view->spec, row->step, row->elapsed_us,
                               row->values);
    json_end_object(json);
    return false;
}

enum telling teller_measurement(struct teller *t, const struct news *news, struct assay_error *err)
{
    struct api_call call;
    struct measurement_writing writing = { .teller = t, .json = &call.json, .news = news };
    int64_t trial = store_trial_id(t->job, news->trial);
    bool is_read = false;

    if (!read_job(t, err))
        return telling_of(false, err);
    if (!begin_text(t, &call, err))
        return CANNOT_TELL;
    is_read = store_measurement_from(engine_read_begin(t->engine), trial, news->index,
                                     write_measurement, &writing, err);
    engine_read_end(t->engine);
    if (!end_text(&call, is_read && writing.is_found, err) && (writing.is_found || !is_read))
        return CANNOT_TELL;
    return writing.is_found ? TOLD : NOTHING_TO_TELL;
}

enum telling teller_gone(struct teller *t, int64_t trial, struct assay_error *err)
{
    struct api_call call;
    char job[24];

    if (!begin_text(t, &call, err))
        return CANNOT_TELL;
    (void)snprintf(job, sizeof job, "%" PRId64, t->job);
    json_begin_object(&call.json);
    json_key(&call.json, "id");
    json_string(&call.json, job);
    if (trial)
        write_trial_id(&call.json, trial);
    json_end_object(&call.json);
    return telling_of(end_text(&call, true, err), err);
}

enum telling teller_log(struct teller *t, const struct log_tail *tail, struct log_piece *piece,
                        struct assay_error *err)
{
    struct api_call call;
    char *nul = NULL;

    if (!begin_text(t, &call, err))
        return CANNOT_TELL;
    /* No text of ours has a byte 0; it becomes what other strange bytes become. */
    while ((nul = memchr(piece->bytes, '\0', piece->size)))
        *nul = '\xff';
    json_begin_object(&call.json);
    write_trial_id(&call.json, tail->trial);
    json_key(&call.json, "attempt");
    json_int(&call.json, tail->attempt);
    json_key(&call.json, "stream");
    json_string(&call.json, log_stream_names[piece->stream]);
    json_key(&call.json, "offset");
    json_int64(&call.json, piece->offset);
    json_key(&call.json, "size");
    json_int(&call.json, (int64_t)piece->size);
    json_key(&call.json, "text");
    json_string(&call.json, piece->bytes);
    json_end_object(&call.json);
    return telling_of(end_text(&call, true, err), err);
}
