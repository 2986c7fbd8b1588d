#include "engine/cli/document_file.h"

#include "assay/json.h"
#include "assay/value.h"
#include "engine/cli/launch_options.h"
#include "engine/cli/text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { READ_FIRST = 64 * 1024 };

static bool fail_too_large(struct assay_error *err)
{
    return assay_fail(err, ASSAY_INVALID, NULL, "larger than %d MiB, which no document is",
                      JSON_TEXT_MAX / 1024 / 1024);
}

/* Until the end of the file, whatever kind of file; at most one byte more than is allowed. */
static bool read_all(int fd, struct document_file *file, struct assay_error *err)
{
    size_t capacity = READ_FIRST;
    ssize_t got = 1;

    file->text = malloc(capacity);
    while (file->text && got > 0) {
        got = read(fd, file->text + file->size, capacity - file->size - 1);
        if (got < 0)
            return assay_fail_errno(err, errno, "read");
        file->size += (size_t)got;
        if (file->size > JSON_TEXT_MAX)
            return fail_too_large(err);
        if (file->size + 1 == capacity) {
            char *grown = realloc(file->text, capacity * 2);

            if (!grown)
                return assay_fail_memory(err);
            file->text = grown;
            capacity *= 2;
        }
    }
    if (!file->text)
        return assay_fail_memory(err);
    file->text[file->size] = '\0';
    return true;
}

static bool check_text(const struct document_file *file, struct assay_error *err)
{
    int line = 0;

    if (file->size == 0)
        return assay_fail(err, ASSAY_INVALID, NULL, "the file is empty: a job document is needed");
    if (text_is_utf8(file->text, file->size, &line))
        return true;
    return assay_fail(err, ASSAY_INVALID, NULL, "line %d: a byte that is no UTF-8 text", line);
}

static bool read_checked(int fd, struct document_file *file, bool *is_regular,
                         struct assay_error *err)
{
    struct stat info;

    if (fstat(fd, &info) != 0)
        return assay_fail_errno(err, errno, "read");
    if (S_ISDIR(info.st_mode))
        return assay_fail(err, ASSAY_INVALID, NULL, "this is a folder; a job document is needed");
    *is_regular = S_ISREG(info.st_mode);
    if (*is_regular && info.st_size > JSON_TEXT_MAX)
        return fail_too_large(err);
    return read_all(fd, file, err) && check_text(file, err);
}

/* The folder of a file that lies somewhere; of a pipe the working folder. */
static bool find_source_dir(const char *operand, bool is_regular, struct document_file *file,
                            struct assay_error *err)
{
    const char *slash = is_regular ? strrchr(operand, '/') : NULL;
    char *dir = slash ? strndup(operand, (size_t)(slash - operand) + 1) : strdup(".");

    if (!dir)
        return assay_fail_memory(err);
    file->source_dir = realpath(dir, NULL);
    free(dir);
    return file->source_dir || assay_fail_errno(err, errno, "its folder");
}

/* Exit status 4 is for the state folder: a file that may not be read is a wrong operand. */
static bool fail_open(const char *operand, int error_number, struct assay_error *err)
{
    (void)assay_fail_errno(err, error_number, "%s", operand);
    if (err->code == ASSAY_DENIED)
        err->code = ASSAY_INVALID;
    return false;
}

bool document_file_read(const char *operand, struct document_file *file, struct assay_error *err)
{
    bool is_stdin = strcmp(operand, "-") == 0;
    bool is_regular = false;
    bool is_ok = false;
    int fd = STDIN_FILENO;

    *file = (struct document_file){ .name = strdup(is_stdin ? "standard input" : operand) };
    if (!file->name)
        return assay_fail_memory(err);
    if (!is_stdin) {
        fd = open(operand, O_RDONLY | O_CLOEXEC);
        if (fd < 0)
            return fail_open(operand, errno, err);
    }
    is_ok = read_checked(fd, file, &is_regular, err) &&
            find_source_dir(operand, is_regular && !is_stdin, file, err);
    if (!is_stdin)
        (void)close(fd);
    if (!is_ok)
        (void)assay_error_add(err, "%s", file->name);
    return is_ok;
}

