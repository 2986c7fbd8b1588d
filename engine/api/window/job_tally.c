#include "engine/api/window/job_tally.h"

#include "metrics/objective.h"

#include <math.h>
#include <stdlib.h>

static void tally_free(struct job_cached *cached)
{
    free(cached); /* the first member of what was allocated */
}

static bool note_best(void *context, const struct trial_row *row)
{
    struct job_tally *tally = context;

    if (row->values && tally->metric < row->value_count)
        tally->best_value = row->values[tally->metric];
    return false;
}

static bool read_tally(struct job_tally *tally, struct store *store, const struct job_view *view,
                       const struct job_progress *live, struct assay_error *err)
{
    const struct study_spec *study = &view->spec->study;
    int64_t job = view->row.id;
    int64_t best = live ? live->best_trial : view->row.best_trial;
    struct trial_query query = { .job = job, .after = best - 1, .until = best, .limit = 1 };

    tally->stopped = study->stopping_rule == STOPPING_NONE ? -1 : 0;
    tally->best_value = (double)NAN;
    tally->metric = objective_metric(study->metrics, study->metric_count);
    if (!live && !store_trial_totals(store, job, &tally->totals, err))
        return false;
    if (tally->stopped == 0 && !store_early_stop_count(store, job, &tally->stopped, err))
        return false;
    return best <= 0 || store_trial_each(store, &query, note_best, tally, err);
}

const struct job_tally *job_tally_get(struct engine *engine, const struct job_view *view,
                                      const struct job_progress *live, struct assay_error *err)
{
    struct job_tally *tally = NULL;
    struct job_cached *kept = NULL;
    int64_t job = view->row.id;
    uint64_t stamp = 0;
    bool is_lasting = !live && engine_job_stamp(engine, JOB_STAMP_TRIALS, job, &stamp);
    bool is_read = false;

    if (is_lasting)
        kept = job_cache_find(engine_job_cache(engine), JOB_CACHE_TALLY, job, stamp);
    if (kept)
        return (const struct job_tally *)kept;
    tally = calloc(1, sizeof *tally);
    if (!tally) {
        (void)assay_fail_memory(err);
        return NULL;
    }
    tally->cached = (struct job_cached){ .job = job,
                                         .kind = JOB_CACHE_TALLY,
                                         .stamp = stamp,
                                         .size = sizeof *tally,
                                         .free = tally_free,
                                         .uses = 1 };
    is_read = read_tally(tally, engine_read_begin(engine), view, live, err);
    engine_read_end(engine);
    if (!is_read) {
        job_cached_release(&tally->cached);
        return NULL;
    }
    if (is_lasting)
        job_cache_keep(engine_job_cache(engine), &tally->cached);
    return tally;
}

void job_tally_release(const struct job_tally *tally)
{
    /* Counting uses is all that changes in a tally. */
    job_cached_release((struct job_cached *)(uintptr_t)tally);
}
