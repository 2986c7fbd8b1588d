#include "engine/live/log_tail.h"

#include "tests/simulation/folder.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[FOLDER_PATH];

static void make_folder(void)
{
    (void)folder_make(folder);
}

static void remove_folder(void)
{
    folder_remove(folder);
}

TestSuite(log_tail, .init = make_folder, .fini = remove_folder);

static void append(const char *text)
{
    char path[FOLDER_PATH + 32];
    FILE *file = NULL;

    (void)snprintf(path, sizeof path, "%s/stdout.log", folder);
    file = fopen(path, "ae");
    cr_assert(file != NULL);
    (void)fputs(text, file);
    (void)fclose(file);
}

static const char *next(struct log_tail *tail, int64_t max_before, bool is_last)
{
    static struct log_piece piece;
    struct assay_error err = { 0 };

    cr_assert(log_tail_read(tail, folder, 0, max_before, is_last, &piece, &err), "%s", err.message);
    cr_assert(eq(sz, strlen(piece.bytes) * (piece.size > 0), piece.size));
    return piece.size ? piece.bytes : "";
}

#define expect(text, got) cr_assert(zero(int, strcmp(got, text)), "it is \"%s\"", got)

Test(log_tail, what_is_added_comes_once_and_no_file_is_no_fault)
{
    struct log_tail tail = { .offsets = { -1, -1 } };

    expect("", next(&tail, 100, false));
    append("one\n");
    expect("one\n", next(&tail, 100, false));
    expect("", next(&tail, 100, false));
    append("two");
    append(" three");
    expect("two three", next(&tail, 100, false));
}

Test(log_tail, a_long_file_begins_with_a_line_near_its_end)
{
    struct log_tail tail = { .offsets = { -1, -1 } };

    append("aaaaaaaaaa\nbbbbbbbbbb\ncccccccccc\n");
    expect("cccccccccc\n", next(&tail, 15, false));
}

Test(log_tail, half_a_character_waits_for_its_other_half_unless_none_can_come)
{
    struct log_tail tail = { .offsets = { -1, -1 } };

    append("a\xc3");
    expect("a", next(&tail, 100, false));
    expect("", next(&tail, 100, false));
    append("\xbc");
    expect("\xc3\xbc", next(&tail, 100, false));
    append("\xe2\x82");
    expect("", next(&tail, 100, false));
    expect("\xe2\x82", next(&tail, 100, true));
    append("\xff"
           "b");
    expect("\xff"
           "b",
           next(&tail, 100, false));
}

enum { HEAD = 4096, GAP = 1024 * 1024 };

/* "aaa…" of HEAD bytes that end within a character, GAP bytes that are not there, "b\n". */
static void write_gap(void)
{
    char path[FOLDER_PATH + 32];
    char head[HEAD + 1];
    int fd = -1;

    memset(head, 'a', HEAD);
    head[HEAD] = '\0';
    memcpy(head + HEAD - 2, "\xe2\x82", 2);
    append(head);
    (void)snprintf(path, sizeof path, "%s/stdout.log", folder);
    fd = open(path, O_WRONLY | O_CLOEXEC);
    cr_assert(fd >= 0);
    cr_assert(eq(int, ftruncate(fd, HEAD + GAP), 0));
    (void)close(fd);
    append("b\n");
}

Test(log_tail, what_was_left_out_is_told_in_its_place_and_nothing_waits_for_it)
{
    struct log_tail tail = { .offsets = { -1, -1 } };
    char head[HEAD + 1];

    write_gap();
    (void)snprintf(head, sizeof head, "%s", next(&tail, 10 * GAP, false));
    cr_assert(eq(sz, strlen(head), HEAD));
    cr_assert(eq(chr, head[HEAD - 3], 'a'));
    expect("\n[… 1.0 MB left out …]\n", next(&tail, 0, false));
    cr_assert(eq(i64, tail.offsets[0], HEAD + GAP));
    expect("b\n", next(&tail, 0, false));
    expect("", next(&tail, 0, false));
}

Test(log_tail, what_a_trial_puts_in_its_place_is_no_log_and_holds_nobody, .timeout = 60)
{
    char path[FOLDER_PATH + 32];
    struct log_tail tail = { .offsets = { -1, -1 } };

    (void)snprintf(path, sizeof path, "%s/stdout.log", folder);
    cr_assert(eq(int, mkfifo(path, 0600), 0));
    expect("", next(&tail, 1000, false));
    (void)unlink(path);
    cr_assert(eq(int, symlink("/proc/self/status", path), 0));
    expect("", next(&tail, 1000, false));
}
