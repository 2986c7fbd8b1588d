#include "support.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <dirent.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LINE_MAX_SIZE = 4096, ANSWER_MAX = 1024 * 1024 };

const char *const study_algorithms[] = { "random", "sobol", "gp", "tpe", "cmaes", "nsga2" };
const size_t study_algorithm_count = sizeof study_algorithms / sizeof study_algorithms[0];

char *study_text(const char *spec, const char *algorithm, const char *more)
{
    char *text = NULL;

    if (asprintf(&text, "{\"studySpec\":%s,\"algorithm\":\"%s\",\"seed\":7%s}", spec, algorithm,
                 more) < 0)
        abort();
    return text;
}

struct assay_study *study_start(const char *document, const char *state_dir)
{
    struct assay_study_options options = { .document = document,
                                           .document_size = strlen(document),
                                           .state_dir = state_dir };
    struct assay_error err = { 0 };
    struct assay_study *study = assay_study_open(&options, &err);

    cr_assert(study != NULL, "%s: %s", err.field, err.message);
    return study;
}

static const char *answer(struct assay_study *study, const char *line, size_t size)
{
    static char text[ANSWER_MAX];
    struct assay_response response;
    struct assay_error err = { 0 };

    cr_assert(assay_study_line(study, line, size, &response, &err), "%s", err.message);
    cr_assert(response.size < sizeof text);
    cr_assert(strlen(response.body) == response.size);
    cr_assert(strchr(response.body, '\n') == NULL);
    cr_assert(eq(int, strncmp(response.body, "{\"error\"", 8) == 0, response.status != 200));
    memcpy(text, response.body, response.size + 1);
    assay_response_clear(&response);
    return text;
}

const char *study_answer(struct assay_study *study, const char *fmt, ...)
{
    char line[LINE_MAX_SIZE];
    va_list args;
    int size = 0;

    va_start(args, fmt);
    size = vsnprintf(line, sizeof line, fmt, args);
    va_end(args);
    cr_assert(size >= 0 && (size_t)size < sizeof line);
    return answer(study, line, (size_t)size);
}

cJSON *study_say(struct assay_study *study, const char *fmt, ...)
{
    char line[LINE_MAX_SIZE];
    struct assay_error err = { 0 };
    const char *text = NULL;
    cJSON *root = NULL;
    va_list args;

    va_start(args, fmt);
    (void)vsnprintf(line, sizeof line, fmt, args);
    va_end(args);
    text = answer(study, line, strlen(line));
    root = json_read(text, strlen(text), &err);
    cr_assert(root != NULL, "%s: %s", text, err.message);
    return root;
}

void folder_make(char path[64])
{
    (void)snprintf(path, 64, "/tmp/assay-study-XXXXXX");
    if (!mkdtemp(path))
        abort();
}

void folder_remove(const char *path)
{
    DIR *dir = opendir(path);
    const struct dirent *entry = NULL;

    while (dir && (entry = readdir(dir)) != NULL)
        (void)unlinkat(dirfd(dir), entry->d_name, 0);
    if (dir)
        (void)closedir(dir);
    (void)rmdir(path);
}

char *file_text(const char *folder, const char *name, size_t *size)
{
    char path[256];
    char *text = calloc(1, ANSWER_MAX);
    FILE *file = NULL;

    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    file = fopen(path, "r");
    if (!file || !text)
        abort();
    *size = fread(text, 1, ANSWER_MAX - 1, file);
    (void)fclose(file);
    return text;
}

void file_write(const char *folder, const char *name, const char *text, size_t size)
{
    char path[256];
    FILE *file = NULL;

    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    file = fopen(path, "w");
    if (!file || fwrite(text, 1, size, file) != size || fclose(file) != 0)
        abort();
}
