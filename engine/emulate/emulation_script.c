#include "engine/emulate/emulation_script.h"

#include "engine/spec/field_values.h"
#include "engine/spec/fields.h"
#include "engine/spec/job_document.h"

#include <fnmatch.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* 2026-01-01T00:00:00Z: any moment will do, as long as it is always the same. */
#define START_US INT64_C(1767225600000000)

/* By name, or by the number of google.rpc.Code, or by that of HTTP. */
static const struct enum_word code_words[] = {
    { "CANCELLED", ASSAY_CANCELLED, ASSAY_CANCELLED },
    { "UNKNOWN", ASSAY_UNKNOWN, ASSAY_UNKNOWN },
    { "INVALID_ARGUMENT", ASSAY_INVALID, ASSAY_INVALID },
    { "DEADLINE_EXCEEDED", ASSAY_DEADLINE, ASSAY_DEADLINE },
    { "NOT_FOUND", ASSAY_NOT_FOUND, ASSAY_NOT_FOUND },
    { "ALREADY_EXISTS", ASSAY_EXISTS, ASSAY_EXISTS },
    { "PERMISSION_DENIED", ASSAY_DENIED, ASSAY_DENIED },
    { "RESOURCE_EXHAUSTED", ASSAY_EXHAUSTED, ASSAY_EXHAUSTED },
    { "FAILED_PRECONDITION", ASSAY_PRECONDITION, ASSAY_PRECONDITION },
    { "ABORTED", ASSAY_ABORTED, ASSAY_ABORTED },
    { "OUT_OF_RANGE", ASSAY_RANGE, ASSAY_RANGE },
    { "UNIMPLEMENTED", ASSAY_UNIMPLEMENTED, ASSAY_UNIMPLEMENTED },
    { "INTERNAL", ASSAY_INTERNAL, ASSAY_INTERNAL },
    { "UNAVAILABLE", ASSAY_UNAVAILABLE, ASSAY_UNAVAILABLE },
    { "DATA_LOSS", ASSAY_DATA_LOSS, ASSAY_DATA_LOSS },
    { "400", 400, ASSAY_INVALID },
    { "403", 403, ASSAY_DENIED },
    { "404", 404, ASSAY_NOT_FOUND },
    { "409", 409, ASSAY_ABORTED },
    { "429", 429, ASSAY_EXHAUSTED },
    { "500", 500, ASSAY_INTERNAL },
    { "501", 501, ASSAY_UNIMPLEMENTED },
    { "503", 503, ASSAY_UNAVAILABLE },
    { "504", 504, ASSAY_DEADLINE },
};

/* A count that may be left out, but not be negative. */
static void check_count(struct fields *fields, const cJSON *node, const char *name, int64_t value)
{
    if (value < 0)
        fields_fault(fields, node, name, "must be at least 1");
}

static const struct field reads_fields[] = {
    { .name = "reads", .kind = FIELD_INT64, .at = FIELD_AT(struct occasion, reads) },
};

static void reads_check(struct fields *fields, const cJSON *node, void *record)
{
    const struct occasion *occasion = record;

    fields_require(fields, node, "reads");
    check_count(fields, node, "reads", occasion->reads);
}

static const struct message reads_message = { MESSAGE_FIELDS(reads_fields), .check = reads_check };

static const struct field duration_field = { .name = "duration",
                                             .kind = FIELD_DURATION,
                                             .at = FIELD_AT(struct occasion, after_us) };

/* "30s", NOW, NEVER, or {reads: 3}. */
static void read_occasion(struct fields *fields, const cJSON *node, struct occasion *occasion)
{
    const char *word = cJSON_IsString(node) ? node->valuestring : "";

    if (cJSON_IsObject(node)) {
        fields_read(fields, node, &reads_message, occasion);
        occasion->kind = occasion->reads > 0 ? OCCASION_AFTER_READS : OCCASION_NOW;
    } else if (strcmp(word, "NEVER") == 0) {
        occasion->kind = OCCASION_NEVER;
    } else if (strcmp(word, "NOW") == 0) {
        occasion->kind = OCCASION_NOW;
    } else if (cJSON_IsString(node) && (*word < '0' || *word > '9')) {
        fields_fault(fields, node, NULL,
                     "expected a duration such as \"30s\", NOW, NEVER or {reads: 3}");
    } else {
        field_value_read(fields, node, &duration_field, occasion);
        occasion->kind = occasion->after_us > 0 ? OCCASION_AFTER_TIME : OCCASION_NOW;
    }
}

