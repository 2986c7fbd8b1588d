#include "launcher/container/container_image.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Words are in hexadecimal digits: they may hold anything, and need no reader of JSON so. */
const char container_image_format[] =
    "{{.Id}}|{{printf \"%x\" .Config.User}}|{{printf \"%x\" .Config.WorkingDir}}"
    "|{{range .Config.Entrypoint}}{{printf \"%x\" .}},{{end}}"
    "|{{range .Config.Cmd}}{{printf \"%x\" .}},{{end}}";

/* PULL_US: for images of tens of gigabytes on a slow line; whoever waits can cancel. */
static const int64_t INSPECT_US = INT64_C(30) * 1000 * 1000;
static const int64_t USER_US = INT64_C(60) * 1000 * 1000;
static const int64_t PULL_US = INT64_C(4) * 3600 * 1000 * 1000;
static const int pull_pauses_ms[] = { 2000, 10000 };

void container_image_free(struct container_image *image)
{
    if (!image)
        return;
    free(image->name);
    free(image->id);
    free(image->user);
    free(image->work_dir);
    free(image->entry_point);
    free(image->command);
    free(image);
}

static int digit(char c)
{
    static const char digits[] = "0123456789abcdef";
    const char *found = c ? strchr(digits, c) : NULL;

    return found ? (int)(found - digits) : -1;
}

/* Decodes digits up to one of `ends` into text, which has room; the place of that end, or NULL. */
static const char *decode(const char *at, const char *ends, char *text)
{
    for (; *at && !strchr(ends, *at); at += 2) {
        int high = digit(at[0]);
        int low = high < 0 ? -1 : digit(at[1]);

        if (low < 0)
            return NULL;
        *text++ = (char)(high * 16 + low);
    }
    *text = '\0';
    return at;
}

static char *decode_word(const char **at)
{
    char *text = malloc(strlen(*at) + 1);
    const char *end = text ? decode(*at, "|\n", text) : NULL;

    if (!end || *end != '|') {
        free(text);
        return NULL;
    }
    *at = end + 1;
    return text;
}

/* One block: the pointers, then their words. */
static char **decode_list(const char **at)
{
    size_t size = strcspn(*at, "|\n");
    size_t count = 0;
    char **list = NULL;
    char *text = NULL;

    for (size_t i = 0; i < size; i++)
        count += (*at)[i] == ',';
    list = calloc(1, (count + 1) * sizeof *list + size + 1);
    if (!list)
        return NULL;
    text = (char *)(list + count + 1);
    for (size_t i = 0; i < count; i++) {
        const char *end = decode(*at, ",|\n", text);

        if (!end || *end != ',') {
            free(list);
            return NULL;
        }
        list[i] = text;
        text += strlen(text) + 1;
        *at = end + 1;
    }
    if (**at && !strchr("|\n", **at)) {
        free(list);
        return NULL;
    }
    *at += **at == '|';
    return list;
}

struct container_image *container_image_parse(const char *name, const char *text)
{
    struct container_image *image = calloc(1, sizeof *image);
    size_t id_size = strcspn(text, "|\n");
    const char *at = text + id_size + 1;

    if (!image || id_size == 0 || text[id_size] != '|') {
        free(image);
        return NULL;
    }
    image->name = strdup(name);
    image->id = strndup(text, id_size);
    image->user = decode_word(&at);
    image->work_dir = image->user ? decode_word(&at) : NULL;
    image->entry_point = image->work_dir ? decode_list(&at) : NULL;
    image->command = image->entry_point ? decode_list(&at) : NULL;
    if (image->name && image->id && image->command)
        return image;
    container_image_free(image);
    return NULL;
}

enum assay_code container_image_fault(const char *errors)
{
    /* podman's, skopeo's and docker's words, seen from real registries. */
    static const char *const final_words[] = {
        "manifest unknown",
        "not found",
        "no such host",
        "denied",
        "unauthorized",
        "authentication",
        "invalid reference",
        "did not resolve",
        "no such image",
        "name unknown",
        "not known",
        "no image found in manifest list",
        "no matching manifest",
    };

    for (size_t i = 0; i < sizeof final_words / sizeof final_words[0]; i++) {
        if (strcasestr(errors, final_words[i]))
            return ASSAY_NOT_FOUND;
    }
    return ASSAY_UNAVAILABLE;
}

/* NULL with ASSAY_NOT_FOUND when it is not on this machine. */
static struct container_image *inspect(const struct container_engine *engine, const char *name,
                                       struct subprocess_cancel *cancel, struct assay_error *err)
{
    const char *const words[] = { "image", "inspect", "--format", container_image_format,
                                  "--",    name,      NULL };
    const struct container_call call = { .words = words,
                                         .timeout_us = INSPECT_US,
                                         .cancel = cancel };
    struct subprocess_result result = { 0 };
    struct container_image *image = NULL;
    char line[512];

    if (container_engine_call(engine, &call, &result, err)) {
        if (result.status == 0)
            image = container_image_parse(name, result.output);
        if (!image)
            (void)assay_fail(err, result.status ? ASSAY_NOT_FOUND : ASSAY_INTERNAL, NULL,
                             "image %s: %s", name,
                             subprocess_last_line(result.errors, line, sizeof line));
    }
    subprocess_result_clear(&result);
    return image;
}

