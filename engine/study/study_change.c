#include "engine/study/study_change.h"

#include "assay/value.h"
#include "engine/provenance_json.h"
#include "engine/study/study_values.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static const struct search_space *space_of(const struct assay_study *s)
{
    return s->document.spec->study.space;
}

/* An event that cannot be read again must not be written. */
bool study_commit_event(struct assay_study *s, struct assay_error *err)
{
    if (!text_stream_end(&s->event) || fputc('\n', s->event.file) == EOF ||
        fflush(s->event.file) != 0)
        return assay_fail_memory(err);
    if (s->event.size > JSON_TEXT_MAX)
        return assay_fail(err, ASSAY_EXHAUSTED, NULL, "more than %d MiB at once",
                          JSON_TEXT_MAX / 1024 / 1024);
    if (!study_journal_append(s->journal, s->event.text, s->event.size, err))
        return false;
    if (s->is_verifying)
        study_learner_record(study_get_learner(s->study)); /* it has gone on: no longer a check */
    return true;
}

/* Memory could not follow what is on disk already. Whatever the reason was: to try again is no use,
 * and what was told may be stored. */
static bool fail_broken(struct assay_study *s, struct assay_error *err)
{
    s->is_broken = true;
    err->code = ASSAY_UNAVAILABLE;
    return assay_error_add(err, "the study must be opened again");
}

/* {"ask":[{"id":"7","parameters":{…},"why":{…}}]}: the trials from first on. */
static bool commit_ask(struct assay_study *s, uint64_t first, struct assay_error *err)
{
    struct json_writer *w = &s->event.json;
    struct provenance provenance;
    struct study_trial trial;

    text_stream_begin(&s->event);
    json_begin_object(w);
    json_key(w, "ask");
    json_begin_array(w);
    for (uint64_t i = first; study_get(s->study, i, &trial); i++) {
        json_begin_object(w);
        study_write_assignment(s, w, i, trial.point);
        if (study_get_provenance(s->study, i, &provenance) && provenance.stage != STAGE_PLAIN) {
            json_key(w, "why");
            provenance_write(w, &provenance);
        }
        json_end_object(w);
    }
    json_end_array(w);
    json_end_object(w);
    return study_commit_event(s, err);
}

static bool take_suggestions(struct assay_study *s, int64_t count, bool *is_done,
                             struct assay_error *err)
{
    struct provenance provenance;

    *is_done = false;
    for (int64_t i = 0; i < count && !*is_done; i++) {
        enum sampler_answer answer = study_suggest(s->study, s->point, &provenance, err);

        if (answer == SAMPLER_FAILED ||
            (answer == SAMPLER_POINT && !study_add(s->study, s->point, &provenance, err)))
            return false;
        *is_done = answer == SAMPLER_EXHAUSTED;
    }
    return true;
}

bool study_change_ask(struct assay_study *s, int64_t count, uint64_t *first, bool *is_done,
                      struct assay_error *err)
{
    uint64_t before = study_trial_count(s->study);
    bool is_taken = take_suggestions(s, count, is_done, err);

    *first = before + 1;
    if (is_taken && s->journal && study_trial_count(s->study) > before)
        is_taken = commit_ask(s, before + 1, err);
    while (!is_taken && study_trial_count(s->study) > before)
        study_drop_last(s->study);
    return is_taken;
}

bool study_change_find(const struct assay_study *s, int64_t id, const char *path,
                       struct study_trial *trial, struct assay_error *err)
{
    uint64_t count = study_trial_count(s->study);

    if (id < 1 || !study_get(s->study, (uint64_t)id, trial))
        return assay_fail(err, ASSAY_NOT_FOUND, path,
                          "there is no trial %" PRId64 "; %" PRIu64 " %s so far", id, count,
                          count == 1 ? "was made" : "were made");
    return trial->state == STUDY_ACTIVE ||
           assay_fail(err, ASSAY_PRECONDITION, path, "trial %" PRId64 " was told already", id);
}

bool study_telling_init(struct study_telling *telling, const struct assay_study *s, size_t count,
                        bool has_added, struct assay_error *err)
{
    size_t metric_count = s->document.spec->study.metric_count;
    size_t size = metric_count + (has_added ? space_of(s)->param_count : 0);

    *telling = (struct study_telling){ .count = count };
    telling->items = calloc(count + 1, sizeof *telling->items);
    telling->numbers = calloc(count + 1, (size + 1) * sizeof *telling->numbers);
    if (!telling->items || !telling->numbers)
        return assay_fail_memory(err);
    for (size_t i = 0; i < count; i++) {
        telling->items[i].values = telling->numbers + i * size;
        if (has_added)
            telling->items[i].point = telling->items[i].values + metric_count;
    }
    return true;
}

void study_telling_clear(struct study_telling *telling)
{
    free(telling->items);
    free(telling->numbers);
    *telling = (struct study_telling){ 0 };
}

