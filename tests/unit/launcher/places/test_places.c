#include "launcher/places/places.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define GIB (INT64_C(1) << 30)

static struct assay_error err;

static struct machine machine_of(const char *text)
{
    struct machine machine;

    cr_assert(machine_parse(text, &machine, &err), "%s", err.message);
    return machine;
}

static struct places *places_of(const char *text)
{
    struct machine machine = machine_of(text);
    struct places *places = places_new(&machine, &err);

    cr_assert(places != NULL);
    return places;
}

/* A grant of one replica. */
static struct grant *one(struct places *places, struct resources request)
{
    static int64_t trials;
    struct grant *grant =
        grant_new(places, (struct attempt_key){ ++trials, 1, 0 }, 7, &request, 1, &err);

    cr_assert(grant != NULL, "%s", err.message);
    return grant;
}

static struct grant *adopted(struct places *places, struct resources request, const char *gpus)
{
    struct grant *grant =
        grant_new_held(places, (struct attempt_key){ 1, 1, 0 }, 7, &request, &gpus, 1, &err);

    cr_assert(grant != NULL, "%s", err.message);
    return grant;
}

Test(places, a_gang_gets_all_or_nothing)
{
    struct places *places = places_of("cpus=4,memory=8G,gpus=0,1,2");
    struct resources pair[2] = { { .cpus = 1, .gpus = 1 }, { .cpus = 1, .gpus = 1 } };
    struct grant *first = grant_new(places, (struct attempt_key){ 1, 1, 0 }, 1, pair, 2, &err);
    struct grant *second = grant_new(places, (struct attempt_key){ 2, 1, 0 }, 1, pair, 2, &err);

    cr_assert(grant_take(first));
    cr_assert(eq(str, (char *)grant_gpus(first, 0), "0"));
    cr_assert(eq(str, (char *)grant_gpus(first, 1), "1"));
    cr_assert(not(grant_take(second)));
    cr_assert(not(grant_is_held(second)));
    cr_assert(eq(int, places_free_now(places).gpus, 1));
    cr_assert(eq(dbl, places_free_now(places).cpus, 2));
    grant_return(first);
    cr_assert(grant_gpus(first, 0) == NULL);
    cr_assert(grant_take(second));
    cr_assert(grant_take(second));
    grant_free(first);
    grant_free(second);
    cr_assert(eq(int, places_free_now(places).gpus, 3));
    cr_assert(eq(dbl, places_free_now(places).cpus, 4));
    cr_assert(eq(i64, places_free_now(places).memory_bytes, 8 * GIB));
    places_free(places);
}

Test(places, a_gang_larger_than_all_gpus_is_refused_with_what_the_machine_has)
{
    struct machine machine = machine_of("cpus=8,memory=24G,gpus=0,1,3");
    struct resources four = { .gpus = 4 };
    struct resources pair[2] = { { .gpus = 2 }, { .gpus = 2 } };
    struct resources half = { .gpus = 4, .gpu_share = 0.5 };

    cr_assert(not(places_fits_ever(&machine, &four, 1, "machineSpec", &err)));
    cr_assert(eq(int, err.code, ASSAY_INVALID));
    cr_assert(eq(str, err.field, "machineSpec"));
    cr_assert(eq(str, err.message,
                 "asks for 4 GPUs; this machine has 8 CPUs, 24 GiB of memory and 3 GPUs (0, 1, 3) "
                 "for trials, so that it can never run"));
    cr_assert(not(places_fits_ever(&machine, pair, 2, NULL, &err)));
    cr_assert(strstr(err.message, "4 GPUs for its replicas at once") != NULL, "%s", err.message);
    /* Two GPUs' worth, but of four different ones. */
    cr_assert(not(places_fits_ever(&machine, &half, 1, NULL, &err)));
}

Test(places, what_never_fits_can_not_wait)
{
    struct places *places = places_of("cpus=8,memory=24G,gpus=none");
    struct resources request = { .gpus = 1 };

    cr_assert(grant_new(places, (struct attempt_key){ 1, 1, 0 }, 1, &request, 1, &err) == NULL);
    cr_assert(strstr(err.message, "no GPU") != NULL, "%s", err.message);
    places_free(places);
}