/* Of a chain of reasons the last counts, and little more of it reaches whoever reads of it. */
static const char *ending_of(const char *line)
{
    enum { SHOWN = 160 };
    size_t size = strlen(line);
    const char *from = size > SHOWN ? strstr(line + size - SHOWN, ": ") : NULL;

    return from ? from + 2 : line;
}

static bool pull_once(const struct container_engine *engine, const char *name,
                      subprocess_line_fn progress, void *context, struct subprocess_cancel *cancel,
                      struct assay_error *err)
{
    const char *const words[] = { "pull", "--", name, NULL };
    const struct container_call call = { .words = words,
                                         .timeout_us = PULL_US,
                                         .on_line = progress,
                                         .context = context,
                                         .cancel = cancel };
    struct subprocess_result result = { 0 };
    char line[1024];
    bool is_ok = container_engine_call(engine, &call, &result, err);

    if (is_ok && result.status != 0) {
        const char *why = NULL;

        (void)subprocess_last_line(result.errors, line, sizeof line);
        why = ending_of(strncmp(line, "Error: ", 7) == 0 ? line + 7 : line);
        is_ok =
            assay_fail(err, container_image_fault(line), NULL, "image %s cannot be pulled: %s%s",
                       name, why > line + 7 ? "… " : "", why);
    }
    subprocess_result_clear(&result);
    return is_ok;
}

/* False when it was cancelled meanwhile. */
static bool pause_for(int wait_ms, const struct subprocess_cancel *cancel)
{
    struct pollfd source = { .fd = cancel ? cancel->event : -1, .events = POLLIN };
    int ready = -1;

    do
        ready = poll(&source, 1, wait_ms);
    while (ready < 0 && errno == EINTR);
    return ready <= 0;
}

static bool pull(const struct container_engine *engine, const char *name,
                 subprocess_line_fn progress, void *context, struct subprocess_cancel *cancel,
                 struct assay_error *err)
{
    size_t pause_count = sizeof pull_pauses_ms / sizeof pull_pauses_ms[0];

    /* No registry has these: they are made here. */
    if (strncmp(name, "localhost/", 10) == 0)
        return assay_fail(err, ASSAY_NOT_FOUND, NULL,
                          "image %s is not on this machine, and an image of localhost/ cannot be "
                          "pulled from anywhere",
                          name);
    for (size_t i = 0; !pull_once(engine, name, progress, context, cancel, err); i++) {
        if (err->code != ASSAY_UNAVAILABLE || i == pause_count)
            return false;
        assay_log(container_engine_env(engine), ASSAY_LOG_WARNING,
                  "a pull is tried again image=%s pause_ms=%d reason=\"%s\"", name,
                  pull_pauses_ms[i], err->message);
        if (!pause_for(pull_pauses_ms[i], cancel))
            return assay_fail(err, ASSAY_CANCELLED, NULL, "the pull of %s was cancelled", name);
    }
    return true;
}

struct container_image *container_image_get(const struct container_engine *engine, const char *name,
                                            subprocess_line_fn progress, void *context,
                                            struct subprocess_cancel *cancel,
                                            struct assay_error *err)
{
    struct container_image *image = inspect(engine, name, cancel, err);

    if (image || err->code != ASSAY_NOT_FOUND ||
        !pull(engine, name, progress, context, cancel, err))
        return image;
    return inspect(engine, name, cancel, err);
}

/* "1000:100" and nothing else. */
static bool is_numbers(const char *text)
{
    size_t size = strspn(text, "0123456789");

    return size > 0 && text[size] == ':' && text[size + 1] &&
           text[size + 1 + strspn(text + size + 1, "0123456789")] == '\0';
}

/* What the image's files say of its user, or else why not. Returns line. */
static const char *ask_user(const struct container_engine *engine, const char *init_path,
                            const char *id, struct subprocess_cancel *cancel, char *line,
                            size_t size)
{
    char mount[PATH_MAX + 64];
    const char *const words[] = { "run",
                                  "--rm",
                                  "--pull=never",
                                  "--network=none",
                                  "--security-opt=label=disable",
                                  mount,
                                  "--entrypoint=" CONTAINER_INIT_TARGET,
                                  "--",
                                  id,
                                  "user",
                                  NULL };
    const struct container_call call = { .words = words, .timeout_us = USER_US, .cancel = cancel };
    struct subprocess_result result = { 0 };
    struct assay_error err = { 0 };

    (void)snprintf(mount, sizeof mount, "--volume=%s:" CONTAINER_INIT_TARGET ":ro", init_path);
    if (container_engine_call(engine, &call, &result, &err))
        (void)subprocess_last_line(result.status ? result.errors : result.output, line, size);
    else
        (void)snprintf(line, size, "%.*s", (int)size - 1, err.message);
    subprocess_result_clear(&result);
    return line;
}

void container_image_find_user(const struct container_engine *engine, const char *init_path,
                               struct container_image *image, struct subprocess_cancel *cancel)
{
    char line[256];
    char *user = NULL;

    if (!container_engine_traits(engine)->is_rootless ||
        strspn(image->user, "0123456789:") == strlen(image->user))
        return;
    if (is_numbers(ask_user(engine, init_path, image->id, cancel, line, sizeof line)))
        user = strdup(line);
    if (user) {
        free(image->user);
        image->user = user;
        return;
    }
    assay_log(container_engine_env(engine), ASSAY_LOG_WARNING,
              "whom an image runs as is not known by numbers, container.user can say it image=%s "
              "user=%s reason=\"%s\"",
              image->name, image->user, line);
}
