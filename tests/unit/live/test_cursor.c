#include "engine/live/cursor.h"

#include "support.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <limits.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { JOB = 5, TRIALS_MAX = 60, RING = 8, ROUNDS = 150 };

static void do_nothing(void *context)
{
    (void)context;
}

/* A job at work, and somebody who follows it with interruptions. */
struct world {
    struct bench_store bench;
    struct store *reader;
    struct live *live;
    struct subscriber subscriber;
    struct cursor cursor;
    bool is_following;
    char id[CURSOR_ID_SIZE];
    bool has_id;
    uint64_t random;

    int state; /* of the job */
    int64_t begun, ended;
    int64_t end_orders[TRIALS_MAX + 1]; /* 0: it has not ended */
    int64_t told[TRIALS_MAX + 1];       /* how often its end was */
    int64_t last_told;                  /* the last end order that was */
    bool is_writing;                    /* what is above may not be committed yet */
    int jobs_told;
};

static uint64_t draw(struct world *w, uint64_t below)
{
    w->random = w->random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (w->random >> 33) % below;
}

static void note(void *context, const struct change *change)
{
    struct world *w = context;

    live_note(w->live, change);
}

static void open_live(struct world *w)
{
    struct assay_error err = { 0 };

    w->live = live_new(assay_env_system(), RING, &err);
    cr_assert(w->live != NULL, "%s", err.message);
    store_on_change(w->bench.store, note, w);
}

static void publish(struct world *w)
{
    commit(w->bench.store);
    live_publish(w->live);
    w->is_writing = false;
}

static void world_init(struct world *w, uint64_t seed)
{
    struct assay_error err = { 0 };
    struct job_row row = make_row(JOB, "{}");

    *w = (struct world){ .random = seed, .state = JOB_STATE_RUNNING };
    w->subscriber.on_ready = do_nothing;
    bench_store_init(&w->bench);
    open_live(w);
    begin(w->bench.store);
    row.state = w->state;
    cr_assert(store_job_insert(w->bench.store, &row, &err), "%s", err.message);
    publish(w);
    job_row_clear(&row);
    w->reader = open_store(w->bench.folder, STORE_READ);
}

static void stop_following(struct world *w)
{
    live_leave(w->live, &w->subscriber);
    w->is_following = false;
}

static void world_clear(struct world *w)
{
    stop_following(w);
    live_free(w->live);
    store_close(w->reader);
    bench_store_clear(&w->bench);
}

/* As after a kill -9: another engine, which knows nothing of the last one's changes. */
static void restart(struct world *w)
{
    stop_following(w);
    live_free(w->live);
    open_live(w);
}

static void follow(struct world *w)
{
    struct assay_error err = { 0 };

    cr_assert(live_join(w->live, &w->subscriber, JOB, &err), "%s", err.message);
    cr_assert(cursor_begin(&w->cursor, w->live, w->reader, JOB, w->has_id ? w->id : "0", &err),
              "%s", err.message);
    w->is_following = true;
}

static void begin_trial(struct world *w)
{
    static const double point[] = { 0.5 };
    struct assay_error err = { 0 };
    struct trial_row row = { .job = JOB,
                             .number = ++w->begun,
                             .state = TRIAL_ACTIVE,
                             .attempt = 1,
                             .start_us = 1,
                             .point = point,
                             .point_count = 1 };

    cr_assert(store_trial_insert(w->bench.store, &row, &err), "%s", err.message);
}

/* One of those that run, chosen at random; 0: none does. */
static int64_t running(struct world *w)
{
    int64_t number = w->begun ? 1 + (int64_t)draw(w, (uint64_t)w->begun) : 0;

    for (int64_t i = 0; i < w->begun; i++, number = number % w->begun + 1)
        if (!w->end_orders[number])
            return number;
    return 0;
}

static void end_trial(struct world *w, int64_t number)
{
    struct assay_error err = { 0 };
    struct trial_row row = { .job = JOB,
                             .number = number,
                             .state = TRIAL_SUCCEEDED,
                             .attempt = 1,
                             .start_us = 1,
                             .end_us = 2,
                             .end_order = ++w->ended };

    w->end_orders[number] = w->ended;
    cr_assert(store_trial_end(w->bench.store, &row, &err), "%s", err.message);
}

