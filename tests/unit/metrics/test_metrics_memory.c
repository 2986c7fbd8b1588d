/* Lets the 1st, 2nd, … allocation fail: each time an error or full success, nothing lost. */
#include "metric_fixture.h"
#include "metrics/series.h"

#include <cjson/cJSON.h>
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

/* Counts down at each allocation; the one that reaches 0 fails. */
static long countdown = LONG_MAX;

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
char *__real_strdup(const char *text);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);
char *__wrap_strdup(const char *text);

static bool is_to_fail(void)
{
    return --countdown == 0;
}

void *__wrap_malloc(size_t size)
{
    return is_to_fail() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return is_to_fail() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *old, size_t size)
{
    return is_to_fail() ? NULL : __real_realloc(old, size);
}

char *__wrap_strdup(const char *text)
{
    return is_to_fail() ? NULL : __real_strdup(text);
}

/* cJSON is a shared library, which --wrap does not reach. */
static void hook_cjson(void)
{
    cJSON_Hooks hooks = { .malloc_fn = __wrap_malloc, .free_fn = free };

    cJSON_InitHooks(&hooks);
}

TestSuite(metrics_memory, .init = hook_cjson);

static void fill_sources(struct fixture *fixture)
{
    fixture_init(fixture);
    fixture->regexes[0] = "acc=([0-9.]+)";
    for (int i = 0; i < 20; i++) {
        file_add(fixture->metric_path, "{\"acc\": 1, \"loss\": \"2\", \"lr\": 0.1}\n");
        file_add(fixture->metric_path, "{\"acc\": NaN, \"loss\": 3}\n");
        file_add(fixture->stdout_path, "acc=4\nacc=5\n");
    }
}

enum { REPORTS = 20 * 5 };

static double sum_of(const struct metric_report *reports, size_t count)
{
    double sum = 0;

    for (size_t i = 0; i < count; i++)
        sum += reports[i].value;
    return sum;
}

/* False when making the reader failed. All reads together must give all reports once. */
static bool read_with_failure(struct fixture *fixture, long failure)
{
    struct assay_error err = { 0 };
    struct metric_reader *reader = NULL;
    size_t total = 0;
    double sum = 0;

    countdown = failure;
    reader = metric_reader_new(&fixture->source, NULL, &err);
    for (bool has_more = reader != NULL; has_more;) {
        const struct metric_report *reports = NULL;
        size_t count = 0;

        if (!metric_reader_read(reader, 0, true, &reports, &count, &has_more, &err)) {
            cr_assert(eq(int, err.code, ASSAY_EXHAUSTED));
            has_more = true; /* try again, as an engine would */
            count = 0;
        }
        total += count;
        sum += sum_of(reports, count);
    }
    countdown = LONG_MAX;
    if (!reader) {
        cr_assert(eq(int, err.code, ASSAY_EXHAUSTED));
        return false;
    }
    cr_assert(eq(sz, total, REPORTS), "failure %ld", failure);
    cr_assert(eq(dbl, sum, 20.0 * (1 + 2 + 3 + 4 + 5)));
    cr_assert(eq(u64, metric_reader_skipped(reader), 20));
    metric_reader_free(reader);
    return true;
}

Test(metrics_memory, a_reader_without_memory_says_so_and_loses_nothing)
{
    struct fixture fixture;
    long failure = 0;
    long allocations = 0;

    fill_sources(&fixture);
    countdown = LONG_MAX;
    cr_assert(read_with_failure(&fixture, LONG_MAX));
    for (failure = 1; failure < 400; failure++) {
        if (!read_with_failure(&fixture, failure))
            allocations++;
    }
    cr_assert(ge(i64, allocations, 3)); /* the loop did reach into metric_reader_new() */
    fixture_clear(&fixture);
}

Test(metrics_memory, a_series_without_memory_says_so_and_keeps_what_it_has)
{
    static char id[] = "acc";
    static const struct metric_spec spec = { .id = id };
    struct series *series = NULL;
    size_t added = 0;

    countdown = 1;
    cr_assert(series_new(&spec, 1) == NULL);
    countdown = LONG_MAX;
    series = series_new(&spec, 1);
    for (int i = 0; i < 200; i++) {
        struct metric_report report = { .step = i, .value = i };

        for (long failure = 1; failure <= 2; failure++) {
            countdown = failure;
            if (series_add(series, &report) >= 0) {
                added++;
                break;
            }
            cr_assert(eq(sz, series_count(series), added));
        }
        countdown = LONG_MAX;
        if (series_count(series) == (size_t)i) {
            cr_assert(ge(i64, series_add(series, &report), 0));
            added++;
        }
    }
    cr_assert(eq(sz, series_count(series), 200));
    for (size_t i = 0; i < 200; i++)
        cr_assert(eq(dbl, series_get(series, i).values[0], (double)i));
    series_free(series);
}
