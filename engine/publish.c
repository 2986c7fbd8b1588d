/* The winner: its model folder checked, listed with hashes and copied to models/ID/. */

#include "engine/api/resource.h"
#include "engine/engine_private.h"
#include "launcher/artifact.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct publishing {
    struct engine *engine;
    int64_t job;
    int64_t trial;
};

struct describing {
    const struct job_row *row;
    const struct job_spec *spec;
    struct json_writer *writer;
    int64_t trial;
};

static bool describe_trial(void *context, const struct trial_row *row)
{
    struct describing *d = context;

    if (row->number != d->trial)
        return false;
    json_key(d->writer, "parameters");
    resource_write_assignment(d->writer, d->spec, row);
    json_key(d->writer, "metrics");
    resource_write_values(d->writer, d->spec, row);
    return false;
}

static void describe_job(struct describing *d)
{
    char text[160];
    struct assay_error err = { 0 };
    cJSON *document = json_read(d->row->document, strlen(d->row->document), &err);

    resource_job_name(d->row, text, sizeof text);
    json_key(d->writer, "job");
    json_string(d->writer, text);
    json_key(d->writer, "displayName");
    json_string(d->writer, d->row->display_name);
    if (d->trial) {
        (void)snprintf(text, sizeof text, "%" PRId64, d->trial);
        json_key(d->writer, "trial");
        json_string(d->writer, text);
    }
    json_key(d->writer, "seed");
    json_int64(d->writer, (int64_t)d->row->seed);
    if (document) {
        json_key(d->writer, "document");
        json_node(d->writer, document);
    }
    cJSON_Delete(document);
}

/* What a manifest tells beside the files; NULL for lack of memory. */
static cJSON *describe(const struct publishing *p, const struct job_row *row,
                       const struct job_spec *spec)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    struct json_writer writer;
    struct describing d = { .row = row, .spec = spec, .writer = &writer, .trial = p->trial };
    struct trial_query query = { .job = p->job, .after = p->trial - 1, .limit = 1 };
    struct assay_error err = { 0 };
    cJSON *about = NULL;
    bool is_written = false;

    if (!out)
        return NULL;
    json_writer_init(&writer, out, 0);
    json_begin_object(&writer);
    describe_job(&d);
    if (p->trial) {
        (void)store_trial_each(engine_read_begin(p->engine), &query, describe_trial, &d, &err);
        engine_read_end(p->engine);
    }
    json_end_object(&writer);
    is_written = json_writer_finish(&writer);
    is_written = fclose(out) == 0 && is_written;
    if (is_written)
        about = json_read(text, size, &err);
    free(text);
    return about;
}

static bool read_job(const struct publishing *p, struct job_row *row, struct job_spec **spec,
                     struct assay_error *err)
{
    bool is_read = store_job_get(engine_read_begin(p->engine), p->job, row, err);

    engine_read_end(p->engine);
    if (!is_read)
        return false;
    *spec = job_row_spec(row, err);
    return *spec != NULL;
}

/* The model's folder relative to the state folder in place, or *err. */
static bool publish_model(const struct publishing *p, struct assay_error *err)
{
    struct job_row row = { 0 };
    struct job_spec *spec = NULL;
    cJSON *about = NULL;
    char output[PATH_TEXT];
    char source[PATH_TEXT + 8];
    char target[PATH_TEXT];
    struct artifact_summary summary = { 0 };
    bool is_ok = false;

    if (!read_job(p, &row, &spec, err) ||
        !path_of_output(p->engine->state_dir, spec, row.source_dir, p->job, p->trial, output, err))
        goto out;
    (void)snprintf(source, sizeof source, "%s/model", output);
    if (!artifact_check(source, &summary, err))
        goto out;
    about = describe(p, &row, spec);
    if (!about) {
        (void)assay_fail_memory(err);
        goto out;
    }
    is_ok = artifact_publish(source, path_of_model(p->engine->state_dir, p->job, target), about,
                             &summary, err);
out:
    cJSON_Delete(about);
    job_spec_free(spec);
    job_row_clear(&row);
    return is_ok;
}

static void publish_task(void *context, bool is_dropped)
{
    struct publishing *p = context;
    struct event event = { .kind = EVENT_PUBLISHED, .job = p->job };
    struct assay_error err = { 0 };

    if (!is_dropped) {
        char *text = NULL;

        event.is_ok = publish_model(p, &err);
        if (event.is_ok)
            (void)!asprintf(&text, "models/%" PRId64, p->job);
        else if (err.code == ASSAY_NOT_FOUND || err.code == ASSAY_PRECONDITION)
            (void)!asprintf(&text,
                            "no model was kept: the trial left nothing in AIP_MODEL_DIR (%s)",
                            err.message);
        else
            (void)!asprintf(&text, "the model could not be copied: %s", err.message);
        event.text = text;
        event_queue_put(p->engine->queue, &event);
    }
    event_clear(&event);
    free(p);
}

bool engine_publish(struct engine *engine, int64_t job, int64_t trial)
{
    struct publishing *p = calloc(1, sizeof *p);

    if (!p)
        return false;
    *p = (struct publishing){ .engine = engine, .job = job, .trial = trial };
    if (offload_submit(engine->offload, publish_task, p))
        return true;
    free(p);
    return false;
}
