/* The winner: its model folder checked, listed with hashes and copied to models/ID/. */

#include "engine/api/resource.h"
#include "engine/engine_private.h"
#include "launcher/artifact.h"
#include "launcher/storage.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MODEL_PATH_TEXT = PATH_TEXT + 8 };

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
    char text[RESOURCE_NAME_SIZE];
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
    (void)snprintf(text, sizeof text, "%" PRIu64, d->row->seed);
    json_key(d->writer, "seed");
    json_string(d->writer, text);
    if (document) {
        json_key(d->writer, "document");
        json_node(d->writer, document);
    }
    cJSON_Delete(document);
}

/* What a manifest tells beside the files; NULL and *err on failure. */
static cJSON *describe(const struct publishing *p, const struct job_row *row,
                       const struct job_spec *spec, struct assay_error *err)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    struct json_writer writer;
    struct describing d = { .row = row, .spec = spec, .writer = &writer, .trial = p->trial };
    struct trial_query query = { .job = p->job, .after = p->trial - 1, .limit = 1 };
    cJSON *about = NULL;
    bool is_read = true;
    bool is_written = false;

    if (!out) {
        (void)assay_fail_memory(err);
        return NULL;
    }
    json_writer_init(&writer, out, 0);
    json_begin_object(&writer);
    describe_job(&d);
    if (p->trial) {
        is_read = store_trial_each(engine_read_begin(p->engine), &query, describe_trial, &d, err);
        engine_read_end(p->engine);
    }
    json_end_object(&writer);
    is_written = json_writer_finish(&writer);
    is_written = fclose(out) == 0 && is_written;
    if (is_read && is_written)
        about = json_read(text, size, err);
    else if (is_read)
        (void)assay_fail_memory(err);
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

static bool read_start(void *context, const struct trial_row *row)
{
    int64_t *start_us = context;

    *start_us = row->start_us;
    return false;
}

/*
 * A document's own baseOutputDirectory may hold what another job's trial of the same number left
 * there. The second is for file systems that tell time no finer.
 */
static bool is_of_this_trial(const struct publishing *p, const struct artifact_summary *summary,
                             const char *source, struct assay_error *err)
{
    struct trial_query query = { .job = p->job, .after = p->trial ? p->trial - 1 : 0, .limit = 1 };
    int64_t start_us = 0;
    bool is_read =
        store_trial_each(engine_read_begin(p->engine), &query, read_start, &start_us, err);

    engine_read_end(p->engine);
    if (!is_read || summary->newest_us + 1000000 >= start_us)
        return is_read;
    return assay_fail(err, ASSAY_PRECONDITION, NULL, "all files in %s are older than the trial",
                      source);
}

/*
 * How the model's folder is read: by its path, or, of a trial of others, by a descriptor of what
 * was found there without following a link, which the caller closes (-1: none).
 */
static bool find_model(const struct publishing *p, const char *output, char source[MODEL_PATH_TEXT],
                       int *fd, struct assay_error *err)
{
    const char *state_dir = p->engine->state_dir;
    char buckets[PATH_TEXT];

    *fd = -1;
    (void)snprintf(source, MODEL_PATH_TEXT, "%s/model", output);
    if (!p->engine->forbids_host)
        return true;
    (void)snprintf(buckets, sizeof buckets, "%s/buckets", state_dir);
    *fd = storage_open(source, storage_below(output, buckets) ? buckets : state_dir,
                       STORAGE_NO_LINKS, O_RDONLY | O_DIRECTORY, err);
    if (*fd >= 0)
        (void)snprintf(source, MODEL_PATH_TEXT, "/proc/self/fd/%d", *fd);
    return *fd >= 0;
}

/* Whatever is wrong with the folder that the trial left is no reason to keep the job from its end;
 * what is wrong on our side is. */
static enum published publish_model(const struct publishing *p, struct assay_error *err)
{
    struct job_row row = { 0 };
    struct job_spec *spec = NULL;
    cJSON *about = NULL;
    char output[PATH_TEXT];
    char source[MODEL_PATH_TEXT];
    char target[PATH_TEXT];
    int fd = -1;
    struct artifact_summary summary = { 0 };
    enum published published = PUBLISHED_FAILED;

    if (!read_job(p, &row, &spec, err) ||
        !path_of_output(p->engine->state_dir, spec, row.source_dir, p->job, p->trial, output, err))
        goto out;
    if (!find_model(p, output, source, &fd, err) || !artifact_check(source, &summary, err) ||
        !is_of_this_trial(p, &summary, source, err)) {
        (void)assay_error_add(err, "the trial left nothing in AIP_MODEL_DIR");
        published = PUBLISHED_NOTHING;
        goto out;
    }
    about = describe(p, &row, spec, err);
    if (!about)
        goto out;
    if (artifact_publish(source, path_of_model(p->engine->state_dir, p->job, target), about,
                         &summary, err))
        published = PUBLISHED_MODEL;
    else if (err->code == ASSAY_INVALID)
        published = PUBLISHED_NOTHING;
out:
    if (fd >= 0)
        (void)close(fd);
    cJSON_Delete(about);
    job_spec_free(spec);
    job_row_clear(&row);
    return published;
}

static void publish_task(void *context, bool is_dropped)
{
    struct publishing *p = context;
    struct event event = { .kind = EVENT_PUBLISHED, .job = p->job };
    struct assay_error err = { 0 };
    int size = 0;

    if (!is_dropped) {
        event.published = publish_model(p, &err);
        if (event.published == PUBLISHED_MODEL)
            size = asprintf(&event.text, "models/%" PRId64, p->job);
        else
            size = asprintf(&event.text, "%s: %s",
                            event.published == PUBLISHED_NOTHING ? "no model was kept"
                                                                 : "the model is not copied yet",
                            err.message);
        if (size < 0)
            event.text = NULL;
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
