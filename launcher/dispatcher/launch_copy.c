#include "launcher/dispatcher/launch_copy.h"

#include <stdlib.h>
#include <string.h>

/*
 * One block for all: it is measured in a first pass, which writes nothing, and filled in a second
 * one, which takes the same steps.
 */
struct block {
    char *bytes; /* NULL in the first pass */
    size_t used;
};

static void *take(struct block *block, const void *from, size_t size)
{
    char *at = block->bytes ? block->bytes + block->used : NULL;

    block->used += (size + _Alignof(max_align_t) - 1) & ~(_Alignof(max_align_t) - 1);
    if (at && size)
        memcpy(at, from, size);
    return at;
}

static char *take_text(struct block *block, const char *text)
{
    return text ? take(block, text, strlen(text) + 1) : NULL;
}

static char **take_texts(struct block *block, const char *const *texts, size_t count)
{
    char **copy = take(block, texts, count * sizeof *texts);

    for (size_t i = 0; i < count; i++) {
        char *text = take_text(block, texts[i]);

        if (copy)
            copy[i] = text;
    }
    return copy;
}

/* The NULL at their end, too. */
static char **take_strings(struct block *block, char *const *strings)
{
    size_t count = 0;
    char **copy = NULL;

    if (!strings)
        return NULL;
    while (strings[count])
        count++;
    copy = take(block, strings, (count + 1) * sizeof *strings);
    for (size_t i = 0; i < count; i++) {
        char *text = take_text(block, strings[i]);

        if (copy)
            copy[i] = text;
    }
    return copy;
}

static const struct container_launch *take_container(struct block *block,
                                                     const struct container_launch *from)
{
    struct container_launch copy = { 0 };

    if (!from)
        return NULL;
    copy = *from;
    copy.image = take_text(block, from->image);
    copy.user = take_text(block, from->user);
    copy.network = take_text(block, from->network);
    copy.mounts = (const char *const *)take_texts(block, from->mounts, from->mount_count);
    return take(block, &copy, sizeof copy);
}

static const struct python_launch *take_python(struct block *block,
                                               const struct python_launch *from)
{
    struct python_launch copy = { 0 };

    if (!from)
        return NULL;
    copy = *from;
    copy.interpreter = take_text(block, from->interpreter);
    copy.packages = (const char *const *)take_texts(block, from->packages, from->package_count);
    return take(block, &copy, sizeof copy);
}

static const struct slurm_launch *take_slurm(struct block *block, const struct slurm_launch *from)
{
    struct slurm_launch copy = { 0 };

    if (!from)
        return NULL;
    copy = *from;
    copy.partition = take_text(block, from->partition);
    copy.account = take_text(block, from->account);
    copy.qos = take_text(block, from->qos);
    copy.time = take_text(block, from->time);
    copy.words = (const char *const *)take_texts(block, from->words, from->word_count);
    return take(block, &copy, sizeof copy);
}

static void take_replica(struct block *block, const struct replica_launch *from,
                         struct replica_launch *to)
{
    struct replica_launch copy = *from;

    copy.argv = take_strings(block, from->argv);
    copy.envp = take_strings(block, from->envp);
    copy.dir = take_text(block, from->dir);
    copy.gpus = take_text(block, from->gpus);
    copy.container = take_container(block, from->container);
    copy.python = take_python(block, from->python);
    if (to)
        *to = copy;
}

static struct launch *take_launch(struct block *block, const struct launch *launch)
{
    struct launch *copy = take(block, launch, sizeof *launch);
    struct replica_launch *replicas =
        take(block, launch->replicas, launch->replica_count * sizeof *launch->replicas);
    const struct slurm_launch *slurm = take_slurm(block, launch->slurm);

    for (size_t i = 0; i < launch->replica_count; i++)
        take_replica(block, &launch->replicas[i], replicas ? &replicas[i] : NULL);
    if (copy) {
        copy->replicas = replicas;
        copy->slurm = slurm;
    }
    return copy;
}

struct launch *launch_copy(const struct launch *launch)
{
    struct block block = { 0 };

    (void)take_launch(&block, launch);
    block.bytes = malloc(block.used);
    block.used = 0;
    return block.bytes ? take_launch(&block, launch) : NULL;
}

void launch_copy_free(struct launch *copy)
{
    free(copy); /* it is the first in its block */
}
