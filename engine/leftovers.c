/* Trials that still run since an engine that is gone: what they hold is not given away, whether
 * their jobs go on in this one or not. */

#include "engine/engine_private.h"
#include "launcher/dispatcher/dispatcher.h"

struct noting {
    struct engine *engine;
    struct assay_error *err;
    bool is_short_of_memory;
};

static bool note_trial(void *context, const struct trial_row *row)
{
    struct noting *noting = context;
    struct engine *engine = noting->engine;
    const struct attempt_key key = { .trial = store_trial_id(row->job, row->number),
                                     .attempt = row->attempt };
    char dir[PATH_TEXT];

    if (row->attempt < 1 || row->state == TRIAL_REQUESTED)
        return true;
    (void)path_of_attempt(engine->state_dir, row->job, row->number, row->attempt, dir);
    noting->is_short_of_memory =
        !dispatcher_note_leftover(engine->launcher, key, row->job, dir, noting->err);
    return !noting->is_short_of_memory;
}

static bool note_job(void *context, int64_t job, int kind, int state)
{
    struct noting *noting = context;
    const struct trial_query running = { .job = job, .only_unended = true };

    if (kind == JOB_STUDY || job_state_is_terminal(state))
        return true;
    return store_trial_each(noting->engine->writer, &running, note_trial, noting, noting->err) &&
           !noting->is_short_of_memory;
}

bool engine_note_leftovers(struct engine *engine, struct assay_error *err)
{
    struct assay_error why = { 0 };
    struct noting noting = { engine, &why, false };
    bool is_read = store_job_each_state(engine->writer, note_job, &noting, &why);

    if (is_read && why.code == ASSAY_OK)
        return true;
    *err = why;
    return false;
}
