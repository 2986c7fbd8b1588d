#include "engine/study/study_line.h"

#include "assay.h"

#include <stdlib.h>

/* Objects are left to those who know the study's names. */
static void keep_object(struct fields *fields, const cJSON *node, const cJSON **to)
{
    if (fields_expect_object(fields, node))
        *to = node;
}

static void read_parameters(struct fields *fields, const cJSON *node, void *record)
{
    keep_object(fields, node, &((struct study_entry *)record)->parameters);
}

static void read_metrics(struct fields *fields, const cJSON *node, void *record)
{
    keep_object(fields, node, &((struct study_entry *)record)->metrics);
}

static void read_infeasible(struct fields *fields, const cJSON *node, void *record)
{
    ((struct study_entry *)record)->infeasible = fields_text(fields, node);
}

static void read_why(struct fields *fields, const cJSON *node, void *record)
{
    keep_object(fields, node, &((struct study_entry *)record)->why);
}

static void read_report_metrics(struct fields *fields, const cJSON *node, void *record)
{
    keep_object(fields, node, &((struct study_report *)record)->metrics);
}

static void read_study(struct fields *fields, const cJSON *node, void *record)
{
    (void)fields;
    ((struct study_line *)record)->study = node;
}

#define ENTRY_ID                                                                                   \
    {                                                                                              \
        .name = "id", .kind = FIELD_INT64, .at = FIELD_AT(struct study_entry, id),                 \
        .has_at = FIELD_AT(struct study_entry, has_id)                                             \
    }
#define ENTRY_PARAMETERS                                                                           \
    {                                                                                              \
        .name = "parameters", .kind = FIELD_CUSTOM, .read = read_parameters                        \
    }
#define ENTRY_METRICS                                                                              \
    {                                                                                              \
        .name = "metrics", .kind = FIELD_CUSTOM, .oneof = "end", .read = read_metrics              \
    }
#define ENTRY_INFEASIBLE                                                                           \
    {                                                                                              \
        .name = "infeasible", .kind = FIELD_CUSTOM, .oneof = "end", .read = read_infeasible        \
    }

static const struct field told_fields[] = { ENTRY_ID, ENTRY_METRICS, ENTRY_INFEASIBLE,
                                            ENTRY_PARAMETERS };

static void told_check(struct fields *fields, const cJSON *node, void *record)
{
    bool has_id = fields_member(node, "id") != NULL;
    bool has_parameters = fields_member(node, "parameters") != NULL;

    (void)record;
    if (!cJSON_IsObject(node))
        return;
    if (!has_id && !has_parameters)
        fields_fault(fields, node, NULL,
                     "needs the id of a trial that was asked for, or the parameters of one that "
                     "was not");
    if (has_id && has_parameters)
        fields_fault(fields, node, "parameters",
                     "are for a trial that was not asked for, which is given its id; give one of "
                     "the two");
    if (!has_id && !fields_member(node, "metrics") && !fields_member(node, "infeasible"))
        fields_fault(fields, node, "metrics", "is required");
}

static const struct message told_message = { MESSAGE_FIELDS(told_fields),
                                             .size = sizeof(struct study_entry),
                                             .check = told_check };

static const struct field measure_fields[] = {
    { .name = "id",
      .kind = FIELD_INT64,
      .at = FIELD_AT(struct study_report, id),
      .has_at = FIELD_AT(struct study_report, has_id) },
    { .name = "step", .kind = FIELD_INT64, .at = FIELD_AT(struct study_report, step) },
    { .name = "elapsedDuration",
      .kind = FIELD_DURATION,
      .at = FIELD_AT(struct study_report, elapsed_us) },
    { .name = "metrics", .kind = FIELD_CUSTOM, .read = read_report_metrics },
};

static void measure_check(struct fields *fields, const cJSON *node, void *record)
{
    const struct study_report *report = record;

    fields_require(fields, node, "id");
    fields_require(fields, node, "metrics");
    if (report->step < 0)
        fields_fault(fields, node, "step", "must be at least 0");
}

static const struct message measure_message = { MESSAGE_FIELDS(measure_fields),
                                                .check = measure_check };

