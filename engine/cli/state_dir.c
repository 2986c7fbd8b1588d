#include "engine/cli/state_dir.h"

#include "engine/cli/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static bool is_dir(const char *path)
{
    struct stat info;

    return stat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

bool state_dir_choose(const char *option, struct state_dir *dir, struct assay_error *err)
{
    /* NOLINTBEGIN(concurrency-mt-unsafe): nobody changes the environment */
    const char *state_home = getenv("XDG_STATE_HOME");
    const char *home = getenv("HOME");
    /* NOLINTEND(concurrency-mt-unsafe) */
    int size = 0;

    *dir = (struct state_dir){ .is_given = option != NULL };
    if (option && !*option)
        return assay_fail(err, ASSAY_INVALID, NULL, "--state needs the name of a folder");
    if (option)
        size = asprintf(&dir->path, "%s", option);
    else if (is_dir(".assay"))
        size = asprintf(&dir->path, ".assay");
    else if (state_home && state_home[0] == '/') /* a relative one is to be ignored, says XDG */
        size = asprintf(&dir->path, "%s/assay", state_home);
    else if (home && *home)
        size = asprintf(&dir->path, "%s/.local/state/assay", home);
    else
        return assay_fail(err, ASSAY_INVALID, NULL,
                          "there is no home folder for the state; say which with --state DIR");
    if (size >= 0)
        return true;
    dir->path = NULL;
    return assay_fail_memory(err);
}

void state_dir_clear(struct state_dir *dir)
{
    if (!dir)
        return;
    free(dir->path);
    free(dir->endpoint);
    *dir = (struct state_dir){ 0 };
}

char *state_dir_absolute(const struct state_dir *dir)
{
    char *real = realpath(dir->path, NULL);
    char *here = NULL;
    char *path = NULL;

    if (real || dir->path[0] == '/')
        return real ? real : strdup(dir->path);
    here = realpath(".", NULL);
    if (here && asprintf(&path, "%s/%s", here, dir->path) < 0)
        path = NULL;
    free(here);
    return path;
}

static void write_option(FILE *out, const char *name, const char *value)
{
    if (!value)
        return;
    (void)fprintf(out, " --%s ", name);
    text_write_shell(out, value);
}

void state_dir_write_place(FILE *out, const struct state_dir *dir)
{
    if (dir->is_given && !dir->is_remote)
        write_option(out, "state", dir->path);
    if (!dir->is_remote)
        return;
    write_option(out, "endpoint", dir->endpoint);
    write_option(out, "token-file", dir->token_file);
    write_option(out, "tls-ca", dir->tls_ca);
}

char *state_dir_command(const struct state_dir *dir, const char *verb, const char *id)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);

    if (!out)
        return NULL;
    (void)fprintf(out, "assay %s ", verb);
    text_write_shell(out, id); /* it may be a server's word */
    state_dir_write_place(out, dir);
    if (fclose(out) == 0)
        return text;
    free(text);
    return NULL;
}
