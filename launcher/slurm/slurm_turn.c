#include "launcher/slurm/slurm_turn.h"

#include "launcher/shim/record_file.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define TURN_NAME "after"
#define TURN_FORMAT "assay-after 1"

/* All attempts of a job but one, as far as they are Slurm's already. */
struct company {
    const struct slurm_gang_list *gangs;
    const struct slurm_queue *queue;
    const struct slurm_gang *self;
};

static bool is_in(const struct company *company, const struct slurm_gang *other)
{
    return other != company->self && other->launch.job == company->self->launch.job &&
           other->stage >= GANG_SUBMITTING;
}

/* "" when it is not known, or a step has none. */
static void find_id(const struct company *company, const struct slurm_gang *gang,
                    char id[SLURM_ID_TEXT])
{
    const struct slurm_job *job = NULL;

    (void)snprintf(id, SLURM_ID_TEXT, "%s", gang->id);
    if (gang->is_step || id[0] || !company->queue)
        return;
    job = slurm_queue_find(company->queue, gang->tag, 0);
    if (job)
        (void)snprintf(id, SLURM_ID_TEXT, "%.*s", (int)strcspn(job->id, "+"), job->id);
}

/* ids: with a space in front of each. */
static bool has_id(const char *ids, const char *id)
{
    size_t size = strlen(id);

    for (const char *at = ids; size && (at = strchr(at, ' ')); at++) {
        if (strncmp(at + 1, id, size) == 0 && (at[1 + size] == ' ' || at[1 + size] == '\0'))
            return true;
    }
    return false;
}

static size_t count_ids(const char *ids)
{
    size_t count = 0;

    for (; *ids; ids++)
        count += *ids == ' ';
    return count;
}

/* It has forerunners, and none of their ends was told yet. */
static bool has_all_forerunners(const struct company *company, const struct slurm_gang *gang)
{
    const struct slurm_gang *other = NULL;
    char id[SLURM_ID_TEXT];
    size_t found = 0;

    if (!gang->after[0])
        return false;
    TAILQ_FOREACH(other, company->gangs, in_list)
    {
        if (other == gang || !is_in(company, other))
            continue;
        find_id(company, other, id);
        found += has_id(gang->after, id);
    }
    return found == count_ids(gang->after);
}

/* It has no turn yet. */
static bool is_waiting(const struct company *company, const struct slurm_gang *gang)
{
    return gang->replicas[0].claim != CLAIM_NODE && has_all_forerunners(company, gang);
}

/* Also of one that has begun before the end of any was told: one of them is over then, whose turn
 * is taken, and nobody knows which. */
static bool is_forerunner(const struct company *company, const char *id)
{
    const struct slurm_gang *other = NULL;

    TAILQ_FOREACH(other, company->gangs, in_list)
    {
        if (is_in(company, other) && has_id(other->after, id) &&
            has_all_forerunners(company, other))
            return true;
    }
    return false;
}

/* It could be a forerunner: it has a turn, which nobody waits for. */
static bool is_free(const struct company *company, const struct slurm_gang *gang,
                    char id[SLURM_ID_TEXT])
{
    if (!is_in(company, gang) || is_waiting(company, gang))
        return false;
    find_id(company, gang, id);
    return id[0] && !is_forerunner(company, id);
}

/* The oldest ones, so that as many are left for each who may wait beside it. */
static bool choose(const struct company *company, size_t free_count, int64_t waiting,
                   struct slurm_gang *gang)
{
    int64_t left = gang->launch.ahead - waiting;
    size_t sharers = left > 1 ? (size_t)left : 1;
    size_t wanted = (free_count + sharers - 1) / sharers;
    const struct slurm_gang *other = NULL;
    char id[SLURM_ID_TEXT];
    size_t used = 0;

    if (wanted > SLURM_AFTER_MAX)
        wanted = SLURM_AFTER_MAX;
    TAILQ_FOREACH(other, company->gangs, in_list)
    {
        if (wanted > 0 && is_free(company, other, id)) {
            used += (size_t)snprintf(gang->after + used, sizeof gang->after - used, " %s", id);
            wanted--;
        }
    }
    return gang->after[0] != '\0';
}

bool slurm_turn_take(const struct slurm_gang_list *gangs, const struct slurm_queue *queue,
                     struct slurm_gang *gang)
{
    const struct company company = { .gangs = gangs, .queue = queue, .self = gang };
    const struct slurm_gang *other = NULL;
    char id[SLURM_ID_TEXT];
    int64_t waiting = 0;
    int64_t turns = 0;
    size_t free_count = 0;

    gang->after[0] = '\0';
    if (gang->launch.max_running <= 0)
        return true;
    TAILQ_FOREACH(other, gangs, in_list)
    {
        if (!is_in(&company, other))
            continue;
        find_id(&company, other, id);
        if (!id[0] && !queue) /* it was adopted: the first look tells who waits for whom */
            return false;
        if (is_waiting(&company, other))
            waiting++;
        else
            turns++;
        free_count += is_free(&company, other, id);
    }
    return turns < gang->launch.max_running || choose(&company, free_count, waiting, gang);
}

int slurm_turn_write(const struct slurm_gang *gang)
{
    const char *dir = gang->launch.replicas[0].dir;
    char path[PATH_MAX];
    char text[RECORD_TEXT_MAX];
    int error = 0;

    if (gang->after[0])
        return record_file_write(
            dir, TURN_NAME, text,
            (size_t)snprintf(text, sizeof text, TURN_FORMAT "\njobs%s\nend\n", gang->after), false);
    error = record_path(path, sizeof path, dir, TURN_NAME);
    return error || unlink(path) == 0 || errno == ENOENT ? error : errno;
}

void slurm_turn_read(struct slurm_gang *gang)
{
    char text[RECORD_TEXT_MAX];
    char ids[SLURM_AFTER_TEXT - 1];

    gang->after[0] = '\0';
    if (record_file_read(gang->launch.replicas[0].dir, TURN_NAME, TURN_FORMAT, text) == 0 &&
        record_file_text(text, "jobs", ids, sizeof ids))
        (void)snprintf(gang->after, sizeof gang->after, " %s", ids);
}
