#include "bench/result.h"

#include "assay/value.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { COLUMN_COUNT = 15, PATH_SIZE = 4096 };

static const char header[] = "arm,version,suite,family,problem,instance,seed,workers,mode,budget,"
                             "status,cpu_s,startup_cpu_s,note,curve\n";
static const char *const status_names[] = { "ok", "cannot", "failed", "missing" };

void result_clear(struct result *result)
{
    free(result->curve);
    *result = (struct result){ 0 };
}

int result_compare(const struct result *a, const struct result *b)
{
    int order = strcmp(a->arm, b->arm);

    if (order == 0)
        order = strcmp(a->problem, b->problem);
    if (order == 0)
        order = (a->seed > b->seed) - (a->seed < b->seed);
    if (order == 0)
        order = (a->workers > b->workers) - (a->workers < b->workers);
    if (order == 0)
        order = (int)a->is_batch - (int)b->is_batch;
    if (order == 0)
        order = (a->budget > b->budget) - (a->budget < b->budget);
    return order;
}

/* In quotes, its own doubled, line ends as blanks: one line stays one line. */
static void write_text(FILE *out, const char *text)
{
    (void)fputc('"', out);
    for (; *text; text++) {
        if (*text == '"')
            (void)fputc('"', out);
        (void)fputc((unsigned char)*text < ' ' ? ' ' : *text, out);
    }
    (void)fputc('"', out);
}

static void write_line(FILE *out, const struct result *result)
{
    char number[ASSAY_NUMBER_TEXT];

    (void)fprintf(out, "%s,", result->arm);
    write_text(out, result->version);
    (void)fprintf(out, ",%s,%s,%s,%u,%u,%zu,%s,%zu,%s,%.6f,%.6f,", result->suite, result->family,
                  result->problem, result->instance, (unsigned)result->seed, result->workers,
                  result->is_batch ? "batch" : "async", result->budget,
                  status_names[result->status], result->cpu_s, result->startup_cpu_s);
    write_text(out, result->note);
    (void)fputc(',', out);
    for (size_t i = 0; i < result->curve_count; i++)
        (void)fprintf(out, "%s%s", i > 0 ? " " : "", assay_number_text(result->curve[i], number));
    (void)fputc('\n', out);
}

/*
 * Waits for whoever is writing, or lets go. A lock of fcntl() belongs to the process; one of
 * flock() would belong to the open file, which the processes of a crew have in common.
 */
static bool set_lock(int file, short type, struct assay_error *err)
{
    struct flock lock = { .l_type = type, .l_whence = SEEK_SET };
    int status = 0;

    do {
        status = fcntl(file, F_SETLKW, &lock);
    } while (status != 0 && errno == EINTR);
    return status == 0 || assay_fail_errno(err, errno, "results.csv: no lock");
}

/* Cuts off what follows the last line end: who wrote it is dead, since the lock is ours. */
static bool mend_end(int file, off_t *end, struct assay_error *err)
{
    struct stat now;
    char last = 0;

    if (fstat(file, &now) != 0)
        return assay_fail_errno(err, errno, "results.csv");
    *end = now.st_size;
    while (*end > 0 && pread(file, &last, 1, *end - 1) == 1 && last != '\n')
        --*end;
    return *end == now.st_size || ftruncate(file, *end) == 0 ||
           assay_fail_errno(err, errno, "results.csv");
}

/* All of it or nothing: a full disk leaves the file as it was, with its end at end. */
static bool write_whole(int file, off_t end, const char *text, size_t size, struct assay_error *err)
{
    size_t done = 0;

    while (done < size) {
        ssize_t part = write(file, text + done, size - done);

        if (part > 0) {
            done += (size_t)part;
        } else if (part == 0 || errno != EINTR) {
            (void)assay_fail_errno(err, part == 0 ? ENOSPC : errno, "results.csv");
            /* Should even this fail, the next writer finds no line end and cuts it off. */
            return ftruncate(file, end) == 0 && false;
        }
    }
    return true;
}

static bool append_line(int file, const char *line, size_t size, struct assay_error *err)
{
    struct assay_error ignored;
    off_t end = 0;
    bool is_done = false;

    if (!set_lock(file, F_WRLCK, err))
        return false;
    is_done = mend_end(file, &end, err) && write_whole(file, end, line, size, err);
    (void)set_lock(file, F_UNLCK, &ignored);
    return is_done;
}

bool result_append(int file, const struct result *result, struct assay_error *err)
{
    char *line = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&line, &size);
    bool is_done = false;

    if (!out)
        return assay_fail_memory(err);
    write_line(out, result);
    if (fclose(out) != 0) {
        free(line);
        return assay_fail_memory(err);
    }
    is_done = append_line(file, line, size, err);
    free(line);
    return is_done;
}

