#include "support.h"

#include "engine/plots/study_digest.h"

#include <criterion/criterion.h>
#include <stdlib.h>

enum { JOB = 1000000001 };

static void put_trial(struct store *store, int64_t number, int64_t order, double value)
{
    double point = (double)number;
    struct trial_row row = { .job = JOB,
                             .number = number,
                             .state = TRIAL_SUCCEEDED,
                             .attempt = 1,
                             .start_us = 1,
                             .end_us = 2,
                             .end_order = order,
                             .point = &point,
                             .point_count = 1,
                             .values = &value,
                             .value_count = 1 };
    struct assay_error err = { 0 };

    cr_assert(store_trial_insert(store, &row, &err), "%s", err.message);
    cr_assert(store_trial_end(store, &row, &err), "%s", err.message);
}

static struct job_spec *spec_of_study(void)
{
    char *document = make_document("", "\"maxTrialCount\": 1000,");
    struct job_spec *spec = make_spec(document);

    free(document);
    return spec;
}

Test(study_digest_store, what_has_ended_since_is_added_and_nothing_twice)
{
    struct bench_store bench;
    struct assay_error err = { 0 };
    struct study_digest *followed = NULL, *at_once = NULL;
    struct job_spec *spec = spec_of_study();

    bench_store_init(&bench);
    insert_job(bench.store, JOB, 1);
    for (int64_t i = 1; i <= 300; i++) {
        begin(bench.store);
        put_trial(bench.store, i, 301 - i, (double)(i * 7 % 101));
        commit(bench.store);
    }
    cr_assert(study_digest_renew(&followed, bench.store, JOB, spec, &err), "%s", err.message);
    for (int64_t i = 301; i <= 400; i++) {
        begin(bench.store);
        put_trial(bench.store, i, i, (double)(i * 7 % 101) - 20);
        commit(bench.store);
        if (i % 30 == 0)
            cr_assert(study_digest_renew(&followed, bench.store, JOB, spec, &err));
    }
    cr_assert(study_digest_renew(&followed, bench.store, JOB, spec, &err));
    cr_assert(study_digest_renew(&followed, bench.store, JOB, spec, &err));
    cr_assert(study_digest_renew(&at_once, bench.store, JOB, spec, &err));
    cr_assert_eq(followed->trial_count, 400);
    cr_assert_eq(at_once->trial_count, 400);
    cr_assert_eq(followed->newest.count, at_once->newest.count);
    cr_assert_eq(followed->metrics[0].steps.count, at_once->metrics[0].steps.count);
    for (size_t i = 0; i < followed->metrics[0].steps.count; i++)
        cr_assert_eq(followed->metrics[0].steps.items[i].number,
                     at_once->metrics[0].steps.items[i].number);
    study_digest_free(followed);
    study_digest_free(at_once);
    job_spec_free(spec);
    bench_store_clear(&bench);
}

Test(study_digest_store, a_deleted_trial_is_in_no_digest_any_more)
{
    struct bench_store bench;
    struct assay_error err = { 0 };
    struct study_digest *digest = NULL;
    struct job_spec *spec = spec_of_study();

    spec->kind = JOB_STUDY; /* of which clients delete trials */
    bench_store_init(&bench);
    insert_job(bench.store, JOB, 1);
    begin(bench.store);
    for (int64_t i = 1; i <= 200; i++)
        put_trial(bench.store, i, i, (double)i);
    commit(bench.store);
    cr_assert(study_digest_renew(&digest, bench.store, JOB, spec, &err), "%s", err.message);
    cr_assert_eq(digest->trial_count, 200);
    begin(bench.store);
    cr_assert(store_trial_delete(bench.store, JOB, 1, &err), "%s", err.message);
    cr_assert(store_trial_delete(bench.store, JOB, 200, &err), "%s", err.message);
    commit(bench.store);
    cr_assert(study_digest_renew(&digest, bench.store, JOB, spec, &err), "%s", err.message);
    cr_assert_eq(digest->trial_count, 198);
    cr_assert_eq(digest->newest.count, DIGEST_NEWEST);
    cr_assert_eq(digest->metrics[0].cells.total, 198);
    for (size_t i = 0; i < digest->newest.count; i++)
        cr_assert_neq(digest->newest.items[i].number, 200);
    study_digest_free(digest);
    job_spec_free(spec);
    bench_store_clear(&bench);
}
