#include "launcher/python/python_prune.h"

#include "fake_python.h"
#include "tests/unit/launcher/support.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { COUNT = 3 };

static struct fake_python fake;
static struct python_env envs[COUNT];
static struct python_env_list list;
static struct assay_error err;

/* Three environments, the first the longest unused: at 1000, 2000 and 3000 s. */
static void set_up(void)
{
    fake_python_open(&fake);
    for (int i = 0; i < COUNT; i++) {
        char name[32];

        (void)snprintf(name, sizeof name, "trainer-0.%d.tar.gz", i);
        support_write(fake.folder, name, name, 0600);
        cr_assert(fake_python_ensure(&fake, fake.envs, name, &envs[i], &err), "%s", err.message);
        python_env_release(fake.envs, envs[i].interpreter);
    }
    cr_assert(python_env_list_read(&list, fake.store, &err));
    for (size_t i = 0; i < list.count; i++) {
        char path[PATH_MAX + 8];
        int number = list.items[i].ready.packages[strlen("trainer-0.")] - '0';
        struct timespec times[2] = { { .tv_sec = 1 }, { .tv_sec = 1000 * (number + 1) } };

        (void)snprintf(path, sizeof path, "%s/ready", list.items[i].folder.path);
        cr_assert(utimensat(AT_FDCWD, path, times, 0) == 0);
    }
    python_env_list_clear(&list);
    cr_assert(python_env_list_read(&list, fake.store, &err));
}

static void tear_down(void)
{
    python_env_list_clear(&list);
    fake_python_close(&fake);
}

TestSuite(python_prune, .init = set_up, .fini = tear_down);

/* "+" for each that is to be there, in order, "-" for each that is to be gone. */
static void assert_there(const char *wanted)
{
    for (int i = 0; i < COUNT; i++)
        cr_assert(access(envs[i].interpreter, X_OK) == (wanted[i] == '+' ? 0 : -1), "%d", i);
}

Test(python_prune, the_longest_unused_comes_first)
{
    cr_assert(eq(sz, list.count, COUNT));
    for (int i = 0; i < COUNT; i++) {
        const struct python_env_info *info = &list.items[i];

        cr_assert(info->is_ready);
        cr_assert(not(info->is_in_use));
        cr_assert(eq(i64, info->ready.used_us, INT64_C(1000000000) * (i + 1)));
        cr_assert(eq(str, (char *)info->ready.version, "3.11.2"));
        cr_assert(ge(i64, info->size_bytes, 4096));
    }
    cr_assert(eq(str, (char *)list.items[1].ready.packages, "trainer-0.1.tar.gz"));
}

Test(python_prune, without_a_wish_what_is_whole_stays)
{
    struct python_prune prune = { 0 };

    cr_assert(python_env_prune(&list, &prune, &err));
    assert_there("+++");
}

Test(python_prune, what_is_older_goes)
{
    struct python_prune prune = { .has_used_before = true, .used_before_us = INT64_C(2000000001) };

    cr_assert(python_env_prune(&list, &prune, &err));
    assert_there("--+");
    cr_assert(list.items[0].is_removed && list.items[1].is_removed && !list.items[2].is_removed);
    cr_assert(access(list.items[0].folder.lock_path, F_OK) != 0);
}

Test(python_prune, of_a_size_the_longest_unused_go)
{
    struct python_prune prune = { .has_max_bytes = true,
                                  .max_bytes =
                                      list.items[1].size_bytes + list.items[2].size_bytes };

    cr_assert(python_env_prune(&list, &prune, &err));
    assert_there("-++");
}

Test(python_prune, who_only_asks_removes_nothing)
{
    struct python_prune prune = { .is_all = true, .is_dry = true };

    cr_assert(python_env_prune(&list, &prune, &err));
    assert_there("+++");
    cr_assert(list.items[0].is_removed && list.items[1].is_removed && list.items[2].is_removed);
}

Test(python_prune, what_is_in_use_stays)
{
    struct python_prune prune = { .is_all = true };
    struct python_env held;

    cr_assert(fake_python_ensure(&fake, fake.envs, "trainer-0.1.tar.gz", &held, &err));
    cr_assert(python_env_prune(&list, &prune, &err));
    assert_there("-+-");
    cr_assert(list.items[1].is_in_use && !list.items[1].is_removed);
}

Test(python_prune, what_was_left_half_made_goes_without_a_wish)
{
    struct python_prune prune = { 0 };
    char path[PATH_MAX + 8];

    (void)snprintf(path, sizeof path, "%s/ready", list.items[0].folder.path);
    cr_assert(unlink(path) == 0);
    python_env_list_clear(&list);
    cr_assert(python_env_list_read(&list, fake.store, &err));
    cr_assert(not(list.items[0].is_ready));
    cr_assert(python_env_prune(&list, &prune, &err));
    cr_assert(list.items[0].is_removed);
    assert_there("-++");
}

Test(python_prune, a_removed_one_is_made_again)
{
    struct python_prune prune = { .is_all = true };

    cr_assert(python_env_prune(&list, &prune, &err));
    cr_assert(fake_python_ensure(&fake, fake.envs, "trainer-0.1.tar.gz", &envs[1], &err));
    assert_there("-+-");
    cr_assert(eq(int, fake_python_count(&fake, "-m venv"), COUNT + 1));
}

Test(python_prune, no_store_is_an_empty_list)
{
    struct python_env_list none;

    cr_assert(python_env_list_read(&none, "/nonexistent/python", &err));
    cr_assert(eq(sz, none.count, 0));
}