bool turns_is_on(const struct turns *turns, int64_t use)
{
    if (turns->first > 0)
        return use <= turns->first;
    return turns->every <= 1 || use % turns->every == 0;
}

static void turns_check(struct fields *fields, const cJSON *node, const struct turns *turns)
{
    check_count(fields, node, "first", turns->first);
    check_count(fields, node, "every", turns->every);
    if (turns->first > 0 && turns->every > 0)
        fields_fault(fields, node, "every", "first and every exclude each other");
}

static const struct field job_match_fields[] = {
    { .name = "displayName", .kind = FIELD_TEXT, .at = FIELD_AT(struct job_match, display_name) },
    { .name = "collection", .kind = FIELD_TEXT, .at = FIELD_AT(struct job_match, collection) },
};
static const struct message job_match_message = { MESSAGE_FIELDS(job_match_fields) };

static const struct field trial_match_fields[] = {
    { .name = "displayName", .kind = FIELD_TEXT, .at = FIELD_AT(struct job_match, display_name) },
    { .name = "collection", .kind = FIELD_TEXT, .at = FIELD_AT(struct job_match, collection) },
    { .name = "trial", .kind = FIELD_INT64, .at = FIELD_AT(struct job_match, trial) },
    { .name = "attempt", .kind = FIELD_INT64, .at = FIELD_AT(struct job_match, attempt) },
};

static void trial_match_check(struct fields *fields, const cJSON *node, void *record)
{
    const struct job_match *match = record;

    check_count(fields, node, "trial", match->trial);
    check_count(fields, node, "attempt", match->attempt);
}

static const struct message trial_match_message = { MESSAGE_FIELDS(trial_match_fields),
                                                    .check = trial_match_check };

static const struct field refusal_fields[] = {
    { .name = "code",
      .kind = FIELD_ENUM,
      .at = FIELD_AT(struct script_refusal, code),
      FIELD_WORDS(code_words) },
    { .name = "message", .kind = FIELD_TEXT, .at = FIELD_AT(struct script_refusal, message) },
    { .name = "first", .kind = FIELD_INT64, .at = FIELD_AT(struct script_refusal, turns.first) },
    { .name = "every", .kind = FIELD_INT64, .at = FIELD_AT(struct script_refusal, turns.every) },
};

static void refusal_check(struct fields *fields, const cJSON *node, void *record)
{
    const struct script_refusal *refusal = record;

    fields_require(fields, node, "code");
    turns_check(fields, node, &refusal->turns);
}

static const struct message refusal_message = { MESSAGE_FIELDS(refusal_fields),
                                                .check = refusal_check };

static void read_failure_when(struct fields *fields, const cJSON *node, void *record)
{
    struct script_failure *failure = record;

    read_occasion(fields, node, &failure->when);
}

static const struct field failure_fields[] = {
    { .name = "code",
      .kind = FIELD_ENUM,
      .at = FIELD_AT(struct script_failure, code),
      FIELD_WORDS(code_words) },
    { .name = "message", .kind = FIELD_TEXT, .at = FIELD_AT(struct script_failure, message) },
    { .name = "when", .kind = FIELD_CUSTOM, .read = read_failure_when },
};

static void failure_check(struct fields *fields, const cJSON *node, void *record)
{
    (void)record;
    fields_require(fields, node, "code");
}

static const struct message failure_message = { MESSAGE_FIELDS(failure_fields),
                                                .check = failure_check };

static void read_queued(struct fields *fields, const cJSON *node, void *record)
{
    read_occasion(fields, node, &((struct job_rule *)record)->queued);
}

static void read_pending(struct fields *fields, const cJSON *node, void *record)
{
    read_occasion(fields, node, &((struct job_rule *)record)->pending);
}

static const struct field job_rule_fields[] = {
    { .name = "match",
      .kind = FIELD_MESSAGE,
      .at = FIELD_AT(struct job_rule, match),
      .message = &job_match_message },
    { .name = "refuse",
      .kind = FIELD_MESSAGE,
      .at = FIELD_AT(struct job_rule, refuse),
      .has_at = FIELD_AT(struct job_rule, refuse.is_set),
      .message = &refusal_message },
    { .name = "queued", .kind = FIELD_CUSTOM, .read = read_queued },
    { .name = "pending", .kind = FIELD_CUSTOM, .read = read_pending },
    { .name = "fail",
      .kind = FIELD_MESSAGE,
      .at = FIELD_AT(struct job_rule, fail),
      .has_at = FIELD_AT(struct job_rule, fail.is_set),
      .message = &failure_message },
};

