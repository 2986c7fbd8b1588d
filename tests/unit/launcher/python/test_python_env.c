#include "launcher/python/python_env.h"

#include "fake_python.h"
#include "tests/unit/launcher/support.h"

#include "launcher/python/python_prune.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static struct fake_python fake;
static struct python_env env;
static struct assay_error err;

static void set_up(void)
{
    fake_python_open(&fake);
    support_write(fake.folder, "trainer-0.1.tar.gz", "good", 0600);
}

static void tear_down(void)
{
    fake_python_close(&fake);
}

TestSuite(python_env, .init = set_up, .fini = tear_down);

static bool ensure(const char *package)
{
    return fake_python_ensure(&fake, fake.envs, package, &env, &err);
}

Test(python_env, packages_are_installed_as_the_service_does)
{
    cr_assert(ensure("trainer-0.1.tar.gz"), "%s", err.message);
    cr_assert(eq(int, fake_python_count(&fake, "--system-site-packages --without-pip"), 1));
    cr_assert(eq(int, fake_python_count(&fake, "-m pip install --force-reinstall --no-deps /"), 1));
    cr_assert(eq(int, fake_python_count(&fake, "-m pip install /"), 1));
    cr_assert(access(env.interpreter, X_OK) == 0);
    cr_assert(strncmp(env.interpreter, fake.store, strlen(fake.store)) == 0);
}

Test(python_env, the_same_packages_share_one_across_engines)
{
    struct python_env_store *other = fake_python_store(&fake);
    struct python_env again;

    cr_assert(ensure("trainer-0.1.tar.gz"));
    cr_assert(fake_python_ensure(&fake, other, "trainer-0.1.tar.gz", &again, &err));
    cr_assert(eq(str, env.interpreter, again.interpreter));
    cr_assert(eq(int, fake_python_count(&fake, "-m venv"), 1));
    python_env_store_free(other);
}

Test(python_env, a_package_of_other_content_has_another)
{
    struct python_env first;

    cr_assert(ensure("trainer-0.1.tar.gz"));
    first = env;
    support_write(fake.folder, "trainer-0.1.tar.gz", "better", 0600);
    cr_assert(ensure("trainer-0.1.tar.gz"));
    cr_assert(ne(str, env.interpreter, first.interpreter));
}

Test(python_env, an_interpreter_that_was_replaced_has_another)
{
    struct python_env first;
    struct timespec times[2] = { { .tv_sec = 1000 }, { .tv_sec = 1000 } };

    cr_assert(ensure("trainer-0.1.tar.gz"));
    first = env;
    cr_assert(utimensat(AT_FDCWD, fake.program, times, 0) == 0);
    cr_assert(ensure("trainer-0.1.tar.gz"));
    cr_assert(ne(str, env.interpreter, first.interpreter));
}

Test(python_env, a_refusal_is_told_with_pips_own_words)
{
    char *log = NULL;

    support_write(fake.folder, "bad-0.1.tar.gz", "refuse", 0600);
    cr_assert(not(ensure("bad-0.1.tar.gz")));
    cr_assert(eq(int, err.code, ASSAY_NOT_FOUND));
    cr_assert(strstr(err.message, "bad-0.1.tar.gz: it is refused; ") != NULL, "%s", err.message);
    cr_assert(strstr(err.message, env.log) != NULL, "%s", err.message);
    log = support_read("/", env.log, NULL);
    cr_assert(strstr(log, "ERROR: it is refused") != NULL);
    free(log);
}

Test(python_env, after_a_refusal_it_is_tried_again)
{
    support_write(fake.folder, "bad-0.1.tar.gz", "refuse", 0600);
    cr_assert(not(ensure("bad-0.1.tar.gz")));
    cr_assert(not(ensure("bad-0.1.tar.gz")));
    cr_assert(eq(int, fake_python_count(&fake, "-m venv"), 2));
}

Test(python_env, what_the_network_did_may_go_better)
{
    support_write(fake.folder, "far-0.1.tar.gz", "network", 0600);
    cr_assert(not(ensure("far-0.1.tar.gz")));
    cr_assert(eq(int, err.code, ASSAY_UNAVAILABLE), "%s", err.message);
}

Test(python_env, a_package_that_is_not_there_is_named)
{
    cr_assert(not(ensure("none-0.1.tar.gz")));
    cr_assert(eq(int, err.code, ASSAY_NOT_FOUND));
    cr_assert(strstr(err.message, "none-0.1.tar.gz") != NULL);
    cr_assert(eq(str, env.log, ""));
}

Test(python_env, an_interpreter_that_is_not_there_is_named)
{
    (void)snprintf(fake.program, sizeof fake.program, "/nonexistent/python3");
    cr_assert(not(ensure("trainer-0.1.tar.gz")));
    cr_assert(eq(int, err.code, ASSAY_NOT_FOUND));
    cr_assert(strstr(err.message, "/nonexistent/python3") != NULL);
}

