/* The C library's door to ask and tell by plain structs: assay.h without JSON on the way. */

#include "engine/reserved.h"
#include "engine/study/study_change.h"
#include "engine/study/study_values.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Faults of what was given; a single one speaks for itself. */
static bool check_faults(const struct assay_study *s, struct assay_error *err)
{
    if (assay_faults_check(&s->faults, err))
        return true;
    if (err->code == ASSAY_INVALID && s->faults.stored == 1)
        (void)assay_fail(err, ASSAY_INVALID, s->faults.items[0].field, "%s",
                         s->faults.items[0].message);
    return false;
}

/* Takes the mutex; end() gives it back. False: there is nothing to be asked or told. */
static bool begin(struct assay_study *s, struct assay_error *err)
{
    study_begin_call(s);
    if (!s->study)
        return assay_fail(err, ASSAY_PRECONDITION, NULL,
                          "the study has not begun: it was opened without a document");
    return study_check_usable(s, err);
}

static bool end(struct assay_study *s, bool is_done)
{
    if (s->journal)
        study_store_models(s);
    study_end_call(s);
    return is_done;
}

void assay_trials_clear(struct assay_trials *trials)
{
    if (!trials)
        return;
    free(trials->items);
    *trials = (struct assay_trials){ 0 };
}

/* Trials that are copied out. All lies in one block: the items, their parameters, their values. */
struct copying {
    const struct assay_study *s;
    struct assay_trials *trials;
    struct assay_parameter *parameters; /* the next free one */
    double *values;                     /* the same */
};

/* Room for capacity trials. */
static bool copying_begin(struct copying *copying, const struct assay_study *s, size_t capacity,
                          struct assay_trials *trials, struct assay_error *err)
{
    size_t param_count = s->document.spec->study.space->param_count;
    size_t metric_count = s->document.spec->study.metric_count;
    size_t size = sizeof *trials->items + param_count * sizeof *copying->parameters +
                  metric_count * sizeof *copying->values;

    *trials = (struct assay_trials){ 0 };
    *copying = (struct copying){ .s = s, .trials = trials };
    if (capacity == 0)
        return true;
    trials->items = capacity <= SIZE_MAX / size ? malloc(capacity * size) : NULL;
    if (!trials->items)
        return assay_fail_memory(err);
    copying->parameters = (struct assay_parameter *)(void *)(trials->items + capacity);
    copying->values = (double *)(void *)(copying->parameters + capacity * param_count);
    return true;
}

static size_t copy_parameters(struct copying *copying, const double *point)
{
    const struct search_space *space = copying->s->document.spec->study.space;
    const struct assay_parameter_spec *specs = copying->s->specs->parameters;
    struct assay_parameter *to = copying->parameters;

    for (size_t i = 0; i < space->param_count; i++) {
        if (isnan(point[i])) /* inactive */
            continue;
        *to = (struct assay_parameter){
            .id = specs[i].id, .number = point[i], .type = specs[i].type, .index = (int)i
        };
        if (specs[i].type == ASSAY_CATEGORICAL)
            to->text = specs[i].categories[(size_t)point[i]];
        to++;
    }
    return (size_t)(to - copying->parameters);
}

static void copy_trial(struct copying *copying, uint64_t number)
{
    static const enum assay_trial_state states[] = { [STUDY_ACTIVE] = ASSAY_TRIAL_ACTIVE,
                                                     [STUDY_COMPLETED] = ASSAY_TRIAL_SUCCEEDED,
                                                     [STUDY_STOPPED] = ASSAY_TRIAL_STOPPED,
                                                     [STUDY_INFEASIBLE] = ASSAY_TRIAL_INFEASIBLE };
    struct assay_trial *to = &copying->trials->items[copying->trials->count];
    size_t metric_count = copying->s->document.spec->study.metric_count;
    struct study_trial trial = { 0 };

    if (!study_get(copying->s->study, number, &trial))
        return;
    *to = (struct assay_trial){ .id = (int64_t)number,
                                .state = states[trial.state],
                                .is_suggested = trial.is_suggested,
                                .should_stop = trial.should_stop,
                                .parameter_count = copy_parameters(copying, trial.point),
                                .parameters = copying->parameters };
    copying->parameters += to->parameter_count;
    if (trial.values) {
        memcpy(copying->values, trial.values, metric_count * sizeof *copying->values);
        to->values = copying->values;
        copying->values += metric_count;
    }
    copying->trials->count++;
}