Test(places, halves_share_a_gpu_and_whole_ones_never)
{
    struct places *places = places_of("cpus=4,memory=8G,gpus=0,1");
    struct grant *half = one(places, (struct resources){ .gpus = 1, .gpu_share = 0.5 });
    struct grant *other = one(places, (struct resources){ .gpus = 1, .gpu_share = 0.5 });
    struct grant *third = one(places, (struct resources){ .gpus = 1, .gpu_share = 0.5 });
    struct grant *whole = one(places, (struct resources){ .gpus = 1 });

    cr_assert(grant_take(half));
    cr_assert(grant_take(other));
    cr_assert(eq(str, (char *)grant_gpus(half, 0), "0"));
    cr_assert(eq(str, (char *)grant_gpus(other, 0), "0"));
    cr_assert(grant_take(whole));
    cr_assert(eq(str, (char *)grant_gpus(whole, 0), "1"));
    cr_assert(not(grant_take(third)));
    grant_return(half);
    cr_assert(grant_take(third));
    cr_assert(eq(str, (char *)grant_gpus(third, 0), "0"));
    grant_free(half);
    grant_free(other);
    grant_free(third);
    grant_free(whole);
    places_free(places);
}

Test(places, three_thirds_and_ten_tenths_fit_and_no_more)
{
    const double shares[] = { 1.0 / 3, 0.1, 0.29, 1e-9 };
    const int fits[] = { 3, 10, 3, 20 };

    for (size_t i = 0; i < sizeof shares / sizeof shares[0]; i++) {
        struct places *places = places_of("cpus=1,memory=1G,gpus=0");
        struct grant *grants[20];
        int taken = 0;

        for (int n = 0; n < 20; n++) {
            grants[n] = one(places, (struct resources){ .gpus = 1, .gpu_share = shares[i] });
            taken += grant_take(grants[n]);
        }
        cr_assert(eq(int, taken, fits[i]));
        for (int n = 0; n < 20; n++)
            grant_free(grants[n]);
        cr_assert(eq(int, places_free_now(places).gpus, 1));
        places_free(places);
    }
}

Test(places, a_share_of_two_gpus_takes_two_different_ones)
{
    struct places *places = places_of("cpus=1,memory=1G,gpus=0,1");
    struct grant *grant = one(places, (struct resources){ .gpus = 2, .gpu_share = 0.25 });
    char text[16];

    cr_assert(grant_take(grant));
    cr_assert(eq(str, (char *)grant_gpus(grant, 0), "0,1"));
    cr_assert(eq(str, (char *)grant_all_gpus(grant, text, sizeof text), "0,1"));
    cr_assert(eq(int, places_free_now(places).gpus, 0));
    grant_free(grant);
    places_free(places);
}

Test(places, replicas_that_want_more_gpus_are_served_first)
{
    struct places *places = places_of("cpus=1,memory=1G,gpus=0,1,2");
    struct resources halves = { .gpus = 2, .gpu_share = 0.5 };
    struct resources gang[3] = {
        { .gpus = 1, .gpu_share = 0.5 },
        { .gpus = 1, .gpu_share = 0.5 },
        { .gpus = 2, .gpu_share = 0.5 },
    };
    struct grant *first = one(places, halves);
    struct grant *grant = grant_new(places, (struct attempt_key){ 2, 1, 0 }, 1, gang, 3, &err);

    cr_assert(grant_take(first));
    cr_assert(grant_take(grant));
    cr_assert(eq(str, (char *)grant_gpus(grant, 0), "2"));
    cr_assert(eq(str, (char *)grant_gpus(grant, 1), "2"));
    cr_assert(eq(str, (char *)grant_gpus(grant, 2), "0,1"));
    grant_free(first);
    grant_free(grant);
    places_free(places);
}

