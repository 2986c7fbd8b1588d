/* A study's beginning: a new journal, or all events of one that is there. */

#include "engine/provenance_json.h"
#include "engine/study/study_private.h"
#include "engine/study/study_values.h"

#include "assay/env.h"
#include "assay/value.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { JOURNAL_FORMAT = 1 };

static bool choose_seed(struct assay_study *s, struct assay_error *err)
{
    const struct assay_env *env = assay_env_system();
    uint64_t seed = 0;

    if (s->document.spec->assay.has_seed)
        return true;
    if (!env->entropy(env->context, &seed, sizeof seed))
        return assay_fail(err, ASSAY_UNAVAILABLE, NULL,
                          "the system has no random numbers for a seed; give one");
    seed &= (UINT64_C(1) << 53) - 1; /* so that any JSON reader can say it again */
    return study_document_set_seed(&s->document, seed) || assay_fail_memory(err);
}

static bool write_header(struct assay_study *s, struct assay_error *err)
{
    struct json_writer *w = &s->event.json;

    text_stream_begin(&s->event);
    json_begin_object(w);
    json_key(w, "assay");
    json_string(w, "suggest");
    json_key(w, "format");
    json_int(w, JOURNAL_FORMAT);
    json_key(w, "version");
    json_string(w, ASSAY_VERSION);
    json_key(w, "study");
    json_node(w, s->document.canonical);
    json_end_object(w);
    return study_commit_event(s, err);
}

static bool fail_line(struct assay_study *s, struct assay_error *err)
{
    err->code = err->code == ASSAY_EXHAUSTED ? err->code : ASSAY_DATA_LOSS;
    err->field[0] = '\0';
    return assay_error_add(err, "%s/suggest.jsonl: line %" PRIu64, s->state_dir,
                           study_journal_line_number(s->journal));
}

/* The stored study must be the given one. */
static bool read_header(struct assay_study *s, const char *line, size_t size,
                        struct assay_error *err)
{
    struct assay_faults faults = { 0 };
    struct study_document stored = { 0 };
    cJSON *root = json_read(line, size, err);
    const cJSON *kind = json_get(root, "assay");
    const cJSON *format = json_get(root, "format");
    bool is_read = false;
    bool is_same = false;

    if (!root)
        goto out;
    if (!cJSON_IsString(kind) || strcmp(kind->valuestring, "suggest") != 0 ||
        !cJSON_IsNumber(format))
        (void)assay_fail(err, ASSAY_DATA_LOSS, NULL, "is no header of a study");
    else if (format->valuedouble != JOURNAL_FORMAT)
        (void)assay_fail(err, ASSAY_DATA_LOSS, NULL,
                         "format %g is that of another version; this one reads %d",
                         format->valuedouble, JOURNAL_FORMAT);
    else
        is_read = study_document_from_json(json_get(root, "study"), &stored, &faults, err);
    if (is_read && !stored.spec->assay.has_seed)
        is_read = assay_fail(err, ASSAY_DATA_LOSS, NULL, "the study has no seed");
    is_same = is_read && study_document_match(&s->document, &stored, err);
out:
    study_document_clear(&stored);
    assay_faults_clear(&faults);
    cJSON_Delete(root);
    if (!is_read)
        (void)fail_line(s, err);
    return is_same;
}

static bool fail_other(const struct assay_study *s, uint64_t number, size_t param, double stored,
                       double computed, struct assay_error *err)
{
    const struct param_spec *spec = &s->document.spec->study.space->params[param];
    char one[ASSAY_NUMBER_TEXT];
    char other[ASSAY_NUMBER_TEXT];

    return assay_fail(err, ASSAY_DATA_LOSS, NULL,
                      "suggestion %" PRIu64 " computed anew is another one: %s is %s, and was %s",
                      number, spec->id,
                      isnan(computed) ? "inactive" : param_spec_value_text(spec, computed, one),
                      isnan(stored) ? "inactive" : param_spec_value_text(spec, stored, other));
}

