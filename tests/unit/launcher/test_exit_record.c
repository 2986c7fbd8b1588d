#include "launcher/shim/exit_record.h"

#include "launcher/shim/record_file.h"
#include "support.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char folder[256];

static void make_folder(void)
{
    support_folder_make(folder);
}

static void remove_folder(void)
{
    support_folder_remove(folder);
}

TestSuite(exit_record, .init = make_folder, .fini = remove_folder);

Test(exit_record, every_kind_reads_back_as_written)
{
    for (int kind = ENDING_EXITED; kind <= ENDING_LOST; kind++) {
        struct ending written = {
            .kind = (enum ending_kind)kind,
            .status = -kind,
            .start_us = 1,
            .end_us = INT64_MAX - kind,
            .cpu_us = 5,
            .peak_memory_bytes = INT64_MAX,
            .detail = "a: b",
        };
        struct ending read = { .key = { 9, 2, 0 } };

        cr_assert(eq(int, exit_record_write(folder, &written), 0));
        cr_assert(eq(int, exit_record_read(folder, &read), 0));
        cr_assert(eq(i64, read.key.trial, 9));
        cr_assert(eq(int, read.kind, written.kind));
        cr_assert(eq(int, read.status, written.status));
        cr_assert(eq(i64, read.start_us, written.start_us));
        cr_assert(eq(i64, read.end_us, written.end_us));
        cr_assert(eq(i64, read.cpu_us, written.cpu_us));
        cr_assert(eq(i64, read.peak_memory_bytes, written.peak_memory_bytes));
        cr_assert(eq(str, read.detail, written.detail));
    }
}

Test(exit_record, a_detail_cannot_forge_other_lines)
{
    struct ending written = { .kind = ENDING_NOT_FOUND, .detail = "x\nkind exited\nend\n\x7f" };
    struct ending read = { 0 };

    cr_assert(eq(int, exit_record_write(folder, &written), 0));
    cr_assert(eq(int, exit_record_read(folder, &read), 0));
    cr_assert(eq(int, read.kind, ENDING_NOT_FOUND));
    cr_assert(eq(str, read.detail, "x kind exited end  "));
}

Test(exit_record, cut_anywhere_it_counts_as_torn)
{
    struct ending written = { .kind = ENDING_EXITED, .detail = "some words" };
    struct ending read = { 0 };
    char *text = NULL;
    size_t size = 0;

    cr_assert(eq(int, exit_record_write(folder, &written), 0));
    text = support_read(folder, EXIT_RECORD_NAME, &size);
    while (size-- > 0) {
        text[size] = '\0';
        support_write(folder, EXIT_RECORD_NAME, text, 0644);
        cr_assert(eq(int, exit_record_read(folder, &read), EBADMSG), "cut at %zu", size);
    }
    free(text);
}

Test(exit_record, no_temporary_file_stays_behind)
{
    struct ending written = { .kind = ENDING_EXITED };
    char name[64];

    cr_assert(eq(int, exit_record_write(folder, &written), 0));
    (void)snprintf(name, sizeof name, "%s.%ld", EXIT_RECORD_NAME, (long)getpid());
    cr_assert(not(support_exists(folder, name)));
}

Test(exit_record, a_missing_folder_is_told)
{
    struct ending ending = { .kind = ENDING_EXITED };
    char missing[300];
    char *endless = malloc(PATH_MAX + 1);

    (void)snprintf(missing, sizeof missing, "%s/none", folder);
    cr_assert(eq(int, exit_record_read(missing, &ending), ENOENT));
    cr_assert(eq(int, exit_record_write(missing, &ending), ENOENT));
    cr_assert(endless != NULL);
    memset(endless, 'a', PATH_MAX);
    endless[PATH_MAX] = '\0';
    cr_assert(eq(int, exit_record_write(endless, &ending), ENAMETOOLONG));
    cr_assert(eq(int, record_make_dirs(endless), ENAMETOOLONG));
    free(endless);
}

Test(exit_record, numbers_and_words_out_of_range_are_refused)
{
    static const char *const bad[] = {
        "assay-exit 1\nkind unheard\nstatus 0\nstart_us 0\nend_us 0\ncpu_us 0\n"
        "peak_memory_bytes 0\ndetail \nend\n",
        "assay-exit 1\nkind exited\nstatus x\nstart_us 0\nend_us 0\ncpu_us 0\n"
        "peak_memory_bytes 0\ndetail \nend\n",
        "assay-exit 1\nkind exited\nstatus 0\nstart_us 99999999999999999999\nend_us 0\ncpu_us 0\n"
        "peak_memory_bytes 0\ndetail \nend\n",
        "assay-exit 1\nkind exited\nstatus 0\nend\n",
        "assay-exit 2\nkind exited\nstatus 0\nstart_us 0\nend_us 0\ncpu_us 0\n"
        "peak_memory_bytes 0\ndetail \nend\n",
    };
    struct ending ending = { 0 };

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        support_write(folder, EXIT_RECORD_NAME, bad[i], 0644);
        cr_assert(eq(int, exit_record_read(folder, &ending), EBADMSG), "number %zu", i);
    }
}