static void change_job(struct world *w, int state)
{
    struct assay_error err = { 0 };
    struct job_row row = make_row(JOB, "{}");

    w->state = row.state = state;
    cr_assert(store_job_update(w->bench.store, &row, &err), "%s", err.message);
    job_row_clear(&row);
}

/* Notes what was told; false: there was nothing. */
static bool take(struct world *w)
{
    struct assay_error err = { 0 };
    struct news news = { .kind = NEWS_AGAIN };

    while (news.kind == NEWS_AGAIN)
        cr_assert(cursor_next(&w->cursor, w->live, &w->subscriber, w->reader, &news, &err), "%s",
                  err.message);
    if (news.kind == NEWS_NONE || news.kind == NEWS_END)
        return false;
    cursor_id(&w->cursor, w->live, w->id);
    w->has_id = true;
    w->jobs_told += news.kind == NEWS_JOB;
    if (news.kind == NEWS_TRIAL && (news.is_ended || !w->is_writing))
        cr_assert(eq(int, news.is_ended, w->end_orders[news.trial] > 0));
    if (news.kind != NEWS_TRIAL || !news.is_ended)
        return true;
    w->told[news.trial]++;
    cr_assert(lt(i64, w->last_told, w->end_orders[news.trial]));
    w->last_told = w->end_orders[news.trial];
    return true;
}

/* Between a write, its commit and its publishing the reader may come, go and take. */
static void meddle(struct world *w)
{
    for (uint64_t count = draw(w, 4); count > 0; count--) {
        if (!w->is_following)
            follow(w);
        else if (draw(w, 4) == 0)
            stop_following(w);
        else
            (void)take(w);
    }
}

static void work(struct world *w)
{
    int64_t number = running(w);

    begin(w->bench.store);
    w->is_writing = true;
    for (uint64_t count = draw(w, 5); count > 0; count--) {
        switch (draw(w, 4)) {
        case 0:
            if (w->begun < TRIALS_MAX)
                begin_trial(w);
            break;
        case 1:
            if (number)
                end_trial(w, number);
            break;
        case 2:
            if (number)
                put_measurement(w->bench.store, store_trial_id(JOB, number), (int64_t)draw(w, 9),
                                1);
            break;
        default:
            change_job(w, JOB_STATE_RUNNING);
        }
        number = running(w);
    }
    meddle(w);
    commit(w->bench.store);
    meddle(w);
    live_publish(w->live);
    w->is_writing = false;
}

/* Changes, restarts and interruptions in any order; what was taken last is what is come back with.
 */
static void play(struct world *w)
{
    for (int step = 0; step < 200; step++) {
        uint64_t what = draw(w, 20);

        if (!w->is_following)
            follow(w);
        if (what == 0)
            restart(w);
        else if (what < 3)
            stop_following(w);
        else if (what < 10)
            work(w);
        else
            (void)take(w);
    }
}

static void end_job(struct world *w)
{
    int64_t number = 0;

    begin(w->bench.store);
    while ((number = running(w)))
        end_trial(w, number);
    change_job(w, JOB_STATE_SUCCEEDED);
    publish(w);
}

Test(cursor, every_ended_trial_is_told_once_whatever_is_interrupted)
{
    for (uint64_t seed = 1; seed <= ROUNDS; seed++) {
        struct world w;

        world_init(&w, seed);
        play(&w);
        end_job(&w);
        if (!w.is_following)
            follow(&w);
        w.jobs_told = 0;
        while (take(&w))
            ;
        cr_assert(eq(int, (int)w.cursor.phase, CURSOR_OVER), "seed %lu", (unsigned long)seed);
        cr_assert(ge(int, w.jobs_told, 1), "seed %lu: the job's end", (unsigned long)seed);
        for (int64_t i = 1; i <= w.begun; i++)
            cr_assert(eq(i64, w.told[i], 1), "seed %lu trial %ld", (unsigned long)seed, (long)i);
        /* Who comes back after the last event hears nothing any more, from any engine. */
        restart(&w);
        follow(&w);
        cr_assert(not(take(&w)), "seed %lu", (unsigned long)seed);
        world_clear(&w);
    }
}

