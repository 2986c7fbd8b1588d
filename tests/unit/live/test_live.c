#include "engine/live/live.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/inotify.h>
#include <unistd.h>

/* The kernel takes its time with a folder: meanwhile the committing thread goes on. */
static struct live *at_work;

int __real_inotify_add_watch(int fd, const char *path, uint32_t mask);
int __wrap_inotify_add_watch(int fd, const char *path, uint32_t mask);

int __wrap_inotify_add_watch(int fd, const char *path, uint32_t mask)
{
    if (at_work)
        live_note(at_work, &(struct change){ .kind = CHANGE_TRIAL, .job = 1, .trial = 1 });
    return __real_inotify_add_watch(fd, path, mask);
}

int __real_inotify_rm_watch(int fd, int word);
int __wrap_inotify_rm_watch(int fd, int word);

int __wrap_inotify_rm_watch(int fd, int word)
{
    if (at_work)
        live_note(at_work, &(struct change){ .kind = CHANGE_TRIAL, .job = 1, .trial = 1 });
    return __real_inotify_rm_watch(fd, word);
}

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

/* Who is told of a change of its own has been told after all that were to be before. */
static void pass_fence(struct follower *fence, struct live *live, int64_t job)
{
    struct change taken;

    while (take(fence, live, &taken) == LIVE_CHANGE)
        ;
    while (is_told(fence, 0))
        ;
    change(live, CHANGE_TRIAL, job, 0);
    live_publish(live);
    cr_assert(is_told(fence, 20000));
}

Test(live, who_sleeps_is_told_once_of_what_was_published_for_its_job)
{
    struct live *live = make_live(100);
    struct follower mine;
    struct follower other;
    struct follower fence;
    struct change taken;

    follow(&mine, live, 1);
    follow(&other, live, 2);
    follow(&fence, live, 3);
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
    pass_fence(&fence, live, 3);
    cr_assert(not(is_told(&mine, 0)), "told twice without having slept");
    cr_assert(not(is_told(&other, 0)));
    cr_assert(eq(int, take(&mine, live, &taken), LIVE_NOTHING));
    leave(&mine, live);
    leave(&other, live);
    leave(&fence, live);
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

Test(live, who_comes_while_a_commit_is_under_way_is_told_of_it)
{
    struct live *live = make_live(100);
    struct follower left;
    struct follower f;
    struct change taken;

    change(live, CHANGE_TRIAL, 1, 5);
    follow(&left, live, 1);
    change(live, CHANGE_TRIAL, 1, 6);
    leave(&left, live);
    follow(&f, live, 1);
    cr_assert(eq(int, take(&f, live, &taken), LIVE_NOTHING), "it is not published");
    live_publish(live);
    cr_assert(is_told(&f, 20000));
    for (int64_t value = 5; value <= 6; value++) {
        cr_assert(eq(int, take(&f, live, &taken), LIVE_CHANGE));
        cr_assert(eq(i64, taken.value, value));
    }
    cr_assert(eq(int, take(&f, live, &taken), LIVE_NOTHING));
    leave(&f, live);
    live_free(live);
}

Test(live, who_does_not_want_to_be_told_finds_the_change_when_it_looks)
{
    struct live *live = make_live(100);
    struct follower quiet;
    struct follower fence;
    struct change taken;

    follow(&quiet, live, 1);
    quiet.subscriber.on_ready = NULL;
    follow(&fence, live, 2);
    cr_assert(eq(int, take(&quiet, live, &taken), LIVE_NOTHING));
    change(live, CHANGE_TRIAL, 1, 5);
    live_publish(live);
    pass_fence(&fence, live, 2);
    cr_assert(eq(int, take(&quiet, live, &taken), LIVE_CHANGE));
    cr_assert(eq(i64, taken.value, 5));
    leave(&quiet, live);
    leave(&fence, live);
    live_free(live);
}

Test(live, who_is_impatient_is_told_soon_however_busy_others_are)
{
    struct live *live = make_live(100);
    struct follower impatient;
    struct follower busy;
    struct change taken;
    bool is_heard = false;

    follow(&impatient, live, 1);
    follow(&busy, live, 2);
    cr_assert(eq(int, take(&impatient, live, &taken), LIVE_NOTHING));
    live_call_soon(live, &impatient.subscriber);
    for (int i = 0; i < 200 && !is_heard; i++) {
        pass_fence(&busy, live, 2);
        is_heard = is_told(&impatient, LIVE_SOON_MS / 10);
    }
    cr_assert(is_heard);
    leave(&impatient, live);
    leave(&busy, live);
    live_free(live);
}

Test(live, who_is_patient_is_told_once_of_what_was_gathered)
{
    struct live *live = make_live(100);
    struct follower patient;
    struct follower gone;
    struct follower other;
    struct change taken;
    const int64_t begin_us = assay_mono_us(assay_env_system());

    follow(&patient, live, 1);
    follow(&gone, live, 1);
    follow(&other, live, 1);
    patient.subscriber.is_patient = true;
    gone.subscriber.is_patient = true;
    cr_assert(eq(int, take(&patient, live, &taken), LIVE_NOTHING));
    cr_assert(eq(int, take(&gone, live, &taken), LIVE_NOTHING));
    for (int64_t value = 1; value <= 3; value++) {
        bool is_early = false;

        pass_fence(&other, live, 1);
        is_early = is_told(&patient, 0);
        if (assay_mono_us(assay_env_system()) - begin_us < LIVE_GATHER_MS * INT64_C(1000))
            cr_assert(not(is_early));
    }
    live_leave(live, &gone.subscriber);
    cr_assert(is_told(&patient, 20000));
    cr_assert(
        ge(i64, assay_mono_us(assay_env_system()) - begin_us, LIVE_GATHER_MS * INT64_C(1000)));
    for (int value = 1; value <= 3; value++)
        cr_assert(eq(int, take(&patient, live, &taken), LIVE_CHANGE));
    cr_assert(eq(int, take(&patient, live, &taken), LIVE_NOTHING));
    cr_assert(not(is_told(&patient, 0)));
    cr_assert(not(is_told(&gone, 0)), "told after it has left");
    leave(&patient, live);
    leave(&gone, live);
    leave(&other, live);
    live_free(live);
}

Test(live, a_folder_that_is_slow_to_watch_does_not_hold_up_the_commits, .timeout = 20)
{
    char folder[] = "/tmp/assay-live-XXXXXX";
    struct live *live = make_live(100);
    struct follower f;

    cr_assert(mkdtemp(folder) != NULL);
    follow(&f, live, 1);
    at_work = live;
    live_ignore_folder(live, &f.subscriber, live_watch_folder(live, &f.subscriber, folder));
    cr_assert(ge(int, live_watch_folder(live, &f.subscriber, folder), 0));
    leave(&f, live);
    at_work = NULL;
    live_publish(live);
    cr_assert(eq(u64, live_newest(live), 4));
    live_free(live);
    (void)rmdir(folder);
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
