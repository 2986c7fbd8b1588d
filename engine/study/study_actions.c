/* What lines do: ask, tell, measure, and the questions. */

#include "assay/value.h"
#include "engine/provenance_json.h"
#include "engine/study/study_private.h"
#include "engine/study/study_values.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const struct search_space *space_of(const struct assay_study *s)
{
    return s->document.spec->study.space;
}

static void write_id(struct json_writer *w, uint64_t number)
{
    json_key(w, "id");
    json_int64(w, (int64_t)number);
}

static void write_assignment(struct assay_study *s, struct json_writer *w, const double *point)
{
    json_key(w, "parameters");
    study_write_parameters(w, space_of(s), point);
}

void study_write_suggestion(struct assay_study *s, struct json_writer *w, uint64_t number)
{
    struct study_trial trial = { 0 };

    if (!study_get(s->study, number, &trial))
        return;
    json_begin_object(w);
    write_id(w, number);
    write_assignment(s, w, trial.point);
    json_end_object(w);
}

void study_write_pending(struct assay_study *s, struct json_writer *w)
{
    json_begin_array(w);
    for (uint64_t i = study_next_active(s->study, 0); i; i = study_next_active(s->study, i))
        study_write_suggestion(s, w, i);
    json_end_array(w);
}

bool study_commit_event(struct assay_study *s, struct assay_error *err)
{
    if (!text_stream_end(&s->event) || fputc('\n', s->event.file) == EOF ||
        fflush(s->event.file) != 0)
        return assay_fail_memory(err);
    return study_journal_append(s->journal, s->event.text, s->event.size, err);
}

/* Memory could not follow what is on disk already. */
static bool fail_broken(struct assay_study *s, struct assay_error *err)
{
    s->is_broken = true;
    return assay_error_add(err, "the study must be opened again");
}

