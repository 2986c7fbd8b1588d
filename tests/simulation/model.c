#include "tests/simulation/model.h"

#include "engine/life/study_sampler.h"
#include "engine/spec/job_document.h"
#include "metrics/objective.h"
#include "tests/simulation/world.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* All legal combinations of the values below and at params[index], counted one by one. */
static int64_t count_combinations(const struct search_space *space, int parent, double value)
{
    int64_t product = 1;

    for (size_t i = 0; i < space->param_count; i++) {
        const struct param_spec *param = &space->params[i];
        int64_t sum = 0;
        bool is_selected = parent == PARAM_NO_PARENT;

        if (param->parent != parent)
            continue;
        for (size_t j = 0; j < param->condition_count && !is_selected; j++)
            is_selected = param->conditions[j] == value;
        if (!is_selected)
            continue;
        for (uint64_t j = 0; j < param_spec_value_total(param); j++) {
            double own = (double)j;

            if (param->type == PARAM_INTEGER)
                own += param->min;
            else if (param->type == PARAM_DISCRETE)
                own = param->numbers[j];
            sum += count_combinations(space, (int)i, own);
        }
        product *= sum;
    }
    return product;
}

bool model_init(struct model *model, const char *document, uint64_t *seed)
{
    struct assay_error err = { 0 };
    struct assay_faults faults = { 0 };
    cJSON *root = document_read(document, strlen(document), DOCUMENT_JSON, &err);

    *model = (struct model){ 0 };
    if (root)
        model->spec = job_spec_from_json(root, &faults, &err);
    cJSON_Delete(root);
    assay_faults_clear(&faults);
    if (!model->spec)
        return false;
    *seed = model->spec->assay.has_seed ? model->spec->assay.seed : 7;
    if (model->spec->kind == JOB_CUSTOM)
        return true;
    model->sampler = study_sampler_new(model->spec, *seed, &err);
    if (strcmp(job_spec_algorithm(model->spec), "grid") == 0)
        model->grid_size = count_combinations(model->spec->study.space, PARAM_NO_PARENT, 0);
    return model->sampler != NULL;
}

void model_clear(struct model *model)
{
    sampler_free(model->sampler);
    job_spec_free(model->spec);
    *model = (struct model){ 0 };
}

/* FNV-1a. */
static void mix(uint64_t *hash, const void *data, size_t size)
{
    const unsigned char *bytes = data;

    for (size_t i = 0; i < size; i++)
        *hash = (*hash ^ bytes[i]) * UINT64_C(0x100000001b3);
}

static uint64_t row_hash(const struct trial_row *row)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    int64_t numbers[] = { row->number,    row->state,         row->attempt, row->failure,
                          row->start_us,  row->end_us,        row->step,    row->elapsed_us,
                          row->end_order, row->values != NULL };

    mix(&hash, numbers, sizeof numbers);
    mix(&hash, row->point, row->point_count * sizeof *row->point);
    if (row->values)
        mix(&hash, row->values, row->value_count * sizeof *row->values);
    if (row->reason)
        mix(&hash, row->reason, strlen(row->reason));
    return hash;
}

/* What is seen in one look at the store. */
struct look {
    struct world *world;
    double progress[SCENARIO_TRIALS_MAX + 1]; /* of trials told to stop early, by number - 1 */
    struct trial_view trials[SCENARIO_TRIALS_MAX + 1];
    int64_t created, ended, running, waiting;
    int64_t by_end[SCENARIO_TRIALS_MAX + 1]; /* trial numbers by end_order - 1; 0: none */
    struct job_row job;
};

/* Against what was seen of this trial before. */
static void check_progress(struct world *world, const struct trial_row *row, uint64_t hash)
{
    const struct trial_view *before = &world->model.trials[row->number - 1];

    if (row->number > world->model.created)
        return;
    if (trial_state_is_terminal(before->state) && before->hash != hash)
        world_fail(world, "trial %lld changed after its end", (long long)row->number);
    if (row->attempt < before->attempt)
        world_fail(world, "trial %lld went back to attempt %d", (long long)row->number,
                   row->attempt);
}

