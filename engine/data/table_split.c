#include "engine/data/table_split.h"

#include "engine/data/csv_header.h"
#include "engine/data/shard_writer.h"
#include "engine/data/split_rule.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Bytes up to which a table is read twice, to have its fractions exact to the row: of a small one
 * each row counts. */
enum { SMALL_TABLE = 4 * 1024 * 1024 };

/* One run. */
struct table_job {
    const struct table_split *split;
    struct table_file *files; /* in the order of their names */
    struct csv_reader *reader;
    struct csv_header header;
    uint32_t key;
    struct split_rule *rule;
    struct write_queue *queue;
    struct shard_plan plan;
    struct shard_writer *writers[SPLIT_SETS];
    signed char sets[CSV_ROWS_MAX];
    int64_t *counts;
};

static int compare_files(const void *one, const void *other)
{
    return strcmp(((const struct table_file *)one)->name, ((const struct table_file *)other)->name);
}

/* A sorted copy. NULL and *err. */
static struct table_file *sort_files(const struct table_file *files, size_t count,
                                     struct assay_error *err)
{
    struct table_file *sorted = NULL;

    if (count == 0) {
        (void)assay_fail(err, ASSAY_INVALID, NULL, "there are no files");
        return NULL;
    }
    sorted = malloc(count * sizeof *sorted);
    if (!sorted) {
        (void)assay_fail_memory(err);
        return NULL;
    }
    memcpy(sorted, files, count * sizeof *sorted);
    qsort(sorted, count, sizeof *sorted, compare_files);
    return sorted;
}

static bool read_header(struct table_job *job, struct assay_error *err)
{
    const struct table_file *first = job->files;
    const char *key = job->split->split.key;

    csv_reader_open(job->reader, first->name, first->fd);
    if (!csv_header_read(&job->header, job->reader, first->name, err))
        return false;
    job->key = CSV_NO_KEY;
    if (job->split->split.kind != SPLIT_FRACTION && !csv_header_find(&job->header, key, &job->key))
        return assay_fail(err, ASSAY_INVALID, NULL, "%s has no column \"%s\"", first->name, key);
    return true;
}

/* Begins with a file's rows: behind its header, if it has one. */
static bool open_file(struct table_job *job, size_t index, struct assay_error *err)
{
    const struct table_file *file = job->files + index;
    enum csv_first_row first_is = CSV_FIRST_IS_HEADER;
    struct csv_rows first;
    int64_t offset = 0;

    csv_reader_open(job->reader, file->name, file->fd);
    if (index > 0) {
        if (!csv_reader_first(job->reader, &first, &offset, err))
            return false;
        first_is = CSV_FIRST_IS_ROW;
        if (first.count > 0 &&
            !csv_header_compare(&job->header, first.text, first.rows, &first_is, err))
            return false;
    }
    if (first_is == CSV_FIRST_IS_OTHER)
        return assay_fail(err, ASSAY_INVALID, NULL,
                          "%s begins with the header of %s in another order", file->name,
                          job->files->name);
    csv_reader_expect(job->reader, (uint32_t)job->header.count, job->key,
                      first_is == CSV_FIRST_IS_HEADER);
    return true;
}

static bool is_ending(const struct table_job *job)
{
    return job->split->is_ending && job->split->is_ending(job->split->context);
}

typedef bool take_rows(struct table_job *job, const struct csv_rows *rows, struct assay_error *err);

static bool each_batch(struct table_job *job, take_rows *take, struct assay_error *err)
{
    struct csv_rows rows;

    for (size_t i = 0; i < job->split->file_count; i++) {
        if (!open_file(job, i, err))
            return false;
        do {
            if (is_ending(job))
                return assay_fail(err, ASSAY_ABORTED, NULL, "the split was ended");
            if (!csv_reader_next(job->reader, &rows, err) || !take(job, &rows, err))
                return false;
        } while (rows.count > 0);
    }
    return true;
}

static bool look_at_rows(struct table_job *job, const struct csv_rows *rows,
                         struct assay_error *err)
{
    return job->rule->ops->look(job->rule, rows, err);
}

/* The rows from first on that are of the same set, stand behind each other and fit into its shard:
 * they are copied at once. Returns the index behind the last. */
static size_t run_end(const struct table_job *job, const struct csv_rows *rows, size_t first)
{
    const struct csv_row *row = rows->rows;
    int set = (int)job->sets[first];
    int64_t room = shard_writer_room(job->writers[set]);
    size_t end = first + 1;

    while (end < rows->count && job->sets[end] == set && row[end].begin == row[end - 1].end + 1 &&
           row[end].begin - row[first].begin < room)
        end++;
    return end;
}

