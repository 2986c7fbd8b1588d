/* Folders of jobs that are no more: removed with the job, or at the next opening. */

#include "assay/value.h"
#include "engine/engine_private.h"
#include "launcher/artifact.h"

#include <dirent.h>
#include <inttypes.h>
#include <string.h>

static void remove_tree(struct engine *engine, const char *path)
{
    struct assay_error err = { 0 };

    if (!artifact_remove(path, &err))
        assay_log(&engine->env, ASSAY_LOG_WARNING, "files left behind: %s", err.message);
}

void engine_forget(struct engine *engine, int64_t job)
{
    char path[PATH_TEXT];

    remove_tree(engine, path_of_job(engine->state_dir, job, path));
    remove_tree(engine, path_of_model(engine->state_dir, job, path));
}

/* Named like a job's folder (or the rubbish of one being filled), and no job has that id. */
static bool is_orphan(struct engine *engine, const char *name)
{
    struct assay_error err = { 0 };
    struct job_row row = { 0 };
    char id[32];
    int64_t job = 0;

    if (snprintf(id, sizeof id, "%.*s", (int)strcspn(name, "."), name) >= (int)sizeof id ||
        !assay_integer_parse(id, &job))
        return false;
    if (store_job_get(engine->writer, job, &row, &err)) {
        job_row_clear(&row);
        return false;
    }
    return err.code == ASSAY_NOT_FOUND;
}

static void sweep_folder(struct engine *engine, const char *name)
{
    char folder[PATH_TEXT];
    char path[PATH_TEXT + 256 + 1];
    const struct dirent *entry = NULL;
    DIR *dir = NULL;

    (void)snprintf(folder, sizeof folder, "%s/%s", engine->state_dir, name);
    dir = opendir(folder);
    if (!dir)
        return;
    while ((entry = readdir(dir))) {
        (void)snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        if (is_orphan(engine, entry->d_name))
            remove_tree(engine, path);
    }
    (void)closedir(dir);
}

void engine_sweep(struct engine *engine)
{
    sweep_folder(engine, "jobs");
    sweep_folder(engine, "models");
}