/* s->point is the recorded suggestion. */
static bool verify(struct assay_study *s, uint64_t number, struct assay_error *err)
{
    size_t count = s->document.spec->study.space->param_count;
    struct provenance provenance;
    double *point = malloc((count + 1) * sizeof *point);
    enum sampler_answer answer = SAMPLER_FAILED;
    bool is_same = true;

    if (!point)
        return assay_fail_memory(err);
    answer = study_suggest(s->study, point, &provenance, err);
    if (answer != SAMPLER_POINT)
        is_same = answer == SAMPLER_EXHAUSTED
                      ? assay_fail(err, ASSAY_DATA_LOSS, NULL,
                                   "suggestion %" PRIu64 " computed anew: there is none", number)
                      : false;
    for (size_t i = 0; is_same && i < count; i++)
        if (point[i] != s->point[i] && !(isnan(point[i]) && isnan(s->point[i])))
            is_same = fail_other(s, number, i, s->point[i], point[i], err);
    free(point);
    return is_same;
}

static bool check_next(const struct assay_study *s, const struct study_entry *entry,
                       struct assay_error *err)
{
    uint64_t next = study_trial_count(s->study) + 1;

    return (entry->has_id && entry->id == (int64_t)next && entry->parameters) ||
           assay_fail(err, ASSAY_DATA_LOSS, NULL, "expected trial %" PRIu64, next);
}

static bool read_point(struct assay_study *s, const struct study_entry *entry,
                       struct assay_error *err)
{
    study_read_parameters(&s->fields, entry->parameters, s->document.spec->study.space, s->point);
    return assay_faults_check(&s->faults, err);
}

static bool replay_ask(struct assay_study *s, const struct study_line *line,
                       struct assay_error *err)
{
    for (size_t i = 0; i < line->asked_count; i++) {
        const struct study_entry *entry = &line->asked[i];
        struct provenance provenance;

        provenance_read(entry->why, &provenance);
        if (!check_next(s, entry, err) || !read_point(s, entry, err) ||
            (s->is_verifying && !verify(s, (uint64_t)entry->id, err)) ||
            !study_add(s->study, s->point, &provenance, err))
            return false;
    }
    return true;
}

static bool replay_end(struct assay_study *s, const struct study_entry *entry,
                       struct assay_error *err)
{
    struct study_end end = { .state = STUDY_COMPLETED, .progress = 1, .values = s->values };

    if (entry->infeasible) {
        end = (struct study_end){ .state = STUDY_INFEASIBLE, .progress = 1 };
    } else if (entry->metrics) {
        study_read_metrics(&s->fields, entry->metrics, &s->document.spec->study, false, s->values);
    } else {
        return assay_fail(err, ASSAY_DATA_LOSS, NULL, "a trial without its end");
    }
    if (entry->progress > 0 && entry->metrics) {
        end.state = STUDY_STOPPED;
        end.progress = entry->progress < 1 ? entry->progress : 1;
    }
    return assay_faults_check(&s->faults, err) &&
           study_end(s->study, (uint64_t)entry->id, &end, err);
}

static bool check_active(const struct assay_study *s, bool has_id, int64_t id,
                         struct assay_error *err)
{
    struct study_trial trial;

    return (has_id && id >= 1 && study_get(s->study, (uint64_t)id, &trial) &&
            trial.state == STUDY_ACTIVE) ||
           assay_fail(err, ASSAY_DATA_LOSS, NULL, "trial %" PRId64 " is not active", id);
}

static bool replay_tell(struct assay_study *s, const struct study_line *line,
                        struct assay_error *err)
{
    for (size_t i = 0; i < line->told_count; i++) {
        const struct study_entry *entry = &line->told[i];

        if (entry->parameters && (!check_next(s, entry, err) || !read_point(s, entry, err) ||
                                  !study_add(s->study, s->point, NULL, err)))
            return false;
        if (!check_active(s, entry->has_id, entry->id, err) || !replay_end(s, entry, err))
            return false;
    }
    return true;
}

static bool replay_measure(struct assay_study *s, const struct study_report *report,
                           struct assay_error *err)
{
    struct measurement measurement = { .step = report->step,
                                       .elapsed_us = report->elapsed_us,
                                       .values = s->values };
    bool should_stop = false;

    study_read_metrics(&s->fields, report->metrics, &s->document.spec->study, true, s->values);
    if (!assay_faults_check(&s->faults, err) || !check_active(s, report->has_id, report->id, err) ||
        !study_measure(s->study, (uint64_t)report->id, &measurement, &should_stop, err))
        return false;
    study_set_stop(s->study, (uint64_t)report->id, report->should_stop);
    return true;
}