static bool results_path(const char *folder, char path[PATH_SIZE], struct assay_error *err)
{
    if (snprintf(path, PATH_SIZE, "%s/results.csv", folder) < PATH_SIZE)
        return true;
    return assay_fail(err, ASSAY_INVALID, NULL, "--out: the path is too long");
}

/* Whether the file begins as ours do, or as one of which only a part of the header was written. */
static bool is_ours(int file, struct assay_error *err)
{
    char start[sizeof header];
    ssize_t size = pread(file, start, sizeof header - 1, 0);

    if (size < 0)
        return assay_fail_errno(err, errno, "results.csv");
    return memcmp(start, header, (size_t)size) == 0 ||
           assay_fail(err, ASSAY_INVALID, NULL, "results.csv: a header of another kind");
}

/* An empty file gets its header. */
static bool begin_file(int file, struct assay_error *err)
{
    struct assay_error ignored;
    off_t end = 0;
    bool is_done = false;

    if (!set_lock(file, F_WRLCK, err))
        return false;
    is_done = is_ours(file, err) && mend_end(file, &end, err) &&
              (end > 0 || write_whole(file, 0, header, sizeof header - 1, err));
    (void)set_lock(file, F_UNLCK, &ignored);
    return is_done;
}

int results_open(const char *folder, struct assay_error *err)
{
    char path[PATH_SIZE];
    int file = -1;

    if (!results_path(folder, path, err))
        return -1;
    if (mkdir(folder, 0777) != 0 && errno != EEXIST) {
        (void)assay_fail_errno(err, errno, "%s", folder);
        return -1;
    }
    file = open(path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
    if (file < 0) {
        (void)assay_fail_errno(err, errno, "%s", path);
        return -1;
    }
    if (!begin_file(file, err)) {
        (void)close(file);
        return -1;
    }
    return file;
}

/* Cuts the line into its columns, in place; quotes are taken off. */
static bool split_line(char *line, char *columns[COLUMN_COUNT])
{
    size_t count = 0;
    char *from = line;

    while (count < COLUMN_COUNT) {
        bool is_quoted = *from == '"';
        char *to = from;

        columns[count++] = to;
        for (from += is_quoted; *from; from++) {
            if (is_quoted && *from == '"' && *++from != '"')
                is_quoted = false;
            if (!is_quoted && (*from == ',' || *from == '\n' || *from == '\0'))
                break;
            *to++ = *from;
        }
        if (*from != ',') {
            *to = '\0';
            return count == COLUMN_COUNT;
        }
        from++;
        *to = '\0';
    }
    return false;
}

static bool read_curve(const char *text, struct result *result)
{
    size_t capacity = 1;

    for (const char *c = text; *c; c++)
        capacity += *c == ' ';
    result->curve = calloc(capacity, sizeof *result->curve);
    if (!result->curve)
        return false;
    while (*text) {
        char *end = NULL;

        result->curve[result->curve_count++] = strtod(text, &end);
        if (end == text || (*end != ' ' && *end != '\0'))
            return false;
        text = end + (*end == ' ');
    }
    return true;
}

static bool read_size(const char *text, size_t *size)
{
    int64_t number = 0;

    if (!assay_integer_parse(text, &number) || number < 0 || number > 1000000000)
        return false;
    *size = (size_t)number;
    return true;
}

static bool read_status(const char *text, enum result_status *status)
{
    for (size_t i = 0; i < sizeof status_names / sizeof status_names[0]; i++) {
        if (strcmp(text, status_names[i]) == 0) {
            *status = (enum result_status)i;
            return true;
        }
    }
    return false;
}

static bool read_line(char *line, struct result *result)
{
    char *columns[COLUMN_COUNT];
    size_t instance = 0;
    size_t seed = 0;

    *result = (struct result){ 0 };
    if (!split_line(line, columns))
        return false;
    (void)snprintf(result->arm, sizeof result->arm, "%s", columns[0]);
    (void)snprintf(result->version, sizeof result->version, "%s", columns[1]);
    (void)snprintf(result->suite, sizeof result->suite, "%s", columns[2]);
    (void)snprintf(result->family, sizeof result->family, "%s", columns[3]);
    (void)snprintf(result->problem, sizeof result->problem, "%s", columns[4]);
    (void)snprintf(result->note, sizeof result->note, "%s", columns[13]);
    if (!read_size(columns[5], &instance) || !read_size(columns[6], &seed) ||
        !read_size(columns[7], &result->workers) || !read_size(columns[9], &result->budget) ||
        !read_status(columns[10], &result->status) ||
        !assay_number_parse(columns[11], &result->cpu_s) ||
        !assay_number_parse(columns[12], &result->startup_cpu_s))
        return false;
    result->instance = (unsigned)instance;
    result->seed = (uint32_t)seed;
    result->is_batch = strcmp(columns[8], "batch") == 0;
    return read_curve(columns[14], result) && result->curve_count <= result->budget;
}

static bool results_add(struct results *results, const struct result *result)
{
    if (results->count == results->capacity) {
        size_t capacity = results->capacity ? 2 * results->capacity : 256;
        struct result *items = realloc(results->items, capacity * sizeof *items);

        if (!items)
            return false;
        results->items = items;
        results->capacity = capacity;
    }
    results->items[results->count++] = *result;
    return true;
}

/* A line that is none of ours costs its run, not all the others. */
static void pass_over(struct results *results, size_t number)
{
    if (results->unread_count < UNREAD_NAMED_MAX)
        results->unread_lines[results->unread_count] = number;
    results->unread_count++;
}

/* number counts from 1, the header. */
static bool take_line(struct results *results, char *line, size_t size, size_t number,
                      struct assay_error *err)
{
    struct result result = { 0 };

    if (number == 1)
        return strcmp(line, header) == 0 ||
               assay_fail(err, ASSAY_INVALID, NULL, "results.csv: a header of another kind");
    if (strlen(line) != size || !read_line(line, &result)) {
        result_clear(&result);
        pass_over(results, number);
        return true;
    }
    if (results_add(results, &result))
        return true;
    result_clear(&result);
    return assay_fail_memory(err);
}

static bool read_lines(FILE *in, struct results *results, struct assay_error *err)
{
    char *line = NULL;
    size_t capacity = 0;
    ssize_t size = 0;
    bool is_good = true;

    for (size_t number = 1; is_good && (size = getline(&line, &capacity, in)) > 0; number++) {
        if (line[size - 1] != '\n')
            break; /* a process was killed while it wrote, or is still at it */
        is_good = take_line(results, line, (size_t)size, number, err);
    }
    if (is_good && ferror(in))
        is_good = assay_fail_errno(err, errno, "results.csv");
    free(line);
    return is_good;
}

char *results_unread_text(const struct results *results, char text[RESULTS_UNREAD_TEXT])
{
    size_t named =
        results->unread_count < UNREAD_NAMED_MAX ? results->unread_count : UNREAD_NAMED_MAX;
    size_t used = 0;

    text[0] = '\0';
    if (results->unread_count == 0)
        return text;
    used = (size_t)snprintf(text, RESULTS_UNREAD_TEXT,
                            "results.csv: %zu line%s left out, none of ours: line",
                            results->unread_count, results->unread_count == 1 ? "" : "s");
    for (size_t i = 0; i < named; i++)
        used += (size_t)snprintf(text + used, RESULTS_UNREAD_TEXT - used, "%s %zu",
                                 i > 0 ? "," : "", results->unread_lines[i]);
    if (named < results->unread_count)
        (void)snprintf(text + used, RESULTS_UNREAD_TEXT - used, ", …");
    return text;
}

/* Items of one key keep their order by address of line: qsort is not stable, so place decides. */
struct placed {
    struct result result;
    size_t place;
};

static int compare_placed(const void *a, const void *b)
{
    const struct placed *left = a;
    const struct placed *right = b;
    int order = result_compare(&left->result, &right->result);

    return order ? order : (left->place > right->place) - (left->place < right->place);
}

/* Sorts, and keeps the last of each key. */
static bool settle(struct results *results, struct assay_error *err)
{
    size_t kept = 0;
    struct placed *placed = calloc(results->count ? results->count : 1, sizeof *placed);

    if (!placed)
        return assay_fail_memory(err);
    for (size_t i = 0; i < results->count; i++)
        placed[i] = (struct placed){ .result = results->items[i], .place = i };
    qsort(placed, results->count, sizeof *placed, compare_placed);
    for (size_t i = 0; i < results->count; i++) {
        if (kept > 0 && result_compare(&results->items[kept - 1], &placed[i].result) == 0)
            result_clear(&results->items[--kept]);
        results->items[kept++] = placed[i].result;
    }
    results->count = kept;
    free(placed);
    return true;
}

bool results_read(const char *folder, struct results *results, struct assay_error *err)
{
    char path[PATH_SIZE];
    FILE *in = NULL;
    bool is_good = false;

    if (!results_path(folder, path, err))
        return false;
    in = fopen(path, "re");
    if (!in)
        return errno == ENOENT || assay_fail_errno(err, errno, "%s", path);
    is_good = read_lines(in, results, err) && settle(results, err);
    (void)fclose(in);
    return is_good;
}

void results_clear(struct results *results)
{
    for (size_t i = 0; i < results->count; i++)
        result_clear(&results->items[i]);
    free(results->items);
    *results = (struct results){ 0 };
}