Test(cursor, a_running_job_begins_with_itself_and_the_trials_that_run)
{
    struct world w;
    struct assay_error err = { 0 };
    struct news news;

    world_init(&w, 1);
    begin(w.bench.store);
    begin_trial(&w);
    begin_trial(&w);
    end_trial(&w, 1);
    publish(&w);
    cr_assert(live_join(w.live, &w.subscriber, JOB, &err));
    cr_assert(cursor_begin(&w.cursor, w.live, w.reader, JOB, NULL, &err));
    do
        cr_assert(cursor_next(&w.cursor, w.live, &w.subscriber, w.reader, &news, &err));
    while (news.kind == NEWS_AGAIN);
    cr_assert(eq(int, (int)news.kind, NEWS_JOB));
    do
        cr_assert(cursor_next(&w.cursor, w.live, &w.subscriber, w.reader, &news, &err));
    while (news.kind == NEWS_AGAIN);
    cr_assert(eq(int, (int)news.kind, NEWS_TRIAL));
    cr_assert(eq(i64, news.trial, 2));
    do
        cr_assert(cursor_next(&w.cursor, w.live, &w.subscriber, w.reader, &news, &err));
    while (news.kind == NEWS_AGAIN);
    cr_assert(eq(int, (int)news.kind, NEWS_NONE));
    world_clear(&w);
}

Test(cursor, trials_that_run_are_found_among_many)
{
    enum { MANY = 5000 };
    static const int64_t wanted[] = { 1, 2001, MANY };
    static const double point[] = { 0.5 };
    struct world w;
    struct assay_error err = { 0 };
    struct news news;
    size_t found = 0;

    world_init(&w, 1);
    begin(w.bench.store);
    for (int64_t i = 1; i <= MANY; i++) {
        bool runs = i == 1 || i == 2001 || i == MANY;
        struct trial_row row = { .job = JOB,
                                 .number = i,
                                 .state = runs ? TRIAL_ACTIVE : TRIAL_SUCCEEDED,
                                 .attempt = 1,
                                 .point = point,
                                 .point_count = 1 };

        cr_assert(store_trial_insert(w.bench.store, &row, &err), "%s", err.message);
    }
    publish(&w);
    cr_assert(live_join(w.live, &w.subscriber, JOB, &err));
    cr_assert(cursor_begin(&w.cursor, w.live, w.reader, JOB, NULL, &err));
    do {
        cr_assert(cursor_next(&w.cursor, w.live, &w.subscriber, w.reader, &news, &err));
        if (news.kind == NEWS_TRIAL)
            cr_assert(eq(i64, news.trial, wanted[found++]));
    } while (news.kind != NEWS_NONE);
    cr_assert(eq(sz, found, 3));
    world_clear(&w);
}

/* A study that has ended, with many trials that have, too, but for one; 0: for none. */
static void end_study(struct world *w, int64_t many, int64_t but)
{
    static const double point[] = { 0.5 };
    struct assay_error err = { 0 };
    struct job_row row = make_row(JOB + 1, "{}");

    row.kind = JOB_STUDY;
    row.state = JOB_STATE_SUCCEEDED;
    begin(w->bench.store);
    cr_assert(store_job_insert(w->bench.store, &row, &err), "%s", err.message);
    for (int64_t i = 1; i <= many; i++) {
        struct trial_row trial = { .job = JOB + 1,
                                   .number = i,
                                   .state = i == but ? TRIAL_ACTIVE : TRIAL_SUCCEEDED,
                                   .attempt = 1,
                                   .point = point,
                                   .point_count = 1 };

        cr_assert(store_trial_insert(w->bench.store, &trial, &err), "%s", err.message);
    }
    publish(w);
    job_row_clear(&row);
    cr_assert(live_join(w->live, &w->subscriber, JOB + 1, &err));
    cr_assert(cursor_begin(&w->cursor, w->live, w->reader, JOB + 1, NULL, &err));
}

/* The next piece of news, and how many steps it took. */
static enum news_kind next_news(struct world *w, int *steps)
{
    struct assay_error err = { 0 };
    struct news news = { .kind = NEWS_AGAIN };

    for (*steps = 0; news.kind == NEWS_AGAIN; ++*steps)
        cr_assert(cursor_next(&w->cursor, w->live, &w->subscriber, w->reader, &news, &err), "%s",
                  err.message);
    return news.kind;
}

