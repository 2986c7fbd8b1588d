/* What trials that mean no good have put into their output folders, asked for through the API. */

#include "engine/api/api.h"
#include "engine/api/trial_files/file_list.h"
#include "tests/unit/engine/support.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <fcntl.h>
#include <ftw.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILES "/assay/v1/jobs/1234567890/trials/1/files"
#define SECRET "what nobody is to see"

enum { JOB = 1234567890, READS = 300 };

struct scene {
    struct bench_store bench;
    struct engine *engine; /* a reader */
    char output[FOLDER_PATH + 64];
    int fd; /* of the output folder */
};

static void scene_init(struct scene *scene)
{
    char *document = make_document("", "");
    struct job_row row = make_row(JOB, document);
    double point = 5;
    struct trial_row trial = { .job = JOB,
                               .number = 1,
                               .state = TRIAL_ACTIVE,
                               .attempt = 1,
                               .point = &point,
                               .point_count = 1 };
    struct engine_options options = { .is_reader = true };
    struct assay_error err = { 0 };
    const char *const parts[] = { "jobs", "jobs/1234567890", "jobs/1234567890/output",
                                  "jobs/1234567890/output/1" };

    bench_store_init(&scene->bench);
    begin(scene->bench.store);
    cr_assert(store_job_insert(scene->bench.store, &row, &err), "%s", err.message);
    cr_assert(store_trial_insert(scene->bench.store, &trial, &err), "%s", err.message);
    commit(scene->bench.store);
    job_row_clear(&row);
    free(document);
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        (void)snprintf(scene->output, sizeof scene->output, "%s/%s", scene->bench.folder, parts[i]);
        cr_assert(zero(int, mkdir(scene->output, 0700)));
    }
    scene->fd = open(scene->output, O_PATH | O_DIRECTORY | O_CLOEXEC);
    options.state_dir = scene->bench.folder;
    scene->engine = engine_open(&options, &err);
    cr_assert(scene->engine != NULL, "%s", err.message);
}

static int remove_one(const char *path, const struct stat *info, int kind, struct FTW *at)
{
    (void)info;
    (void)kind;
    (void)at;
    return remove(path);
}

static void scene_clear(struct scene *scene)
{
    char jobs[FOLDER_PATH + 8];

    engine_close(scene->engine);
    (void)close(scene->fd);
    (void)snprintf(jobs, sizeof jobs, "%s/jobs", scene->bench.folder);
    cr_assert(zero(int, nftw(jobs, remove_one, 16, FTW_DEPTH | FTW_PHYS)));
    bench_store_clear(&scene->bench);
}