static const struct field line_fields[] = {
    { .name = "study", .kind = FIELD_CUSTOM, .read = read_study },
    { .name = "ask",
      .kind = FIELD_INT64,
      .at = FIELD_AT(struct study_line, ask),
      .has_at = FIELD_AT(struct study_line, has_ask) },
    { .name = "tell",
      .kind = FIELD_MESSAGES,
      .at = FIELD_AT(struct study_line, told),
      .has_at = FIELD_AT(struct study_line, has_tell),
      .count_at = FIELD_AT(struct study_line, told_count),
      .message = &told_message },
    { .name = "measure",
      .kind = FIELD_MESSAGE,
      .at = FIELD_AT(struct study_line, measure),
      .has_at = FIELD_AT(struct study_line, has_measure),
      .message = &measure_message },
    { .name = "pending", .kind = FIELD_BOOL, .at = FIELD_AT(struct study_line, wants_pending) },
    { .name = "best", .kind = FIELD_BOOL, .at = FIELD_AT(struct study_line, wants_best) },
    { .name = "explain",
      .kind = FIELD_INT64,
      .at = FIELD_AT(struct study_line, explain),
      .has_at = FIELD_AT(struct study_line, has_explain) },
};

/* One thing a line, but that what was told and what comes next may share one. */
static void line_check(struct fields *fields, const cJSON *node, void *record)
{
    const struct study_line *line = record;
    int count = (line->study != NULL) + (line->has_ask || line->has_tell) + line->has_measure +
                line->wants_pending + line->wants_best + line->has_explain;

    if (fields->faults->count > 0)
        return; /* the member that was meant may be among them */
    if (count == 0)
        fields_fault(fields, node, NULL,
                     "nothing is asked; a line has study, ask, tell, measure, pending, best or "
                     "explain");
    if (count > 1)
        fields_fault(fields, node, NULL, "only tell and ask may stand in one line");
    if (line->has_ask && (line->ask < 1 || line->ask > ASSAY_STUDY_ASK_MAX))
        fields_fault(fields, node, "ask", "%lld is not between 1 and %d", (long long)line->ask,
                     ASSAY_STUDY_ASK_MAX);
}

static const struct message line_message = { MESSAGE_FIELDS(line_fields), .check = line_check };

/* A journal has been through all that already; what is wrong with it shows when it is applied. */
static const struct field asked_event_fields[] = {
    ENTRY_ID,
    ENTRY_PARAMETERS,
    { .name = "why", .kind = FIELD_CUSTOM, .read = read_why },
};

static const struct message asked_event_message = { MESSAGE_FIELDS(asked_event_fields),
                                                    .size = sizeof(struct study_entry) };

static const struct field told_event_fields[] = {
    ENTRY_ID,
    ENTRY_METRICS,
    ENTRY_INFEASIBLE,
    ENTRY_PARAMETERS,
    { .name = "progress", .kind = FIELD_DOUBLE, .at = FIELD_AT(struct study_entry, progress) },
};

static const struct message told_event_message = { MESSAGE_FIELDS(told_event_fields),
                                                   .size = sizeof(struct study_entry) };

static const struct field stop_fields[] = {
    { .name = "stop", .kind = FIELD_BOOL, .at = FIELD_AT(struct study_report, should_stop) },
};

static const struct message measure_event_message = { MESSAGE_FIELDS(stop_fields),
                                                      .also = &measure_message };

static const struct field event_fields[] = {
    { .name = "ask",
      .kind = FIELD_MESSAGES,
      .at = FIELD_AT(struct study_line, asked),
      .has_at = FIELD_AT(struct study_line, has_ask),
      .count_at = FIELD_AT(struct study_line, asked_count),
      .message = &asked_event_message },
    { .name = "tell",
      .kind = FIELD_MESSAGES,
      .at = FIELD_AT(struct study_line, told),
      .has_at = FIELD_AT(struct study_line, has_tell),
      .count_at = FIELD_AT(struct study_line, told_count),
      .message = &told_event_message },
    { .name = "measure",
      .kind = FIELD_MESSAGE,
      .at = FIELD_AT(struct study_line, measure),
      .has_at = FIELD_AT(struct study_line, has_measure),
      .message = &measure_event_message },
};

static const struct message event_message = { MESSAGE_FIELDS(event_fields) };

static bool read_line(struct fields *fields, const cJSON *root, const struct message *message,
                      struct study_line *line)
{
    *line = (struct study_line){ 0 };
    fields->is_short_of_memory = false;
    fields_leave(fields, 0);
    fields_read(fields, root, message, line);
    return fields->faults->count == 0 && !fields->is_short_of_memory;
}

bool study_line_read(struct fields *fields, const cJSON *root, struct study_line *line)
{
    return read_line(fields, root, &line_message, line);
}

bool study_line_read_event(struct fields *fields, const cJSON *root, struct study_line *line)
{
    return read_line(fields, root, &event_message, line);
}

void study_line_clear(struct study_line *line)
{
    free(line->asked);
    free(line->told);
    *line = (struct study_line){ 0 };
}
