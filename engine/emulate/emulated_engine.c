#include "engine/emulate/emulated_engine.h"

#include "engine/engine_private.h"
#include "launcher/artifact.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A file in the folder that tells it from one of jobs that are run. */
#define EMULATION_MARK "emulation"

/* Of a request that waits for what its own batch has computed. */
enum { ANSWER_BATCHES_MAX = 1000 };

struct emulation *engine_emulation(struct engine *engine)
{
    return engine->emulation;
}

void engine_enter(struct engine *engine)
{
    if (engine->emulation)
        (void)pthread_mutex_lock(&engine->emulation_mutex);
}

void engine_leave(struct engine *engine)
{
    if (engine->emulation)
        (void)pthread_mutex_unlock(&engine->emulation_mutex);
}

/* Both clocks are the one that there is. */
static int64_t emulated_now_us(void *context)
{
    const struct engine *engine = context;

    return emulation_now_us(engine->emulation);
}

static bool emulated_entropy(void *context, void *buffer, size_t size)
{
    const struct engine *engine = context;

    emulation_entropy(engine->emulation, buffer, size);
    return true;
}

/* What the controller thread does of a real engine, for one event or none. */
static bool run_batch(struct engine *engine, struct event *event, struct assay_error *err)
{
    (void)controller_begin(engine->controller);
    if (event)
        controller_handle(engine->controller, event);
    if (!controller_commit(engine->controller, NULL, err)) {
        engine_note_broken(engine, err);
        return false;
    }
    engine_note_changes(engine);
    engine_checkpoint(engine);
    return true;
}

bool engine_advance(struct engine *engine, int64_t by_us, struct assay_error *err)
{
    int64_t until_us = emulation_now_us(engine->emulation);

    if (__builtin_add_overflow(until_us, by_us, &until_us))
        return assay_fail(err, ASSAY_RANGE, "duration", "the clock does not go that far");
    for (int i = 0; i < EMULATION_HAPPENINGS_MAX; i++) {
        int64_t deadline_us = controller_deadline(engine->controller);
        struct event event = { 0 };
        bool has_event = emulation_next(engine->emulation,
                                        deadline_us < until_us ? deadline_us : until_us, &event);

        if (!has_event && deadline_us > until_us)
            break;
        if (!run_batch(engine, has_event ? &event : NULL, err))
            return false;
        pipeline_runner_step(engine->pipelines);
    }
    pipeline_runner_step(engine->pipelines);
    return true;
}

bool engine_ask_emulated(struct engine *engine, struct request *request, struct assay_error *err)
{
    struct event event = { .kind = EVENT_REQUEST, .request = request };
    bool is_working = true;

    if (request->kind == REQUEST_SUBMIT &&
        !emulation_admit_job(engine->emulation, request->row->display_name,
                             (int)request->spec->kind, err)) {
        request_drop_spec(request);
        return false;
    }
    is_working = run_batch(engine, &event, err);
    for (int i = 0; i < ANSWER_BATCHES_MAX && is_working && !request->is_answered; i++)
        is_working = run_batch(engine, NULL, err);
    /* Samplers are asked at once, and a controller that is broken answers all. */
    assert(request->is_answered);
    if (!request->is_ok)
        *err = request->err;
    return request->is_ok;
}

static bool new_controller(struct engine *engine, struct assay_error *err)
{
    struct controller_outlet outlet = emulation_outlet(engine->emulation);

    engine->controller = controller_new(engine->writer, &engine->env, &outlet);
    return engine->controller || assay_fail_memory(err);
}

bool engine_reset(struct engine *engine, const uint64_t *seed, struct assay_error *err)
{
    struct controller *before = engine->controller;
    bool is_reset = new_controller(engine, err);

    if (!is_reset) {
        engine->controller = before;
        return false;
    }
    controller_free(before);
    replay_free(engine->replay);
    engine->replay = NULL;
    plot_cache_forget(engine->digests);
    plot_cache_forget(engine->forests);
    is_reset = emulation_reset(engine->emulation, seed, err) && store_empty(engine->writer, err);
    pipeline_runner_forget(engine->pipelines);
    if (is_reset)
        engine_note_changes(engine);
    else
        engine_note_broken(engine, err);
    return is_reset;
}

bool engine_begin_emulation(struct engine *engine, const struct engine_emulation *options,
                            struct assay_error *err)
{
    struct assay_faults faults = { 0 };
    struct emulation_script *script =
        emulation_script_read(options->script, options->script_size, &faults, err);

    assay_faults_clear(&faults); /* *err lists them */
    if (!script)
        return assay_error_add(err, "the script");
    engine->emulation = emulation_new(script, options->has_seed ? &options->seed : NULL, err);
    if (!engine->emulation)
        return false;
    engine->env.wall_us = emulated_now_us;
    engine->env.mono_us = emulated_now_us;
    engine->env.entropy = emulated_entropy;
    store_relax(engine->writer);
    engine->models = model_registry_new(engine, err);
    engine->pipelines = engine->models ? pipeline_runner_new(engine, err) : NULL;
    /* What an emulation of before has left. */
    return engine->pipelines && store_empty(engine->writer, err) && new_controller(engine, err);
}

/* Where temporary files go. */
static const char *temporary_parent(char *const *environment)
{
    static const char name[] = "TMPDIR=";

    for (; environment && *environment; environment++)
        if (strncmp(*environment, name, strlen(name)) == 0 && (*environment)[strlen(name)])
            return *environment + strlen(name);
    return "/tmp";
}

char *engine_make_temporary(char *const *environment, struct assay_error *err)
{
    char *path = NULL;

    if (asprintf(&path, "%s/assay-emulation-XXXXXX", temporary_parent(environment)) < 0) {
        (void)assay_fail_memory(err);
        return NULL;
    }
    if (mkdtemp(path))
        return path;
    (void)assay_fail_errno(err, errno, "make a folder %s", path);
    err->code = ASSAY_UNAVAILABLE;
    free(path);
    return NULL;
}

static bool has_file(const char *state_dir, const char *name)
{
    char path[PATH_TEXT];

    (void)snprintf(path, sizeof path, "%s/%s", state_dir, name);
    return access(path, F_OK) == 0;
}

bool engine_mark_emulated(const char *state_dir, struct assay_error *err)
{
    char path[PATH_TEXT];
    int fd = -1;

    if (has_file(state_dir, "assay.db") && !has_file(state_dir, EMULATION_MARK))
        return assay_fail(err, ASSAY_PRECONDITION, NULL,
                          "state folder %s has jobs already, and emulate mode begins with none: "
                          "choose an empty folder, or none for a temporary one",
                          state_dir);
    (void)snprintf(path, sizeof path, "%s/" EMULATION_MARK, state_dir);
    fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
    if (fd < 0)
        return assay_fail_errno(err, errno, "make %s", path);
    (void)close(fd);
    return true;
}

bool engine_check_real(const char *state_dir, struct assay_error *err)
{
    return !has_file(state_dir, EMULATION_MARK) ||
           assay_fail(err, ASSAY_PRECONDITION, NULL,
                      "state folder %s is an emulator's, whose jobs are not to be run: choose "
                      "another one",
                      state_dir);
}

void engine_remove_temporary(const char *path)
{
    struct assay_error err = { 0 };

    (void)artifact_remove(path, &err); /* rubbish in a temporary folder, at the worst */
}