static void put_file(const struct scene *scene, const char *path, const char *text)
{
    int fd = openat(scene->fd, path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    cr_assert(write(fd, text, strlen(text)) == (ssize_t)strlen(text));
    (void)close(fd);
}

/* The status; body is the caller's. */
static int get(const struct scene *scene, const char *path, const char *query, char **body)
{
    struct assay_request request = { .method = "GET", .path = path, .query = query };
    struct assay_response response = { 0 };
    struct assay_error err = { 0 };

    cr_assert(api_call(scene->engine, &request, &response, &err), "%s", err.message);
    *body = strndup(response.body, response.size);
    free(response.body);
    return response.status;
}

static void assert_refused(const struct scene *scene, const char *path, int status)
{
    char query[300];
    char *body = NULL;

    (void)snprintf(query, sizeof query, "path=%s", path);
    cr_assert(eq(int, get(scene, FILES ":read", query, &body), status), "%s: %s", path, body);
    cr_assert(strstr(body, SECRET) == NULL, "%s", path);
    free(body);
}

Test(trial_files, only_regular_files_of_the_folder_are_read)
{
    struct scene scene;
    char *body = NULL;

    scene_init(&scene);
    put_file(&scene, "../secret", SECRET);
    put_file(&scene, "plain", "text");
    cr_assert(zero(int, mkdirat(scene.fd, "folder", 0700)));
    cr_assert(zero(int, symlinkat("../secret", scene.fd, "link")));
    cr_assert(zero(int, symlinkat("..", scene.fd, "up")));
    cr_assert(zero(int, symlinkat("/dev/zero", scene.fd, "zero")));
    cr_assert(zero(int, symlinkat("plain", scene.fd, "near")));
    cr_assert(zero(int, mkfifoat(scene.fd, "pipe", 0600)));
    cr_assert(eq(int, get(&scene, FILES ":read", "path=plain&offset=2", &body), 200));
    cr_assert(eq(str, body, "xt"));
    free(body);
    cr_assert(
        eq(int, get(&scene, FILES ":read", "path=plain&offset=9223372036854775807", &body), 200));
    cr_assert(eq(str, body, ""));
    free(body);
    assert_refused(&scene, "link", 400);
    assert_refused(&scene, "near", 400);
    assert_refused(&scene, "up/secret", 400);
    assert_refused(&scene, "zero", 400);
    assert_refused(&scene, "pipe", 400); /* and at once, though nobody writes to it */
    assert_refused(&scene, "folder", 400);
    assert_refused(&scene, "../secret", 400);
    assert_refused(&scene, "folder/../../secret", 400);
    assert_refused(&scene, "..%2Fsecret", 400);
    assert_refused(&scene, "./plain", 400);
    assert_refused(&scene, "folder//x", 400);
    assert_refused(&scene, "plain/", 400);
    assert_refused(&scene, "/etc/passwd", 400);
    assert_refused(&scene, "", 400);
    assert_refused(&scene, "plain/x", 404);
    assert_refused(&scene, "secret", 404);
    scene_clear(&scene);
}

Test(trial_files, the_list_has_files_alone_by_path)
{
    struct scene scene;
    char *body = NULL;

    scene_init(&scene);
    put_file(&scene, "b", "12");
    cr_assert(zero(int, mkdirat(scene.fd, "a", 0700)));
    put_file(&scene, "a/\xff\n", "1");
    cr_assert(zero(int, symlinkat("..", scene.fd, "a/up")));
    cr_assert(zero(int, symlinkat("b", scene.fd, "c")));
    cr_assert(zero(int, mkfifoat(scene.fd, "d", 0600)));
    cr_assert(eq(int, get(&scene, FILES, "prettyPrint=false", &body), 200));
    cr_assert(strstr(body, "{\"files\":[{\"path\":\"a/\xef\xbf\xbd\\n\",\"size\":\"1\",") == body,
              "%s", body);
    cr_assert(strstr(body, "\"path\":\"b\",\"size\":\"2\"") != NULL, "%s", body);
    cr_assert(strstr(body, "up") == NULL && strstr(body, "\"c\"") == NULL &&
              strstr(body, "\"d\"") == NULL);
    cr_assert(strstr(body, "\"isCut\":false") != NULL);
    free(body);
    scene_clear(&scene);
}

Test(trial_files, a_folder_that_became_a_link_shows_nothing)
{
    struct scene scene;
    char aside[sizeof scene.output + 8];
    char *body = NULL;

    scene_init(&scene);
    put_file(&scene, "plain", SECRET);
    (void)snprintf(aside, sizeof aside, "%s-aside", scene.output);
    cr_assert(zero(int, rename(scene.output, aside)));
    cr_assert(zero(int, symlink(aside, scene.output)));
    assert_refused(&scene, "plain", 400);
    cr_assert(eq(int, get(&scene, FILES, NULL, &body), 400));
    free(body);
    scene_clear(&scene);
}

Test(trial_files, of_very_many_files_some_are_listed_and_of_very_deep_ones_none)
{
    struct scene scene;
    struct file_list list = { 0 };
    struct assay_error err = { 0 };
    int deep = -1;
    char name[16];

    scene_init(&scene);
    for (int i = 0; i < FILE_LIST_MAX + 5; i++) {
        (void)snprintf(name, sizeof name, "f%04d", i);
        put_file(&scene, name, "");
    }
    deep = openat(scene.fd, ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
    for (int i = 0; i < FILE_LIST_DEPTH + 3; i++) {
        int next = -1;

        cr_assert(zero(int, mkdirat(deep, "d", 0700)));
        next = openat(deep, "d", O_PATH | O_DIRECTORY | O_CLOEXEC);
        (void)close(deep);
        deep = next;
    }
    (void)close(openat(deep, "0", O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
    (void)close(deep);
    cr_assert(file_list_read(&list, scene.fd, &err), "%s", err.message);
    cr_assert(list.is_cut);
    cr_assert(eq(sz, list.count, FILE_LIST_MAX));
    cr_assert(eq(str, list.items[0].path, (char *)"f0000"));
    cr_assert(eq(str, list.items[FILE_LIST_MAX - 1].path, (char *)"f0999"));
    file_list_clear(&list);
    scene_clear(&scene);
}

struct swapping {
    const struct scene *scene;
    atomic_bool is_over;
};

/* Now a file, now a link to the secret, under one name; and likewise the folder of another. */
static void *swap(void *context)
{
    struct swapping *swapping = context;
    int fd = swapping->scene->fd;

    while (!atomic_load(&swapping->is_over)) {
        (void)renameat2(fd, "file", fd, "file-link", RENAME_EXCHANGE);
        (void)renameat2(fd, "folder", fd, "folder-link", RENAME_EXCHANGE);
    }
    return NULL;
}

Test(trial_files, what_is_exchanged_while_it_is_opened_does_not_lead_out)
{
    struct scene scene;
    struct swapping swapping = { .scene = &scene };
    pthread_t thread;
    int seen = 0;

    scene_init(&scene);
    cr_assert(zero(int, mkdirat(scene.fd, "../other", 0700)));
    put_file(&scene, "../other/x", SECRET);
    put_file(&scene, "file", "good");
    cr_assert(zero(int, symlinkat("../other/x", scene.fd, "file-link")));
    cr_assert(zero(int, mkdirat(scene.fd, "folder", 0700)));
    put_file(&scene, "folder/x", "good");
    cr_assert(zero(int, symlinkat("../other", scene.fd, "folder-link")));
    cr_assert(zero(int, pthread_create(&thread, NULL, swap, &swapping)));
    for (int i = 0; i < READS; i++) {
        char *body = NULL;
        int status = get(&scene, FILES ":read", i % 2 ? "path=file" : "path=folder/x", &body);

        cr_assert(status == 400 || status == 404 || strcmp(body, "good") == 0, "%s", body);
        seen += status == 200;
        free(body);
        (void)get(&scene, FILES, NULL, &body);
        cr_assert(strstr(body, "\"21\"") == NULL, "%s", body); /* the secret's size */
        free(body);
    }
    atomic_store(&swapping.is_over, true);
    (void)pthread_join(thread, NULL);
    cr_assert(lt(int, 0, seen));
    scene_clear(&scene);
}
