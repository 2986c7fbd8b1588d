#include "assay/error.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

Test(error, a_code_has_a_name_and_the_statuses_of_its_doors)
{
    cr_assert(eq(str, (char *)assay_code_info(ASSAY_INVALID)->name, "INVALID_ARGUMENT"));
    cr_assert(eq(int, assay_code_info(ASSAY_INVALID)->http_status, 400));
    cr_assert(eq(int, assay_code_info(ASSAY_OK)->exit_status, 0));
    cr_assert(eq(str, (char *)assay_code_info((enum assay_code)99)->name, "UNKNOWN"));
    cr_assert(eq(str, (char *)assay_code_info((enum assay_code) - 1)->name, "UNKNOWN"));
}

Test(error, every_code_has_a_row_in_the_table)
{
    for (int code = ASSAY_OK; code <= ASSAY_UNAUTHENTICATED; code++) {
        cr_assert(assay_code_info((enum assay_code)code)->name != NULL, "%d", code);
        cr_assert(code == 0 || assay_code_info((enum assay_code)code)->http_status >= 400, "%d",
                  code);
        cr_assert(code == 0 || assay_code_info((enum assay_code)code)->exit_status > 0, "%d", code);
    }
}

Test(error, failing_fills_the_error_and_says_false)
{
    struct assay_error err = { 0 };

    cr_assert(not(assay_fail(&err, ASSAY_INVALID, "a.b", "%d is wrong", 7)));
    cr_assert(eq(int, err.code, ASSAY_INVALID));
    cr_assert(eq(str, err.field, "a.b"));
    cr_assert(eq(str, err.message, "7 is wrong"));
    cr_assert(not(assay_fail_memory(&err)));
    cr_assert(eq(int, err.code, ASSAY_EXHAUSTED));
    cr_assert(eq(str, err.field, ""));
}

Test(error, errno_becomes_a_code_of_ours)
{
    struct assay_error err = { 0 };

    cr_assert(not(assay_fail_errno(&err, ENOENT, "opening %s", "x")));
    cr_assert(eq(int, err.code, ASSAY_NOT_FOUND));
    cr_assert(eq(str, err.message, "opening x: No such file or directory"));
    (void)assay_fail_errno(&err, ENOSPC, "w");
    cr_assert(eq(int, err.code, ASSAY_EXHAUSTED));
    (void)assay_fail_errno(&err, EACCES, "w");
    cr_assert(eq(int, err.code, ASSAY_DENIED));
}

Test(error, context_goes_before_the_message_and_keeps_the_rest)
{
    struct assay_error err = { 0 };

    (void)assay_fail(&err, ASSAY_NOT_FOUND, "f", "no such file");
    cr_assert(not(assay_error_add(&err, "trial %d", 7)));
    cr_assert(eq(str, err.message, "trial 7: no such file"));
    cr_assert(eq(str, err.field, "f"));
    cr_assert(eq(int, err.code, ASSAY_NOT_FOUND));
}

Test(error, context_on_a_full_message_stays_within_it)
{
    struct assay_error err = { 0 };

    (void)assay_fail(&err, ASSAY_INVALID, NULL, "%03000d", 1);
    (void)assay_error_add(&err, "%01000d", 2);
    cr_assert(lt(sz, strlen(err.message), sizeof err.message));
    cr_assert(eq(chr, err.message[0], '0'));
}

Test(error, no_fault_is_no_error)
{
    struct assay_faults faults = { 0 };
    struct assay_error err = { 0 };

    cr_assert(assay_faults_check(&faults, &err));
    assay_faults_clear(&faults);
    assay_faults_clear(NULL);
}

Test(error, all_faults_stand_in_one_message_as_the_service_writes_it)
{
    struct assay_faults faults = { 0 };
    struct assay_error err = { 0 };

    assay_faults_add(&faults, 3, "a.b", "must be %d", 1);
    assay_faults_add(&faults, 0, NULL, "is wrong");
    cr_assert(not(assay_faults_check(&faults, &err)));
    cr_assert(eq(int, err.code, ASSAY_INVALID));
    cr_assert(eq(str, err.field, "a.b"));
    cr_assert(eq(str, err.message,
                 "List of found errors:\t1.Field: a.b; Message: must be 1.\t"
                 "2.Field: ; Message: is wrong.\t"));
    cr_assert(eq(int, faults.items[0].line, 3));
    assay_faults_clear(&faults);
    cr_assert(eq(sz, faults.count, 0));
}

Test(error, a_single_fault_without_a_field_is_a_plain_sentence)
{
    struct assay_faults faults = { 0 };
    struct assay_error err = { 0 };

    assay_faults_add(&faults, 1, NULL, "line 1, column 6: expected a value");
    cr_assert(not(assay_faults_check(&faults, &err)));
    cr_assert(eq(str, err.message, "line 1, column 6: expected a value"));
    cr_assert(eq(str, err.field, ""));
    assay_faults_clear(&faults);
}

Test(error, past_the_limit_faults_are_only_counted)
{
    struct assay_faults faults = { 0 };
    struct assay_error err = { 0 };

    for (int i = 0; i < 3 * ASSAY_FAULTS_MAX; i++)
        assay_faults_add(&faults, i, "field", "fault %d", i);
    cr_assert(eq(sz, faults.count, 3 * (size_t)ASSAY_FAULTS_MAX));
    cr_assert(eq(sz, faults.stored, (size_t)ASSAY_FAULTS_MAX));
    cr_assert(eq(str, faults.items[ASSAY_FAULTS_MAX - 1].message, "fault 199"));
    cr_assert(not(assay_faults_check(&faults, &err)));
    cr_assert(lt(sz, strlen(err.message), sizeof err.message));
    assay_faults_clear(&faults);
}