static const struct message job_rule_message = { MESSAGE_FIELDS(job_rule_fields),
                                                 .size = sizeof(struct job_rule) };

static const struct enum_word function_words[] = {
    { "sphere", OBJECTIVE_SPHERE, OBJECTIVE_SPHERE },
    { "branin", OBJECTIVE_BRANIN, OBJECTIVE_BRANIN },
    { "rosenbrock", OBJECTIVE_ROSENBROCK, OBJECTIVE_ROSENBROCK },
    { "rastrigin", OBJECTIVE_RASTRIGIN, OBJECTIVE_RASTRIGIN },
    { "constant", OBJECTIVE_CONSTANT, OBJECTIVE_CONSTANT },
    { "none", OBJECTIVE_NONE, OBJECTIVE_NONE },
};

static const struct field objective_fields[] = {
    { .name = "metric", .kind = FIELD_TEXT, .at = FIELD_AT(struct objective_rule, metric) },
    { .name = "function",
      .kind = FIELD_ENUM,
      .at = FIELD_AT(struct objective_rule, function),
      FIELD_WORDS(function_words) },
    { .name = "raw", .kind = FIELD_BOOL, .at = FIELD_AT(struct objective_rule, is_raw) },
    { .name = "value", .kind = FIELD_DOUBLE, .at = FIELD_AT(struct objective_rule, value) },
    { .name = "noise", .kind = FIELD_DOUBLE, .at = FIELD_AT(struct objective_rule, noise) },
    { .name = "start",
      .kind = FIELD_DOUBLE,
      .at = FIELD_AT(struct objective_rule, start),
      .has_at = FIELD_AT(struct objective_rule, has_start) },
};

static void objective_check(struct fields *fields, const cJSON *node, void *record)
{
    const struct objective_rule *rule = record;

    fields_require(fields, node, "function");
    if (!(rule->noise >= 0))
        fields_fault(fields, node, "noise", "must be at least 0");
    if (rule->function == OBJECTIVE_CONSTANT && !fields_member(node, "value"))
        fields_fault(fields, node, "value", "is required of a constant");
}

static const struct message objective_message = { MESSAGE_FIELDS(objective_fields),
                                                  .size = sizeof(struct objective_rule),
                                                  .check = objective_check };

static const struct enum_word lookup_words[] = {
    { "EXACT", LOOKUP_EXACT, LOOKUP_EXACT },
    { "NEAREST", LOOKUP_NEAREST, LOOKUP_NEAREST },
};

static void check_parameters(struct fields *fields, const cJSON *node)
{
    size_t outer = fields_enter(fields, "parameters");
    const cJSON *member = NULL;

    if (fields_expect_object(fields, node)) {
        cJSON_ArrayForEach(member, node)
        {
            size_t here = fields_enter_key(fields, member->string);

            if (!cJSON_IsNumber(member) && !cJSON_IsString(member))
                fields_fault(fields, member, NULL, "expected a number or a text");
            fields_leave(fields, here);
        }
    }
    fields_leave(fields, outer);
}

static bool is_curve(const cJSON *node)
{
    const cJSON *item = NULL;

    if (!cJSON_IsArray(node) || !node->child || cJSON_GetArraySize(node) > SCRIPT_STEPS_MAX)
        return false;
    cJSON_ArrayForEach(item, node)
    {
        if (!cJSON_IsNumber(item) || !isfinite(item->valuedouble))
            return false;
    }
    return true;
}

static void check_metrics(struct fields *fields, const cJSON *node)
{
    size_t outer = fields_enter(fields, "metrics");
    const cJSON *member = NULL;

    if (fields_expect_object(fields, node)) {
        cJSON_ArrayForEach(member, node)
        {
            size_t here = fields_enter_key(fields, member->string);

            if (!cJSON_IsNumber(member) && !is_curve(member))
                fields_fault(fields, member, NULL,
                             "expected a number, or a list of 1 to %d: what is measured step by "
                             "step",
                             (int)SCRIPT_STEPS_MAX);
            fields_leave(fields, here);
        }
    }
    fields_leave(fields, outer);
}

/* The rows stay in the document; only their place is noted. */
static const struct field row_fields[] = {
    { .name = "parameters", .kind = FIELD_ANY },
    { .name = "metrics", .kind = FIELD_ANY },
};

