#include "bench/result.h"

#include "bench_support.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void append(const char *folder, struct result result)
{
    struct assay_error err = { 0 };
    int file = results_open(folder, &err);

    cr_assert(file >= 0, "%s", err.message);
    cr_assert(result_append(file, &result, &err), "%s", err.message);
    cr_assert(close(file) == 0);
    result_clear(&result);
}

static struct results read_all(const char *folder)
{
    struct results results = { 0 };
    struct assay_error err = { 0 };

    cr_assert(results_read(folder, &results, &err), "%s", err.message);
    return results;
}

static void write_raw(const char *folder, const char *text)
{
    char path[128];
    FILE *out = NULL;

    (void)snprintf(path, sizeof path, "%s/results.csv", folder);
    out = fopen(path, "ae");
    cr_assert(out != NULL);
    cr_assert(fputs(text, out) >= 0);
    cr_assert(fclose(out) == 0);
}

Test(result, what_was_written_is_read_back_to_the_bit)
{
    char folder[64];
    double curve[] = { (double)INFINITY, 1.0 / 3, 5e-324, 0 };
    struct result result = made_result(make_folder(folder) ? "hebo" : "", "p-i06", 3, curve, 4);
    struct results results;

    (void)snprintf(result.note, sizeof result.note, "he said \"no\", twice,\nthen left");
    result.status = RESULT_FAILED;
    result.is_batch = true;
    result.startup_cpu_s = 2.5;
    append(folder, result);
    results = read_all(folder);
    cr_assert(eq(sz, results.count, 1));
    cr_assert(strcmp(results.items[0].arm, "hebo") == 0);
    cr_assert(strcmp(results.items[0].note, "he said \"no\", twice, then left") == 0);
    cr_assert(strcmp(results.items[0].version, "assay 0.1.0") == 0);
    cr_assert(strcmp(results.items[0].suite, "T") == 0);
    cr_assert(eq(int, (int)results.items[0].status, (int)RESULT_FAILED));
    cr_assert(results.items[0].is_batch);
    cr_assert(eq(sz, results.items[0].budget, 4));
    cr_assert(eq(u32, results.items[0].seed, 3));
    cr_assert(fabs(results.items[0].startup_cpu_s - 2.5) < 1e-9);
    cr_assert(eq(sz, results.items[0].curve_count, 4));
    cr_assert(memcmp(results.items[0].curve, curve, sizeof curve) == 0);
    results_clear(&results);
    remove_folder(folder);
}

Test(result, of_two_lines_for_a_run_the_later_one_counts)
{
    char folder[64];
    double first[] = { 1 };
    double second[] = { 0.5 };
    struct results results;

    (void)make_folder(folder);
    append(folder, made_result("gp", "b", 1, first, 1));
    append(folder, made_result("gp", "a", 1, first, 1));
    append(folder, made_result("gp", "b", 1, second, 1));
    results = read_all(folder);
    cr_assert(eq(sz, results.count, 2));
    cr_assert(strcmp(results.items[0].problem, "a") == 0);
    cr_assert(fabs(results.items[1].curve[0] - 0.5) < 1e-12);
    results_clear(&results);
    remove_folder(folder);
}

Test(result, a_line_torn_by_a_kill_is_passed_over_and_cut_off_before_the_next)
{
    char folder[64];
    double curve[] = { 1 };
    struct results results;

    (void)make_folder(folder);
    append(folder, made_result("gp", "a", 1, curve, 1));
    write_raw(folder, "gp,\"assay 0.1.0\",T,line,b,6,1,1,as");
    results = read_all(folder);
    cr_assert(eq(sz, results.count, 1));
    results_clear(&results);
    append(folder, made_result("gp", "c", 1, curve, 1));
    results = read_all(folder);
    cr_assert(eq(sz, results.count, 2));
    cr_assert(strcmp(results.items[1].problem, "c") == 0);
    results_clear(&results);
    remove_folder(folder);
}

Test(result, a_folder_without_results_has_none)
{
    char folder[64];
    struct results results;

    (void)make_folder(folder);
    results = read_all(folder);
    cr_assert(eq(sz, results.count, 0));
    remove_folder(folder);
}

Test(result, a_line_of_another_kind_is_named_by_its_number)
{
    char folder[64];
    double curve[] = { 1 };
    struct results results = { 0 };
    struct assay_error err = { 0 };

    (void)make_folder(folder);
    append(folder, made_result("gp", "a", 1, curve, 1));
    write_raw(folder, "gp,1,2,3\n");
    cr_assert(not(results_read(folder, &results, &err)));
    cr_assert(strstr(err.message, "line 3") != NULL, "%s", err.message);
    results_clear(&results);
    remove_folder(folder);
}
