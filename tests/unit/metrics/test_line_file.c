#include "metrics/line_file.h"

#include "metric_fixture.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <fcntl.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

/*
 * Stands between the reader and pread(): gives eight bytes at a time and, at chosen calls, writes
 * the file anew before, as a trainer may do between two pages of one read.
 */
static struct {
    const char *path;
    const char *contents[8]; /* NULL: leave the file alone */
    unsigned calls;
} meddler;

ssize_t __real_pread(int fd, void *buffer, size_t size, off_t offset);
ssize_t __wrap_pread(int fd, void *buffer, size_t size, off_t offset);

ssize_t __wrap_pread(int fd, void *buffer, size_t size, off_t offset)
{
    unsigned call = meddler.calls++;

    if (call < sizeof meddler.contents / sizeof meddler.contents[0] && meddler.contents[call])
        file_put(meddler.path, meddler.contents[call]);
    return __real_pread(fd, buffer, size < 8 ? size : 8, offset);
}

static struct fixture fixture;
static struct line_piece piece;

static void begin_test(void)
{
    fixture_init(&fixture);
    memset(&meddler, 0, sizeof meddler);
    meddler.path = fixture.metric_path;
}

static void end_test(void)
{
    line_piece_clear(&piece);
    fixture_clear(&fixture);
}

TestSuite(line_file, .init = begin_test, .fini = end_test);

static void read_stable(const char *content)
{
    struct assay_error err = { 0 };
    struct line_file file;

    file_put(fixture.metric_path, content);
    cr_assert(line_file_open(&file, fixture.metric_path, &err));
    cr_assert(line_piece_read_stable(&piece, file.fd, 0, 100, &err));
    line_file_close(&file);
}

Test(line_file, a_quiet_file_is_read_as_it_is)
{
    read_stable("aaaaaaaabbbbbbbb");
    cr_assert(is_text(piece.bytes, "aaaaaaaabbbbbbbb"));
    cr_assert(piece.is_end);
    cr_assert(not(piece.is_torn));
}

Test(line_file, an_old_page_is_never_spliced_to_a_new_one)
{
    meddler.contents[1] = "AAAAAAAABBBBBBBB";
    read_stable("aaaaaaaabbbbbbbb");
    cr_assert(is_text(piece.bytes, "AAAAAAAABBBBBBBB"));
    cr_assert(not(piece.is_torn));
}

Test(line_file, a_file_cut_off_while_it_is_read_is_read_again)
{
    meddler.contents[1] = "";
    meddler.contents[3] = "cccccccc";
    read_stable("aaaaaaaabbbbbbbb");
    cr_assert(not(piece.is_torn));
    cr_assert(piece.size == 0 || memcmp(piece.bytes, "cccccccc", piece.size) == 0);
}

Test(line_file, what_is_appended_meanwhile_does_not_tear_it)
{
    meddler.contents[1] = "aaaaaaaabbbbbbbbcc";
    read_stable("aaaaaaaabbbbbbbb");
    cr_assert(is_text(piece.bytes, "aaaaaaaabbbbbbbb"));
    cr_assert(not(piece.is_torn));
}

Test(line_file, a_file_that_never_rests_is_torn)
{
    static const char *const contents[] = { "11111111", "22222222" };

    for (size_t i = 0; i < 8; i++)
        meddler.contents[i] = contents[i % 2];
    read_stable("aaaaaaaa");
    cr_assert(piece.is_torn);
}

Test(line_file, a_missing_file_is_no_error_and_a_folder_is)
{
    struct assay_error err = { 0 };
    struct line_file file;

    cr_assert(line_file_open(&file, fixture.metric_path, &err));
    cr_assert(eq(int, file.fd, -1));
    line_file_close(&file);
    cr_assert(not(line_file_open(&file, fixture.folder, &err)));
    cr_assert(eq(int, err.code, ASSAY_PRECONDITION));
    cr_assert(eq(int, file.fd, -1));
}

Test(line_file, the_last_line_counts_only_when_asked_for)
{
    struct line_cursor cursor = { .bytes = "a\r\n\nb", .size = 5 };
    struct line_span line;

    cr_assert(line_cursor_next(&cursor, &line));
    cr_assert(eq(sz, line.size, 2));
    cr_assert(line_cursor_next(&cursor, &line));
    cr_assert(eq(sz, line.size, 0));
    cr_assert(not(line_cursor_next(&cursor, &line)));
    cr_assert(eq(sz, cursor.at, 4));
    cursor.is_last_line = true;
    cr_assert(line_cursor_next(&cursor, &line));
    cr_assert(eq(sz, line.next, 5));
    cr_assert(not(line_cursor_next(&cursor, &line)));
}