static void row_check(struct fields *fields, const cJSON *node, void *record)
{
    struct table_row *row = record;

    row->parameters = fields_member(node, "parameters");
    row->metrics = fields_member(node, "metrics");
    fields_require(fields, node, "metrics");
    if (row->parameters)
        check_parameters(fields, row->parameters);
    if (row->metrics)
        check_metrics(fields, row->metrics);
}

static const struct message row_message = { MESSAGE_FIELDS(row_fields),
                                            .size = sizeof(struct table_row), .check = row_check };

static const struct field table_fields[] = {
    { .name = "lookup",
      .kind = FIELD_ENUM,
      .at = FIELD_AT(struct recorded_table, lookup),
      FIELD_WORDS(lookup_words) },
    { .name = "rows",
      .kind = FIELD_MESSAGES,
      .at = FIELD_AT(struct recorded_table, rows),
      .count_at = FIELD_AT(struct recorded_table, row_count),
      .message = &row_message },
};

static void table_check(struct fields *fields, const cJSON *node, void *record)
{
    const struct recorded_table *table = record;

    fields_require(fields, node, "rows");
    if (table->row_count > SCRIPT_ROWS_MAX)
        fields_fault(fields, node, "rows", "%zu rows; %d are the most", table->row_count,
                     (int)SCRIPT_ROWS_MAX);
}

static const struct message table_message = { MESSAGE_FIELDS(table_fields), .check = table_check };

static void read_ends(struct fields *fields, const cJSON *node, void *record)
{
    read_occasion(fields, node, &((struct trial_rule *)record)->ends);
}

static const struct enum_word outcome_words[] = {
    { "EXITED", OUTCOME_EXITED, OUTCOME_EXITED },
    { "KILLED", OUTCOME_KILLED, OUTCOME_KILLED },
    { "LOST", OUTCOME_LOST, OUTCOME_LOST },
    { "TIMED_OUT", OUTCOME_TIMED_OUT, OUTCOME_TIMED_OUT },
    { "OUT_OF_MEMORY", OUTCOME_OUT_OF_MEMORY, OUTCOME_OUT_OF_MEMORY },
    { "NOT_FOUND", OUTCOME_NOT_FOUND, OUTCOME_NOT_FOUND },
};

static const struct field trial_rule_fields[] = {
    { .name = "match",
      .kind = FIELD_MESSAGE,
      .at = FIELD_AT(struct trial_rule, match),
      .message = &trial_match_message },
    { .name = "ends", .kind = FIELD_CUSTOM, .read = read_ends },
    { .name = "outcome",
      .kind = FIELD_ENUM,
      .at = FIELD_AT(struct trial_rule, outcome),
      FIELD_WORDS(outcome_words) },
    { .name = "exitStatus", .kind = FIELD_INT32, .at = FIELD_AT(struct trial_rule, exit_status) },
    { .name = "message", .kind = FIELD_TEXT, .at = FIELD_AT(struct trial_rule, message) },
    { .name = "steps", .kind = FIELD_INT64, .at = FIELD_AT(struct trial_rule, steps) },
    { .name = "interval", .kind = FIELD_DURATION, .at = FIELD_AT(struct trial_rule, interval_us) },
    { .name = "stopAfter",
      .kind = FIELD_DURATION,
      .at = FIELD_AT(struct trial_rule, stop_after_us) },
    { .name = "objectives",
      .kind = FIELD_MESSAGES,
      .at = FIELD_AT(struct trial_rule, objectives),
      .count_at = FIELD_AT(struct trial_rule, objective_count),
      .message = &objective_message },
    { .name = "table",
      .kind = FIELD_MESSAGE,
      .at = FIELD_AT(struct trial_rule, table),
      .has_at = FIELD_AT(struct trial_rule, has_table),
      .message = &table_message },
};

static void trial_rule_check(struct fields *fields, const cJSON *node, void *record)
{
    struct trial_rule *rule = record;

    if (rule->steps < 0 || rule->steps > SCRIPT_STEPS_MAX)
        fields_fault(fields, node, "steps", "must be from 1 to %d", (int)SCRIPT_STEPS_MAX);
    if (rule->steps == 0)
        rule->steps = 1;
    if (rule->exit_status < 0 || rule->exit_status > 255)
        fields_fault(fields, node, "exitStatus", "must be from 0 to 255");
    if (rule->exit_status != 0 && rule->outcome != OUTCOME_EXITED)
        fields_fault(fields, node, "exitStatus", "goes with the outcome EXITED only");
}