Test(cursor, an_ended_study_is_searched_for_trials_that_go_on_in_short_steps)
{
    enum { MANY = 6500, LATE = 6100 };
    struct world w;
    int steps = 0;

    world_init(&w, 1);
    end_study(&w, MANY, 0);
    cr_assert(eq(int, (int)next_news(&w, &steps), NEWS_JOB));
    cr_assert(ge(int, steps, MANY / 2000), "nobody else could read meanwhile");
    cr_assert(eq(int, (int)next_news(&w, &steps), NEWS_END));
    world_clear(&w);
    world_init(&w, 1);
    end_study(&w, MANY, LATE);
    cr_assert(eq(int, (int)next_news(&w, &steps), NEWS_JOB));
    cr_assert(ge(int, steps, LATE / 2000));
    cr_assert(eq(int, (int)next_news(&w, &steps), NEWS_TRIAL));
    cr_assert(eq(int, (int)next_news(&w, &steps), NEWS_NONE));
    begin(w.bench.store);
    cr_assert(store_trial_end(w.bench.store,
                              &(struct trial_row){ .job = JOB + 1,
                                                   .number = LATE,
                                                   .state = TRIAL_SUCCEEDED,
                                                   .attempt = 1,
                                                   .end_order = 1 },
                              &(struct assay_error){ 0 }));
    publish(&w);
    cr_assert(eq(int, (int)next_news(&w, &steps), NEWS_TRIAL));
    cr_assert(eq(int, (int)next_news(&w, &steps), NEWS_JOB));
    cr_assert(eq(int, (int)next_news(&w, &steps), NEWS_END));
    world_clear(&w);
}

Test(cursor, the_end_of_a_study_is_told_while_a_trial_among_many_goes_on)
{
    enum { MANY = 6500, LATE = 6100 };
    struct world w;
    struct assay_error err = { 0 };
    struct job_row row = make_row(JOB + 1, "{}");
    int steps = 0;

    world_init(&w, 1);
    end_study(&w, MANY, LATE);
    while (next_news(&w, &steps) != NEWS_NONE)
        ;
    /* As one who comes back while the study was not looked through. */
    w.cursor.ended_up_to = 0;
    row.kind = JOB_STUDY;
    row.state = JOB_STATE_SUCCEEDED;
    begin(w.bench.store);
    cr_assert(store_job_update(w.bench.store, &row, &err), "%s", err.message);
    publish(&w);
    cr_assert(eq(int, (int)next_news(&w, &steps), NEWS_JOB));
    cr_assert(ge(int, steps, LATE / 2000));
    cr_assert(eq(int, (int)next_news(&w, &steps), NEWS_NONE));
    job_row_clear(&row);
    world_clear(&w);
}

Test(cursor, an_end_order_that_never_was_does_not_hide_trials)
{
    struct world w;

    world_init(&w, 1);
    (void)snprintf(w.id, sizeof w.id, "0123456789abcdef-7-1000");
    w.has_id = true;
    follow(&w);
    while (take(&w))
        ;
    begin(w.bench.store);
    begin_trial(&w);
    end_trial(&w, 1);
    publish(&w);
    while (take(&w))
        ;
    cr_assert(eq(i64, w.told[1], 1));
    world_clear(&w);
}

Test(cursor, a_deleted_trial_and_a_deleted_job_are_told)
{
    struct world w;
    struct assay_error err = { 0 };
    struct news news = { .kind = NEWS_AGAIN };

    world_init(&w, 1);
    begin(w.bench.store);
    begin_trial(&w);
    publish(&w);
    follow(&w);
    while (take(&w))
        ;
    begin(w.bench.store);
    cr_assert(store_trial_delete(w.bench.store, JOB, 1, &err), "%s", err.message);
    publish(&w);
    while (news.kind == NEWS_AGAIN)
        cr_assert(cursor_next(&w.cursor, w.live, &w.subscriber, w.reader, &news, &err));
    cr_assert(eq(int, (int)news.kind, NEWS_TRIAL_GONE));
    begin(w.bench.store);
    cr_assert(store_job_delete(w.bench.store, JOB, &err), "%s", err.message);
    publish(&w);
    do
        cr_assert(cursor_next(&w.cursor, w.live, &w.subscriber, w.reader, &news, &err));
    while (news.kind == NEWS_AGAIN);
    cr_assert(eq(int, (int)news.kind, NEWS_JOB_GONE));
    cr_assert(cursor_next(&w.cursor, w.live, &w.subscriber, w.reader, &news, &err));
    cr_assert(eq(int, (int)news.kind, NEWS_END));
    world_clear(&w);
}

