#include "engine/api/watch.h"

#include "assay/json.h"
#include "engine/assay_private.h"
#include "engine/live/live.h"
#include "engine/paths.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LOCATION "/v1/projects/p/locations/l"
#define STUDY_SPEC                                                                                 \
    "\"displayName\":\"d\",\"studySpec\":{\"algorithm\":\"RANDOM_SEARCH\",\"metrics\":[{"          \
    "\"metricId\":\"m\",\"goal\":\"MINIMIZE\"}],\"parameters\":[{\"parameterId\":\"x\","           \
    "\"doubleValueSpec\":{\"minValue\":0,\"maxValue\":1}}]}"

static const char study_document[] = "{" STUDY_SPEC "}";
static const char tuning_document[] =
    "{" STUDY_SPEC ",\"maxTrialCount\":1,\"parallelTrialCount\":1,\"trialJobSpec\":{"
    "\"workerPoolSpecs\":[{\"containerSpec\":{\"imageUri\":\"i\"}}]}}";

/* An engine whose trials run for ever, and somebody who follows one of its jobs. */
struct world {
    struct assay *assay;
    char *path; /* of the job */
    struct watch *watch;
    int ends[2];
};

static struct assay *open_engine(void)
{
    static const char script[] = "{\"trials\":[{\"ends\":\"NEVER\"}]}";
    struct assay_emulation emulation = { .script = script, .script_size = sizeof script - 1 };
    struct assay_options options = { .emulation = &emulation };
    struct assay_error err = { 0 };
    struct assay *assay = assay_open(&options, &err);

    cr_assert(assay != NULL, "%s", err.message);
    return assay;
}

/* The member "name" of the answer; NULL where there is none. The caller frees it. */
static char *post(struct assay *assay, const char *path, const char *body)
{
    struct assay_request request = {
        .method = "POST", .path = path, .body = body, .body_size = strlen(body)
    };
    struct assay_response response;
    struct assay_error err = { 0 };
    cJSON *json = NULL;
    char *name = NULL;

    cr_assert(assay_call(assay, &request, &response, &err), "%s", err.message);
    cr_assert(eq(int, response.status, 200), "%s: %s", path, response.body);
    json = json_read(response.body, response.size, &err);
    cr_assert(asprintf(&name, "/v1/%s", cJSON_GetStringValue(json_get(json, "name"))) > 0);
    cJSON_Delete(json);
    assay_response_clear(&response);
    return name;
}

static void write_byte(void *context)
{
    const int *ends = context;

    (void)!write(ends[1], "!", 1);
}

static bool is_told(const int ends[2], int timeout_ms)
{
    struct pollfd polled = { .fd = ends[0], .events = POLLIN };
    char byte = 0;

    return poll(&polled, 1, timeout_ms) == 1 && read(ends[0], &byte, 1) == 1;
}

static void follow(struct world *w, const char *after)
{
    struct assay_watch_options options = { .query = "logs=true",
                                           .after = after,
                                           .on_ready = write_byte };
    struct assay_error err = { 0 };
    char path[256];

    cr_assert(zero(int, pipe2(w->ends, O_CLOEXEC | O_NONBLOCK)));
    (void)snprintf(path, sizeof path, "%s:watch", w->path);
    options.path = path;
    options.context = w->ends;
    w->watch = watch_open(w->assay->engine, &options, &err);
    cr_assert(w->watch != NULL, "%s", err.message);
}

static void world_clear(struct world *w)
{
    watch_close(w->watch);
    assay_close(w->assay);
    free(w->path);
    (void)close(w->ends[0]);
    (void)close(w->ends[1]);
}

/* The type of the next event, or "". */
static const char *next_type(struct world *w)
{
    struct assay_event event = { .type = "" };
    struct assay_error err = { 0 };
    enum assay_watch_result result = watch_next(w->watch, &event, &err);

    cr_assert(ne(int, (int)result, ASSAY_WATCH_FAILED), "%s", err.message);
    return result == ASSAY_WATCH_EVENT ? event.type : "";
}

static void take_all(struct world *w)
{
    while (*next_type(w))
        ;
}

