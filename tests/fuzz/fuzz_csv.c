/*
 * Files of CSV, cut at byte 0xFE: the first bytes say which split. It is refused with a reason, or
 * each row of it is in one set at most, and what was written reads back as the same rows.
 */
#include "engine/data/table_split.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { FILES_MAX = 4 };

static int target(void)
{
    static int fd = -1;
    static char folder[] = "/tmp/assay-fuzz-csv.XXXXXX";

    if (fd < 0 && (!mkdtemp(folder) || (fd = open(folder, O_RDONLY | O_DIRECTORY)) < 0))
        abort();
    return fd;
}

/* What a split made, opened as files of a table; no longer in the folder. */
static size_t take_shards(struct table_file files[FILES_MAX])
{
    static const char *const names[] = { "test-00000-of-00001.csv", "training-00000-of-00001.csv",
                                         "validation-00000-of-00001.csv" };

    for (size_t i = 0; i < 3; i++) {
        files[i] = (struct table_file){ names[i], openat(target(), names[i], O_RDONLY) };
        if (files[i].fd < 0 || unlinkat(target(), names[i], 0) != 0)
            abort();
    }
    return 3;
}

static void close_files(const struct table_file *files, size_t count)
{
    for (size_t i = 0; i < count; i++)
        (void)close(files[i].fd);
}

/* The shards are a table of as many rows. */
static void read_back(struct table_split *split, const int64_t counts[SPLIT_SETS])
{
    struct table_file shards[FILES_MAX];
    struct assay_error err = { 0 };
    int64_t again[SPLIT_SETS];

    split->files = shards;
    split->file_count = take_shards(shards);
    split->split = (struct split){ .kind = SPLIT_FRACTION, .fractions = { [SPLIT_TRAINING] = 1 } };
    if (!table_split_run(split, again, &err) ||
        again[SPLIT_TRAINING] != counts[0] + counts[1] + counts[2])
        abort();
    close_files(shards, split->file_count);
    close_files(shards, take_shards(shards));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const names[FILES_MAX] = { "a", "b", "c", "d" };
    struct table_file files[FILES_MAX];
    struct table_split split = { .files = files, .target_fd = target() };
    struct assay_error err = { 0 };
    int64_t counts[SPLIT_SETS];
    const uint8_t *end = data + size;

    if (size < 1)
        return 0;
    split.split = (struct split){
        .kind = data[0] % 4, .key = "k", .seed = data[0], .fractions = { 0.5, 0.2, 0.3 }
    };
    for (const uint8_t *at = data + 1; at <= end && split.file_count < FILES_MAX;) {
        const uint8_t *cut = memchr(at, 0xfe, (size_t)(end - at));
        size_t bytes = (size_t)((cut ? cut : end) - at);
        int fd = memfd_create("csv", MFD_CLOEXEC);

        if (fd < 0 || write(fd, at, bytes) != (ssize_t)bytes)
            abort();
        files[split.file_count] = (struct table_file){ names[split.file_count], fd };
        split.file_count++;
        at += bytes + 1;
    }
    if (table_split_run(&split, counts, &err))
        read_back(&split, counts);
    else if (err.code != ASSAY_INVALID || !err.message[0])
        abort();
    close_files(files, split.file_count);
    return 0;
}
