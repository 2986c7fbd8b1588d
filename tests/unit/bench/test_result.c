#include "bench/result.h"

#include "bench_support.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
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

Test(result, a_line_of_another_kind_is_left_out_and_named_by_its_number)
{
    char folder[64];
    char text[RESULTS_UNREAD_TEXT];
    double curve[] = { 1 };
    struct results results;

    (void)make_folder(folder);
    append(folder, made_result("gp", "a", 1, curve, 1));
    results = read_all(folder);
    cr_assert(eq(str, results_unread_text(&results, text), ""));
    results_clear(&results);
    write_raw(folder, "gp,1,2,3\n");
    append(folder, made_result("gp", "b", 1, curve, 1));
    results = read_all(folder);
    cr_assert(eq(sz, results.count, 2));
    cr_assert(eq(sz, results.unread_count, 1));
    cr_assert(eq(sz, results.unread_lines[0], 3));
    cr_assert(strstr(results_unread_text(&results, text), "results.csv: 1 line") != NULL);
    cr_assert(strstr(text, "line 3") != NULL, "%s", text);
    results_clear(&results);
    remove_folder(folder);
}

Test(result, many_bad_lines_are_counted_and_the_first_ones_named)
{
    char folder[64];
    char text[RESULTS_UNREAD_TEXT];
    double curve[] = { 1 };
    struct results results;

    (void)make_folder(folder);
    append(folder, made_result("gp", "a", 1, curve, 1));
    for (size_t i = 0; i < 20; i++)
        write_raw(folder, ",,\n");
    results = read_all(folder);
    cr_assert(eq(sz, results.count, 1));
    cr_assert(eq(sz, results.unread_count, 20));
    cr_assert(strstr(results_unread_text(&results, text), "20 lines") != NULL, "%s", text);
    cr_assert(strstr(text, "3, 4, 5, 6, 7, …") != NULL, "%s", text);
    results_clear(&results);
    remove_folder(folder);
}

/* What a file system leaves where it lost a page. */
Test(result, zero_bytes_in_the_middle_cost_their_line_and_no_other)
{
    char folder[64];
    char path[128];
    double curve[] = { 1 };
    struct results results;
    FILE *out = NULL;

    (void)make_folder(folder);
    append(folder, made_result("gp", "a", 1, curve, 1));
    (void)snprintf(path, sizeof path, "%s/results.csv", folder);
    out = fopen(path, "ae");
    cr_assert(out != NULL);
    cr_assert(eq(sz, fwrite("\0\0\0\0\n", 1, 5, out), 5));
    cr_assert(fclose(out) == 0);
    append(folder, made_result("gp", "b", 1, curve, 1));
    results = read_all(folder);
    cr_assert(eq(sz, results.count, 2));
    cr_assert(eq(sz, results.unread_count, 1));
    results_clear(&results);
    remove_folder(folder);
}

Test(result, a_header_of_another_kind_is_an_error)
{
    char folder[64];
    struct results results = { 0 };
    struct assay_error err = { 0 };

    (void)make_folder(folder);
    write_raw(folder, "arm,problem\n");
    cr_assert(not(results_read(folder, &results, &err)));
    cr_assert(strstr(err.message, "header") != NULL, "%s", err.message);
    results_clear(&results);
    remove_folder(folder);
}

static off_t size_of(int file)
{
    struct stat now;

    cr_assert(fstat(file, &now) == 0);
    return now.st_size;
}

Test(result, a_file_of_another_kind_is_refused_and_stays_as_it_is)
{
    static const char *const texts[] = { "a,b\n1,2\n3,4", "one line, not ended" };
    char folder[64], path[128];

    for (size_t i = 0; i < 2; i++) {
        struct assay_error err = { 0 };
        FILE *file = NULL;

        (void)make_folder(folder);
        write_raw(folder, texts[i]);
        cr_assert(eq(int, results_open(folder, &err), -1));
        cr_assert(eq(int, (int)err.code, ASSAY_INVALID));
        (void)snprintf(path, sizeof path, "%s/results.csv", folder);
        file = fopen(path, "re");
        cr_assert(zero(int, fseek(file, 0, SEEK_END)));
        cr_assert(eq(long, ftell(file), (long)strlen(texts[i])));
        (void)fclose(file);
        remove_folder(folder);
    }
}

