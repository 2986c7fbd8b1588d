#include "launcher/attempt_table.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct attempt *attempt_new(struct attempt_key key, const char *dir, struct assay_error *err)
{
    struct attempt *attempt = calloc(1, sizeof *attempt);

    if (attempt) {
        attempt->key = key;
        attempt->pidfd = -1;
        attempt->dir = strdup(dir);
    }
    if (attempt && attempt->dir)
        return attempt;
    free(attempt);
    (void)assay_fail_memory(err);
    return NULL;
}

void attempt_free(struct attempt *attempt)
{
    if (!attempt)
        return;
    if (attempt->pidfd >= 0)
        (void)close(attempt->pidfd);
    free(attempt->request);
    free(attempt->dir);
    free(attempt);
}

/* Trials are numbered one after the other, so that their low bits spread well by themselves. */
static size_t bucket_of(struct attempt_key key)
{
    return ((uint64_t)key.trial + (uint64_t)key.attempt * 31 + (uint64_t)key.replica * 331) %
           ATTEMPT_BUCKETS;
}

void attempt_table_add(struct attempt_table *table, struct attempt *attempt)
{
    size_t bucket = bucket_of(attempt->key);

    attempt->next_in_bucket = table->buckets[bucket];
    table->buckets[bucket] = attempt;
}

void attempt_table_remove(struct attempt_table *table, struct attempt *attempt)
{
    struct attempt **at = &table->buckets[bucket_of(attempt->key)];

    while (*at != attempt) {
        assert(*at);
        at = &(*at)->next_in_bucket;
    }
    *at = attempt->next_in_bucket;
}

struct attempt *attempt_table_find(const struct attempt_table *table, struct attempt_key key)
{
    struct attempt *attempt = table->buckets[bucket_of(key)];

    while (attempt && !attempt_key_is_equal(attempt->key, key))
        attempt = attempt->next_in_bucket;
    return attempt;
}

static struct attempt *first_from(const struct attempt_table *table, size_t bucket)
{
    while (bucket < ATTEMPT_BUCKETS && !table->buckets[bucket])
        bucket++;
    return bucket < ATTEMPT_BUCKETS ? table->buckets[bucket] : NULL;
}

struct attempt *attempt_table_first(const struct attempt_table *table)
{
    return first_from(table, 0);
}

struct attempt *attempt_table_next(const struct attempt_table *table, const struct attempt *attempt)
{
    if (attempt->next_in_bucket)
        return attempt->next_in_bucket;
    return first_from(table, bucket_of(attempt->key) + 1);
}

void attempt_table_clear(struct attempt_table *table)
{
    struct attempt *attempt = NULL;

    if (!table)
        return;
    while ((attempt = attempt_table_first(table))) {
        attempt_table_remove(table, attempt);
        attempt_free(attempt);
    }
}