/* A trigger of another handle's, for which SQLite can delete no trial. */
static void forbid_deletion(struct world *w)
{
    char path[PATH_MAX];
    sqlite3 *db = NULL;

    (void)snprintf(path, sizeof path, "%s/assay.db", w->bench.folder);
    cr_assert(eq(int, sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL), SQLITE_OK));
    cr_assert(eq(int,
                 sqlite3_exec(db,
                              "CREATE TRIGGER forbid BEFORE DELETE ON trial BEGIN "
                              "SELECT RAISE(ABORT, 'no'); END",
                              NULL, NULL, NULL),
                 SQLITE_OK));
    (void)sqlite3_close(db);
}

Test(cursor, a_store_that_could_not_be_emptied_says_of_no_job_that_it_is_gone)
{
    struct world w;
    struct assay_error err = { 0 };
    struct news news;

    world_init(&w, 1);
    begin(w.bench.store);
    begin_trial(&w);
    publish(&w);
    follow(&w);
    while (take(&w))
        ;
    forbid_deletion(&w);
    cr_assert(not(store_empty(w.bench.store, &err)));
    live_publish(w.live);
    cr_assert(cursor_next(&w.cursor, w.live, &w.subscriber, w.reader, &news, &err));
    cr_assert(eq(int, (int)news.kind, NEWS_NONE));
    world_clear(&w);
}

Test(cursor, words_that_are_no_place_are_refused)
{
    static const char *const wrong[] = { "",
                                         "-1",
                                         "x",
                                         "1-2",
                                         "1-2-3-4",
                                         "0123456789abcdef-x-3",
                                         "1--1-3",
                                         "1-2-3 ",
                                         "99999999999999999999",
                                         "g-1-2",
                                         "1-2-99999999999999999999" };
    static const char *const right[] = { "0", "12", "1-2-3", "0123456789abcdef-end-3" };
    struct world w;
    struct assay_error err = { 0 };

    world_init(&w, 1);
    cr_assert(live_join(w.live, &w.subscriber, JOB, &err));
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        cr_assert(not(cursor_begin(&w.cursor, w.live, w.reader, JOB, wrong[i], &err)), "%s",
                  wrong[i]);
        cr_assert(eq(int, (int)err.code, ASSAY_INVALID));
    }
    for (size_t i = 0; i < sizeof right / sizeof right[0]; i++)
        cr_assert(cursor_begin(&w.cursor, w.live, w.reader, JOB, right[i], &err), "%s", right[i]);
    world_clear(&w);
}

Test(cursor, a_job_that_goes_on_after_its_end_is_told_on_to_who_comes_back)
{
    struct world w;

    world_init(&w, 1);
    begin(w.bench.store);
    begin_trial(&w);
    end_trial(&w, 1);
    change_job(&w, JOB_STATE_SUCCEEDED);
    publish(&w);
    follow(&w);
    while (take(&w))
        ;
    cr_assert(eq(int, (int)w.cursor.phase, CURSOR_OVER));
    stop_following(&w);
    begin(w.bench.store);
    change_job(&w, JOB_STATE_RUNNING);
    begin_trial(&w);
    publish(&w);
    follow(&w); /* with the id that says end */
    w.jobs_told = 0;
    while (take(&w))
        ;
    cr_assert(eq(int, w.jobs_told, 1));
    cr_assert(ne(int, (int)w.cursor.phase, CURSOR_OVER));
    begin(w.bench.store);
    end_trial(&w, 2);
    change_job(&w, JOB_STATE_SUCCEEDED);
    publish(&w);
    while (take(&w))
        ;
    cr_assert(eq(int, (int)w.cursor.phase, CURSOR_OVER));
    cr_assert(eq(i64, w.told[1], 1));
    cr_assert(eq(i64, w.told[2], 1));
    world_clear(&w);
}

Test(cursor, a_job_that_goes_on_while_its_end_is_told_has_not_ended)
{
    struct world w;
    struct assay_error err = { 0 };
    struct news news;

    world_init(&w, 1);
    follow(&w);
    while (take(&w))
        ;
    begin(w.bench.store);
    change_job(&w, JOB_STATE_SUCCEEDED);
    publish(&w);
    while (w.cursor.phase != CURSOR_CLOSING)
        cr_assert(cursor_next(&w.cursor, w.live, &w.subscriber, w.reader, &news, &err), "%s",
                  err.message);
    begin(w.bench.store);
    change_job(&w, JOB_STATE_RUNNING);
    publish(&w);
    while (take(&w))
        ;
    cr_assert(eq(int, (int)w.cursor.phase, CURSOR_LIVE));
    world_clear(&w);
}