/* RLIMIT_FSIZE writes what fits and fails the rest, as a full disk does. */
Test(result, a_disk_that_is_full_in_the_middle_of_a_line_leaves_the_file_as_it_was)
{
    char folder[64];
    double curve[] = { 1, 0.5, 0.25 };
    struct result second = made_result("gp", "b", 1, curve, 3);
    struct assay_error err = { 0 };
    struct rlimit old;
    struct rlimit tight;
    struct results results;
    off_t before = 0;
    int file = -1;

    (void)make_folder(folder);
    append(folder, made_result("gp", "a", 1, curve, 3));
    file = results_open(folder, &err);
    cr_assert(file >= 0, "%s", err.message);
    before = size_of(file);
    (void)signal(SIGXFSZ, SIG_IGN);
    cr_assert(getrlimit(RLIMIT_FSIZE, &old) == 0);
    tight = old;
    tight.rlim_cur = (rlim_t)before + 20;
    cr_assert(setrlimit(RLIMIT_FSIZE, &tight) == 0);
    cr_assert(not(result_append(file, &second, &err)));
    cr_assert(strstr(err.message, "results.csv") != NULL, "%s", err.message);
    cr_assert(setrlimit(RLIMIT_FSIZE, &old) == 0);
    cr_assert(eq(i64, (int64_t)size_of(file), (int64_t)before));
    cr_assert(result_append(file, &second, &err), "%s", err.message);
    cr_assert(close(file) == 0);
    results = read_all(folder);
    cr_assert(eq(sz, results.count, 2));
    cr_assert(eq(sz, results.unread_count, 0));
    cr_assert(eq(sz, results.items[1].curve_count, 3));
    result_clear(&second);
    results_clear(&results);
    remove_folder(folder);
}

/* The numbers at its end would read as those of a whole line. */
Test(result, what_a_killed_writer_left_is_cut_off_by_who_writes_next)
{
    char folder[64];
    double curve[] = { 1 };
    struct result second = made_result("gp", "c", 1, curve, 1);
    struct assay_error err = { 0 };
    struct results results;
    int file = -1;

    (void)make_folder(folder);
    append(folder, made_result("gp", "a", 1, curve, 1));
    file = results_open(folder, &err);
    cr_assert(file >= 0, "%s", err.message);
    write_raw(folder, "gp,\"assay 0.1.0\",T,line,b,6,1,1,async,4,ok,0.1,0.1,\"\",1 0.5 0.2");
    cr_assert(result_append(file, &second, &err), "%s", err.message);
    cr_assert(close(file) == 0);
    results = read_all(folder);
    cr_assert(eq(sz, results.count, 2));
    cr_assert(eq(sz, results.unread_count, 0));
    cr_assert(strcmp(results.items[1].problem, "c") == 0);
    result_clear(&second);
    results_clear(&results);
    remove_folder(folder);
}

enum { WRITERS = 4, LINES_EACH = 50 };

/* Processes of one crew have the descriptor in common; others open their own. */
Test(result, processes_that_append_at_once_tear_no_line)
{
    char folder[64];
    double curve[4] = { 1, 1.0 / 3, 1.0 / 7, 1e-9 };
    struct assay_error err = { 0 };
    struct results results;
    int file = -1;

    (void)make_folder(folder);
    file = results_open(folder, &err);
    cr_assert(file >= 0, "%s", err.message);
    for (uint32_t writer = 0; writer < WRITERS; writer++) {
        pid_t pid = fork();

        cr_assert(pid >= 0);
        if (pid > 0)
            continue;
        if (writer % 2 == 1)
            file = results_open(folder, &err);
        for (uint32_t i = 0; i < LINES_EACH; i++) {
            struct result result = made_result("gp", "a", writer * LINES_EACH + i, curve, 4);

            if (!result_append(file, &result, &err))
                _exit(1);
            result_clear(&result);
        }
        _exit(0);
    }
    for (size_t writer = 0; writer < WRITERS; writer++) {
        int status = -1;

        cr_assert(wait(&status) > 0 && status == 0);
    }
    cr_assert(close(file) == 0);
    results = read_all(folder);
    cr_assert(eq(sz, results.count, (size_t)(WRITERS * LINES_EACH)));
    cr_assert(eq(sz, results.unread_count, 0));
    results_clear(&results);
    remove_folder(folder);
}
