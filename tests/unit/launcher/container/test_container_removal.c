#include "launcher/container/container_removal.h"

#include "tests/unit/launcher/support.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Of fake_podman, whose tries are not worth a pause here. */
enum { PAUSE_US = 100 };

static char folder[256];
static char fake_word[300];
static char path_word[] = "PATH=/usr/bin:/bin";
static const char *const envp[] = { fake_word, path_word, NULL };
static struct container_engine *engine;
static struct container_removal *removal;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER; /* guards told */
static pthread_cond_t is_changed = PTHREAD_COND_INITIALIZER;
static const char *told[2]; /* names, in order */
static size_t told_count;

static const struct container_engine *find_engine(void *context, struct assay_error *err)
{
    (void)context;
    (void)err;
    return engine;
}

static void gone(void *context, struct container_doomed *doomed)
{
    (void)context;
    (void)pthread_mutex_lock(&mutex);
    told[told_count++] = doomed->name;
    (void)pthread_cond_signal(&is_changed);
    (void)pthread_mutex_unlock(&mutex);
}

static bool is_wanted(void *context, const char *dir)
{
    (void)context;
    return strcmp(dir, "/mine") == 0;
}

static void make_removal(void)
{
    struct assay_error err = { 0 };
    struct container_removal_options options = { .find_engine = find_engine,
                                                 .env = assay_env_system(),
                                                 .envp = envp,
                                                 .dir = folder,
                                                 .pause_us = PAUSE_US,
                                                 .state = "st",
                                                 .is_wanted = is_wanted,
                                                 .on_gone = gone };

    removal = container_removal_new(&options, &err);
    cr_assert(removal != NULL, "%s", err.message);
}

static void begin(void)
{
    struct assay_error err = { 0 };

    support_folder_make(folder);
    (void)snprintf(fake_word, sizeof fake_word, "FAKE=%s", folder);
    engine = container_engine_new(FAKE_PATH, assay_env_system(), envp, &err);
    cr_assert(engine != NULL, "%s", err.message);
    make_removal();
}

static void end(void)
{
    container_removal_free(removal);
    container_engine_free(engine);
    support_folder_remove(folder);
}

TestSuite(container_removal, .init = begin, .fini = end);

static void put(const char *name, const char *text)
{
    support_write(folder, name, text, 0600);
}

static void wait_told(size_t count)
{
    struct timespec until = { 0 };

    (void)clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += SUPPORT_DEADLINE_S;
    (void)pthread_mutex_lock(&mutex);
    while (told_count < count)
        cr_assert(eq(int, pthread_cond_timedwait(&is_changed, &mutex, &until), 0));
    (void)pthread_mutex_unlock(&mutex);
}

/* How often a removal was asked for. */
static size_t count_tries(void)
{
    char *text = support_read(folder, "removed", NULL);
    size_t count = 0;

    for (const char *at = text; (at = strchr(at, '\n')); at++)
        count++;
    free(text);
    return count;
}

Test(container_removal, what_still_runs_is_not_told_as_gone_however_often_it_fails)
{
    struct container_doomed doomed = { .name = "one" };

    put("rm-fails", "12");
    put("running", "true\n");
    container_removal_add(removal, &doomed);
    wait_told(1);
    cr_assert(eq(sz, count_tries(), 13));
}

Test(container_removal, what_has_ended_is_told_though_it_cannot_be_removed)
{
    struct container_doomed doomed = { .name = "one" };

    put("rm-fails", "1000");
    put("running", "false\n");
    container_removal_add(removal, &doomed);
    wait_told(1);
    cr_assert(lt(sz, count_tries(), 20));
}

Test(container_removal, all_that_wait_are_removed_and_told_once)
{
    struct container_doomed one = { .name = "one" };
    struct container_doomed two = { .name = "two" };

    put("rm-fails", "1");
    container_removal_add(removal, &one);
    container_removal_add(removal, &two);
    wait_told(2);
    cr_assert(ne(ptr, (void *)(uintptr_t)told[0], (void *)(uintptr_t)told[1]));
}

/* A list of that many for ps, or what inspect tells of them; the caller frees it. */
static char *list(int count, const char *folder_word)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);

    cr_assert(out != NULL);
    for (int i = 1; i <= count; i++)
        (void)fprintf(out, "id-%d%s\n", i, folder_word);
    (void)fclose(out);
    return text;
}

Test(container_removal, all_of_many_that_were_left_behind_are_removed)
{
    struct container_doomed one = { .name = "one" };
    struct container_doomed two = { .name = "two" };
    char *ids = list(70, "");
    char *inspected = list(70, "\t/none");
    char *removed = NULL;

    put("ps", ids);
    put("inspect", inspected);
    container_removal_free(removal);
    make_removal();
    /* The first may be removed before those that were found, what comes after it is not. */
    container_removal_add(removal, &one);
    wait_told(1);
    container_removal_add(removal, &two);
    wait_told(2);
    removed = support_read(folder, "removed", NULL);
    cr_assert(strstr(removed, "id-1 ") != NULL, "%s", removed);
    cr_assert(strstr(removed, "id-70") != NULL, "%s", removed);
    free(removed);
    free(inspected);
    free(ids);
}
