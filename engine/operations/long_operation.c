#include "engine/operations/long_operation.h"

#include "assay/env.h"
#include "engine/api/vertex/vertex_models.h"
#include "engine/array.h"
#include "engine/datasets/dataset_export.h"
#include "engine/datasets/dataset_import.h"
#include "engine/owned_text.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* How long a call waits for what it has begun: so long that what is quick is done when it is
 * answered, and clients that would poll for it do not. */
enum { START_WAIT_US = 1000 * 1000 };

/* By metadata_type. */
static const struct long_operation_kind *const kinds[] = {
    &dataset_import_kind,
    &dataset_export_kind,
    &vertex_model_upload_kind,
    &vertex_model_export_kind,
    NULL,
};

struct working {
    struct engine *engine;
    int64_t id;
};

struct ending_edit {
    int64_t id;
    const struct assay_error *why;
};

static const struct long_operation_kind *find_kind(const char *metadata_type)
{
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0] && kinds[i]; i++)
        if (strcmp(kinds[i]->metadata_type, metadata_type) == 0)
            return kinds[i];
    return NULL;
}

bool long_operation_done(struct store *store, int64_t id, int64_t now_us, const char *response_type,
                         const char *response, struct assay_error *err)
{
    struct long_operation_row row = { 0 };
    bool is_ok = store_long_operation_get(store, id, &row, err) &&
                 owned_text_set(&row.response_type, response_type, err) &&
                 owned_text_set(&row.response, response, err) &&
                 owned_text_set(&row.request, "", err);

    if (is_ok) {
        row.is_done = true;
        row.update_us = now_us;
        is_ok = store_long_operation_put(store, &row, err);
    }
    long_operation_row_clear(&row);
    return is_ok;
}

static bool apply_failure(void *context, struct store *store, int64_t now_us, int64_t job,
                          struct assay_error *err)
{
    const struct ending_edit *ending = context;
    struct long_operation_row row = { 0 };
    bool is_ok = store_long_operation_get(store, ending->id, &row, err) &&
                 owned_text_set(&row.error_message, ending->why->message, err) &&
                 owned_text_set(&row.request, "", err);

    (void)job;
    if (is_ok) {
        row.is_done = true;
        row.update_us = now_us;
        row.error_code = (int)ending->why->code;
        is_ok = store_long_operation_put(store, &row, err);
    }
    long_operation_row_clear(&row);
    return is_ok;
}

/* The strings of a row that is put are only read. */
static char *borrow(const char *text)
{
    union {
        const char *read;
        char *written;
    } u = { .read = text };

    return u.written;
}

bool long_operation_put_done(struct store *store, const char *parent, const char *metadata_type,
                             const char *response_type, const char *response, int64_t now_us,
                             int64_t *id, struct assay_error *err)
{
    struct long_operation_row row = {
        .parent = borrow(parent),
        .metadata_type = borrow(metadata_type),
        .response_type = borrow(response_type),
        .response = borrow(response),
        .create_us = now_us,
        .update_us = now_us,
        .is_done = true,
    };
    bool is_ok = store_long_operation_put(store, &row, err);

    *id = row.id;
    return is_ok;
}

bool long_operation_put(struct store *store, const char *parent, const char *metadata_type,
                        const char *metadata, const char *request, int64_t now_us, int64_t *id,
                        struct assay_error *err)
{
    struct long_operation_row row = {
        .parent = borrow(parent),
        .metadata_type = borrow(metadata_type),
        .metadata = borrow(metadata),
        .request = borrow(request),
        .create_us = now_us,
        .update_us = now_us,
    };
    bool is_ok = store_long_operation_put(store, &row, err);

    *id = row.id;
    return is_ok;
}

static bool read_row(struct engine *engine, int64_t id, struct long_operation_row *row,
                     struct assay_error *err)
{
    bool is_read = store_long_operation_get(engine_read_begin(engine), id, row, err);

    engine_read_end(engine);
    return is_read;
}

