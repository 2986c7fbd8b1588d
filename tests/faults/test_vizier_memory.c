/*
 * Every allocation of the controller fails in turn while a study of VizierService is at work: a
 * request is refused with a reason or the engine breaks with one, nothing leaks, and the next
 * engine goes on from what was answered.
 */

#include "tests/faults/failing_memory.h"
#include "tests/unit/engine/study_bench.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdlib.h>
#include <string.h>

TestSuite(vizier_memory, .init = failing_memory_install);

/* False once the engine is broken. */
static bool ask(struct bench *bench, struct failing_memory *memory, int64_t job,
                enum request_kind kind, struct study_request *study)
{
    struct request request = { .kind = kind, .job = job, .study = study };
    struct event event = { .kind = EVENT_REQUEST, .request = &request };
    struct assay_error why = { 0 };
    bool is_working = false;

    memory->armed = 1;
    (void)controller_begin(bench->controller);
    controller_handle(bench->controller, &event);
    is_working = controller_commit(bench->controller, NULL, &why);
    memory->armed = 0;
    cr_assert(request.is_answered);
    cr_assert(request.is_ok || request.err.code != ASSAY_OK, "a failure without a word");
    cr_assert(is_working || why.code != ASSAY_OK);
    free(study->trials);
    return is_working;
}

/* A little of everything. */
static void work(struct bench *bench, struct failing_memory *memory, int64_t job)
{
    double value = 0.5;
    double point[] = { 3, 1 };
    struct study_measurement early = { .step = 1, .values = &value };
    struct study_measurement late = { .step = 2, .values = &value };
    bool is_working =
        ask(bench, memory, job, REQUEST_TRIAL_CREATE, &(struct study_request){ .point = point }) &&
        ask(bench, memory, job, REQUEST_TRIAL_CREATE,
            &(struct study_request){
                .point = point, .final = late, .measurements = &early, .measurement_count = 1 });

    for (int64_t trial = 1; is_working && trial <= 5; trial++) {
        if (trial == 2)
            continue; /* it has succeeded */
        is_working = ask(bench, memory, job, REQUEST_SUGGEST,
                         &(struct study_request){ .client = "w", .count = 1 }) &&
                     ask(bench, memory, job, REQUEST_TRIAL_MEASURE,
                         &(struct study_request){ .trial = trial, .final = late }) &&
                     ask(bench, memory, job, REQUEST_TRIAL_MEASURE,
                         &(struct study_request){ .trial = trial, .final = early }) &&
                     ask(bench, memory, job, REQUEST_TRIAL_CHECK,
                         &(struct study_request){ .trial = trial }) &&
                     ask(bench, memory, job, REQUEST_TRIAL_COMPLETE,
                         &(struct study_request){ .trial = trial });
    }
    if (is_working)
        (void)ask(bench, memory, job, REQUEST_TRIAL_DELETE, &(struct study_request){ .trial = 1 });
}

/* False when no allocation was left to fail. */
static bool run_with_fault(const char *algorithm, uint64_t failing)
{
    struct bench bench;
    struct failing_memory memory = { .failing = failing };
    struct answer answer;
    int64_t job = 0;

    bench_init(&bench);
    job = study_submit(&bench, algorithm, ",\"medianAutomatedStoppingSpec\":{}");
    failing_memory_use(&memory);
    work(&bench, &memory, job);
    failing_memory_use(NULL);
    bench_restart(&bench, false);
    answer = study_suggest(&bench, job, "next", 2);
    cr_assert(eq(int, answer.code, ASSAY_OK), "allocation %d: %s", (int)failing, answer.message);
    cr_assert(eq(sz, answer.count, 2));
    bench_clear(&bench);
    return memory.calls >= failing;
}

static void fail_each_allocation(const char *algorithm)
{
    uint64_t failing = 1;

    while (run_with_fault(algorithm, failing))
        failing += 3;
    cr_assert(lt(u64, 100, failing), "hardly anything was allocated");
}

Test(vizier_memory, each_allocation_fails_once_with_a_sampler_that_learns)
{
    fail_each_allocation("default");
}

Test(vizier_memory, each_allocation_fails_once_with_a_plain_sampler)
{
    fail_each_allocation("random");
}
