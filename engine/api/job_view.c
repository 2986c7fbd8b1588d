#include "engine/api/job_view.h"

#include <stdlib.h>
#include <string.h>

/* A typed document takes some times the bytes of its text; measured on documents of all kinds. */
enum { SPEC_BYTES_A_BYTE = 4 };

static void view_free(struct job_cached *cached)
{
    struct job_view *view = (struct job_view *)cached;

    job_row_clear(&view->row);
    job_spec_free(view->spec);
    free(view);
}

static struct job_view *view_read(struct engine *engine, int64_t job, struct assay_error *err)
{
    struct job_view *view = calloc(1, sizeof *view);
    bool is_read = false;

    if (!view) {
        (void)assay_fail_memory(err);
        return NULL;
    }
    view->cached =
        (struct job_cached){ .job = job, .kind = JOB_CACHE_VIEW, .free = view_free, .uses = 1 };
    is_read = store_job_get(engine_read_begin(engine), job, &view->row, err);
    engine_read_end(engine);
    view->spec = is_read ? job_row_spec(&view->row, err) : NULL;
    if (!view->spec) {
        job_cached_release(&view->cached);
        return NULL;
    }
    view->cached.size =
        sizeof *view + strlen(view->row.source) + SPEC_BYTES_A_BYTE * strlen(view->row.document);
    return view;
}

const struct job_view *job_view_get(struct engine *engine, int64_t job, struct assay_error *err)
{
    struct job_cached *kept = NULL;
    struct job_view *view = NULL;
    uint64_t stamp = 0;
    bool is_lasting = engine_job_stamp(engine, JOB_STAMP_ROW, job, &stamp);

    if (is_lasting)
        kept = job_cache_find(engine_job_cache(engine), JOB_CACHE_VIEW, job, stamp);
    if (kept)
        return (const struct job_view *)kept;
    view = view_read(engine, job, err);
    if (view && is_lasting) {
        view->cached.stamp = stamp;
        job_cache_keep(engine_job_cache(engine), &view->cached);
    }
    return view;
}

void job_view_release(const struct job_view *view)
{
    /* Counting uses is all that changes in a view. */
    job_cached_release((struct job_cached *)(uintptr_t)view);
}
