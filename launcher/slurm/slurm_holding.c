#include "launcher/slurm/slurm_holding.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Renewed when a tenth of its time is left, but neither for the last seconds only nor for hours. */
enum { RENEW_PART = 10, RENEW_LEAST_US = 30 * 1000 * 1000, RENEW_MOST_US = 900 * 1000 * 1000 };

void slurm_holding_init(struct slurm_holding *holding, const char *state_dir)
{
    uint64_t hash = UINT64_C(14695981039346656037); /* FNV-1a */

    for (; *state_dir; state_dir++)
        hash = (hash ^ (unsigned char)*state_dir) * UINT64_C(1099511628211);
    *holding = (struct slurm_holding){ 0 };
    (void)snprintf(holding->prefix, sizeof holding->prefix, "hold-%016" PRIx64 "-", hash);
}

bool slurm_holding_has(const struct slurm_holding *holding, const struct slurm_job *job)
{
    return strncmp(job->tag, holding->prefix, strlen(holding->prefix)) == 0 &&
           (job->state == SLURM_RUNNING || job->state == SLURM_PENDING);
}

const struct slurm_job *slurm_holding_choose(struct slurm_holding *holding,
                                             const struct slurm_queue *queue)
{
    const struct slurm_job *best = NULL;

    for (size_t i = 0; i < queue->count; i++) {
        const struct slurm_job *job = &queue->jobs[i];

        if (slurm_holding_has(holding, job) && job->state == SLURM_RUNNING &&
            (!best || job->left_us > best->left_us))
            best = job;
    }
    if (best && strcmp(best->tag, holding->tag) != 0)
        holding->whole_us = best->whole_us;
    (void)snprintf(holding->tag, sizeof holding->tag, "%s", best ? best->tag : "");
    return best;
}

static int64_t renewal_us(const struct slurm_holding *holding)
{
    int64_t part = holding->whole_us / RENEW_PART;

    return part < RENEW_LEAST_US ? RENEW_LEAST_US : part > RENEW_MOST_US ? RENEW_MOST_US : part;
}

int64_t slurm_holding_need_us(const struct slurm_holding *holding, int64_t timeout_us)
{
    int64_t whole_us = holding->whole_us;
    int64_t margin_us = renewal_us(holding);

    if (margin_us > whole_us / 2)
        margin_us = whole_us / 2;
    if (timeout_us <= margin_us || timeout_us > whole_us)
        return margin_us;
    return timeout_us < whole_us - margin_us ? timeout_us : whole_us - margin_us;
}

bool slurm_holding_is_awaited(const struct slurm_holding *holding, const struct slurm_queue *queue)
{
    for (size_t i = 0; i < queue->count; i++) {
        if (slurm_holding_has(holding, &queue->jobs[i]) && queue->jobs[i].state == SLURM_PENDING)
            return true;
    }
    return false;
}

bool slurm_holding_wants_more(const struct slurm_holding *holding, const struct slurm_queue *queue,
                              int64_t need_us, bool has_waiting)
{
    const struct slurm_job *used = NULL;
    int64_t early_us = renewal_us(holding) + need_us;

    if (slurm_holding_is_awaited(holding, queue))
        return false;
    for (size_t i = 0; i < queue->count; i++) {
        if (slurm_holding_has(holding, &queue->jobs[i]) &&
            strcmp(queue->jobs[i].tag, holding->tag) == 0)
            used = &queue->jobs[i];
    }
    if (!used || has_waiting || used->left_us < renewal_us(holding))
        return true;
    /* So early that nobody has to wait; but two are not held for most of the time. */
    return used->left_us < early_us && used->left_us < holding->whole_us / 2;
}