void document_file_clear(struct document_file *file)
{
    if (!file)
        return;
    free(file->name);
    free(file->text);
    free(file->source_dir);
    *file = (struct document_file){ 0 };
}

static void write_override(struct json_writer *w, const char *path, const char *value)
{
    json_begin_object(w);
    json_key(w, "path");
    json_string(w, path);
    json_key(w, "value");
    json_string(w, value);
    json_end_object(w);
}

/* Beyond 2^53 a number would lose digits on the way; a text in quotes does not. */
static bool write_seed(struct json_writer *w, const char *seed, struct assay_error *err)
{
    enum { EXACT_DIGITS = 15, SEED_DIGITS = 20 };
    char quoted[SEED_DIGITS + 3];
    size_t digits = strspn(seed, "0123456789");

    if (digits == 0 || digits > SEED_DIGITS || seed[digits])
        return assay_fail(err, ASSAY_INVALID, NULL, "--seed %s: a seed is a whole number from 0 on",
                          seed);
    (void)snprintf(quoted, sizeof quoted, digits > EXACT_DIGITS ? "\"%s\"" : "%s", seed);
    write_override(w, "assay.seed", quoted);
    return true;
}

static bool write_sets(struct json_writer *w, const struct arguments *arguments,
                       struct assay_error *err)
{
    int line = 0;

    for (size_t i = 0; i < arguments->set_count; i++) {
        const char *set = arguments->sets[i];
        const char *equals = strchr(set, '=');
        char *path = NULL;

        if (!equals || equals == set || !text_is_utf8(set, strlen(set), &line))
            return assay_fail(err, ASSAY_INVALID, NULL,
                              "--set %s: it takes PATH=VALUE, as in --set maxTrialCount=5", set);
        path = strndup(set, (size_t)(equals - set));
        if (!path)
            return assay_fail_memory(err);
        write_override(w, path, equals + 1);
        free(path);
    }
    return true;
}

/* By the name's ending; NULL where that tells nothing. */
static const char *format_of(const char *name)
{
    static const char *const endings[][2] = { { ".yaml", "yaml" },
                                              { ".yml", "yaml" },
                                              { ".json", "json" } };
    size_t size = strlen(name);

    for (size_t i = 0; i < sizeof endings / sizeof endings[0]; i++) {
        size_t length = strlen(endings[i][0]);

        if (size > length && strcmp(name + size - length, endings[i][0]) == 0)
            return endings[i][1];
    }
    return NULL;
}

char *document_file_body(const struct document_file *file, const struct arguments *arguments,
                         size_t *size, struct assay_error *err)
{
    struct json_writer w;
    char *body = NULL;
    bool is_ok = true;
    bool is_written = false;
    FILE *out = open_memstream(&body, size);

    if (!out) {
        (void)assay_fail_memory(err);
        return NULL;
    }
    json_writer_init(&w, out, 0);
    json_begin_object(&w);
    json_key(&w, "source");
    json_string(&w, file->text);
    if (format_of(file->name)) {
        json_key(&w, "format");
        json_string(&w, format_of(file->name));
    }
    json_key(&w, "sourceDir");
    json_string(&w, file->source_dir);
    json_key(&w, "overrides");
    json_begin_array(&w);
    /* --set comes last: the more exact word. */
    if (arguments->is_given[OPTION_SEED])
        is_ok = write_seed(&w, arguments->values[OPTION_SEED], err);
    if (arguments->is_given[OPTION_ON_HOST])
        write_override(&w, "assay.onHost", "true");
    is_ok = is_ok && launch_options_write_overrides(&w, arguments, err) &&
            write_sets(&w, arguments, err);
    json_end_array(&w);
    json_end_object(&w);
    is_written = json_writer_finish(&w);
    is_written = fclose(out) == 0 && is_written;
    if (is_ok && !is_written)
        is_ok = assay_fail_memory(err);
    if (is_ok)
        return body;
    free(body);
    return NULL;
}
