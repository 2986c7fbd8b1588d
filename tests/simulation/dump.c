#include "tests/simulation/dump.h"

#include "metrics/metric_reader.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

struct dump {
    FILE *out;
    struct store *store;
    int64_t *trials;
    int *attempts;
    size_t count;
};

static void must(bool is_ok)
{
    if (!is_ok)
        abort();
}

static void write_doubles(FILE *out, const char *name, const double *values, size_t count)
{
    (void)fprintf(out, " %s", name);
    for (size_t i = 0; values && i < count; i++)
        (void)fprintf(out, " %a", values[i]);
}

static bool write_trial(void *context, const struct trial_row *row)
{
    struct dump *dump = context;

    (void)fprintf(dump->out,
                  "trial %" PRId64 " state %d attempt %d failure %d times %" PRId64 " %" PRId64
                  " order %" PRId64 " step %" PRId64 " elapsed %" PRId64,
                  row->number, row->state, row->attempt, row->failure, row->start_us, row->end_us,
                  row->end_order, row->step, row->elapsed_us);
    write_doubles(dump->out, "point", row->point, row->point_count);
    write_doubles(dump->out, row->values ? "final" : "none", row->values, row->value_count);
    (void)fprintf(dump->out, " reason %s\n", row->reason ? row->reason : "-");
    dump->trials = realloc(dump->trials, (dump->count + 1) * sizeof *dump->trials);
    dump->attempts = realloc(dump->attempts, (dump->count + 1) * sizeof *dump->attempts);
    must(dump->trials && dump->attempts);
    dump->attempts[dump->count] = row->attempt;
    dump->trials[dump->count++] = store_trial_id(row->job, row->number);
    return true;
}

static bool write_measurement(void *context, const struct measurement_row *row)
{
    struct dump *dump = context;

    (void)fprintf(dump->out, "measurement %" PRId64 " %" PRId64 " step %" PRId64 " at %" PRId64,
                  row->trial_id % STORE_TRIALS_MAX, row->index, row->step, row->elapsed_us);
    write_doubles(dump->out, "", row->values, row->value_count);
    (void)fputc('\n', dump->out);
    return true;
}

static bool write_suggestion(void *context, int64_t number, const double *numbers, size_t count)
{
    struct dump *dump = context;

    (void)fprintf(dump->out, "suggested %" PRId64, number);
    write_doubles(dump->out, "by", numbers, count);
    (void)fputc('\n', dump->out);
    return true;
}

static void write_job(FILE *out, const struct job_row *row)
{
    (void)fprintf(out,
                  "job state %d closing %d seed %" PRIu64 " times %" PRId64 " %" PRId64 " %" PRId64
                  " %" PRId64 " best %" PRId64 " code %d message %s model %s note %s\n",
                  row->state, row->closing, row->seed, row->create_us, row->start_us, row->end_us,
                  row->update_us, row->best_trial, row->error_code, row->error_message,
                  row->model_dir, row->note);
}

char *dump_job(struct store *store, int64_t job)
{
    char *text = NULL;
    size_t size = 0;
    struct dump dump = { .store = store, .out = open_memstream(&text, &size) };
    struct job_row row = { 0 };
    struct trial_query query = { .job = job };
    struct assay_error err = { 0 };
    struct metric_mark mark;

    must(dump.out != NULL);
    if (store_job_get(store, job, &row, &err))
        write_job(dump.out, &row);
    else
        must(err.code == ASSAY_NOT_FOUND);
    must(store_trial_each(store, &query, write_trial, &dump, &err));
    for (size_t i = 0; i < dump.count; i++) {
        must(store_measurement_each(store, dump.trials[i], write_measurement, &dump, &err));
        if (store_mark_get(store, dump.trials[i], dump.attempts[i], &mark, sizeof mark, &err))
            (void)fprintf(dump.out, "mark %" PRIu64 "\n", mark.file_offset);
    }
    must(store_suggestion_each(store, job, 1, STORE_TRIALS_MAX - 1, write_suggestion, &dump, &err));
    must(fclose(dump.out) == 0);
    job_row_clear(&row);
    free(dump.trials);
    free(dump.attempts);
    return text;
}
