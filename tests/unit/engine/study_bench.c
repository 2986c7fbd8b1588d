#include "study_bench.h"

#include "engine/spec/study_resource.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct job_spec *read_study(const char *document)
{
    struct assay_error err = { 0 };
    struct assay_faults faults = { 0 };
    cJSON *root = json_read(document, strlen(document), &err);
    struct job_spec *spec = root ? study_resource_from_json(root, &faults, &err) : NULL;

    cr_assert(spec != NULL, "%s", err.message);
    assay_faults_clear(&faults);
    cJSON_Delete(root);
    return spec;
}

static struct answer read_answer(const struct request *request, const struct study_request *study)
{
    struct answer answer = { .code = request->is_ok ? ASSAY_OK : request->err.code,
                             .is_answered = request->is_answered };

    (void)snprintf(answer.message, sizeof answer.message, "%.255s", request->err.message);
    if (!study)
        return answer;
    answer.trial = study->trial;
    answer.operation = study->operation;
    answer.state = study->state;
    answer.should_stop = study->should_stop;
    answer.count = study->trial_count;
    cr_assert(le(sz, answer.count, STUDY_TRIALS));
    if (answer.count)
        memcpy(answer.trials, study->trials, answer.count * sizeof *answer.trials);
    return answer;
}

static struct answer submit(struct bench *bench, const char *document, const char *name,
                            const char *parent, int64_t *job)
{
    struct job_row row = make_row(0, document);
    struct request request = { .kind = REQUEST_SUBMIT, .row = &row, .spec = read_study(document) };
    struct answer answer;

    row.kind = JOB_STUDY;
    free(row.display_name);
    row.display_name = strdup(name);
    row.parent = strdup(parent);
    bench_put_request(bench, &request);
    bench_commit(bench);
    answer = read_answer(&request, NULL);
    job_row_clear(&row);
    *job = request.job;
    return answer;
}

static char *make_study(const char *algorithm, const char *study)
{
    char *document = NULL;

    cr_assert(
        ge(int,
           asprintf(&document,
                    "{\"displayName\":\"s\",\"studySpec\":{"
                    "\"metrics\":[{\"metricId\":\"m0\",\"goal\":\"MINIMIZE\"}],\"parameters\":["
                    "{\"parameterId\":\"a\",\"integerValueSpec\":{\"minValue\":1,\"maxValue\":9}},"
                    "{\"parameterId\":\"c\",\"categoricalValueSpec\":{\"values\":[\"x\",\"y\"]}}]"
                    "%s},\"assay\":{\"seed\":7,\"algorithm\":\"%s\"}}",
                    study, algorithm),
           0));
    return document;
}

int64_t study_submit(struct bench *bench, const char *algorithm, const char *study)
{
    char *document = make_study(algorithm, study);
    int64_t job = 0;
    struct answer answer = submit(bench, document, "s", "projects/p/locations/l", &job);

    free(document);
    cr_assert(eq(int, answer.code, ASSAY_OK), "%s", answer.message);
    return job;
}

struct answer study_try_submit(struct bench *bench, const char *name, const char *parent)
{
    char *document = make_study("random", "");
    int64_t job = 0;
    struct answer answer = submit(bench, document, name, parent, &job);

    free(document);
    return answer;
}

/* In a batch of its own, which answers it. */
static struct answer ask(struct bench *bench, int64_t job, enum request_kind kind,
                         struct study_request *study)
{
    struct request request = { .kind = kind, .job = job, .study = study };
    struct answer answer;

    bench_put_request(bench, &request);
    bench_commit(bench);
    cr_assert(request.is_answered);
    answer = read_answer(&request, study);
    free(study->trials);
    study->trials = NULL;
    return answer;
}

struct answer study_suggest(struct bench *bench, int64_t study, const char *client, size_t count)
{
    return ask(bench, study, REQUEST_SUGGEST,
               &(struct study_request){ .client = client, .count = count });
}

struct answer study_suggest_in(struct bench *bench, int64_t study, const char *client, size_t count,
                               const double *contexts)
{
    return ask(bench, study, REQUEST_SUGGEST,
               &(struct study_request){ .client = client, .count = count, .contexts = contexts });
}

struct answer study_measure(struct bench *bench, int64_t study, int64_t trial, int64_t step,
                            double value)
{
    return ask(
        bench, study, REQUEST_TRIAL_MEASURE,
        &(struct study_request){ .trial = trial,
                                 .final = { .step = step, .elapsed_us = step, .values = &value } });
}

struct answer study_complete(struct bench *bench, int64_t study, int64_t trial, double value)
{
    struct study_request ask_to = { .trial = trial };

    if (!isnan(value))
        ask_to.final = (struct study_measurement){ .step = 1, .values = &value };
    return ask(bench, study, REQUEST_TRIAL_COMPLETE, &ask_to);
}

struct answer study_fail(struct bench *bench, int64_t study, int64_t trial, const char *reason)
{
    return ask(bench, study, REQUEST_TRIAL_COMPLETE,
               &(struct study_request){ .trial = trial, .is_infeasible = true, .reason = reason });
}

struct answer study_create(struct bench *bench, int64_t study, double a, double c, double value)
{
    double point[] = { a, c };
    struct study_request ask_to = { .point = point };

    if (!isnan(value))
        ask_to.final = (struct study_measurement){ .step = 1, .values = &value };
    return ask(bench, study, REQUEST_TRIAL_CREATE, &ask_to);
}

struct answer study_ask(struct bench *bench, int64_t study, enum request_kind kind, int64_t trial)
{
    return ask(bench, study, kind, &(struct study_request){ .trial = trial });
}

void study_put_suggest(struct bench *bench, struct suggest_call *call, int64_t study,
                       const char *client, size_t count)
{
    study_put_suggest_in(bench, call, study, client, count, NULL);
}

void study_put_suggest_in(struct bench *bench, struct suggest_call *call, int64_t study,
                          const char *client, size_t count, const double *contexts)
{
    *call = (struct suggest_call){
        .request = { .kind = REQUEST_SUGGEST, .job = study },
        .study = { .client = client, .count = count, .contexts = contexts },
    };
    call->request.study = &call->study;
    bench_put_request(bench, &call->request);
}

struct answer study_take(struct suggest_call *call)
{
    struct answer answer = read_answer(&call->request, &call->study);

    free(call->study.trials);
    call->study.trials = NULL;
    return answer;
}
