#include "engine/models/model_push.h"

#include "engine/models/registry.h"
#include "launcher/artifact_unpack.h"

#include <inttypes.h>
#include <stdio.h>

enum { REMOTE_TEXT = PATH_TEXT + 256, LINE_TEXT = 512 };

/* A model of any size at the speed of a slow line. */
static const int64_t timeout_us = INT64_C(24) * 3600 * 1000 * 1000;

int64_t model_push_pause_us(int tries)
{
    const int64_t second_us = 1000 * 1000;
    const int64_t most_us = 3600 * second_us;
    int64_t pause_us = 10 * second_us;

    for (int i = 1; i < tries && pause_us < most_us; i++)
        pause_us *= 2;
    return pause_us < most_us ? pause_us : most_us;
}

static bool run(struct engine *engine, const char *verb, const char *from, const char *to,
                struct subprocess_cancel *cancel, struct assay_error *err)
{
    const char *const argv[] = { "rclone", verb, "--checksum", "--retries", "1",
                                 "--",     from, to,           NULL };
    const struct subprocess_spec spec = {
        .env = engine_env(engine), .argv = argv, .timeout_us = timeout_us, .cancel = cancel
    };
    struct subprocess_result result = { 0 };
    char line[LINE_TEXT];
    bool is_ok = subprocess_run(&spec, &result, err);

    if (!is_ok && err->code == ASSAY_NOT_FOUND)
        (void)assay_fail(err, ASSAY_NOT_FOUND, NULL,
                         "rclone, which takes models to %.200s, is not installed", to);
    if (is_ok && result.status != 0)
        is_ok = assay_fail(
            err, ASSAY_UNAVAILABLE, NULL, "rclone %s ended with status %d: %s", verb, result.status,
            subprocess_last_line(result.errors ? result.errors : "", line, sizeof line));
    subprocess_result_clear(&result);
    return is_ok;
}

/* The first damaged file. */
static void note_damage(void *context, const char *path, const char *why)
{
    struct assay_error *err = context;

    if (err->code == ASSAY_OK)
        (void)assay_fail(err, ASSAY_DATA_LOSS, NULL, "%.1000s %s", path, why);
}

static bool check_files(const struct engine *engine, const struct model_version_row *version,
                        struct assay_error *err)
{
    char dir[PATH_TEXT];
    struct artifact_blobs blobs = model_registry_blobs(engine, dir);
    struct artifact_tree tree = { .fd = -1 };
    struct assay_error damage = { .code = ASSAY_OK };
    size_t count = 0;
    bool is_ok = artifact_blobs_read(&blobs, version->artifact, &tree, err) &&
                 artifact_verify(&blobs, &tree, note_damage, &damage, &count, err);

    artifact_tree_clear(&tree);
    if (is_ok && count > 0)
        *err = damage;
    return is_ok && count == 0;
}

bool model_push(struct engine *engine, const char *remote, const char *id,
                const struct model_version_row *version, struct subprocess_cancel *cancel,
                struct assay_error *err)
{
    char dir[PATH_TEXT];
    struct artifact_blobs blobs = model_registry_blobs(engine, dir);
    char from[PATH_TEXT];
    char manifest[BLOB_PATH];
    char to[REMOTE_TEXT];
    bool is_ok = false;

    /* What is deleted after that fails at rclone, and is asked for by nobody any more. */
    model_registry_begin(engine_models(engine));
    is_ok =
        check_files(engine, version, err) && model_registry_show(engine, id, version, true, err);
    model_registry_end(engine_models(engine));
    if (!is_ok)
        return false;
    (void)model_registry_path(engine_state_dir(engine), id, version->version, from);
    (void)snprintf(to, sizeof to, "%s/%s/%" PRId64, remote, id, version->version);
    if (!run(engine, "copy", from, to, cancel, err))
        return false;
    (void)snprintf(to, sizeof to, "%s/%s/%" PRId64 ".json", remote, id, version->version);
    return run(engine, "copyto", artifact_blob_path(&blobs, version->artifact, manifest), to,
               cancel, err);
}