static const struct message trial_rule_message = { MESSAGE_FIELDS(trial_rule_fields),
                                                   .size = sizeof(struct trial_rule),
                                                   .check = trial_rule_check };

static const struct field request_match_fields[] = {
    { .name = "method", .kind = FIELD_TEXT, .at = FIELD_AT(struct request_rule, method) },
    { .name = "path", .kind = FIELD_TEXT, .at = FIELD_AT(struct request_rule, path) },
};
static const struct message request_match_message = { MESSAGE_FIELDS(request_match_fields) };

static const struct field request_rule_fields[] = {
    { .name = "match", .kind = FIELD_MESSAGE, .at = FIELD_HERE, .message = &request_match_message },
    { .name = "code",
      .kind = FIELD_ENUM,
      .at = FIELD_AT(struct request_rule, code),
      FIELD_WORDS(code_words) },
    { .name = "message", .kind = FIELD_TEXT, .at = FIELD_AT(struct request_rule, message) },
    { .name = "first", .kind = FIELD_INT64, .at = FIELD_AT(struct request_rule, turns.first) },
    { .name = "every", .kind = FIELD_INT64, .at = FIELD_AT(struct request_rule, turns.every) },
    { .name = "delay", .kind = FIELD_DURATION, .at = FIELD_AT(struct request_rule, delay_us) },
    { .name = "pageSize", .kind = FIELD_INT64, .at = FIELD_AT(struct request_rule, page_size) },
};

static void request_rule_check(struct fields *fields, const cJSON *node, void *record)
{
    const struct request_rule *rule = record;

    turns_check(fields, node, &rule->turns);
    check_count(fields, node, "pageSize", rule->page_size);
    if (rule->delay_us > SCRIPT_DELAY_MAX_US)
        fields_fault(fields, node, "delay", "is real time, and at most 30s");
    if (rule->code == ASSAY_OK && rule->delay_us == 0 && rule->page_size == 0)
        fields_fault(fields, node, NULL, "does nothing: give a code, a delay or a pageSize");
}

static const struct message request_rule_message = { MESSAGE_FIELDS(request_rule_fields),
                                                     .size = sizeof(struct request_rule),
                                                     .check = request_rule_check };

static const struct field clock_fields[] = {
    { .name = "start", .kind = FIELD_TIME, .at = FIELD_AT(struct emulation_script, start_us) },
    { .name = "perRequest",
      .kind = FIELD_DURATION,
      .at = FIELD_AT(struct emulation_script, per_request_us) },
};
static const struct message clock_message = { MESSAGE_FIELDS(clock_fields) };

static void read_seed(struct fields *fields, const cJSON *node, void *record)
{
    static const struct field seed_field = { .name = "seed", .kind = FIELD_INT64, .at = 1 };
    struct emulation_script *script = record;
    int64_t seed = 0;

    field_value_read(fields, node, &seed_field, &seed);
    if (seed < 0)
        fields_fault(fields, node, NULL, "must be at least 0");
    script->seed = (uint64_t)seed;
    script->has_seed = true;
}

static const struct field script_fields[] = {
    { .name = "seed", .kind = FIELD_CUSTOM, .read = read_seed },
    { .name = "clock", .kind = FIELD_MESSAGE, .at = FIELD_HERE, .message = &clock_message },
    { .name = "jobs",
      .kind = FIELD_MESSAGES,
      .at = FIELD_AT(struct emulation_script, jobs),
      .count_at = FIELD_AT(struct emulation_script, job_count),
      .message = &job_rule_message },
    { .name = "trials",
      .kind = FIELD_MESSAGES,
      .at = FIELD_AT(struct emulation_script, trials),
      .count_at = FIELD_AT(struct emulation_script, trial_count),
      .message = &trial_rule_message },
    { .name = "requests",
      .kind = FIELD_MESSAGES,
      .at = FIELD_AT(struct emulation_script, requests),
      .count_at = FIELD_AT(struct emulation_script, request_count),
      .message = &request_rule_message },
};

static void check_rules(struct fields *fields, const cJSON *node, const char *name, size_t count)
{
    if (count > SCRIPT_RULES_MAX)
        fields_fault(fields, node, name, "%zu rules; %d are the most", count,
                     (int)SCRIPT_RULES_MAX);
}

