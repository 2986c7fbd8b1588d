#include "engine/keep/kept_job.h"

#include "engine/array.h"
#include "engine/keep/keep_record.h"
#include "engine/keep/tree_use.h"
#include "engine/keep/trial_outputs.h"
#include "engine/life/live_job.h"
#include "metrics/objective.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Rows read at once: while they are read, the store's log cannot be moved into its file. */
enum { ROWS_AT_ONCE = 1000 };

struct kept_job {
    const struct kept_place *place;
    int64_t id;
    struct job_row row; /* as it was last read */
    struct job_spec *spec;
    struct keep_set *set; /* NULL: all stay */
    int64_t read_order;   /* trials up to it are in the set */
    int64_t evicted_at;   /* up to it nothing is left to evict */
    struct keep_record record;
};

/* Trials that are read, to be seen to once nothing is read any more. */
struct trial_list {
    struct keep_trial *items;
    size_t count, capacity;
    bool has_memory;
};

static bool list_add(struct trial_list *list, const struct keep_trial *trial)
{
    void *items = list->items;

    list->has_memory = array_make_room(&items, list->count, &list->capacity, sizeof *list->items);
    list->items = items;
    if (list->has_memory)
        list->items[list->count++] = *trial;
    return list->has_memory;
}

static struct outputs_owner owner_of(const struct kept_job *kept)
{
    return (struct outputs_owner){ .state_dir = kept->place->state_dir,
                                   .source_dir = kept->row.source_dir,
                                   .spec = kept->spec,
                                   .job = kept->id,
                                   .create_us = kept->row.create_us };
}

static bool read_row(struct kept_job *kept, struct assay_error *err)
{
    struct job_row row = { 0 };
    bool is_read = store_job_get(readers_begin(kept->place->readers), kept->id, &row, err);

    readers_end(kept->place->readers);
    if (!is_read)
        return false;
    job_row_clear(&kept->row);
    kept->row = row;
    return true;
}

/* How many are to stay; 0: all. */
static int64_t choose_limit(const struct kept_job *kept)
{
    struct launch_settings chosen =
        launch_settings_choose(&kept->spec->assay.launch, kept->place->settings);

    return kept->spec->kind == JOB_TUNING && chosen.keep == KEEP_BEST ? chosen.keep_count : 0;
}

/* With another limit than before all trials are seen to once more. */
static void read_record(struct kept_job *kept, int64_t limit)
{
    char path[PATH_TEXT];
    bool is_read =
        keep_record_read(path_of_job(kept->place->state_dir, kept->id, path), &kept->record);

    if (!is_read || kept->record.limit != limit ||
        (kept->record.bytes < 0 && kept->place->is_measuring))
        kept->record = (struct keep_record){ .bytes = kept->place->is_measuring ? 0 : -1 };
    kept->record.limit = limit;
}

struct kept_job *kept_job_open(const struct kept_place *place, int64_t job, struct assay_error *err)
{
    struct kept_job *kept = calloc(1, sizeof *kept);
    int64_t limit = 0;

    if (!kept) {
        (void)assay_fail_memory(err);
        return NULL;
    }
    kept->place = place;
    kept->id = job;
    if (!read_row(kept, err))
        goto fail;
    kept->spec = job_row_spec(&kept->row, err);
    if (!kept->spec)
        goto fail;
    limit = choose_limit(kept);
    if (limit > 0) {
        kept->set = keep_set_new(&kept->spec->study, limit);
        if (!kept->set) {
            (void)assay_fail_memory(err);
            goto fail;
        }
    }
    read_record(kept, limit);
    return kept;
fail:
    kept_job_free(kept);
    return NULL;
}

void kept_job_free(struct kept_job *kept)
{
    if (!kept)
        return;
    keep_set_free(kept->set);
    job_spec_free(kept->spec);
    job_row_clear(&kept->row);
    free(kept);
}

int64_t kept_job_id(const struct kept_job *kept)
{
    return kept->id;
}

int64_t kept_job_created_us(const struct kept_job *kept)
{
    return kept->row.create_us;
}

bool kept_job_is_over(const struct kept_job *kept)
{
    return kept->record.is_over;
}

bool kept_job_wake(struct kept_job *kept, struct assay_error *err)
{
    if (!kept->record.is_over)
        return true;
    if (!read_row(kept, err))
        return false;
    kept->record.is_over = job_state_is_terminal(kept->row.state);
    return true;
}