Test(python_env, what_is_no_interpreter_is_told)
{
    (void)snprintf(fake.program, sizeof fake.program, "/bin/echo");
    cr_assert(not(ensure("trainer-0.1.tar.gz")));
    cr_assert(eq(int, err.code, ASSAY_NOT_FOUND));
    (void)snprintf(fake.program, sizeof fake.program, "/bin/false");
    cr_assert(not(ensure("trainer-0.1.tar.gz")));
    cr_assert(eq(int, err.code, ASSAY_NOT_FOUND));
}

Test(python_env, a_store_that_cannot_be_written_is_the_machines_fault)
{
    support_write(fake.folder, "state", "no folder", 0600);
    cr_assert(not(ensure("trainer-0.1.tar.gz")));
    cr_assert(eq(int, err.code, ASSAY_UNAVAILABLE), "%s", err.message);
}

/* The first folder of the store, which has the only environment. */
static void find_folder(char path[1024])
{
    DIR *dir = opendir(fake.store);
    const struct dirent *item = NULL;

    cr_assert(dir != NULL);
    while ((item = readdir(dir)) != NULL && (item->d_name[0] == '.' || strchr(item->d_name, '.')))
        continue;
    cr_assert(item != NULL);
    (void)snprintf(path, 1024, "%s/%.64s", fake.store, item->d_name);
    (void)closedir(dir);
}

Test(python_env, what_has_no_record_is_made_anew)
{
    struct python_env first;
    char path[1024];

    cr_assert(ensure("trainer-0.1.tar.gz"));
    first = env;
    python_env_release(fake.envs, env.interpreter);
    find_folder(path);
    (void)snprintf(path + strlen(path), sizeof path - strlen(path), "/ready");
    cr_assert(unlink(path) == 0);
    cr_assert(ensure("trainer-0.1.tar.gz"));
    cr_assert(ne(str, env.interpreter, first.interpreter));
    cr_assert(access(first.interpreter, F_OK) != 0);
}

Test(python_env, a_state_folder_that_was_moved_has_its_environments_made_anew)
{
    char moved[512];
    char from[512];

    cr_assert(ensure("trainer-0.1.tar.gz"));
    python_env_store_free(fake.envs);
    (void)snprintf(from, sizeof from, "%s/state", fake.folder);
    (void)snprintf(moved, sizeof moved, "%s/moved", fake.folder);
    cr_assert(rename(from, moved) == 0);
    (void)snprintf(fake.store, sizeof fake.store, "%s/moved/python", fake.folder);
    fake.envs = fake_python_store(&fake);
    cr_assert(ensure("trainer-0.1.tar.gz"));
    cr_assert(strncmp(env.interpreter, fake.store, strlen(fake.store)) == 0);
    cr_assert(eq(int, fake_python_count(&fake, "-m venv"), 2));
}

enum { THREADS = 8 };

struct asker {
    struct python_env env;
    struct assay_error err;
    bool is_ok;
};

static void *ensure_on_thread(void *context)
{
    struct asker *asker = context;

    asker->is_ok =
        fake_python_ensure(&fake, fake.envs, "trainer-0.1.tar.gz", &asker->env, &asker->err);
    return NULL;
}

Test(python_env, of_eight_at_once_one_builds)
{
    static struct asker askers[THREADS]; /* should the test fail, its threads go on */
    pthread_t threads[THREADS];

    for (int i = 0; i < THREADS; i++)
        cr_assert(pthread_create(&threads[i], NULL, ensure_on_thread, &askers[i]) == 0);
    for (int i = 0; i < THREADS; i++)
        (void)pthread_join(threads[i], NULL);
    for (int i = 0; i < THREADS; i++) {
        cr_assert(askers[i].is_ok, "%s", askers[i].err.message);
        cr_assert(eq(str, askers[i].env.interpreter, askers[0].env.interpreter));
        python_env_release(fake.envs, askers[i].env.interpreter);
    }
    cr_assert(eq(int, fake_python_count(&fake, "-m venv"), 1));
}

static void wait_for(const char *name)
{
    const struct timespec between = { .tv_nsec = 1000000 };

    for (int i = 0; i < SUPPORT_DEADLINE_S * 1000; i++) {
        if (support_exists(fake.folder, name))
            return;
        (void)nanosleep(&between, NULL);
    }
    cr_assert(false, "no %s", name);
}