static void count_trial(struct look *look, const struct trial_row *row)
{
    int64_t place = row->end_order - 1;

    if (!trial_state_is_terminal(row->state)) {
        look->running += row->state != TRIAL_REQUESTED;
        look->waiting += row->state == TRIAL_REQUESTED;
        if (row->end_order)
            world_fail(look->world, "trial %lld has an end order", (long long)row->number);
        return;
    }
    look->ended++;
    if (place < 0 || place >= SCENARIO_TRIALS_MAX || look->by_end[place])
        world_fail(look->world, "end order %lld of trial %lld", (long long)row->end_order,
                   (long long)row->number);
    else
        look->by_end[place] = row->number;
}

/* A row that does not fit is noticed with its point. */
static void copy_numbers(struct model *model, const struct trial_row *row)
{
    double *point = model->points[row->number - 1];
    double *values = model->values[row->number - 1];

    for (size_t i = 0; i < MODEL_PARAMS_MAX; i++)
        point[i] = i < row->point_count ? row->point[i] : (double)NAN;
    for (size_t i = 0; i < MODEL_METRICS_MAX; i++)
        values[i] = row->values && i < row->value_count ? row->values[i] : (double)NAN;
}

static bool look_at_trial(void *context, const struct trial_row *row)
{
    struct look *look = context;
    struct world *world = look->world;
    const struct job_spec *spec = world->model.spec;
    uint64_t hash = row_hash(row);
    double objective = (double)NAN;

    if (row->number != look->created + 1 || row->number > spec->max_trial_count) {
        world_fail(world, "trial %lld follows trial %lld", (long long)row->number,
                   (long long)look->created);
        return false;
    }
    if (row->values && spec->study.metric_count)
        objective = row->values[0]; /* there are no safety metrics in the scenarios */
    if (row->values && row->value_count != spec->study.metric_count)
        world_fail(world, "trial %lld has %zu final values", (long long)row->number,
                   row->value_count);
    check_progress(world, row, hash);
    count_trial(look, row);
    copy_numbers(&world->model, row);
    look->trials[look->created++] = (struct trial_view){
        .state = row->state,
        .attempt = row->attempt,
        .failure = row->failure,
        .start_us = row->start_us,
        .end_us = row->end_us,
        .end_order = row->end_order,
        .has_final = row->values != NULL,
        .objective = objective,
        .hash = hash,
        .progress = look->progress[row->number - 1],
        .is_given_up = row->reason && strstr(row->reason, "before the trial was started again"),
    };
    return true;
}

static bool is_better(const struct model *model, double value, double than)
{
    return model->spec->study.metrics[0].goal == GOAL_MAXIMIZE ? value > than : value < than;
}

/* The best of the first count trials to end, by number; and when that value was first reached. */
static const struct trial_view *find_best(const struct model *model, const struct look *look,
                                          int64_t count, int64_t *number, int64_t *reached)
{
    const struct trial_view *best = NULL;

    *number = *reached = 0;
    for (int64_t i = 0; i < look->created; i++) {
        const struct trial_view *trial = &look->trials[i];

        if (trial->state != TRIAL_SUCCEEDED || trial->end_order > count)
            continue;
        if (best && !is_better(model, trial->objective, best->objective))
            continue;
        best = trial;
        *number = i + 1;
    }
    for (int64_t i = 0; best && i < count && !*reached; i++) {
        const struct trial_view *trial = &look->trials[look->by_end[i] - 1];

        if (trial->state == TRIAL_SUCCEEDED && trial->objective == best->objective)
            *reached = i + 1;
    }
    return best;
}

static bool is_failure(const struct trial_view *trial)
{
    return trial->failure >= FAILURE_USER_ERROR && trial->failure <= FAILURE_NOT_FOUND;
}

/* The failure rule, of the first count trials to end. */
static bool is_over_limit(const struct model *model, const struct look *look, int64_t count)
{
    int64_t limit = model->spec->max_failed_trial_count;
    int64_t failed = 0;

    for (int64_t i = 0; i < count; i++)
        failed += is_failure(&look->trials[look->by_end[i] - 1]);
    if (limit)
        return failed >= limit;
    return count > 0 &&
           (is_failure(&look->trials[look->by_end[0] - 1]) || (count >= 10 && failed * 2 > count));
}

static bool has_come(const struct time_constraint *constraint, int64_t create_us, int64_t now_us)
{
    return now_us >= create_us + constraint->max_duration_us;
}

