#include "launcher/container/engines_used.h"

#include "launcher/shim/record_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A dot: what else lies in the folder are those of containers. */
#define USED_NAME ".engines"
#define USED_FORMAT "assay-container-engines 1"

void engines_used_add(struct engines_used *used, const char *program)
{
    char *slot = used->programs[used->count % ENGINES_USED_MAX];

    for (size_t i = 0; i < used->count; i++) {
        if (strcmp(used->programs[i], program) == 0)
            return;
    }
    if (used->count < ENGINES_USED_MAX && strlen(program) < PATH_MAX && !strchr(program, '\n')) {
        (void)snprintf(slot, PATH_MAX, "%s", program);
        used->count++;
    }
}

void engines_used_read(const char *dir, struct engines_used *used)
{
    char text[RECORD_TEXT_MAX];
    char program[PATH_MAX];
    char key[] = "program0";

    used->count = 0;
    if (record_file_read(dir, USED_NAME, USED_FORMAT, text) != 0)
        return;
    for (; key[7] < '0' + ENGINES_USED_MAX; key[7]++) {
        if (record_file_text(text, key, program, sizeof program))
            engines_used_add(used, program);
    }
}

int engines_used_write(const char *dir, const struct engines_used *used)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    int error = out ? 0 : ENOMEM;

    if (out)
        (void)fprintf(out, "%s\n", USED_FORMAT);
    for (size_t i = 0; out && i < used->count; i++)
        (void)fprintf(out, "program%zu %s\n", i, used->programs[i]);
    if (out && (fprintf(out, "end\n") < 0 || fclose(out) != 0))
        error = ENOMEM;
    if (!error && size >= RECORD_TEXT_MAX)
        error = EOVERFLOW;
    if (!error)
        error = record_make_dirs(dir);
    if (!error)
        error = record_file_write(dir, USED_NAME, text, size, false);
    free(text);
    return error;
}