/* One reading of trials that have ended. */
struct reading {
    struct kept_job *kept;
    struct trial_list ended;   /* not seen to before */
    struct trial_list dropped; /* their outputs go */
    size_t row_count;
};

static void drop(void *context, const struct keep_trial *trial)
{
    struct reading *reading = context;

    /* The job's best trial is the one whose model is published. */
    if (trial->number != reading->kept->row.best_trial)
        (void)list_add(&reading->dropped, trial);
}

/* What an engine before has removed is not looked at again. */
static void drop_nothing(void *context, const struct keep_trial *trial)
{
    (void)context;
    (void)trial;
}

static bool read_ended(void *context, const struct trial_row *row)
{
    struct reading *reading = context;
    struct kept_job *kept = reading->kept;
    struct keep_trial trial = { .number = row->number,
                                .end_order = row->end_order,
                                .attempts = row->attempt };
    bool is_news = row->end_order > kept->record.end_order;
    bool has_memory = !is_news || list_add(&reading->ended, &trial);

    if (has_memory && kept->set)
        has_memory =
            keep_set_add(kept->set, &trial, row->values, is_news ? drop : drop_nothing, reading);
    reading->ended.has_memory = has_memory && reading->dropped.has_memory;
    if (!reading->ended.has_memory)
        return false;
    reading->row_count++;
    kept->read_order = row->end_order;
    return true;
}

static void remove_outputs(const struct kept_job *kept, const struct outputs_owner *owner,
                           const struct keep_trial *trial, struct outputs_freed *freed)
{
    struct assay_error err = { 0 };

    if (!trial_outputs_remove(owner, trial, freed, &err))
        assay_log(kept->place->env, ASSAY_LOG_WARNING,
                  "outputs left behind job=%" PRId64 " trial=%" PRId64 ": %s", kept->id,
                  trial->number, err.message);
}

static void remove_dropped(struct reading *reading)
{
    struct kept_job *kept = reading->kept;
    struct outputs_owner owner = owner_of(kept);

    for (size_t i = 0; i < reading->dropped.count; i++) {
        const struct keep_trial *trial = &reading->dropped.items[i];
        struct outputs_freed freed = { 0 };

        remove_outputs(kept, &owner, trial, &freed);
        /* Of those that end only now what is left is added up afterwards. */
        if (kept->place->is_measuring && trial->end_order <= kept->record.end_order)
            kept->record.bytes -= freed.job_bytes;
    }
}

static void measure_ended(struct reading *reading)
{
    struct kept_job *kept = reading->kept;
    struct outputs_owner owner = owner_of(kept);

    if (!kept->place->is_measuring)
        return;
    for (size_t i = 0; i < reading->ended.count; i++)
        kept->record.bytes += trial_outputs_use(&owner, reading->ended.items[i].number);
}

static void write_record(const struct kept_job *kept)
{
    char path[PATH_TEXT];

    /* A job that never started a trial has no folder; and one that cannot be written is read
     * once more by the next engine. */
    (void)keep_record_write(path_of_job(kept->place->state_dir, kept->id, path), &kept->record);
}

/* *is_all: no trial that has ended is left. */
static bool sweep_some(struct kept_job *kept, bool *is_all, struct assay_error *err)
{
    struct reading reading = { .kept = kept, .ended.has_memory = true, .dropped.has_memory = true };
    struct trial_query query = {
        .job = kept->id, .order = TRIALS_BY_END, .after = kept->read_order, .limit = ROWS_AT_ONCE
    };
    bool is_ok =
        store_trial_each(readers_begin(kept->place->readers), &query, read_ended, &reading, err);

    readers_end(kept->place->readers);
    if (is_ok && !reading.ended.has_memory)
        is_ok = assay_fail_memory(err);
    if (is_ok) {
        remove_dropped(&reading);
        measure_ended(&reading);
        if (kept->read_order > kept->record.end_order)
            kept->record.end_order = kept->read_order;
        if (reading.ended.count > 0)
            write_record(kept);
    }
    *is_all = reading.row_count < ROWS_AT_ONCE;
    free(reading.ended.items);
    free(reading.dropped.items);
    return is_ok;
}

bool kept_job_sweep(struct kept_job *kept, bool *is_all, struct assay_error *err)
{
    *is_all = true;
    if (kept->record.is_over)
        return true;
    /* First the state, then the trials: of an ended job all are seen to. */
    if (!read_row(kept, err) || !sweep_some(kept, is_all, err))
        return false;
    if (*is_all && job_state_is_terminal(kept->row.state)) {
        kept->record.is_over = true;
        write_record(kept);
    }
    return true;
}