/* studyStoppingConfig, in the order of its rules, when the first count trials had ended. */
static bool is_stopped(const struct model *model, const struct look *look, int64_t count,
                       int64_t now_us)
{
    const struct stopping_config *config = &model->spec->study.stopping;
    int64_t create_us = look->job.create_us;
    int64_t best = 0;
    int64_t reached = 0;
    int64_t progress_us = create_us;

    if (!config->is_set)
        return false;
    if (config->minimum_runtime.is_set && !has_come(&config->minimum_runtime, create_us, now_us))
        return false;
    if (config->maximum_runtime.is_set && has_come(&config->maximum_runtime, create_us, now_us) &&
        !(config->has_min_num_trials && count < config->min_num_trials))
        return true;
    if (config->has_min_num_trials && count < config->min_num_trials)
        return false;
    if (config->has_max_num_trials && count >= config->max_num_trials)
        return true;
    if (model->spec->study.metric_count != 1)
        return false;
    if (find_best(model, look, count, &best, &reached))
        progress_us = look->trials[look->by_end[reached - 1] - 1].end_us;
    if (config->has_max_num_trials_no_progress &&
        count - reached >= config->max_num_trials_no_progress)
        return true;
    return config->has_max_duration_no_progress &&
           now_us >= progress_us + config->max_duration_no_progress_us;
}

/* What held at any moment of the last batch holds for ever. */
static void follow_rules(struct world *world, const struct look *look)
{
    struct model *model = &world->model;

    for (int64_t count = model->ended; count <= look->ended; count++) {
        model->has_failed = model->has_failed || is_over_limit(model, look, count);
        model->has_stopped = model->has_stopped || is_stopped(model, look, count, world->batch_us);
    }
}

static void check_closing(struct world *world, const struct look *look, bool is_settled)
{
    const struct model *model = &world->model;
    int expected = model->has_failed    ? JOB_CLOSING_FAILED
                   : model->has_stopped ? JOB_CLOSING_STOPPED
                                        : JOB_CLOSING_NONE;

    if (is_settled && look->job.state == JOB_STATE_RUNNING && look->job.closing != expected)
        world_fail(world, "closing is %d, should be %d", look->job.closing, expected);
    if (model->closing != JOB_CLOSING_NONE && look->created > model->created)
        world_fail(world, "a trial was made after the study was closed");
}

/* A free place is never left idle. */
static void check_places(struct world *world, struct look *look)
{
    const struct model *model = &world->model;
    const struct job_spec *spec = model->spec;
    bool is_full = look->created == spec->max_trial_count ||
                   (model->grid_size && look->created == model->grid_size) ||
                   (spec->study.stopping.has_max_num_trials &&
                    look->created >= spec->study.stopping.max_num_trials) ||
                   look->job.closing != JOB_CLOSING_NONE;

    if (look->running > spec->parallel_trial_count)
        world_fail(world, "%lld trials run at once", (long long)look->running);
    if (look->job.state != JOB_STATE_RUNNING || world->is_pausing ||
        look->running == spec->parallel_trial_count)
        return;
    /* Nor does the job wait for anything but its sampler. */
    if (!is_full && world->task_count == 0 &&
        !model_is_exhausted(world, look->trials, look->created, look->by_end, look->ended))
        world_fail(world, "only %lld trials run", (long long)look->running);
    if (look->waiting > 0 && look->job.closing == JOB_CLOSING_NONE)
        world_fail(world, "%lld trials wait beside free places", (long long)look->waiting);
}

static void check_best(struct world *world, const struct look *look)
{
    const struct model *model = &world->model;
    int64_t number = 0;
    int64_t reached = 0;

    if (model->spec->kind == JOB_CUSTOM)
        number = look->created && look->trials[0].state == TRIAL_SUCCEEDED;
    else
        (void)find_best(model, look, look->ended, &number, &reached);
    if (look->job.best_trial != number)
        world_fail(world, "the best trial is %lld, should be %lld", (long long)look->job.best_trial,
                   (long long)number);
}

static bool note_early_stop(void *context, int64_t number, double progress, const char *why)
{
    struct look *look = context;

    if (isnan(progress))
        progress = 1; /* as samplers take what nobody knows */
    if (!why[0] || !(progress > 0 && progress <= 1) || number > SCENARIO_TRIALS_MAX)
        world_fail(look->world, "trial %lld is stopped early at %g: %s", (long long)number,
                   progress, why);
    else
        look->progress[number - 1] = progress;
    return true;
}