/* The trial's first lines: the folder comes with them. */
static void write_log(const struct world *w)
{
    char dir[PATH_TEXT];
    char path[PATH_TEXT + 16];
    int fd = -1;

    (void)path_of_attempt(engine_state_dir(w->assay->engine),
                          strtoll(strrchr(w->path, '/') + 1, NULL, 10), 1, 1, dir);
    for (char *at = strchr(dir + 1, '/'); at; at = strchr(at + 1, '/')) {
        *at = '\0';
        (void)mkdir(dir, 0700);
        *at = '/';
    }
    cr_assert(zero(int, mkdir(dir, 0700)));
    (void)snprintf(path, sizeof path, "%s/stdout.log", dir);
    fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    cr_assert(ge(int, fd, 0));
    cr_assert(eq(int, (int)write(fd, "hello\n", 6), 6));
    (void)close(fd);
}

Test(watch, a_log_whose_folder_comes_late_is_found_however_often_it_was_looked_for)
{
    struct world w = { .assay = open_engine() };

    w.path = post(w.assay, LOCATION "/hyperparameterTuningJobs", tuning_document);
    follow(&w, NULL);
    for (int i = 0; i < 200; i++)
        take_all(&w);
    cr_assert(is_told(w.ends, 20000), "it is looked for once more");
    take_all(&w);
    write_log(&w);
    cr_assert(is_told(w.ends, 20000));
    cr_assert(zero(int, strcmp(next_type(&w), "log")));
    world_clear(&w);
}

Test(watch, who_comes_back_with_an_id_is_told_what_running_trials_write)
{
    struct world w = { .assay = open_engine() };
    char id[64];

    w.path = post(w.assay, LOCATION "/hyperparameterTuningJobs", tuning_document);
    follow(&w, NULL);
    take_all(&w);
    (void)snprintf(id, sizeof id, "%s", watch_id(w.watch));
    watch_close(w.watch);
    (void)close(w.ends[0]);
    (void)close(w.ends[1]);
    write_log(&w);
    follow(&w, id);
    cr_assert(zero(int, strcmp(next_type(&w), "log")));
    world_clear(&w);
}

Test(watch, nobody_looks_for_logs_of_a_studys_trials)
{
    struct world w = { .assay = open_engine() };
    struct live *live = engine_live(w.assay->engine);
    struct subscriber fence = { .on_ready = write_byte };
    struct assay_error err = { 0 };
    struct change change;
    uint64_t number = 0;
    int ends[2];
    char path[256];

    w.path = post(w.assay, LOCATION "/studies", study_document);
    (void)snprintf(path, sizeof path, "%s/trials:suggest", w.path);
    free(post(w.assay, path, "{\"suggestionCount\":1,\"clientId\":\"c\"}"));
    follow(&w, NULL);
    take_all(&w);
    cr_assert(zero(int, pipe2(ends, O_CLOEXEC | O_NONBLOCK)));
    fence.context = ends;
    cr_assert(live_join(live, &fence, 1, &err), "%s", err.message);
    /* All the impatient are told at one moment: twice, so that the order does not matter. */
    for (int i = 0; i < 2; i++) {
        cr_assert(eq(int, (int)live_take(live, &fence, &number, &change), LIVE_NOTHING));
        live_call_soon(live, &fence);
        cr_assert(is_told(ends, 20000));
    }
    cr_assert(not(is_told(w.ends, 0)));
    live_leave(live, &fence);
    (void)close(ends[0]);
    (void)close(ends[1]);
    world_clear(&w);
}

Test(watch, what_a_later_version_would_ask_for_is_refused)
{
    struct assay *assay = open_engine();
    struct assay_emulation emulation = { .reserved = { assay } };
    struct assay_options options = { .emulation = &emulation };
    struct assay_watch_options following = { .path = "/assay/v1/jobs/1:watch",
                                             .reserved = { assay } };
    struct assay_error err = { 0 };

    cr_assert(zero(ptr, assay_open(&options, &err)));
    cr_assert(eq(int, (int)err.code, ASSAY_INVALID));
    err = (struct assay_error){ 0 };
    cr_assert(zero(ptr, assay_watch_open(assay, &following, &err)));
    cr_assert(eq(int, (int)err.code, ASSAY_INVALID));
    assay_close(assay);
}
