#include "engine/api/web_access.h"

#include "assay/value.h"
#include "launcher/launcher.h"

#include <inttypes.h>
#include <stdio.h>

/* How many replicas a pool has. */
typedef int64_t (*count_fn)(const void *run, size_t pool);

static void write_uri(struct json_writer *w, enum replica_role role, int32_t index, int64_t job,
                      int64_t trial)
{
    char name[REPLICA_NAME_TEXT];
    char uri[512];

    (void)replica_name(role, index, name);
    (void)snprintf(uri, sizeof uri,
                   "%s/assay/v1/jobs/%" PRId64 "/trials/%" PRId64 "/logs?follow=true&replica=%s",
                   w->origin, job, trial, name);
    json_key(w, name);
    json_string(w, uri);
}

static void write_all(struct json_writer *w, const void *run, size_t pool_count, count_fn count,
                      int64_t job, int64_t trial)
{
    w->has_links = true;
    if (!w->origin)
        return;
    json_key(w, "webAccessUris");
    json_begin_object(w);
    for (size_t i = 0; i < pool_count; i++)
        for (int32_t index = 0; index < count(run, i); index++)
            write_uri(w, (enum replica_role)i, index, job, trial);
    json_end_object(w);
}

static int64_t count_of_spec(const void *context, size_t pool)
{
    const struct run_spec *run = context;

    return run->pools[pool].replica_count;
}

void web_access_write(struct json_writer *w, const struct run_spec *run, int64_t job, int64_t trial)
{
    if (run->has_web_access)
        write_all(w, run, run->pool_count, count_of_spec, job, trial);
}

static int64_t count_of_document(const void *context, size_t pool)
{
    const cJSON *count = json_get(cJSON_GetArrayItem(context, (int)pool), "replicaCount");
    int64_t number = 0;

    if (cJSON_IsNumber(count))
        return (int64_t)count->valuedouble;
    return cJSON_IsString(count) && assay_integer_parse(count->valuestring, &number) ? number : 0;
}

void web_access_write_document(struct json_writer *w, const cJSON *run, int64_t job, int64_t trial)
{
    const cJSON *pools = json_get(run, "workerPoolSpecs");

    if (cJSON_IsTrue(json_get(run, "enableWebAccess")))
        write_all(w, pools, (size_t)cJSON_GetArraySize(pools), count_of_document, job, trial);
}