void study_told_end(struct assay_study *s, struct study_told *told, bool has_values)
{
    told->end = (struct study_end){ .state = STUDY_COMPLETED, .progress = 1 };
    if (told->infeasible) {
        told->end.state = STUDY_INFEASIBLE;
    } else if (has_values) {
        told->end.values = told->values;
        if (!told->is_added)
            told->end = study_end_with(s->study, told->number, told->values);
    } else if (told->is_added) {
        fields_fault(&s->fields, NULL, "metrics", "is required");
    } else if (!study_final(s->study, told->number, told->values, &told->end)) {
        fields_fault(&s->fields, NULL, "metrics",
                     "is required: trial %" PRIu64 " was not measured%s", told->number,
                     s->document.spec->study.metric_count > 1 ? " in every metric" : "");
    }
}

static int number_order(const void *left, const void *right)
{
    const uint64_t *a = left;
    const uint64_t *b = right;

    return (*a > *b) - (*a < *b);
}

/* No trial twice at once. */
static bool check_once(const struct study_telling *telling, struct assay_error *err)
{
    size_t count = telling->count;
    uint64_t *sorted = count > 1 ? malloc(count * sizeof *sorted) : NULL;
    size_t i = 1;

    if (count < 2)
        return true;
    if (!sorted)
        return assay_fail_memory(err);
    for (size_t k = 0; k < count; k++)
        sorted[k] = telling->items[k].number;
    qsort(sorted, count, sizeof *sorted, number_order);
    while (i < count && (sorted[i] == 0 || sorted[i] != sorted[i - 1]))
        i++;
    if (i < count)
        (void)assay_fail(err, ASSAY_INVALID, "tell", "trial %" PRIu64 " is told twice", sorted[i]);
    free(sorted);
    return i == count;
}

/* Gives those that nobody asked for the next numbers. */
static bool number_added(const struct assay_study *s, struct study_telling *telling,
                         struct assay_error *err)
{
    uint64_t next = study_trial_count(s->study);

    for (size_t i = 0; i < telling->count; i++)
        if (telling->items[i].is_added)
            telling->items[i].number = ++next;
    return next <= JOB_TRIALS_MAX || assay_fail(err, ASSAY_EXHAUSTED, "tell",
                                                "a study has at most %d trials", JOB_TRIALS_MAX);
}

/* {"tell":[{"id":"7","metrics":{…}}]}, with what a line may leave out. */
static bool commit_tell(struct assay_study *s, const struct study_telling *telling,
                        struct assay_error *err)
{
    struct json_writer *w = &s->event.json;

    text_stream_begin(&s->event);
    json_begin_object(w);
    json_key(w, "tell");
    json_begin_array(w);
    for (size_t i = 0; i < telling->count; i++) {
        const struct study_told *told = &telling->items[i];

        json_begin_object(w);
        study_write_assignment(s, w, told->number, told->is_added ? told->point : NULL);
        if (told->infeasible) {
            json_key(w, "infeasible");
            json_string(w, told->infeasible);
        } else {
            json_key(w, "metrics");
            study_write_metrics(w, &s->document.spec->study, told->end.values);
        }
        if (told->end.state == STUDY_STOPPED) {
            json_key(w, "progress");
            json_number(w, told->end.progress);
        }
        json_end_object(w);
    }
    json_end_array(w);
    json_end_object(w);
    return study_commit_event(s, err);
}

static bool apply(struct assay_study *s, const struct study_telling *telling,
                  struct assay_error *err)
{
    for (size_t i = 0; i < telling->count; i++) {
        const struct study_told *told = &telling->items[i];

        if ((told->is_added && !study_add(s->study, told->point, NULL, err)) ||
            !study_end(s->study, told->number, &told->end, err))
            return fail_broken(s, err);
    }
    return true;
}

bool study_change_tell(struct assay_study *s, struct study_telling *telling,
                       struct assay_error *err)
{
    return check_once(telling, err) && number_added(s, telling, err) &&
           (!s->journal || telling->count == 0 || commit_tell(s, telling, err)) &&
           apply(s, telling, err);
}

static bool commit_measure(struct assay_study *s, uint64_t number,
                           const struct measurement *measurement, bool should_stop,
                           struct assay_error *err)
{
    struct json_writer *w = &s->event.json;
    char text[ASSAY_TIME_TEXT];

    text_stream_begin(&s->event);
    json_begin_object(w);
    json_key(w, "measure");
    json_begin_object(w);
    study_write_assignment(s, w, number, NULL);
    json_key(w, "step");
    json_int64(w, measurement->step);
    if (measurement->elapsed_us) {
        json_key(w, "elapsedDuration");
        json_string(w, assay_duration_text(measurement->elapsed_us, text));
    }
    json_key(w, "metrics");
    study_write_metrics(w, &s->document.spec->study, measurement->values);
    if (should_stop) {
        json_key(w, "stop");
        json_bool(w, true);
    }
    json_end_object(w);
    json_end_object(w);
    return study_commit_event(s, err);
}

/* The rule sees the measurement before the journal does, for its answer goes there, too. */
bool study_change_measure(struct assay_study *s, uint64_t number,
                          const struct measurement *measurement, bool *should_stop,
                          struct assay_error *err)
{
    if (study_measure(s->study, number, measurement, should_stop, err) &&
        (!s->journal || commit_measure(s, number, measurement, *should_stop, err)))
        return true;
    return fail_broken(s, err);
}
