#include "engine/api/window/trial_fields.h"

#include <math.h>
#include <stdlib.h>

/* Metrics and parameters have ids of their own: a base, and their index. */
enum field_id {
    FIELD_NUMBER,
    FIELD_STATE,
    FIELD_START,
    FIELD_END,
    FIELD_DURATION_S,
    FIELD_END_ORDER,
    FIELD_ATTEMPT,
    FIELD_FAILURE,
    FIELD_METRICS = 1 << 16,
    FIELD_PARAMETERS = 1 << 20,
};

static const struct enum_word states[] = {
    { "REQUESTED", 1, TRIAL_REQUESTED },   { "ACTIVE", 2, TRIAL_ACTIVE },
    { "STOPPING", 3, TRIAL_STOPPING },     { "SUCCEEDED", 4, TRIAL_SUCCEEDED },
    { "INFEASIBLE", 5, TRIAL_INFEASIBLE },
};

static const struct enum_word failures[] = {
    { "user_error", 1, FAILURE_USER_ERROR }, { "no_metric", 2, FAILURE_NO_METRIC },
    { "timeout", 3, FAILURE_TIMEOUT },       { "out_of_memory", 4, FAILURE_OUT_OF_MEMORY },
    { "not_found", 5, FAILURE_NOT_FOUND },   { "stopped", 6, FAILURE_STOPPED },
    { "cancelled", 7, FAILURE_CANCELLED },   { "lost", 8, FAILURE_LOST },
};

enum { ANY_ORDER = FILTER_ORDER | FILTER_HAS, ANY_NAME = FILTER_SAME | FILTER_HAS };

/* The last two are the groups. */
static const struct filter_field plain_fields[] = {
    { "number", FILTER_NUMBER, ANY_ORDER, FIELD_NUMBER, .words = NULL },
    { "state", FILTER_ENUM, FILTER_SAME, FIELD_STATE, FIELD_WORDS(states) },
    { "start_time", FILTER_TIME, FILTER_ORDER, FIELD_START, .words = NULL },
    { "end_time", FILTER_TIME, FILTER_ORDER, FIELD_END, .words = NULL },
    { "duration", FILTER_NUMBER, ANY_ORDER, FIELD_DURATION_S, .words = NULL },
    { "end_order", FILTER_NUMBER, ANY_ORDER, FIELD_END_ORDER, .words = NULL },
    { "attempt", FILTER_NUMBER, ANY_ORDER, FIELD_ATTEMPT, .words = NULL },
    { "failure", FILTER_ENUM, FILTER_SAME, FIELD_FAILURE, FIELD_WORDS(failures) },
    { "metrics", FILTER_GROUP, 0, FIELD_METRICS, .words = NULL },
    { "parameters", FILTER_GROUP, 0, FIELD_PARAMETERS, .words = NULL },
};

enum { PLAIN_COUNT = sizeof plain_fields / sizeof plain_fields[0] };

/* With the tables that it points to. */
struct own_fields {
    struct trial_fields fields;
    struct filter_field items[PLAIN_COUNT];
    struct filter_field members[];
};

struct trial_fields *trial_fields_new(const struct job_spec *spec)
{
    const struct search_space *space = spec->study.space;
    size_t metric_count = spec->study.metric_count;
    size_t param_count = space ? space->param_count : 0;
    struct own_fields *own =
        calloc(1, sizeof *own + (metric_count + param_count) * sizeof own->members[0]);

    if (!own)
        return NULL;
    for (size_t i = 0; i < PLAIN_COUNT; i++)
        own->items[i] = plain_fields[i];
    for (size_t i = 0; i < metric_count; i++)
        own->members[i] = (struct filter_field){ .name = spec->study.metrics[i].id,
                                                 .kind = FILTER_NUMBER,
                                                 .comparators = ANY_ORDER,
                                                 .id = FIELD_METRICS + (int)i };
    for (size_t i = 0; i < param_count; i++) {
        bool is_name = space->params[i].type == PARAM_CATEGORICAL;

        own->members[metric_count + i] =
            (struct filter_field){ .name = space->params[i].id,
                                   .kind = is_name ? FILTER_NAME : FILTER_NUMBER,
                                   .comparators = is_name ? ANY_NAME : ANY_ORDER,
                                   .id = FIELD_PARAMETERS + (int)i };
    }
    own->items[PLAIN_COUNT - 2].members = own->members;
    own->items[PLAIN_COUNT - 2].member_count = metric_count;
    own->items[PLAIN_COUNT - 1].members = own->members + metric_count;
    own->items[PLAIN_COUNT - 1].member_count = param_count;
    own->fields = (struct trial_fields){ .items = own->items, .count = PLAIN_COUNT, .spec = spec };
    return &own->fields;
}

void trial_fields_free(struct trial_fields *fields)
{
    free(fields); /* the first member of what was allocated */
}

bool trial_field_is_number(int id)
{
    return id == FIELD_NUMBER;
}

static double parameter_of(const struct trial_fields *fields, const struct trial_row *row,
                           size_t index)
{
    bool is_there = index < row->point_count &&
                    search_space_is_active(fields->spec->study.space, row->point, index);

    return is_there ? row->point[index] : (double)NAN;
}

static double positive(int64_t number)
{
    return number > 0 ? (double)number : (double)NAN;
}

double trial_field_key(const struct trial_fields *fields, const struct trial_row *row, int id)
{
    if (id >= FIELD_PARAMETERS)
        return parameter_of(fields, row, (size_t)(id - FIELD_PARAMETERS));
    if (id >= FIELD_METRICS) {
        size_t index = (size_t)(id - FIELD_METRICS);

        return row->values && index < row->value_count ? row->values[index] : (double)NAN;
    }
    switch (id) {
    case FIELD_STATE:
        return row->state;
    case FIELD_START:
        return positive(row->start_us);
    case FIELD_END:
        return positive(row->end_us);
    case FIELD_DURATION_S:
        return row->start_us > 0 && row->end_us > 0 ? (double)(row->end_us - row->start_us) / 1e6
                                                    : (double)NAN;
    case FIELD_END_ORDER:
        return positive(row->end_order);
    case FIELD_ATTEMPT:
        return row->attempt;
    case FIELD_FAILURE:
        return positive(row->failure);
    default:
        return (double)row->number;
    }
}

bool trial_field_get(const void *asked_, int id, const char *key, struct filter_value *value)
{
    const struct trial_asked *asked = asked_;
    double number = trial_field_key(asked->fields, asked->row, id);

    (void)key; /* there are no maps */
    if (isnan(number))
        return false;
    value->real = number;
    if (id < FIELD_METRICS) {
        value->number = (int64_t)number; /* of states, failures and times */
    } else if (id >= FIELD_PARAMETERS) {
        const struct param_spec *param =
            &asked->fields->spec->study.space->params[id - FIELD_PARAMETERS];

        if (param->type == PARAM_CATEGORICAL)
            value->text = param->categories[(size_t)number];
    }
    return true;
}