static bool replay_event(struct assay_study *s, const char *text, size_t size,
                         struct assay_error *err)
{
    struct study_line line = { 0 };
    cJSON *root = json_read(text, size, err);
    bool is_done = false;

    assay_faults_clear(&s->faults);
    if (root && study_line_read_event(&s->fields, root, &line))
        is_done = (!line.asked || replay_ask(s, &line, err)) &&
                  (!line.told || replay_tell(s, &line, err)) &&
                  (!line.has_measure || replay_measure(s, &line.measure, err));
    else if (root && s->fields.is_short_of_memory)
        (void)assay_fail_memory(err);
    else if (root)
        (void)assay_faults_check(&s->faults, err);
    study_line_clear(&line);
    cJSON_Delete(root);
    assay_faults_clear(&s->faults);
    return is_done || fail_line(s, err);
}

static bool replay(struct assay_study *s, struct assay_error *err)
{
    const char *line = NULL;
    size_t size = 0;

    do {
        if (!study_journal_read(s->journal, &line, &size, err))
            return false;
        if (study_is_model_line(line, size))
            study_read_model_line(s, line, size);
        else if (size > 0 && !replay_event(s, line, size, err))
            return false;
    } while (size > 0);
    return true;
}

static void write_note(struct assay_study *s, uint64_t suggestion_count)
{
    uint64_t cut_size = study_journal_cut_size(s->journal);
    size_t used = 0;

    if (cut_size > 0)
        (void)snprintf(s->note, sizeof s->note,
                       "%s/suggest.jsonl: an unfinished last line of %" PRIu64
                       " bytes was cut off; nothing that was answered is lost",
                       s->state_dir, cut_size);
    used = strlen(s->note);
    if (s->is_verifying && used < sizeof s->note)
        (void)snprintf(s->note + used, sizeof s->note - used,
                       "%s%" PRIu64 " suggestions computed anew, all the same", used ? "; " : "",
                       suggestion_count);
}

static uint64_t count_suggestions(const struct study *study)
{
    struct study_trial trial;
    uint64_t count = 0;

    for (uint64_t i = 1; study_get(study, i, &trial); i++)
        count += trial.is_suggested;
    return count;
}

/* The header, or that there is none yet; then s->study is made for what comes. */
static bool begin_journal(struct assay_study *s, struct assay_error *err)
{
    const char *line = NULL;
    size_t size = 0;

    s->journal = study_journal_open(s->state_dir, err);
    if (!s->journal || !study_journal_read(s->journal, &line, &size, err))
        return false;
    if (size > 0 ? !read_header(s, line, size, err) : !choose_seed(s, err))
        return false;
    s->study = study_new(s->document.spec, err);
    if (!s->study)
        return false;
    if (!s->is_verifying) /* a check leaves the journal as it is */
        study_learner_record(study_get_learner(s->study));
    return size > 0 ? replay(s, err) : write_header(s, err);
}

bool study_begin(struct assay_study *s, struct assay_error *err)
{
    const struct study_spec *spec = &s->document.spec->study;
    bool is_begun = false;

    s->point = calloc(spec->space->param_count + 1, sizeof *s->point);
    s->values = calloc(spec->metric_count + 1, sizeof *s->values);
    s->specs = study_specs_new(spec);
    if (!s->point || !s->values || !s->specs)
        (void)assay_fail_memory(err);
    else if (s->state_dir)
        is_begun = begin_journal(s, err);
    else if (choose_seed(s, err))
        is_begun = (s->study = study_new(s->document.spec, err)) != NULL;
    if (is_begun && !s->is_verifying)
        study_learner_take_up(study_get_learner(s->study), s->models);
    study_models_free(s->models);
    s->models = NULL;
    if (is_begun) {
        study_learn_ahead(s->study);
        if (s->journal)
            write_note(s, count_suggestions(s->study));
        return true;
    }
    study_free(s->study);
    study_journal_close(s->journal);
    study_specs_free(s->specs);
    free(s->point);
    free(s->values);
    s->specs = NULL;
    s->study = NULL;
    s->journal = NULL;
    s->point = NULL;
    s->values = NULL;
    return false;
}

bool study_is_same(struct assay_study *s, struct study_document *document, struct assay_error *err)
{
    return study_document_match(document, &s->document, err);
}
