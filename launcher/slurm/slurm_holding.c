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
        holding->first_left_us = best->left_us;
    (void)snprintf(holding->tag, sizeof holding->tag, "%s", best ? best->tag : "");
    return best;
}

static int64_t renewal_us(const struct slurm_holding *holding)
{
    int64_t part = holding->first_left_us / RENEW_PART;

    return part < RENEW_LEAST_US ? RENEW_LEAST_US : part > RENEW_MOST_US ? RENEW_MOST_US : part;
}

bool slurm_holding_wants_more(const struct slurm_holding *holding, const struct slurm_queue *queue)
{
    const struct slurm_job *used = NULL;

    for (size_t i = 0; i < queue->count; i++) {
        const struct slurm_job *job = &queue->jobs[i];

        if (!slurm_holding_has(holding, job))
            continue;
        if (job->state == SLURM_PENDING)
            return false;
        if (strcmp(job->tag, holding->tag) == 0)
            used = job;
    }
    return !used || used->left_us < renewal_us(holding);
}