static bool ask(struct assay_study *s, size_t count, struct assay_trials *trials,
                struct assay_error *err)
{
    struct copying copying;
    uint64_t first = 0;
    bool is_done = false;

    if (count < 1 || count > ASSAY_STUDY_ASK_MAX)
        return assay_fail(err, ASSAY_INVALID, "count", "%zu is not between 1 and %d", count,
                          ASSAY_STUDY_ASK_MAX);
    /* Room first: what was taken cannot be given back. */
    if (!copying_begin(&copying, s, count, trials, err))
        return false;
    if (!study_change_ask(s, (int64_t)count, &first, &is_done, err)) {
        assay_trials_clear(trials);
        return false;
    }
    trials->is_done = is_done;
    for (uint64_t i = first; i <= study_trial_count(s->study); i++)
        copy_trial(&copying, i);
    return true;
}

bool assay_study_ask(struct assay_study *s, size_t count, struct assay_trials *trials,
                     struct assay_error *err)
{
    *trials = (struct assay_trials){ 0 };
    return end(s, begin(s, err) && ask(s, count, trials, err));
}

static bool read_told(struct assay_study *s, const struct assay_told *given,
                      struct study_told *told, struct assay_error *err)
{
    const struct study_spec *spec = &s->document.spec->study;
    struct study_trial trial;

    if (!reserved_check(given->reserved, sizeof given->reserved / sizeof given->reserved[0], err))
        return false;
    told->infeasible = given->infeasible;
    if (given->infeasible && given->values)
        fields_fault(&s->fields, NULL, "infeasible", "stands in place of values; give one of them");
    if (given->id == 0) {
        told->is_added = true;
        study_take_parameters(&s->fields, given->parameters, given->parameter_count, spec->space,
                              told->point);
    } else {
        size_t here = fields_enter(&s->fields, "id");
        bool is_found = study_change_find(s, given->id, s->fields.path, &trial, err);

        fields_leave(&s->fields, here);
        if (!is_found)
            return false;
        told->number = trial.number;
    }
    if (given->values)
        study_take_metrics(&s->fields, given->values, spec, false, told->values);
    study_told_end(s, told, given->values != NULL);
    return true;
}

/* is_list: paths begin with the index. */
static bool tell(struct assay_study *s, struct assay_told *given, size_t count, bool is_list,
                 struct assay_error *err)
{
    struct study_telling telling;
    bool has_added = false;
    bool is_told = true;

    for (size_t i = 0; i < count; i++)
        has_added = has_added || given[i].id == 0;
    is_told = study_telling_init(&telling, s, count, has_added, err);
    for (size_t i = 0; is_told && i < count; i++) {
        size_t outer = is_list ? fields_enter(&s->fields, "told") : 0;

        if (is_list)
            (void)fields_enter_item(&s->fields, i);
        is_told = read_told(s, &given[i], &telling.items[i], err);
        fields_leave(&s->fields, outer);
    }
    is_told = is_told && check_faults(s, err) && study_change_tell(s, &telling, err);
    for (size_t i = 0; is_told && i < count; i++)
        given[i].id = (int64_t)telling.items[i].number;
    study_telling_clear(&telling);
    return is_told;
}

bool assay_study_tell_all(struct assay_study *s, struct assay_told *told, size_t count,
                          struct assay_error *err)
{
    return end(s, begin(s, err) && tell(s, told, count, true, err));
}

static bool tell_one(struct assay_study *s, struct assay_told *told, struct assay_error *err)
{
    return end(s, begin(s, err) && tell(s, told, 1, false, err));
}

/* Of a trial that was asked for: 0 is none, here. */
static bool check_id(int64_t id, struct assay_error *err)
{
    return id != 0 || assay_fail(err, ASSAY_NOT_FOUND, "id", "there is no trial 0");
}