Test(places, fractions_of_cpus_leave_nothing_behind)
{
    struct places *places = places_of("cpus=1,memory=1G,gpus=none");
    struct grant *grants[10];

    for (int round = 0; round < 100; round++) {
        for (int i = 0; i < 10; i++) {
            grants[i] = one(places, (struct resources){ .cpus = 0.1, .memory_bytes = GIB / 10 });
            cr_assert(grant_take(grants[i]));
        }
        cr_assert(eq(dbl, places_free_now(places).cpus, 0));
        for (int i = 0; i < 10; i++)
            grant_free(grants[i]);
    }
    cr_assert(eq(dbl, places_free_now(places).cpus, 1));
    places_free(places);
}

Test(places, what_asks_for_nothing_holds_nothing)
{
    struct places *places = places_of("cpus=1,memory=1G,gpus=0");
    struct grant *all = one(places, (struct resources){ 1, GIB, 1, 0 });
    struct grant *nothing = one(places, (struct resources){ 0 });
    struct grant *odd = one(places, (struct resources){ -1, -5, -2, 0.5 });

    cr_assert(grant_take(all));
    cr_assert(grant_take(nothing));
    cr_assert(grant_take(odd));
    cr_assert(grant_gpus(odd, 0) == NULL);
    grant_free(odd);
    grant_free(nothing);
    grant_free(all);
    places_free(places);
}

Test(places, an_adopted_gang_gets_its_own_gpus_back_and_overbooks_cpus)
{
    struct places *places = places_of("cpus=2,memory=4G,gpus=0,1,GPU-3f");
    struct grant *running = adopted(places, (struct resources){ .cpus = 3, .gpus = 2 }, "1,GPU-3f");
    struct grant *next = one(places, (struct resources){ .gpus = 1 });
    struct grant *cpus = one(places, (struct resources){ .cpus = 1 });

    cr_assert(grant_is_held(running));
    cr_assert(eq(str, (char *)grant_gpus(running, 0), "1,GPU-3f"));
    cr_assert(eq(dbl, places_free_now(places).cpus, -1));
    cr_assert(grant_take(next));
    cr_assert(eq(str, (char *)grant_gpus(next, 0), "0"));
    cr_assert(not(grant_take(cpus)));
    grant_free(running);
    cr_assert(grant_take(cpus));
    cr_assert(eq(int, places_free_now(places).gpus, 2));
    grant_free(next);
    grant_free(cpus);
    places_free(places);
}

Test(places, an_adopted_gang_keeps_ids_that_are_gone_in_name_only)
{
    struct places *places = places_of("cpus=2,memory=4G,gpus=0,1");
    struct grant *running = adopted(places, (struct resources){ .gpus = 3 }, "1,7,1,GPU-old");
    char text[4];

    cr_assert(eq(str, (char *)grant_gpus(running, 0), "1,7,1,GPU-old"));
    cr_assert(eq(str, (char *)grant_all_gpus(running, text, sizeof text), "1"));
    cr_assert(eq(int, places_free_now(places).gpus, 1));
    grant_free(running);
    cr_assert(eq(int, places_free_now(places).gpus, 2));
    places_free(places);
}

Test(places, two_adopted_on_one_gpu_free_it_when_both_are_gone)
{
    struct places *places = places_of("cpus=2,memory=4G,gpus=0");
    struct grant *a = adopted(places, (struct resources){ .gpus = 1 }, "0");
    struct grant *b = adopted(places, (struct resources){ .gpus = 1 }, "0");
    struct grant *next = one(places, (struct resources){ .gpus = 1, .gpu_share = 0.1 });

    grant_free(a);
    cr_assert(not(grant_take(next)));
    grant_free(b);
    cr_assert(grant_take(next));
    grant_free(next);
    places_free(places);
}

Test(places, too_much_is_lowered_to_the_machine_and_gpus_are_not)
{
    struct machine machine = machine_of("cpus=4,memory=8G,gpus=none");
    struct resources request = { .cpus = 32, .memory_bytes = 100 * GIB, .gpus = 2 };
    char warning[256];

    cr_assert(places_clamp(&machine, &request, 1, warning, sizeof warning));
    cr_assert(eq(dbl, request.cpus, 4));
    cr_assert(eq(i64, request.memory_bytes, 8 * GIB));
    cr_assert(eq(int, request.gpus, 2));
    cr_assert(eq(str, warning,
                 "asks for 32 CPUs and 100 GiB of memory and gets all that this machine has: 4 "
                 "CPUs and 8 GiB of memory, so that one trial runs at a time"));
    cr_assert(not(places_clamp(&machine, &request, 1, NULL, 0)));
}