/* {"ask":[{"id":"7","parameters":{…},"why":{…}}]}: the trials from first on. */
static bool commit_ask(struct assay_study *s, uint64_t first, struct assay_error *err)
{
    struct json_writer *w = &s->event.json;
    struct provenance provenance;

    text_stream_begin(&s->event);
    json_begin_object(w);
    json_key(w, "ask");
    json_begin_array(w);
    for (uint64_t i = first; i <= study_trial_count(s->study); i++) {
        struct study_trial trial = { 0 };

        (void)study_get(s->study, i, &trial);
        json_begin_object(w);
        write_id(w, i);
        write_assignment(s, w, trial.point);
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

/* Takes up to count suggestions; *is_done when there are no more. */
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

static bool ask(struct assay_study *s, int64_t count, struct assay_error *err)
{
    struct json_writer *w = &s->answer.json;
    uint64_t before = study_trial_count(s->study);
    bool is_done = false;
    bool is_taken = take_suggestions(s, count, &is_done, err);

    if (is_taken && s->journal && study_trial_count(s->study) > before)
        is_taken = commit_ask(s, before + 1, err);
    if (!is_taken) {
        while (study_trial_count(s->study) > before)
            study_drop_last(s->study);
        return false;
    }
    json_key(w, "trials");
    json_begin_array(w);
    for (uint64_t i = before + 1; i <= study_trial_count(s->study); i++)
        study_write_suggestion(s, w, i);
    json_end_array(w);
    if (is_done) {
        json_key(w, "done");
        json_bool(w, true);
    }
    return true;
}

/* An active trial by its id; path is that of the id, for errors. */
static bool find_active(struct assay_study *s, int64_t id, const char *path,
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

/* One line's worth of what is told, read in full before any of it counts. */
struct telling {
    const struct study_line *line;
    struct study_end *ends;
    uint64_t *numbers;
    double *values; /* per entry, one per metric */
    double *points; /* per entry, one per parameter; of those not asked for */
    uint64_t added_count;
};

static bool telling_init(struct telling *t, struct assay_study *s, const struct study_line *line,
                         struct assay_error *err)
{
    size_t count = line->told_count + 1;

    *t = (struct telling){ .line = line };
    t->ends = calloc(count, sizeof *t->ends);
    t->numbers = calloc(count, sizeof *t->numbers);
    t->values = calloc(count * s->document.spec->study.metric_count, sizeof *t->values);
    for (size_t i = 0; i < line->told_count; i++)
        t->added_count += line->told[i].parameters != NULL;
    if (t->added_count)
        t->points = calloc(count * space_of(s)->param_count, sizeof *t->points);
    return (t->ends && t->numbers && t->values && (t->points || !t->added_count)) ||
           assay_fail_memory(err);
}

static void telling_clear(struct telling *t)
{
    free(t->ends);
    free(t->numbers);
    free(t->values);
    free(t->points);
}

/* How the trial ended, by the entry's own words or by its measurements. */
static void read_end(struct assay_study *s, const struct study_entry *entry, uint64_t number,
                     double *values, struct study_end *end)
{
    *end = (struct study_end){ .state = STUDY_COMPLETED, .progress = 1, .values = values };
    if (entry->infeasible) {
        *end = (struct study_end){ .state = STUDY_INFEASIBLE, .progress = 1 };
    } else if (entry->metrics) {
        study_read_metrics(&s->fields, entry->metrics, &s->document.spec->study, false, values);
        if (entry->has_id)
            *end = study_end_with(s->study, number, values);
    } else if (!study_final(s->study, number, values, end)) {
        fields_fault(&s->fields, NULL, "metrics",
                     "is required: trial %" PRIu64 " was not measured%s", number,
                     s->document.spec->study.metric_count > 1 ? " in every metric" : "");
    }
}

static bool read_entry(struct assay_study *s, struct telling *t, size_t i, struct assay_error *err)
{
    const struct study_entry *entry = &t->line->told[i];
    double *values = t->values + i * s->document.spec->study.metric_count;
    struct study_trial trial;

    if (entry->parameters) {
        study_read_parameters(&s->fields, entry->parameters, space_of(s),
                              t->points + i * space_of(s)->param_count);
    } else {
        size_t here = fields_enter(&s->fields, "id");
        bool is_found = find_active(s, entry->id, s->fields.path, &trial, err);

        fields_leave(&s->fields, here);
        if (!is_found)
            return false;
        t->numbers[i] = trial.number;
    }
    read_end(s, entry, t->numbers[i], values, &t->ends[i]);
    return true;
}

static int number_order(const void *left, const void *right)
{
    const uint64_t *a = left;
    const uint64_t *b = right;

    return (*a > *b) - (*a < *b);
}

/* No trial twice in one line. */
static bool check_once(const struct telling *t, struct assay_error *err)
{
    size_t count = t->line->told_count;
    uint64_t *sorted = count > 1 ? malloc(count * sizeof *sorted) : NULL;
    size_t i = 1;

    if (count < 2)
        return true;
    if (!sorted)
        return assay_fail_memory(err);
    memcpy(sorted, t->numbers, count * sizeof *sorted);
    qsort(sorted, count, sizeof *sorted, number_order);
    while (i < count && (sorted[i] == 0 || sorted[i] != sorted[i - 1]))
        i++;
    if (i < count)
        (void)assay_fail(err, ASSAY_INVALID, "tell", "trial %" PRIu64 " is told twice", sorted[i]);
    free(sorted);
    return i == count;
}

static bool read_telling(struct assay_study *s, struct telling *t, struct assay_error *err)
{
    bool is_read = true;
    size_t outer = fields_enter(&s->fields, "tell");
    uint64_t next = study_trial_count(s->study) + 1;

    for (size_t i = 0; is_read && i < t->line->told_count; i++) {
        size_t here = fields_enter_item(&s->fields, i);

        is_read = read_entry(s, t, i, err);
        fields_leave(&s->fields, here);
    }
    fields_leave(&s->fields, outer);
    is_read = is_read && assay_faults_check(&s->faults, err) && check_once(t, err);
    if (is_read && next + t->added_count - 1 > JOB_TRIALS_MAX)
        return assay_fail(err, ASSAY_EXHAUSTED, "tell", "a study has at most %d trials",
                          JOB_TRIALS_MAX);
    for (size_t i = 0; is_read && i < t->line->told_count; i++)
        if (t->line->told[i].parameters)
            t->numbers[i] = next++;
    return is_read;
}

/* {"tell":[{"id":"7","metrics":{…}}]}, with what a line may leave out. */
static bool commit_tell(struct assay_study *s, const struct telling *t, struct assay_error *err)
{
    struct json_writer *w = &s->event.json;

    text_stream_begin(&s->event);
    json_begin_object(w);
    json_key(w, "tell");
    json_begin_array(w);
    for (size_t i = 0; i < t->line->told_count; i++) {
        const struct study_end *end = &t->ends[i];

        json_begin_object(w);
        write_id(w, t->numbers[i]);
        if (t->line->told[i].parameters)
            write_assignment(s, w, t->points + i * space_of(s)->param_count);
        if (end->state == STUDY_INFEASIBLE) {
            json_key(w, "infeasible");
            json_string(w, t->line->told[i].infeasible);
        } else {
            json_key(w, "metrics");
            study_write_metrics(w, &s->document.spec->study, end->values);
        }
        if (end->state == STUDY_STOPPED) {
            json_key(w, "progress");
            json_number(w, end->progress);
        }
        json_end_object(w);
    }
    json_end_array(w);
    json_end_object(w);
    return study_commit_event(s, err);
}

static bool apply_telling(struct assay_study *s, const struct telling *t, struct assay_error *err)
{
    for (size_t i = 0; i < t->line->told_count; i++) {
        if (t->line->told[i].parameters &&
            !study_add(s->study, t->points + i * space_of(s)->param_count, NULL, err))
            return fail_broken(s, err);
        if (!study_end(s->study, t->numbers[i], &t->ends[i], err))
            return fail_broken(s, err);
    }
    return true;
}

static bool tell(struct assay_study *s, const struct study_line *line, struct assay_error *err)
{
    struct json_writer *w = &s->answer.json;
    struct telling t;
    bool is_told = telling_init(&t, s, line, err) && read_telling(s, &t, err);

    if (is_told && s->journal && line->told_count)
        is_told = commit_tell(s, &t, err);
    is_told = is_told && apply_telling(s, &t, err);
    if (is_told) {
        json_key(w, "ok");
        json_bool(w, true);
    }
    if (is_told && t.added_count) {
        json_key(w, "ids");
        json_begin_array(w);
        for (size_t i = 0; i < line->told_count; i++)
            if (line->told[i].parameters)
                json_int64(w, (int64_t)t.numbers[i]);
        json_end_array(w);
    }
    telling_clear(&t);
    return is_told;
}

static bool tell_and_ask(struct assay_study *s, const struct study_line *line,
                         struct assay_error *err)
{
    if (line->has_tell && !tell(s, line, err))
        return false;
    if (!line->has_ask || ask(s, line->ask, err))
        return true;
    return line->has_tell ? assay_error_add(err, "what was told is kept, but") : false;
}

static bool commit_measure(struct assay_study *s, const struct study_report *report,
                           bool should_stop, struct assay_error *err)
{
    struct json_writer *w = &s->event.json;
    char text[ASSAY_TIME_TEXT];

    text_stream_begin(&s->event);
    json_begin_object(w);
    json_key(w, "measure");
    json_begin_object(w);
    write_id(w, (uint64_t)report->id);
    json_key(w, "step");
    json_int64(w, report->step);
    if (report->elapsed_us) {
        json_key(w, "elapsedDuration");
        json_string(w, assay_duration_text(report->elapsed_us, text));
    }
    json_key(w, "metrics");
    study_write_metrics(w, &s->document.spec->study, s->values);
    if (should_stop) {
        json_key(w, "stop");
        json_bool(w, true);
    }
    json_end_object(w);
    json_end_object(w);
    return study_commit_event(s, err);
}

static bool is_any(const double *values, size_t count)
{
    size_t i = 0;

    while (i < count && isnan(values[i]))
        i++;
    return i < count;
}

static bool measure(struct assay_study *s, const struct study_report *report,
                    struct assay_error *err)
{
    struct measurement measurement = { .step = report->step,
                                       .elapsed_us = report->elapsed_us,
                                       .values = s->values };
    size_t here = fields_enter(&s->fields, "measure");
    struct study_trial trial;
    bool should_stop = false;

    study_read_metrics(&s->fields, report->metrics, &s->document.spec->study, true, s->values);
    if (s->faults.count == 0 && !is_any(s->values, s->document.spec->study.metric_count))
        fields_fault(&s->fields, report->metrics, "metrics", "is required");
    fields_leave(&s->fields, here);
    if (!find_active(s, report->id, "measure.id", &trial, err) ||
        !assay_faults_check(&s->faults, err))
        return false;
    /* The rule sees the measurement before the journal does, for its answer goes there, too. */
    if (!study_measure(s->study, trial.number, &measurement, &should_stop, err) ||
        (s->journal && !commit_measure(s, report, should_stop, err)))
        return fail_broken(s, err);
    json_key(&s->answer.json, "stop");
    json_bool(&s->answer.json, should_stop);
    return true;
}

static void write_state(struct json_writer *w, const struct study_trial *trial)
{
    static const char *const names[] = { [STUDY_ACTIVE] = "ACTIVE",
                                         [STUDY_COMPLETED] = "SUCCEEDED",
                                         [STUDY_STOPPED] = "STOPPED",
                                         [STUDY_INFEASIBLE] = "INFEASIBLE" };

    json_key(w, "state");
    json_string(w, names[trial->state]);
}

static void write_trial_members(struct assay_study *s, struct json_writer *w,
                                const struct study_trial *trial)
{
    write_id(w, trial->number);
    write_assignment(s, w, trial->point);
    if (!trial->values)
        return;
    json_key(w, "metrics");
    study_write_metrics(w, &s->document.spec->study, trial->values);
}

static bool best(struct assay_study *s, struct assay_error *err)
{
    struct json_writer *w = &s->answer.json;
    uint64_t *numbers = NULL;
    size_t count = 0;

    if (!study_best(s->study, &numbers, &count, err))
        return false;
    json_key(w, "trials");
    json_begin_array(w);
    for (size_t i = 0; i < count; i++) {
        struct study_trial trial = { 0 };

        (void)study_get(s->study, numbers[i], &trial);
        json_begin_object(w);
        write_trial_members(s, w, &trial);
        json_end_object(w);
    }
    json_end_array(w);
    free(numbers);
    return true;
}

static bool explain(struct assay_study *s, int64_t id, struct assay_error *err)
{
    struct json_writer *w = &s->answer.json;
    struct provenance provenance;
    struct study_trial trial;

    if (id < 1 || !study_get(s->study, (uint64_t)id, &trial))
        return assay_fail(err, ASSAY_NOT_FOUND, "explain", "there is no trial %" PRId64, id);
    json_key(w, "trial");
    json_begin_object(w);
    write_trial_members(s, w, &trial);
    write_state(w, &trial);
    if (study_get_provenance(s->study, trial.number, &provenance)) {
        json_key(w, "why");
        provenance_write(w, &provenance);
    }
    json_end_object(w);
    return true;
}

bool study_act(struct assay_study *s, const struct study_line *line, struct assay_error *err)
{
    bool is_done = false;

    json_begin_object(&s->answer.json);
    if (line->has_measure)
        is_done = measure(s, &line->measure, err);
    else if (line->wants_best)
        is_done = best(s, err);
    else if (line->has_explain)
        is_done = explain(s, line->explain, err);
    else if (line->wants_pending) {
        json_key(&s->answer.json, "trials");
        study_write_pending(s, &s->answer.json);
        is_done = true;
    } else {
        is_done = tell_and_ask(s, line, err);
    }
    json_end_object(&s->answer.json);
    if (s->journal)
        study_store_models(s);
    return is_done;
}
