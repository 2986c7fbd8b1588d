#include "launcher/slurm/slurm_queue.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum field { FIELD_ID, FIELD_STATE, FIELD_LEFT, FIELD_NAME, FIELD_COMMENT, FIELD_REASON };

enum { FIELD_COUNT = FIELD_REASON + 1 };

static enum slurm_state state_of(const char *name)
{
    static const struct {
        const char *name;
        enum slurm_state state;
    } states[] = {
        { "PENDING", SLURM_PENDING },      { "REQUEUED", SLURM_PENDING },
        { "REQUEUE_HOLD", SLURM_PENDING }, { "REQUEUE_FED", SLURM_PENDING },
        { "SPECIAL_EXIT", SLURM_PENDING }, { "RESV_DEL_HOLD", SLURM_PENDING },
        { "SUSPENDED", SLURM_SUSPENDED },  { "STOPPED", SLURM_SUSPENDED },
        { "COMPLETED", SLURM_COMPLETED },  { "FAILED", SLURM_FAILED },
        { "CANCELLED", SLURM_CANCELLED },  { "TIMEOUT", SLURM_TIMEOUT },
        { "NODE_FAIL", SLURM_NODE_LOST },  { "BOOT_FAIL", SLURM_NODE_LOST },
        { "PREEMPTED", SLURM_NODE_LOST },  { "DEADLINE", SLURM_NODE_LOST },
        { "REVOKED", SLURM_NODE_LOST },    { "OUT_OF_MEMORY", SLURM_OUT_OF_MEMORY },
    };

    for (size_t i = 0; i < sizeof states / sizeof states[0]; i++) {
        if (strcmp(name, states[i].name) == 0)
            return states[i].state;
    }
    /* RUNNING, CONFIGURING, COMPLETING, …: it has its nodes. */
    return SLURM_RUNNING;
}

/* "D-HH:MM:SS", "HH:MM:SS", "MM:SS", up to a slash; INT64_MAX for UNLIMITED and the like. */
static int64_t parse_time(const char *text)
{
    int64_t days = 0;
    int64_t seconds = 0;
    char *end = NULL;
    long number = strtol(text, &end, 10);

    if (end == text)
        return INT64_MAX;
    if (*end == '-') {
        days = number;
        text = end + 1;
    }
    for (;;) {
        number = strtol(text, &end, 10);
        if (end == text || number < 0 || number > 86400)
            return INT64_MAX;
        seconds = seconds * 60 + number;
        if (*end == '\0' || *end == '/')
            return (days * 86400 + seconds) * 1000000;
        if (*end != ':')
            return INT64_MAX;
        text = end + 1;
    }
}

static void copy(char *to, size_t size, const char *from)
{
    (void)snprintf(to, size, "%.*s", (int)size - 1, from);
}

/* line is cut up. False when it is not a job of ours. */
static bool parse_line(char *line, struct slurm_job *job)
{
    static const char prefix[] = SLURM_NAME_PREFIX;
    char *fields[FIELD_COUNT] = { 0 };
    const char *slash = NULL;
    const char *plus = NULL;

    for (size_t i = 0; i < FIELD_COUNT; i++) {
        char *bar = i + 1 < FIELD_COUNT ? strchr(line, '|') : NULL;

        fields[i] = line;
        if (i + 1 < FIELD_COUNT && !bar)
            return false;
        if (bar) {
            *bar = '\0';
            line = bar + 1;
        }
    }
    if (strncmp(fields[FIELD_NAME], prefix, sizeof prefix - 1) != 0 ||
        strcmp(fields[FIELD_NAME] + sizeof prefix - 1, fields[FIELD_COMMENT]) != 0)
        return false;
    *job = (struct slurm_job){ .state = state_of(fields[FIELD_STATE]),
                               .left_us = parse_time(fields[FIELD_LEFT]) };
    slash = strchr(fields[FIELD_LEFT], '/');
    job->whole_us = slash ? parse_time(slash + 1) : job->left_us;
    copy(job->id, sizeof job->id, fields[FIELD_ID]);
    copy(job->state_name, sizeof job->state_name, fields[FIELD_STATE]);
    copy(job->reason, sizeof job->reason, fields[FIELD_REASON]);
    copy(job->tag, sizeof job->tag, fields[FIELD_COMMENT]);
    plus = strchr(job->id, '+');
    job->component = plus ? (int)strtol(plus + 1, NULL, 10) : 0;
    return true;
}

static int rank_of(enum slurm_state state)
{
    return state == SLURM_RUNNING || state == SLURM_SUSPENDED ? 0 : state == SLURM_PENDING ? 1 : 2;
}

static int compare_jobs(const void *left, const void *right)
{
    const struct slurm_job *a = left;
    const struct slurm_job *b = right;
    int order = strcmp(a->tag, b->tag);

    if (order == 0)
        order = a->component - b->component;
    if (order == 0)
        order = rank_of(a->state) - rank_of(b->state);
    return order;
}

static size_t count_lines(const char *text)
{
    size_t count = 1;

    while ((text = strchr(text, '\n'))) {
        text++;
        count++;
    }
    return count;
}

bool slurm_queue_parse(const char *text, struct slurm_queue *queue, struct assay_error *err)
{
    char *lines = strdup(text);
    char *rest = lines;

    *queue = (struct slurm_queue){ .jobs = calloc(count_lines(text), sizeof *queue->jobs) };
    if (!lines || !queue->jobs) {
        free(lines);
        slurm_queue_clear(queue);
        return assay_fail_memory(err);
    }
    while (rest) {
        char *end = strchr(rest, '\n');

        if (end)
            *end = '\0';
        queue->count += parse_line(rest, &queue->jobs[queue->count]);
        rest = end ? end + 1 : NULL;
    }
    free(lines);
    qsort(queue->jobs, queue->count, sizeof *queue->jobs, compare_jobs);
    return true;
}

void slurm_queue_clear(struct slurm_queue *queue)
{
    if (!queue)
        return;
    free(queue->jobs);
    *queue = (struct slurm_queue){ 0 };
}

const struct slurm_job *slurm_queue_find(const struct slurm_queue *queue, const char *tag,
                                         int component)
{
    size_t low = 0;
    size_t high = queue->count;

    while (low < high) { /* the first that is not in front of it */
        size_t middle = low + (high - low) / 2;
        const struct slurm_job *job = &queue->jobs[middle];
        int order = strcmp(job->tag, tag);

        if (order < 0 || (order == 0 && job->component < component))
            low = middle + 1;
        else
            high = middle;
    }
    if (low == queue->count || strcmp(queue->jobs[low].tag, tag) != 0 ||
        queue->jobs[low].component != component)
        return NULL;
    return &queue->jobs[low];
}