Test(places, a_gang_is_lowered_in_proportion_until_it_fits_at_once)
{
    struct machine machine = machine_of("cpus=4,memory=8G,gpus=none");
    struct resources gang[3] = {
        { .cpus = 2, .memory_bytes = 1 * GIB },
        { .cpus = 4, .memory_bytes = 1 * GIB },
        { .cpus = 8, .memory_bytes = 1 * GIB },
    };
    char warning[256];

    cr_assert(places_clamp(&machine, gang, 3, warning, sizeof warning));
    /* 2, 4 and 4, times 4/10. */
    cr_assert(epsilon_eq(dbl, gang[0].cpus, 0.8, 1e-9));
    cr_assert(epsilon_eq(dbl, gang[2].cpus, 1.6, 1e-9));
    cr_assert(eq(i64, gang[0].memory_bytes, GIB));
    cr_assert(eq(str, warning,
                 "asks for 14 CPUs for its replicas at once and gets all that this machine has: 4 "
                 "CPUs, so that one trial runs at a time"));
    cr_assert(places_fits_ever(&machine, gang, 3, NULL, &err), "%s", err.message);
}

/* Whatever is asked for, what was lowered fits, and what fits is not lowered. */
Test(places, what_was_lowered_always_fits)
{
    struct machine machine = machine_of("cpus=2.5,memory=3333333,gpus=none");

    srandom(1);
    for (int round = 0; round < 5000; round++) {
        struct resources gang[6];
        size_t count = 1 + (size_t)random() % 6;

        for (size_t i = 0; i < count; i++)
            gang[i] = (struct resources){
                .cpus = (double)(random() % 4000) / 999,
                .memory_bytes = random() % 5000000,
            };
        cr_assert(places_fits_ever(&machine, gang, count, NULL, &err) ==
                  !places_clamp(&machine, gang, count, NULL, 0));
        cr_assert(places_fits_ever(&machine, gang, count, NULL, &err), "%s", err.message);
        cr_assert(not(places_clamp(&machine, gang, count, NULL, 0)));
    }
}

Test(places, huge_requests_do_not_overflow)
{
    struct machine machine = machine_of("cpus=4,memory=8G,gpus=0");
    struct resources gang[4];

    for (int i = 0; i < 4; i++)
        gang[i] = (struct resources){ 1e300, INT64_MAX, INT32_MAX, 1 };
    cr_assert(not(places_fits_ever(&machine, gang, 4, NULL, &err)));
    cr_assert(places_clamp(&machine, gang, 4, NULL, 0));
    for (int i = 0; i < 4; i++)
        gang[i].gpus = 0;
    cr_assert(places_fits_ever(&machine, gang, 4, NULL, &err), "%s", err.message);
}

Test(places, a_grant_tells_the_sum_of_its_replicas)
{
    struct places *places = places_of("cpus=4,memory=8G,gpus=0,1");
    struct resources gang[2] = {
        { .cpus = 1, .memory_bytes = GIB },
        { .cpus = 0.5, .memory_bytes = GIB, .gpus = 2, .gpu_share = 0.5 },
    };
    struct grant *grant = grant_new(places, (struct attempt_key){ 5, 2, 0 }, 9, gang, 2, &err);
    struct resources sum = grant_resources(grant);

    cr_assert(eq(dbl, sum.cpus, 1.5));
    cr_assert(eq(i64, sum.memory_bytes, 2 * GIB));
    cr_assert(eq(int, sum.gpus, 2));
    cr_assert(eq(dbl, sum.gpu_share, 0.5));
    cr_assert(eq(i64, grant_key(grant).trial, 5));
    cr_assert(eq(i64, grant_job(grant), 9));
    grant_free(grant);
    places_free(places);
}