Test(python_env, a_build_whose_engine_was_killed_is_begun_anew_at_once)
{
    pid_t engine = -1;

    support_write(fake.folder, "trainer-0.1.tar.gz", "wait", 0600);
    engine = fork();
    if (engine == 0) {
        (void)ensure("trainer-0.1.tar.gz");
        _exit(0);
    }
    wait_for("waits");
    cr_assert(kill(engine, SIGKILL) == 0);
    cr_assert(waitpid(engine, NULL, 0) == engine);
    support_write(fake.folder, "go on", "", 0600);
    cr_assert(ensure("trainer-0.1.tar.gz"), "%s", err.message);
    cr_assert(eq(int, fake_python_count(&fake, "-m venv"), 2));
    cr_assert(access(env.interpreter, X_OK) == 0);
}

/* A user holds the lock for as long as the trial runs: nothing to wait for. */
Test(python_env, who_waits_for_a_builder_does_not_wait_for_its_trial)
{
    static struct asker askers[2]; /* should the test fail, its threads go on */
    pthread_t threads[2];

    support_write(fake.folder, "trainer-0.1.tar.gz", "wait", 0600);
    cr_assert(pthread_create(&threads[0], NULL, ensure_on_thread, &askers[0]) == 0);
    wait_for("waits");
    cr_assert(pthread_create(&threads[1], NULL, ensure_on_thread, &askers[1]) == 0);
    support_write(fake.folder, "go on", "", 0600);
    for (int i = 0; i < 2; i++) {
        (void)pthread_join(threads[i], NULL);
        cr_assert(askers[i].is_ok, "%s", askers[i].err.message);
    }
}

struct cancelled {
    struct subprocess_cancel cancel;
    struct assay_error err;
    bool is_ok;
};

static void *ensure_until_cancelled(void *context)
{
    struct cancelled *cancelled = context;
    char path[512];
    const char *const packages[] = { path };
    struct python_launch python = { fake.program, packages, 1 };
    struct python_env_request request = { .python = &python, .cancel = &cancelled->cancel };
    struct python_env own;

    (void)snprintf(path, sizeof path, "%s/trainer-0.1.tar.gz", fake.folder);
    cancelled->is_ok = python_env_ensure(fake.envs, &request, &own, &cancelled->err);
    return NULL;
}

Test(python_env, builders_and_those_who_wait_for_them_can_be_cancelled)
{
    static struct cancelled both[2]; /* should the test fail, its threads go on */
    pthread_t threads[2];

    support_write(fake.folder, "trainer-0.1.tar.gz", "wait", 0600);
    for (int i = 0; i < 2; i++)
        cr_assert(subprocess_cancel_init(&both[i].cancel, &err));
    cr_assert(pthread_create(&threads[0], NULL, ensure_until_cancelled, &both[0]) == 0);
    wait_for("waits");
    cr_assert(pthread_create(&threads[1], NULL, ensure_until_cancelled, &both[1]) == 0);
    subprocess_cancel_set(&both[1].cancel);
    (void)pthread_join(threads[1], NULL);
    subprocess_cancel_set(&both[0].cancel);
    (void)pthread_join(threads[0], NULL);
    for (int i = 0; i < 2; i++) {
        cr_assert(not(both[i].is_ok));
        cr_assert(eq(int, both[i].err.code, ASSAY_CANCELLED), "%s", both[i].err.message);
        subprocess_cancel_clear(&both[i].cancel);
    }
    support_write(fake.folder, "go on", "", 0600);
}

static bool is_in_use(void)
{
    struct python_env_list list;
    bool is = false;

    cr_assert(python_env_list_read(&list, fake.store, &err));
    cr_assert(eq(sz, list.count, 1));
    is = list.items[0].is_in_use;
    python_env_list_clear(&list);
    return is;
}

Test(python_env, it_is_held_until_it_was_released_as_often)
{
    cr_assert(ensure("trainer-0.1.tar.gz"));
    cr_assert(ensure("trainer-0.1.tar.gz"));
    python_env_release(fake.envs, env.interpreter);
    cr_assert(is_in_use());
    python_env_release(fake.envs, env.interpreter);
    cr_assert(not(is_in_use()));
    python_env_release(fake.envs, env.interpreter); /* once too often does no harm */
    cr_assert(ensure("trainer-0.1.tar.gz"));
    cr_assert(is_in_use());
}

static void note(void *context, const char *text)
{
    size_t size = strlen(context);

    (void)snprintf((char *)context + size, 1024 - size, "%s\n", text);
}

Test(python_env, progress_is_told_in_words)
{
    char told[1024] = "";
    char path[512];
    const char *const packages[] = { path };
    struct python_launch python = { fake.program, packages, 1 };
    struct python_env_request request = { .python = &python, .progress = note, .context = told };

    (void)snprintf(path, sizeof path, "%s/trainer-0.1.tar.gz", fake.folder);
    cr_assert(python_env_ensure(fake.envs, &request, &env, &err));
    cr_assert(eq(str, told,
                 "making an environment of Python 3.11.2\ninstalling trainer-0.1.tar.gz\n"
                 "installing trainer-0.1.tar.gz: what it depends on\n"));
}
