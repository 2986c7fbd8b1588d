#include "launcher/cluster.h"

#include "assay/json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * The kernel takes no variable of more than 128 KiB. What would make this one that long is left
 * out: nothing is known to read it there.
 */
enum { JOB_ARGS_TEXT_MAX = 16 * 1024 };

static const char *const pool_names[CLUSTER_ROLES] = { "workerpool0", "workerpool1", "workerpool2",
                                                       "workerpool3" };
static const char *const task_names[CLUSTER_ROLES] = { "chief", "worker", "ps", "evaluator" };

/* A cluster of zeros has its primary. */
static int32_t replicas_of(const struct cluster *cluster, enum replica_role role)
{
    return role == ROLE_PRIMARY ? 1 : cluster->replicas[role];
}

static int32_t place_of(const struct cluster *cluster, enum replica_role role)
{
    int32_t place = 0;

    for (int before = 0; before < (int)role; before++)
        place += replicas_of(cluster, (enum replica_role)before);
    return place;
}

int32_t cluster_size(const struct cluster *cluster)
{
    return place_of(cluster, ROLE_EVALUATOR) + replicas_of(cluster, ROLE_EVALUATOR);
}

int32_t cluster_place(const struct cluster *cluster)
{
    return place_of(cluster, cluster->role) + cluster->index;
}

int32_t cluster_world_size(const struct cluster *cluster)
{
    return place_of(cluster, ROLE_SERVER);
}

int32_t cluster_rank(const struct cluster *cluster)
{
    return cluster->role <= ROLE_WORKER ? cluster_place(cluster) : -1;
}

static void put_string(FILE *out, const char *text)
{
    struct json_writer writer;

    json_writer_init(&writer, out, 0);
    json_string(&writer, text); /* what fails shows in ferror(out) */
}

static void put_strings(FILE *out, const char *const *items, size_t count)
{
    (void)fputc('[', out);
    for (size_t i = 0; i < count; i++) {
        (void)fputs(i ? "," : "", out);
        put_string(out, items[i]);
    }
    (void)fputc(']', out);
}

static size_t text_size(const char *const *items, size_t count)
{
    size_t size = 0;

    for (size_t i = 0; i < count; i++)
        size += strlen(items[i]);
    return size;
}

static void put_pool(FILE *out, const struct cluster *cluster, enum replica_role role,
                     const char *name)
{
    int32_t count = replicas_of(cluster, role);
    int32_t place = place_of(cluster, role);

    (void)fprintf(out, "\"%s\":[", name);
    for (int32_t i = 0; i < count; i++)
        (void)fprintf(out, "%s\"@ASSAY_HOST_%d@:@ASSAY_PORT_%d@\"", i ? "," : "", place + i,
                      place + i);
    (void)fputc(']', out);
}

/* The member "cluster", of the first so many roles. */
static void put_cluster(FILE *out, const struct cluster *cluster, const char *const *names,
                        int roles)
{
    (void)fputs("\"cluster\":{", out);
    if (cluster_size(cluster) == 1) { /* as real jobs of one replica have it */
        (void)fprintf(out, "\"%s\":[\"localhost:2222\"]", names[0]);
        roles = 0;
    }
    for (int role = 0; role < roles; role++) {
        if (replicas_of(cluster, (enum replica_role)role) == 0)
            continue;
        (void)fputs(role ? "," : "", out);
        put_pool(out, cluster, (enum replica_role)role, names[role]);
    }
    (void)fputc('}', out);
}

/* Text that holds JSON, as real jobs have it. False for lack of memory. */
static bool put_job(FILE *out, const struct cluster *cluster)
{
    char *text = NULL;
    size_t size = 0;
    FILE *inner = open_memstream(&text, &size);
    bool is_long = text_size(cluster->job_args, cluster->job_arg_count) +
                       text_size(cluster->package_uris, cluster->package_uri_count) >
                   JOB_ARGS_TEXT_MAX;
    bool is_whole = false;

    if (!inner)
        return false;
    (void)fputs("{\"python_module\":", inner);
    put_string(inner, cluster->python_module ? cluster->python_module : "");
    (void)fputs(",\"package_uris\":", inner);
    put_strings(inner, cluster->package_uris, is_long ? 0 : cluster->package_uri_count);
    (void)fputs(",\"job_args\":", inner);
    put_strings(inner, cluster->job_args, is_long ? 0 : cluster->job_arg_count);
    (void)fputc('}', inner);
    is_whole = !ferror(inner);
    is_whole = fclose(inner) == 0 && is_whole;
    if (is_whole) {
        (void)fputs("\"job\":", out);
        put_string(out, text);
    }
    free(text);
    return is_whole;
}

static void put_task(FILE *out, const struct cluster *cluster, const char *const *names)
{
    (void)fprintf(out, ",\"environment\":\"cloud\",\"task\":{\"type\":\"%s\",\"index\":%d",
                  names[cluster->role], cluster->index);
    if (cluster->trial)
        (void)fprintf(out, ",\"trial\":\"%s\"", cluster->trial);
    (void)fputs("},", out);
}

static void put_open_ports(FILE *out, const struct cluster *cluster)
{
    (void)fputs(",\"open_ports\":[", out);
    if (cluster_size(cluster) == 1)
        (void)fputs("3333", out);
    else
        (void)fputs("@ASSAY_OPEN_PORT_0@", out);
    if (cluster_place(cluster) > 0)
        (void)fprintf(out, ",@ASSAY_OPEN_PORT_%d@", cluster_place(cluster));
    (void)fputc(']', out);
}

static char *write_text(const struct cluster *cluster, const char *const *names, int roles,
                        bool has_ports)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    bool is_whole = false;

    if (!out)
        return NULL;
    (void)fputc('{', out);
    put_cluster(out, cluster, names, roles);
    put_task(out, cluster, names);
    is_whole = put_job(out, cluster);
    if (has_ports)
        put_open_ports(out, cluster);
    (void)fputc('}', out);
    is_whole = is_whole && !ferror(out);
    if (fclose(out) == 0 && is_whole)
        return text;
    free(text);
    return NULL;
}

char *cluster_spec_text(const struct cluster *cluster)
{
    return write_text(cluster, pool_names, CLUSTER_ROLES, true);
}

char *cluster_tf_config_text(const struct cluster *cluster)
{
    return write_text(cluster, task_names, ROLE_EVALUATOR, false);
}
