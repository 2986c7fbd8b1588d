/*
 * Every allocation fails once, on the way to an environment that is there and to one that has to be
 * made: each time that is reported or does no harm, nothing leaks, which the sanitizer sees, and
 * the next one who asks is served.
 */
#include "fake_python.h"

#include "tests/unit/launcher/failing_allocation.h"
#include "tests/unit/launcher/support.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <unistd.h>

enum { MOST = 1000 };

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

TestSuite(python_memory, .init = set_up, .fini = tear_down);

/* A store of its own asks for the environment while the n-th allocation fails; false: it failed. */
static bool ensure_failing(int n)
{
    struct python_env_options options = { .dir = fake.store, .env = assay_env_system() };
    struct python_env_store *store = NULL;
    bool is_ok = false;

    err = (struct assay_error){ 0 };
    allocation_fails(n);
    store = python_env_store_new(&options, &err);
    is_ok = store && fake_python_ensure(&fake, store, "trainer-0.1.tar.gz", &env, &err);
    if (is_ok)
        python_env_release(store, env.interpreter);
    python_env_store_free(store);
    return is_ok;
}

static void fail_each(bool is_made_anew)
{
    for (int n = 1; n < MOST; n++) {
        char content[16];
        bool is_ok = false;
        bool has_failed = false;

        (void)snprintf(content, sizeof content, "%d", is_made_anew ? n : 0);
        support_write(fake.folder, "trainer-0.1.tar.gz", content, 0600);
        is_ok = ensure_failing(n);
        has_failed = allocation_has_failed();
        allocation_fails(0);
        cr_assert(is_ok || has_failed, "%s", err.message);
        cr_assert(is_ok || err.message[0], "no message at %d", n);
        cr_assert(fake_python_ensure(&fake, fake.envs, "trainer-0.1.tar.gz", &env, &err), "%s",
                  err.message);
        cr_assert(access(env.interpreter, X_OK) == 0);
        python_env_release(fake.envs, env.interpreter);
        if (!has_failed)
            return;
    }
    cr_assert(false, "allocations without end");
}

Test(python_memory, an_environment_that_is_there_is_found_without_harm)
{
    cr_assert(fake_python_ensure(&fake, fake.envs, "trainer-0.1.tar.gz", &env, &err));
    python_env_release(fake.envs, env.interpreter);
    fail_each(false);
}

Test(python_memory, an_environment_is_made_without_harm)
{
    fail_each(true);
}