/* A rule is asked for, and says so while the trial runs; what it said stays said. */
static void check_early_stop(struct world *world, int64_t number, const struct trial_view *trial)
{
    const struct trial_view *before = &world->model.trials[number - 1];
    bool was_stopped = number <= world->model.created && before->progress > 0;

    if (trial->progress > 0 && world->model.spec->study.stopping_rule == STOPPING_NONE)
        world_fail(world, "trial %lld is stopped early without a rule", (long long)number);
    if (trial->progress > 0 && trial->state != TRIAL_STOPPING &&
        !trial_state_is_terminal(trial->state))
        world_fail(world, "trial %lld was to be stopped, and has state %d", (long long)number,
                   trial->state);
    if (was_stopped && trial->progress == 0 && !trial_state_is_terminal(trial->state))
        world_fail(world, "trial %lld was to be stopped, and is not", (long long)number);
    world->stopped_early += trial->progress > 0 && trial_state_is_terminal(trial->state) &&
                            !trial_state_is_terminal(before->state);
}

void model_check(struct world *world, bool is_settled)
{
    struct model *model = &world->model;
    struct look look = { .world = world };
    struct trial_query query = { .job = world->job };
    struct assay_error err = { 0 };

    if (!store_early_stop_each(world->store, world->job, 1, STORE_TRIALS_MAX - 1, note_early_stop,
                               &look, &err) ||
        !store_job_get(world->store, world->job, &look.job, &err) ||
        !store_trial_each(world->store, &query, look_at_trial, &look, &err)) {
        world_fail(world, "%s", err.message);
        job_row_clear(&look.job);
        return;
    }
    if (look.created < model->created)
        world_fail(world, "%lld trials are left of %lld", (long long)look.created,
                   (long long)model->created);
    for (int64_t i = 0; i < look.ended && !world->fault[0]; i++)
        if (!look.by_end[i])
            world_fail(world, "end order %lld is missing", (long long)i + 1);
    if (!world->fault[0]) {
        follow_rules(world, &look);
        check_best(world, &look);
        check_closing(world, &look, is_settled);
        for (int64_t number = model->created + 1; number <= look.created; number++)
            model_check_point(world, number, look.trials, look.by_end);
        if (is_settled)
            check_places(world, &look);
        for (int64_t number = 1; number <= look.created; number++)
            check_early_stop(world, number, &look.trials[number - 1]);
        for (int64_t number = 1; number <= look.created; number++)
            if (number > model->created ||
                !trial_state_is_terminal(model->trials[number - 1].state))
                model_check_trial(world, number, &look.trials[number - 1], is_settled);
    }
    /* A sampler that has run dry, while nothing is under way, will not be asked again. */
    if (job_state_is_terminal(look.job.state) && !world->fault[0])
        model->is_exhausted =
            model_is_exhausted(world, look.trials, look.created, look.by_end, look.ended);
    memcpy(model->trials, look.trials, sizeof model->trials);
    model->created = look.created;
    model->ended = look.ended;
    model->waiting = look.waiting;
    model->job_state = look.job.state;
    model->closing = look.job.closing;
    job_row_clear(&look.job);
}

void model_check_end(struct world *world)
{
    const struct model *model = &world->model;
    int64_t succeeded = 0;
    int expected = JOB_STATE_FAILED;

    for (int64_t i = 0; i < model->created; i++)
        succeeded += model->trials[i].state == TRIAL_SUCCEEDED;
    if (succeeded > 0 && !model->has_failed)
        expected = JOB_STATE_SUCCEEDED;
    if (model->ended < model->created)
        world_fail(world, "the job has ended (%s), %lld trials have not",
                   job_state_name(model->job_state), (long long)(model->created - model->ended));
    if (model->job_state == JOB_STATE_CANCELLED) {
        if (!world->was_cancel_asked)
            world_fail(world, "cancelled unasked");
        return;
    }
    if (model->job_state != expected)
        world_fail(world, "the job ended as %s, should be %s", job_state_name(model->job_state),
                   job_state_name(expected));
    if (model->created < model->spec->max_trial_count && model->created != model->grid_size &&
        !model->is_exhausted && !model->has_failed && !model->has_stopped)
        world_fail(world, "the job ended after %lld trials", (long long)model->created);
}
