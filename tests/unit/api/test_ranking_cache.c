#include "engine/api/window/ranking_cache.h"
#include "tests/unit/engine/support.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#define JOB INT64_C(1234567890)

/* An order of no trials: what is kept of it is what matters here. */
struct scene {
    struct bench_store bench;
    struct job_spec *spec;
    struct trial_fields *fields;
    struct filter *filter;
    struct ranking_cache *cache;
};

static void scene_init(struct scene *scene)
{
    char *document = make_document("", "");
    struct assay_error err = { 0 };

    bench_store_init(&scene->bench);
    insert_job(scene->bench.store, JOB, 1);
    scene->spec = make_spec(document);
    scene->fields = trial_fields_new(scene->spec);
    scene->filter = filter_parse("", scene->fields->items, scene->fields->count, &err);
    scene->cache = ranking_cache_new();
    cr_assert(scene->cache != NULL);
    free(document);
}

static void scene_clear(struct scene *scene)
{
    ranking_cache_free(scene->cache);
    filter_free(scene->filter);
    trial_fields_free(scene->fields);
    job_spec_free(scene->spec);
    bench_store_clear(&scene->bench);
}

static const struct trial_ranking *make(struct scene *scene)
{
    struct trial_question question = { .job = JOB,
                                       .fields = scene->fields,
                                       .filter = scene->filter };
    struct assay_error err = { 0 };
    const struct trial_ranking *made =
        trial_ranking_make(&question, NULL, scene->bench.store, &err);

    cr_assert(made != NULL, "%s", err.message);
    return made;
}

/* Asks, and makes what is not there; was it there? */
static bool ask(struct scene *scene, const struct ranking_wish *wish, bool *had_old)
{
    const struct trial_ranking *old = NULL;
    const struct trial_ranking *kept = ranking_cache_begin(scene->cache, wish, &old);
    const struct trial_ranking *made = kept ? NULL : make(scene);

    if (!kept)
        ranking_cache_end(scene->cache, wish, wish->now_us, made);
    if (had_old)
        *had_old = old != NULL;
    trial_ranking_release(old);
    trial_ranking_release(made);
    trial_ranking_release(kept);
    return kept != NULL;
}

Test(ranking_cache, an_order_is_true_as_long_as_the_stamp_is_the_same)
{
    struct scene scene;
    struct ranking_wish wish = {
        .job = JOB, .text = "a", .has_stamp = true, .stamp = 4, .is_exact = true, .now_us = 100
    };
    bool had_old = false;

    scene_init(&scene);
    cr_assert(not(ask(&scene, &wish, &had_old)));
    cr_assert(not(had_old));
    wish.now_us += 100000000;
    cr_assert(ask(&scene, &wish, NULL));
    wish.stamp = 6;
    cr_assert(not(ask(&scene, &wish, &had_old)));
    cr_assert(had_old);
    wish.text = "b";
    cr_assert(not(ask(&scene, &wish, NULL)));
    wish.text = "a";
    wish.job++;
    cr_assert(not(ask(&scene, &wish, NULL)));
    wish.job--;
    cr_assert(ask(&scene, &wish, NULL));
    wish.has_stamp = false;
    cr_assert(not(ask(&scene, &wish, NULL)));
    scene_clear(&scene);
}

Test(ranking_cache, a_table_that_is_scrolled_has_the_order_of_two_seconds_ago)
{
    struct scene scene;
    struct ranking_wish wish = { .job = JOB, .text = "a", .has_stamp = true, .stamp = 4 };

    scene_init(&scene);
    cr_assert(not(ask(&scene, &wish, NULL)));
    wish.stamp = 6;
    wish.now_us = RANKING_LATE_US;
    cr_assert(ask(&scene, &wish, NULL));
    wish.now_us = RANKING_LATE_US + 1;
    cr_assert(not(ask(&scene, &wish, NULL)));
    cr_assert(ask(&scene, &wish, NULL));
    scene_clear(&scene);
}

Test(ranking_cache, keeps_few_and_forgets_what_nobody_asks_for)
{
    struct scene scene;
    struct ranking_wish wish = { .job = JOB, .has_stamp = true, .is_exact = true };
    char text[16];

    scene_init(&scene);
    wish.text = text;
    for (int i = 0; i < 40; i++) {
        (void)snprintf(text, sizeof text, "%d", i);
        wish.now_us = i;
        cr_assert(not(ask(&scene, &wish, NULL)));
    }
    (void)snprintf(text, sizeof text, "%d", 39);
    cr_assert(ask(&scene, &wish, NULL));
    (void)snprintf(text, sizeof text, "%d", 2);
    cr_assert(not(ask(&scene, &wish, NULL)));
    wish.now_us += INT64_C(3600) * 1000000;
    (void)snprintf(text, sizeof text, "%d", 39);
    cr_assert(not(ask(&scene, &wish, NULL)));
    scene_clear(&scene);
}

Test(ranking_cache, where_making_fails_the_next_one_makes_it)
{
    struct scene scene;
    struct ranking_wish wish = { .job = JOB, .text = "a", .has_stamp = true, .is_exact = true };
    const struct trial_ranking *old = NULL;

    scene_init(&scene);
    cr_assert(ranking_cache_begin(scene.cache, &wish, &old) == NULL);
    ranking_cache_end(scene.cache, &wish, 0, NULL);
    cr_assert(not(ask(&scene, &wish, NULL)));
    cr_assert(ask(&scene, &wish, NULL));
    scene_clear(&scene);
}

struct waiting {
    struct scene *scene;
    const struct trial_ranking *got;
};

static void *wait_for_it(void *context)
{
    struct waiting *waiting = context;
    struct ranking_wish wish = { .job = JOB, .text = "a", .has_stamp = true, .is_exact = true };
    const struct trial_ranking *old = NULL;

    waiting->got = ranking_cache_begin(waiting->scene->cache, &wish, &old);
    return NULL;
}

Test(ranking_cache, one_makes_what_several_want)
{
    struct scene scene;
    struct ranking_wish wish = { .job = JOB, .text = "a", .has_stamp = true, .is_exact = true };
    struct waiting waiting = { .scene = &scene };
    const struct trial_ranking *old = NULL;
    const struct trial_ranking *made = NULL;
    pthread_t thread;

    scene_init(&scene);
    cr_assert(ranking_cache_begin(scene.cache, &wish, &old) == NULL);
    cr_assert(zero(int, pthread_create(&thread, NULL, wait_for_it, &waiting)));
    made = make(&scene);
    ranking_cache_end(scene.cache, &wish, 0, made);
    (void)pthread_join(thread, NULL);
    cr_assert(waiting.got == made);
    trial_ranking_release(waiting.got);
    trial_ranking_release(made);
    scene_clear(&scene);
}
