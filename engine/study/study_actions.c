/* What lines say: ask, tell, measure, and the questions. */

#include "engine/provenance_json.h"
#include "engine/study/study_change.h"
#include "engine/study/study_values.h"

#include <inttypes.h>
#include <stdlib.h>

static const struct search_space *space_of(const struct assay_study *s)
{
    return s->document.spec->study.space;
}

void study_write_assignment(const struct assay_study *s, struct json_writer *w, uint64_t number,
                            const double *point)
{
    json_key(w, "id");
    json_int64(w, (int64_t)number);
    if (!point)
        return;
    json_key(w, "parameters");
    study_write_parameters(w, space_of(s), point);
}

void study_write_suggestion(struct assay_study *s, struct json_writer *w, uint64_t number)
{
    struct study_trial trial = { 0 };

    if (!study_get(s->study, number, &trial))
        return;
    json_begin_object(w);
    study_write_assignment(s, w, number, trial.point);
    json_end_object(w);
}

void study_write_pending(struct assay_study *s, struct json_writer *w)
{
    json_begin_array(w);
    for (uint64_t i = study_next_active(s->study, 0); i; i = study_next_active(s->study, i))
        study_write_suggestion(s, w, i);
    json_end_array(w);
}

static bool ask(struct assay_study *s, int64_t count, struct assay_error *err)
{
    struct json_writer *w = &s->answer.json;
    uint64_t first = 0;
    bool is_done = false;

    if (!study_change_ask(s, count, &first, &is_done, err))
        return false;
    json_key(w, "trials");
    json_begin_array(w);
    for (uint64_t i = first; i <= study_trial_count(s->study); i++)
        study_write_suggestion(s, w, i);
    json_end_array(w);
    if (is_done) {
        json_key(w, "done");
        json_bool(w, true);
    }
    return true;
}

static bool read_entry(struct assay_study *s, const struct study_entry *entry,
                       struct study_told *told, struct assay_error *err)
{
    struct study_trial trial;

    told->infeasible = entry->infeasible;
    if (entry->parameters) {
        told->is_added = true;
        study_read_parameters(&s->fields, entry->parameters, space_of(s), told->point);
    } else {
        size_t here = fields_enter(&s->fields, "id");
        bool is_found = study_change_find(s, entry->id, s->fields.path, &trial, err);

        fields_leave(&s->fields, here);
        if (!is_found)
            return false;
        told->number = trial.number;
    }
    if (entry->metrics)
        study_read_metrics(&s->fields, entry->metrics, &s->document.spec->study, false,
                           told->values);
    study_told_end(s, told, entry->metrics != NULL);
    return true;
}

static bool read_entries(struct assay_study *s, const struct study_line *line,
                         struct study_telling *telling, struct assay_error *err)
{
    bool is_read = true;
    size_t outer = fields_enter(&s->fields, "tell");

    for (size_t i = 0; is_read && i < line->told_count; i++) {
        size_t here = fields_enter_item(&s->fields, i);

        is_read = read_entry(s, &line->told[i], &telling->items[i], err);
        fields_leave(&s->fields, here);
    }
    fields_leave(&s->fields, outer);
    return is_read && assay_faults_check(&s->faults, err);
}

/* "ids" of those that nobody asked for, where there are any. */
static void write_added(struct json_writer *w, const struct study_telling *telling)
{
    bool has_begun = false;

    for (size_t i = 0; i < telling->count; i++) {
        if (!telling->items[i].is_added)
            continue;
        if (!has_begun) {
            json_key(w, "ids");
            json_begin_array(w);
            has_begun = true;
        }
        json_int64(w, (int64_t)telling->items[i].number);
    }
    if (has_begun)
        json_end_array(w);
}

static bool has_added(const struct study_line *line)
{
    size_t i = 0;

    while (i < line->told_count && !line->told[i].parameters)
        i++;
    return i < line->told_count;
}

static bool tell(struct assay_study *s, const struct study_line *line, struct assay_error *err)
{
    struct json_writer *w = &s->answer.json;
    struct study_telling telling;
    bool is_told = study_telling_init(&telling, s, line->told_count, has_added(line), err) &&
                   read_entries(s, line, &telling, err) && study_change_tell(s, &telling, err);

    if (is_told) {
        json_key(w, "ok");
        json_bool(w, true);
        write_added(w, &telling);
    }
    study_telling_clear(&telling);
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
    if (s->faults.count == 0 && !study_has_values(s->values, s->document.spec->study.metric_count))
        fields_fault(&s->fields, report->metrics, "metrics", "is required");
    fields_leave(&s->fields, here);
    if (!study_change_find(s, report->id, "measure.id", &trial, err) ||
        !assay_faults_check(&s->faults, err) ||
        !study_change_measure(s, trial.number, &measurement, &should_stop, err))
        return false;
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
    study_write_assignment(s, w, trial->number, trial->point);
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