static bool note_unended(void *context, const struct trial_row *row)
{
    struct keep_trial trial = { .number = row->number };

    return list_add(context, &trial);
}

bool kept_job_use(const struct kept_job *kept, int64_t *bytes, struct assay_error *err)
{
    struct outputs_owner owner = owner_of(kept);
    struct trial_list unended = { .has_memory = true };
    struct trial_query query = { .job = kept->id, .only_unended = true };
    char path[PATH_TEXT];
    bool is_ok = true;

    *bytes = access(path_of_job(kept->place->state_dir, kept->id, path), F_OK) == 0
                 ? kept->record.bytes
                 : 0; /* it was deleted */
    if (kept->record.is_over)
        return true;
    is_ok =
        store_trial_each(readers_begin(kept->place->readers), &query, note_unended, &unended, err);
    readers_end(kept->place->readers);
    for (size_t i = 0; i < unended.count; i++)
        *bytes += trial_outputs_use(&owner, unended.items[i].number);
    free(unended.items);
    return is_ok && (unended.has_memory || assay_fail_memory(err));
}

/* A trial whose outputs may go, and how bad it is: less is better, infinity without a value. */
struct candidate {
    struct keep_trial trial;
    double loss;
};

struct candidates {
    const struct kept_job *kept;
    struct candidate *items;
    size_t count, capacity;
    bool has_memory;
};

static double loss_of(const struct study_spec *study, const struct trial_row *row)
{
    size_t metric = objective_metric(study->metrics, study->metric_count);
    double value = row->values && study->metric_count ? row->values[metric] : (double)NAN;

    if (isnan(value))
        return (double)INFINITY;
    return study->metrics[metric].goal == GOAL_MAXIMIZE ? -value : value;
}

static bool add_candidate(void *context, const struct trial_row *row)
{
    struct candidates *all = context;
    void *items = all->items;

    if (row->number == all->kept->row.best_trial)
        return true;
    all->has_memory = array_make_room(&items, all->count, &all->capacity, sizeof *all->items);
    all->items = items;
    if (all->has_memory)
        all->items[all->count++] = (struct candidate){
            .trial = { .number = row->number,
                       .end_order = row->end_order,
                       .attempts = row->attempt },
            .loss = loss_of(&all->kept->spec->study, row),
        };
    return all->has_memory;
}

/* The worst first, of equal ones the one that ended first. */
static int compare_candidates(const void *a, const void *b)
{
    const struct candidate *one = a;
    const struct candidate *other = b;

    if (one->loss != other->loss)
        return one->loss > other->loss ? -1 : 1;
    return (one->trial.end_order > other->trial.end_order) -
           (one->trial.end_order < other->trial.end_order);
}

/* Returns how many bytes that freed. */
static int64_t evict_until(struct kept_job *kept, const struct candidates *all, int64_t wanted)
{
    struct outputs_owner owner = owner_of(kept);
    struct outputs_freed freed = { 0 };
    size_t i = 0;

    for (; i < all->count && freed.job_bytes + freed.other_bytes < wanted; i++)
        remove_outputs(kept, &owner, &all->items[i].trial, &freed);
    if (i == all->count)
        kept->evicted_at = kept->record.end_order;
    kept->record.bytes -= freed.job_bytes;
    write_record(kept);
    return freed.job_bytes + freed.other_bytes;
}

bool kept_job_evict(struct kept_job *kept, int64_t wanted, int64_t *freed, struct assay_error *err)
{
    struct candidates all = { .kept = kept, .has_memory = true };
    struct trial_query query = { .job = kept->id, .order = TRIALS_BY_END };
    bool is_ok = true;

    *freed = 0;
    if (kept->spec->kind != JOB_TUNING || kept->evicted_at == kept->record.end_order)
        return true;
    if (!read_row(kept, err))
        return err->code == ASSAY_NOT_FOUND; /* its folder is going, or has gone */
    is_ok = store_trial_each(readers_begin(kept->place->readers), &query, add_candidate, &all, err);
    readers_end(kept->place->readers);
    if (is_ok && !all.has_memory)
        is_ok = assay_fail_memory(err);
    if (is_ok && all.count > 0) {
        qsort(all.items, all.count, sizeof *all.items, compare_candidates);
        *freed = evict_until(kept, &all, wanted);
    }
    free(all.items);
    return is_ok;
}