static void script_check(struct fields *fields, const cJSON *node, void *record)
{
    const struct emulation_script *script = record;

    check_rules(fields, node, "jobs", script->job_count);
    check_rules(fields, node, "trials", script->trial_count);
    check_rules(fields, node, "requests", script->request_count);
}

static const struct message script_message = { MESSAGE_FIELDS(script_fields),
                                               .check = script_check };

/* A text without any content is a script that says nothing. */
static cJSON *read_document(const char *text, size_t size, struct assay_error *err)
{
    cJSON *document = document_read(text ? text : "{}", text ? size : 2, DOCUMENT_GUESS, err);

    if (!document || !cJSON_IsNull(document))
        return document;
    cJSON_Delete(document);
    document = cJSON_CreateObject();
    if (!document)
        (void)assay_fail_memory(err);
    return document;
}

/* "line 3, trials[0].steps: …; line 7, …": all of them in one line. */
static void list_faults(const struct assay_faults *faults, struct assay_error *err)
{
    size_t used = 0;

    err->message[0] = '\0';
    for (size_t i = 0; i < faults->stored && used < sizeof err->message; i++) {
        const struct assay_fault *fault = &faults->items[i];
        int size = snprintf(err->message + used, sizeof err->message - used, "%sline %d, %s: %s",
                            i ? "; " : "", fault->line, *fault->field ? fault->field : "the script",
                            fault->message);

        used += size > 0 ? (size_t)size : 0;
    }
}

struct emulation_script *emulation_script_read(const char *text, size_t size,
                                               struct assay_faults *faults, struct assay_error *err)
{
    struct fields *fields = calloc(1, sizeof *fields);
    struct emulation_script *script = calloc(1, sizeof *script);
    bool is_good = false;

    if (!fields || !script) {
        (void)assay_fail_memory(err);
        goto out;
    }
    script->document = read_document(text, size, err);
    if (!script->document)
        goto out;
    script->start_us = START_US;
    fields->faults = faults;
    fields_read(fields, script->document, &script_message, script);
    is_good = assay_faults_check(faults, err);
    if (fields->is_short_of_memory)
        is_good = assay_fail_memory(err);
    else if (!is_good && !faults->is_short_of_memory)
        list_faults(faults, err);
out:
    free(fields);
    if (is_good)
        return script;
    emulation_script_free(script);
    return NULL;
}

static void match_clear(struct job_match *match)
{
    free(match->display_name);
    free(match->collection);
}

static void trial_rule_clear(struct trial_rule *rule)
{
    match_clear(&rule->match);
    free(rule->message);
    for (size_t i = 0; i < rule->objective_count; i++)
        free(rule->objectives[i].metric);
    free(rule->objectives);
    free(rule->table.rows);
}

void emulation_script_free(struct emulation_script *script)
{
    if (!script)
        return;
    for (size_t i = 0; i < script->job_count; i++) {
        match_clear(&script->jobs[i].match);
        free(script->jobs[i].refuse.message);
        free(script->jobs[i].fail.message);
    }
    for (size_t i = 0; i < script->trial_count; i++)
        trial_rule_clear(&script->trials[i]);
    for (size_t i = 0; i < script->request_count; i++) {
        free(script->requests[i].method);
        free(script->requests[i].path);
        free(script->requests[i].message);
    }
    free(script->jobs);
    free(script->trials);
    free(script->requests);
    cJSON_Delete(script->document);
    free(script);
}

bool emulation_script_is_match(const char *glob, const char *text)
{
    return !glob || fnmatch(glob, text, 0) == 0;
}

static bool is_match(const struct job_match *match, const char *display_name,
                     const char *collection)
{
    return emulation_script_is_match(match->display_name, display_name) &&
           emulation_script_is_match(match->collection, collection);
}

size_t emulation_script_job_rule(const struct emulation_script *script, const char *display_name,
                                 const char *collection)
{
    size_t i = 0;

    while (i < script->job_count && !is_match(&script->jobs[i].match, display_name, collection))
        i++;
    return i;
}

size_t emulation_script_trial_rule(const struct emulation_script *script, const char *display_name,
                                   const char *collection, int64_t trial, int attempt)
{
    for (size_t i = 0; i < script->trial_count; i++) {
        const struct job_match *match = &script->trials[i].match;

        if (is_match(match, display_name, collection) &&
            (match->trial == 0 || match->trial == trial) &&
            (match->attempt == 0 || match->attempt == attempt))
            return i;
    }
    return script->trial_count;
}
