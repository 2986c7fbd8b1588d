#include "engine/life/job_budget.h"

#include "engine/spec/fields.h"
#include "engine/spec/job_document.h"
#include "engine/store/steering_rows.h"

#include <stdlib.h>
#include <string.h>

struct job_budget job_budget_of(const struct job_spec *spec)
{
    return (struct job_budget){ .max_trial_count = spec->max_trial_count,
                                .parallel_trial_count = spec->parallel_trial_count,
                                .max_failed_trial_count = spec->max_failed_trial_count };
}

static bool check_range(const char *field, int64_t value, int64_t least, int64_t most,
                        struct assay_error *err)
{
    if (value < least)
        return assay_fail(err, ASSAY_INVALID, field, "%s must be at least %lld", field,
                          (long long)least);
    return value <= most ||
           assay_fail(err, ASSAY_INVALID, field, "%s: %lld is too many; %lld are the most", field,
                      (long long)value, (long long)most);
}

bool job_budget_check(const struct job_budget *budget, const struct tuning_job *life,
                      struct assay_error *err)
{
    bool is_other = budget->max_failed_trial_count != life->spec->max_failed_trial_count;

    if (!check_range("max_trial_count", budget->max_trial_count, 1, JOB_TRIALS_MAX, err) ||
        !check_range("parallel_trial_count", budget->parallel_trial_count, 1, JOB_PARALLEL_MAX,
                     err))
        return false;
    if (budget->max_trial_count < life->created)
        return assay_fail(err, ASSAY_INVALID, "max_trial_count",
                          "max_trial_count %lld is below the %lld trials that were made already",
                          (long long)budget->max_trial_count, (long long)life->created);
    if (budget->max_failed_trial_count > budget->max_trial_count)
        return assay_fail(err, ASSAY_INVALID, "max_failed_trial_count",
                          "max_failed_trial_count %lld is above max_trial_count, %lld",
                          (long long)budget->max_failed_trial_count,
                          (long long)budget->max_trial_count);
    if (budget->max_failed_trial_count < 0)
        return assay_fail(err, ASSAY_INVALID, "max_failed_trial_count", "must be at least 0");
    if (is_other && budget->max_failed_trial_count > 0 &&
        budget->max_failed_trial_count <= life->failed)
        return assay_fail(err, ASSAY_INVALID, "max_failed_trial_count",
                          "%lld trials have failed already: max_failed_trial_count must be above "
                          "that",
                          (long long)life->failed);
    return true;
}

/* What is 0 and absent stays absent, as in answers. */
static bool write_count(cJSON *root, const char *name, int64_t count, struct assay_error *err)
{
    char value[32];
    struct document_override override = { .path = name, .value = value };

    (void)snprintf(value, sizeof value, "%lld", (long long)count);
    return (count == 0 && !fields_member(root, name)) || document_override(root, &override, err);
}

char *job_budget_write(const struct job_budget *budget, const char *document,
                       struct assay_error *err)
{
    cJSON *root = json_read(document, strlen(document), err);
    char *text = NULL;

    if (root && write_count(root, "maxTrialCount", budget->max_trial_count, err) &&
        write_count(root, "parallelTrialCount", budget->parallel_trial_count, err) &&
        write_count(root, "maxFailedTrialCount", budget->max_failed_trial_count, err)) {
        text = json_text(root, 0);
        if (!text)
            (void)assay_fail_memory(err);
    }
    cJSON_Delete(root);
    return text;
}

struct budgets {
    int64_t count;
    struct budget_row first;
};

static bool note_budget(void *context, const struct budget_row *row)
{
    struct budgets *budgets = context;

    if (budgets->count == 0)
        budgets->first = *row;
    budgets->count++;
    return true;
}

static bool put(struct store *store, int64_t job, int64_t number, int64_t time_us, int64_t created,
                const struct job_budget *budget, struct assay_error *err)
{
    struct budget_row row = { .job = job,
                              .number = number,
                              .time_us = time_us,
                              .created = created,
                              .max_trial_count = budget->max_trial_count,
                              .parallel_trial_count = budget->parallel_trial_count,
                              .max_failed_trial_count = budget->max_failed_trial_count };

    return store_budget_put(store, &row, err);
}

bool job_budget_change(const struct job_budget *budget, struct store *store, struct job_row *row,
                       struct job_spec *spec, int64_t created, int64_t now_us,
                       struct assay_error *err)
{
    struct job_budget before = job_budget_of(spec);
    struct budgets budgets = { 0 };
    char *document = job_budget_write(budget, row->document, err);
    bool is_ok = document && store_budget_each(store, row->id, note_budget, &budgets, err);

    if (is_ok && budgets.count == 0) {
        is_ok = put(store, row->id, budgets.count++, row->create_us, 0, &before, err);
        spec->first_trial_count = before.max_trial_count;
        spec->first_parallel_count = before.parallel_trial_count;
    }
    is_ok = is_ok && put(store, row->id, budgets.count, now_us, created, budget, err) &&
            store_job_set_document(store, row->id, document, err);
    if (!is_ok) {
        free(document);
        return false;
    }
    free(row->document);
    row->document = document;
    spec->max_trial_count = budget->max_trial_count;
    spec->parallel_trial_count = budget->parallel_trial_count;
    spec->max_failed_trial_count = budget->max_failed_trial_count;
    return true;
}

bool job_budget_load_first(struct store *store, int64_t job, struct job_spec *spec,
                           struct assay_error *err)
{
    struct budgets budgets = { 0 };

    if (spec->kind != JOB_TUNING)
        return true;
    if (!store_budget_each(store, job, note_budget, &budgets, err))
        return false;
    spec->first_trial_count = budgets.first.max_trial_count;
    spec->first_parallel_count = budgets.first.parallel_trial_count;
    return true;
}
