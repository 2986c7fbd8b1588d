/* suggest: a study over standard input and output, a line for a line. */

#include "assay.h"
#include "engine/cli/arguments.h"
#include "engine/cli/document_file.h"
#include "engine/cli/report.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { READ_FIRST = 64 * 1024 };

/* What was read and not yet answered. */
struct lines {
    char *text; /* capacity bytes, of which those from begin to end count */
    size_t capacity, begin, end;
    size_t skipped; /* bytes of a line that is too long, gone already */
    bool is_ended;
};

/* Room for more behind end: by moving, then by growing. */
static bool make_room(struct lines *lines, struct assay_error *err)
{
    char *grown = NULL;

    if (lines->end < lines->capacity)
        return true;
    if (lines->begin > 0) {
        lines->end -= lines->begin;
        memmove(lines->text, lines->text + lines->begin, lines->end);
        lines->begin = 0;
        return true;
    }
    grown = realloc(lines->text, lines->capacity ? lines->capacity * 2 : READ_FIRST);
    if (!grown)
        return assay_fail_memory(err);
    lines->text = grown;
    lines->capacity = lines->capacity ? lines->capacity * 2 : READ_FIRST;
    return true;
}

static bool read_more(struct lines *lines, struct assay_error *err)
{
    ssize_t got = -1;

    if (lines->begin == lines->end)
        lines->begin = lines->end = 0;
    if (!make_room(lines, err))
        return false;
    do
        got = read(STDIN_FILENO, lines->text + lines->end, lines->capacity - lines->end);
    while (got < 0 && errno == EINTR);
    if (got < 0)
        return assay_fail_errno(err, errno, "standard input");
    lines->end += (size_t)got;
    lines->is_ended = got == 0;
    return true;
}

/*
 * The next line, without its end; *size beyond ASSAY_STUDY_LINE_MAX for one of which only that is
 * known. False at the end of the input, or with *err.
 */
static bool next_line(struct lines *lines, const char **line, size_t *size, struct assay_error *err)
{
    size_t searched = 0;

    for (;;) {
        size_t left = lines->end - lines->begin;
        const char *begin = lines->text + lines->begin;
        const char *newline =
            left > searched ? memchr(begin + searched, '\n', left - searched) : NULL;

        if (newline || (lines->is_ended && left + lines->skipped > 0)) {
            *size = lines->skipped + (newline ? (size_t)(newline - begin) : left);
            *line = begin;
            lines->begin += newline ? (size_t)(newline - begin) + 1 : left;
            lines->skipped = 0;
            return true;
        }
        if (lines->is_ended)
            return false;
        if (left > ASSAY_STUDY_LINE_MAX) {
            lines->skipped += left;
            lines->begin = lines->end = left = 0;
        }
        searched = left;
        if (!read_more(lines, err))
            return false;
    }
}

/* The answer and its line end at once: what is flushed is a whole line. */
static bool write_answer(struct assay_response *response, struct assay_error *err)
{
    const char *text = response->body;
    size_t left = response->size + 1;

    response->body[response->size] = '\n'; /* in the place of the terminator */
    while (left > 0) {
        ssize_t done = write(STDOUT_FILENO, text, left);

        if (done < 0 && errno != EINTR)
            return assay_fail_errno(err, errno, "standard output");
        if (done > 0) {
            text += done;
            left -= (size_t)done;
        }
    }
    return true;
}

static void print_note(struct assay_study *study, bool *is_printed)
{
    const char *note = assay_study_note(study);

    if (note && !*is_printed)
        (void)fprintf(stderr, "assay: note: %s\n", note);
    *is_printed = *is_printed || note;
}

static bool answer_lines(struct assay_study *study, struct lines *lines, struct assay_error *err)
{
    const char *line = NULL;
    size_t size = 0;
    bool is_printed = false;

    print_note(study, &is_printed);
    while (next_line(lines, &line, &size, err)) {
        struct assay_response response = { 0 };
        bool is_answered = assay_study_line(study, line, size, &response, err);

        if (is_answered) {
            print_note(study, &is_printed);
            is_answered = write_answer(&response, err);
        }
        assay_response_clear(&response);
        if (!is_answered)
            return false;
    }
    return err->code == ASSAY_OK;
}

/* Each fault of the document as a line of its own; *err for what is to be said below them. */
static void print_faults(const struct document_file *file, const struct arguments *arguments,
                         struct assay_error *err)
{
    struct assay_response response = { 0 };
    struct assay_error why = { 0 };
    cJSON *answer = NULL;
    int count = 0;

    if (assay_study_check(file->text, file->size, &response, &why))
        answer = json_read(response.body, response.size, &why);
    count = cJSON_GetArraySize(json_get(answer, "faults"));
    if (count > 0) {
        report_faults(stderr, arguments->operands[0], arguments, answer);
        (void)assay_fail(err, ASSAY_INVALID, NULL, "%d fault%s in the study", count,
                         count == 1 ? "" : "s");
    }
    cJSON_Delete(answer);
    assay_response_clear(&response);
}

/* Of a file the study has begun when this returns; of "-" the first line will bring it. */
static struct assay_study *open_study(const struct arguments *arguments, struct document_file *file,
                                      struct assay_error *err)
{
    const char *operand = arguments->operands[0];
    struct assay_study_options options = { .state_dir = arguments->values[OPTION_STATE],
                                           .is_verifying = arguments->is_given[OPTION_VERIFY] };
    struct assay_study *study = NULL;

    if (strcmp(operand, "-") != 0) {
        if (!document_file_read(operand, file, err))
            return NULL;
        options.document = file->text;
        options.document_size = file->size;
    }
    study = assay_study_open(&options, err);
    if (!study && err->code == ASSAY_INVALID && options.document)
        print_faults(file, arguments, err);
    return study;
}

int command_suggest(const struct arguments *arguments)
{
    struct assay_error err = { 0 };
    struct document_file file = { 0 };
    struct lines lines = { 0 };
    struct assay_study *study = open_study(arguments, &file, &err);
    int status = 0;

    if (study && answer_lines(study, &lines, &err) && !assay_study_has_begun(study))
        (void)assay_fail(&err, ASSAY_INVALID, NULL, "no line of the input was a study");
    if (err.code != ASSAY_OK)
        status = report_error(&err);
    free(lines.text);
    assay_study_close(study);
    document_file_clear(&file);
    return status;
}