bool assay_study_tell(struct assay_study *s, int64_t id, const double *values,
                      struct assay_error *err)
{
    struct assay_told told = { .id = id, .values = values };

    return check_id(id, err) && tell_one(s, &told, err);
}

bool assay_study_tell_infeasible(struct assay_study *s, int64_t id, const char *why,
                                 struct assay_error *err)
{
    struct assay_told told = { .id = id, .infeasible = why ? why : "" };

    return check_id(id, err) && tell_one(s, &told, err);
}

bool assay_study_add(struct assay_study *s, const struct assay_parameter *parameters,
                     size_t parameter_count, const double *values, int64_t *id,
                     struct assay_error *err)
{
    struct assay_told told = { .parameters = parameters,
                               .parameter_count = parameter_count,
                               .values = values };
    bool is_added = tell_one(s, &told, err);

    if (is_added && id)
        *id = told.id;
    return is_added;
}

static bool measure(struct assay_study *s, int64_t id, const struct measurement *given,
                    bool *should_stop, struct assay_error *err)
{
    const struct study_spec *spec = &s->document.spec->study;
    struct measurement measurement = *given;
    struct study_trial trial;

    measurement.values = s->values;
    if (given->values)
        study_take_metrics(&s->fields, given->values, spec, true, s->values);
    if (s->faults.count == 0 && !(given->values && study_has_values(s->values, spec->metric_count)))
        fields_fault(&s->fields, NULL, "metrics", "is required");
    if (given->step < 0)
        fields_fault(&s->fields, NULL, "step", "must be at least 0");
    if (given->elapsed_us < 0)
        fields_fault(&s->fields, NULL, "elapsed_us", "must be at least 0");
    return study_change_find(s, id, "id", &trial, err) && check_faults(s, err) &&
           study_change_measure(s, trial.number, &measurement, should_stop, err);
}

bool assay_study_measure(struct assay_study *s, int64_t id, int64_t step, int64_t elapsed_us,
                         const double *values, bool *should_stop, struct assay_error *err)
{
    struct measurement given = { .step = step, .elapsed_us = elapsed_us, .values = values };

    *should_stop = false;
    return end(s, begin(s, err) && measure(s, id, &given, should_stop, err));
}

static bool best(struct assay_study *s, struct assay_trials *trials, struct assay_error *err)
{
    struct copying copying;
    uint64_t *numbers = NULL;
    size_t count = 0;
    bool is_copied = study_best(s->study, &numbers, &count, err) &&
                     copying_begin(&copying, s, count, trials, err);

    for (size_t i = 0; is_copied && i < count; i++)
        copy_trial(&copying, numbers[i]);
    free(numbers);
    return is_copied;
}

bool assay_study_best(struct assay_study *s, struct assay_trials *trials, struct assay_error *err)
{
    *trials = (struct assay_trials){ 0 };
    return end(s, begin(s, err) && best(s, trials, err));
}

static bool pending(struct assay_study *s, struct assay_trials *trials, struct assay_error *err)
{
    struct copying copying;

    if (!copying_begin(&copying, s, study_active_count(s->study), trials, err))
        return false;
    for (uint64_t i = study_next_active(s->study, 0); i; i = study_next_active(s->study, i))
        copy_trial(&copying, i);
    return true;
}

bool assay_study_pending(struct assay_study *s, struct assay_trials *trials,
                         struct assay_error *err)
{
    *trials = (struct assay_trials){ 0 };
    return end(s, begin(s, err) && pending(s, trials, err));
}

static bool trial(struct assay_study *s, int64_t id, struct assay_trials *trials,
                  struct assay_error *err)
{
    struct copying copying;

    if (id < 1 || (uint64_t)id > study_trial_count(s->study))
        return assay_fail(err, ASSAY_NOT_FOUND, "id", "there is no trial %" PRId64, id);
    if (!copying_begin(&copying, s, 1, trials, err))
        return false;
    copy_trial(&copying, (uint64_t)id);
    return true;
}

bool assay_study_trial(struct assay_study *s, int64_t id, struct assay_trials *trials,
                       struct assay_error *err)
{
    *trials = (struct assay_trials){ 0 };
    return end(s, begin(s, err) && trial(s, id, trials, err));
}