/* What went wrong is the operation's answer; where the engine ends, the next one goes on. */
static void end_failed(struct engine *engine, const struct long_operation_row *row,
                       const struct assay_error *why)
{
    struct ending_edit ending = { .id = row->id, .why = why };
    const struct edit edit = { .apply = apply_failure, .context = &ending };
    struct assay_error err = { 0 };

    if (why->code == ASSAY_ABORTED && engine_is_ending(engine))
        return;
    if (!engine_edit(engine, &edit, &err))
        assay_log(engine_env(engine), ASSAY_LOG_WARNING,
                  "operation=%" PRId64 " its error is not stored: %s", row->id, err.message);
}

static void run(struct engine *engine, int64_t id)
{
    struct long_operation_row row = { 0 };
    const struct long_operation_kind *kind = NULL;
    struct assay_error err = { 0 };

    if (!read_row(engine, id, &row, &err) || row.is_done) {
        long_operation_row_clear(&row); /* somebody has deleted it, or done it */
        return;
    }
    kind = find_kind(row.metadata_type);
    if (!kind)
        (void)assay_fail(&err, ASSAY_UNIMPLEMENTED, NULL, "nothing here can do a %s",
                         row.metadata_type);
    if (!kind || !kind->run(engine, &row, &err)) {
        assay_log(engine_env(engine), ASSAY_LOG_WARNING, "operation=%" PRId64 " failed: %s", id,
                  err.message);
        end_failed(engine, &row, &err);
    }
    long_operation_row_clear(&row);
}

static void work(void *context, bool is_dropped)
{
    struct working *working = context;

    if (!is_dropped)
        run(working->engine, working->id);
    free(working);
}

static bool submit(struct engine *engine, int64_t id, struct assay_error *err)
{
    struct working *working = calloc(1, sizeof *working);

    if (working) {
        *working = (struct working){ .engine = engine, .id = id };
        if (engine_work(engine, work, working))
            return true;
    }
    free(working);
    return assay_fail_memory(err);
}

static bool is_done(struct engine *engine, int64_t id)
{
    struct long_operation_row row = { 0 };
    struct assay_error err = { 0 };
    bool is_read = read_row(engine, id, &row, &err);
    bool is_over = !is_read || row.is_done;

    long_operation_row_clear(&row);
    return is_over;
}

void long_operation_wait(struct engine *engine, int64_t id, int64_t timeout_us)
{
    const struct assay_env *clock = assay_env_system();
    int64_t due_us = assay_mono_us(clock) + timeout_us;
    uint64_t seen = 0;

    while (!engine_is_emulated(engine) && !is_done(engine, id)) {
        int64_t left_us = due_us - assay_mono_us(clock);

        if (left_us <= 0)
            return;
        (void)engine_wait(engine, &seen, (int)(left_us / 1000) + 1);
    }
}

bool long_operation_start(struct engine *engine, int64_t id, struct assay_error *err)
{
    if (engine_is_emulated(engine)) {
        run(engine, id);
        return true;
    }
    if (!submit(engine, id, err))
        return false;
    long_operation_wait(engine, id, START_WAIT_US);
    return true;
}

struct resuming {
    struct engine *engine;
    int64_t *ids;
    size_t count, capacity;
    bool is_short;
};

static bool note_undone(void *context, const struct long_operation_row *row)
{
    struct resuming *resuming = context;
    void *items = resuming->ids;

    if (row->is_done)
        return true;
    if (!array_make_room(&items, resuming->count, &resuming->capacity, sizeof *resuming->ids)) {
        resuming->is_short = true;
        return false;
    }
    resuming->ids = items;
    resuming->ids[resuming->count++] = row->id;
    return true;
}

bool long_operations_resume(struct engine *engine, struct assay_error *err)
{
    struct resuming resuming = { .engine = engine };
    bool is_ok = store_long_operation_each(engine_read_begin(engine), INT64_MAX, note_undone,
                                           &resuming, err);

    engine_read_end(engine);
    if (is_ok && resuming.is_short)
        is_ok = assay_fail_memory(err);
    for (size_t i = resuming.count; is_ok && i > 0; i--) /* the oldest first */
        is_ok = submit(engine, resuming.ids[i - 1], err);
    free(resuming.ids);
    return is_ok;
}