static bool write_rows(struct table_job *job, const struct csv_rows *rows, struct assay_error *err)
{
    size_t end = 0;

    if (!job->rule->ops->choose(job->rule, rows, job->sets, err))
        return false;
    for (size_t i = 0; i < rows->count; i = end) {
        const struct csv_row *row = rows->rows + i;
        int set = (int)job->sets[i];

        end = i + 1;
        if (set == SPLIT_IGNORED)
            continue;
        end = run_end(job, rows, i);
        if (!shard_writer_add(job->writers[set], rows->text + row->begin,
                              rows->rows[end - 1].end - row->begin, err))
            return false;
        job->counts[set] += (int64_t)(end - i);
    }
    return true;
}

static bool is_small(const struct table_job *job)
{
    int64_t bytes = 0;
    struct stat info;

    for (size_t i = 0; i < job->split->file_count; i++)
        bytes += fstat(job->files[i].fd, &info) == 0 ? info.st_size : SMALL_TABLE;
    return bytes <= SMALL_TABLE;
}

static struct split_rule *make_rule(const struct table_job *job, struct assay_error *err)
{
    const struct split *split = &job->split->split;

    switch (split->kind) {
    case SPLIT_FRACTION:
        return fraction_rule_new(split, is_small(job), err);
    case SPLIT_PREDEFINED:
        return predefined_rule_new(err);
    case SPLIT_TIMESTAMP:
        return timestamp_rule_new(job->split, err);
    case SPLIT_STRATIFIED:
        return stratified_rule_new(job->split, err);
    }
    (void)assay_fail(err, ASSAY_INTERNAL, NULL, "an unknown kind of split");
    return NULL;
}

static bool choose_rule(struct table_job *job, struct assay_error *err)
{
    job->rule = make_rule(job, err);
    if (!job->rule)
        return false;
    if (!job->rule->is_looking)
        return true;
    return each_batch(job, look_at_rows, err) && job->rule->ops->settle(job->rule, err);
}

static bool make_writers(struct table_job *job, struct assay_error *err)
{
    job->queue = write_queue_new(err);
    if (!job->queue)
        return false;
    job->plan = (struct shard_plan){
        .queue = job->queue,
        .folder = job->split->target_fd,
        .shard_bytes = job->split->shard_bytes > 0 ? job->split->shard_bytes : (int64_t)1 << 30,
        .header_fd = job->files->fd,
        .header_offset = job->header.offset,
        .header_size = job->header.size,
    };
    for (int i = 0; i < SPLIT_SETS; i++) {
        job->writers[i] = shard_writer_new(&job->plan, split_set_name((enum split_set)i), err);
        if (!job->writers[i])
            return false;
    }
    return true;
}

static bool finish(struct table_job *job, struct assay_error *err)
{
    for (int i = 0; i < SPLIT_SETS; i++)
        if (!shard_writer_end(job->writers[i], err))
            return false;
    if (!write_queue_drain(job->queue, err))
        return false;
    for (int i = 0; i < SPLIT_SETS; i++)
        if (!shard_writer_name(job->writers[i], err))
            return false;
    if (fsync(job->split->target_fd) != 0)
        return assay_fail_errno(err, errno, "syncing the folder of the data");
    return true;
}

static void job_free(struct table_job *job, bool is_done)
{
    if (job->rule)
        job->rule->ops->free(job->rule);
    write_queue_free(job->queue);
    for (int i = 0; i < SPLIT_SETS; i++) {
        if (job->writers[i] && !is_done)
            shard_writer_remove(job->writers[i]);
        shard_writer_free(job->writers[i]);
    }
    csv_header_clear(&job->header);
    csv_reader_free(job->reader);
    free(job->files);
    free(job);
}

bool table_split_run(const struct table_split *split, int64_t counts[SPLIT_SETS],
                     struct assay_error *err)
{
    struct table_job *job = calloc(1, sizeof *job);
    bool is_done = false;

    memset(counts, 0, SPLIT_SETS * sizeof *counts);
    if (!job)
        return assay_fail_memory(err);
    job->split = split;
    job->counts = counts;
    job->files = sort_files(split->files, split->file_count, err);
    job->reader = job->files ? csv_reader_new(err) : NULL;
    is_done = job->reader && read_header(job, err) && choose_rule(job, err) &&
              make_writers(job, err) && each_batch(job, write_rows, err) && finish(job, err);
    job_free(job, is_done);
    return is_done;
}

char **table_columns(const struct table_file *files, size_t file_count, size_t *column_count,
                     struct assay_error *err)
{
    struct table_file *sorted = sort_files(files, file_count, err);
    struct csv_reader *reader = sorted ? csv_reader_new(err) : NULL;
    struct csv_header header = { 0 };
    char **names = NULL;

    *column_count = 0;
    if (reader)
        csv_reader_open(reader, sorted->name, sorted->fd);
    if (reader && csv_header_read(&header, reader, sorted->name, err)) {
        names = header.names;
        *column_count = header.count;
        header.names = NULL;
    }
    csv_header_clear(&header);
    csv_reader_free(reader);
    free(sorted);
    return names;
}
