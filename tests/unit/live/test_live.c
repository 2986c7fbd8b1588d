#include "engine/live/live.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* on_ready writes a byte into a pipe, on which a test can wait. */
struct follower {
    struct subscriber subscriber;
    int ends[2];
    uint64_t number;
};

static void write_byte(void *context)
{
    struct follower *f = context;

    (void)!write(f->ends[1], "!", 1);
}

static struct live *make_live(size_t capacity)
{
    struct assay_error err = { 0 };
    struct live *live = live_new(assay_env_system(), capacity, &err);

    cr_assert(live != NULL, "%s", err.message);
    return live;
}

static void follow(struct follower *f, struct live *live, int64_t job)
{
    struct assay_error err = { 0 };

    *f = (struct follower){ .subscriber.on_ready = write_byte };
    f->subscriber.context = f;
    cr_assert(zero(int, pipe2(f->ends, O_CLOEXEC | O_NONBLOCK)));
    cr_assert(live_join(live, &f->subscriber, job, &err), "%s", err.message);
}

static void leave(struct follower *f, struct live *live)
{
    live_leave(live, &f->subscriber);
    (void)close(f->ends[0]);
    (void)close(f->ends[1]);
}

static bool is_told(struct follower *f, int timeout_ms)
{
    struct pollfd polled = { .fd = f->ends[0], .events = POLLIN };
    char byte = 0;

    return poll(&polled, 1, timeout_ms) == 1 && read(f->ends[0], &byte, 1) == 1;
}

static void change(struct live *live, enum change_kind kind, int64_t job, int64_t value)
{
    live_note(live, &(struct change){ .kind = kind, .job = job, .trial = 1, .value = value });
}

static enum live_result take(struct follower *f, struct live *live, struct change *taken)
{
    return live_take(live, &f->subscriber, &f->number, taken);
}

Test(live, who_sleeps_is_told_once_of_what_was_published_for_its_job)
{
    struct live *live = make_live(100);
    struct follower mine;
    struct follower other;
    struct change taken;

    follow(&mine, live, 1);
    follow(&other, live, 2);
    cr_assert(eq(int, take(&mine, live, &taken), LIVE_NOTHING));
    cr_assert(eq(int, take(&other, live, &taken), LIVE_NOTHING));
    change(live, CHANGE_TRIAL, 1, 5);
    change(live, CHANGE_TRIAL, 1, 6);
    cr_assert(eq(int, take(&mine, live, &taken), LIVE_NOTHING), "it is not published");
    live_publish(live);
    cr_assert(is_told(&mine, 20000));
    change(live, CHANGE_TRIAL, 1, 7);
    live_publish(live);
    for (int64_t value = 5; value <= 7; value++) {
        cr_assert(eq(int, take(&mine, live, &taken), LIVE_CHANGE));
        cr_assert(eq(i64, taken.value, value));
    }
    cr_assert(eq(int, take(&mine, live, &taken), LIVE_NOTHING));
    cr_assert(not(is_told(&mine, 0)), "told twice without having slept");
    cr_assert(not(is_told(&other, 0)));
    leave(&mine, live);
    leave(&other, live);
    live_free(live);
}

Test(live, of_a_jobs_own_changes_only_the_newest_is_given)
{
    struct live *live = make_live(100);
    struct follower f;
    struct change taken;

    follow(&f, live, 1);
    change(live, CHANGE_JOB, 1, 3);
    change(live, CHANGE_TRIAL, 1, 0);
    change(live, CHANGE_JOB, 1, 4);
    live_publish(live);
    cr_assert(eq(int, take(&f, live, &taken), LIVE_CHANGE));
    cr_assert(eq(int, (int)taken.kind, CHANGE_TRIAL));
    cr_assert(eq(int, take(&f, live, &taken), LIVE_CHANGE));
    cr_assert(eq(i64, taken.value, 4));
    leave(&f, live);
    live_free(live);
}

Test(live, who_is_too_slow_loses_its_own_changes_but_not_for_those_of_others)
{
    struct live *live = make_live(4);
    struct follower slow;
    struct follower idle;
    struct change taken;

    follow(&slow, live, 1);
    follow(&idle, live, 2);
    for (int i = 0; i < 10; i++)
        change(live, CHANGE_TRIAL, 1, i);
    live_publish(live);
    cr_assert(eq(int, take(&slow, live, &taken), LIVE_LOST));
    cr_assert(eq(int, take(&idle, live, &taken), LIVE_NOTHING));
    cr_assert(eq(u64, idle.number, 10));
    cr_assert(live_reaches_back(live, 6));
    cr_assert(not(live_reaches_back(live, 5)));
    cr_assert(not(live_reaches_back(live, 11)));
    leave(&slow, live);
    leave(&idle, live);
    live_free(live);
}

Test(live, a_file_in_a_watched_folder_wakes_who_sleeps)
{
    char folder[] = "/tmp/assay-live-XXXXXX";
    char path[64];
    struct live *live = make_live(10);
    struct follower f;
    struct change taken;
    int word = -1;
    int fd = -1;

    cr_assert(mkdtemp(folder) != NULL);
    (void)snprintf(path, sizeof path, "%s/stdout.log", folder);
    follow(&f, live, 1);
    word = live_watch_folder(live, &f.subscriber, folder);
    cr_assert(ge(int, word, 0));
    cr_assert(lt(int, live_watch_folder(live, &f.subscriber, "/tmp/assay-no-such-folder"), 0));
    cr_assert(eq(int, take(&f, live, &taken), LIVE_NOTHING));
    fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    cr_assert(ge(int, fd, 0));
    cr_assert(is_told(&f, 20000));
    cr_assert(eq(int, take(&f, live, &taken), LIVE_NOTHING));
    cr_assert(eq(int, (int)write(fd, "x", 1), 1));
    cr_assert(is_told(&f, 20000));
    live_ignore_folder(live, &f.subscriber, word);
    cr_assert(eq(int, take(&f, live, &taken), LIVE_NOTHING));
    live_call_soon(live, &f.subscriber);
    cr_assert(is_told(&f, 20000));
    leave(&f, live);
    live_free(live);
    (void)close(fd);
    (void)unlink(path);
    (void)rmdir(folder);
}
