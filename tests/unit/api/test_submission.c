#include "engine/api/submission.h"

#include "tests/unit/spec/support.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>

#define PACKAGE "{pythonPackageSpec: {executorImageUri: e, packageUris: [p], pythonModule: m}}"
#define CONTAINER "{containerSpec: {imageUri: image}}"
#define HOST "{containerSpec: {imageUri: 'host:', command: [x]}}"

static void read_text(struct submission *submission, const char *document, bool is_emulated)
{
    struct submission_text text = {
        .document = document, .format = DOCUMENT_YAML, .dir = "/", .is_emulated = is_emulated
    };
    struct assay_error err = { 0 };

    cr_assert(submission_read(submission, &text, "/", &err), "%s", err.message);
}

/* The one fault; none where nothing is run. */
static void assert_refused(const char *document, int line, const char *field, const char *words)
{
    struct submission submission = { 0 };

    read_text(&submission, document, false);
    cr_assert(eq(sz, submission.faults.count, 1), "%s", document);
    cr_expect(eq(int, submission.faults.items[0].line, line), "%s", document);
    cr_expect(eq(str, submission.faults.items[0].field, (char *)field));
    cr_expect(strstr(submission.faults.items[0].message, words) != NULL, "%s",
              submission.faults.items[0].message);
    submission_clear(&submission);
    read_text(&submission, document, true);
    cr_expect(eq(sz, submission.faults.count, 0), "%s", document);
    submission_clear(&submission);
}

Test(submission, what_cannot_be_run_here_is_refused_with_its_line_but_not_in_emulate_mode)
{
    assert_refused(POOL(PACKAGE), 3, "trial_job_spec.worker_pool_specs[0].python_package_spec",
                   "not supported in this version");
    assert_refused(POOL(HOST ",\n{},\n" CONTAINER), 5, "trial_job_spec.worker_pool_specs[2]",
                   "remove this pool");
    assert_refused(POOL(CONTAINER), 3,
                   "trial_job_spec.worker_pool_specs[0].container_spec.image_uri",
                   "runs no containers");
    assert_refused("jobSpec:\n  workerPoolSpecs:\n  - containerSpec: {imageUri: 'host:'}\n", 3,
                   "job_spec.worker_pool_specs[0].container_spec.command", "needs a command");
}

Test(submission, what_is_wrong_is_wrong_in_emulate_mode_too)
{
    struct submission submission = { 0 };

    read_text(&submission, POOL("{replicaCount: 1}"), true);
    cr_assert(eq(sz, submission.faults.count, 1));
    submission_clear(&submission);
}
