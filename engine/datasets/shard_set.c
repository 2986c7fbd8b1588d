#include "engine/datasets/shard_set.h"

#include "assay/plain_file.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

enum { NAME_SIZE = 64 };

static const char *set_name(const struct shard_set *set, enum split_set which)
{
    return set->is_whole ? "data" : split_set_name(which);
}

static int set_count(const struct shard_set *set)
{
    return set->is_whole ? 1 : SPLIT_SETS;
}

static void partial_name(const struct shard_set *set, enum split_set which, int number,
                         char name[NAME_SIZE])
{
    (void)snprintf(name, NAME_SIZE, ".%s-%05d", set_name(set, which), number);
}

static bool begin_shard(struct shard_set *set, enum split_set which, struct assay_error *err)
{
    char name[NAME_SIZE];
    int fd = -1;

    if (set->counts[which] >= SHARDS_MAX)
        return assay_fail(err, ASSAY_EXHAUSTED, NULL, "more than %d shards", SHARDS_MAX);
    partial_name(set, which, set->counts[which], name);
    fd = plain_file_open_below(set->folder_fd, name, O_WRONLY | O_CREAT | O_EXCL, 0666);
    if (fd >= 0)
        set->out[which] = fdopen(fd, "w");
    if (set->out[which]) {
        set->counts[which]++;
        return true;
    }
    (void)assay_fail_errno(err, errno, "make the shard %s", name);
    if (fd >= 0)
        (void)close(fd);
    return false;
}

static bool end_shard(struct shard_set *set, enum split_set which, struct assay_error *err)
{
    FILE *out = set->out[which];
    bool is_ok = fflush(out) == 0 && fsync(fileno(out)) == 0;

    set->out[which] = NULL;
    is_ok = fclose(out) == 0 && is_ok;
    return is_ok || assay_fail_errno(err, errno, "write a shard");
}

bool shard_set_begin(struct shard_set *set, int folder_fd, bool is_whole, int64_t shard_bytes,
                     struct assay_error *err)
{
    bool is_ok = true;

    *set = (struct shard_set){ .folder_fd = folder_fd,
                               .is_whole = is_whole,
                               .shard_bytes = shard_bytes };
    for (int i = 0; i < set_count(set) && is_ok; i++)
        is_ok = begin_shard(set, (enum split_set)i, err);
    return is_ok;
}

FILE *shard_set_out(struct shard_set *set, enum split_set which, struct assay_error *err)
{
    if (ftello(set->out[which]) >= set->shard_bytes &&
        (!end_shard(set, which, err) || !begin_shard(set, which, err)))
        return NULL;
    return set->out[which];
}

bool shard_set_finish(struct shard_set *set, struct assay_error *err)
{
    for (int i = 0; i < set_count(set); i++) {
        enum split_set which = (enum split_set)i;

        if (!end_shard(set, which, err))
            return false;
        for (int number = 0; number < set->counts[i]; number++) {
            char from[NAME_SIZE];
            char to[NAME_SIZE];

            partial_name(set, which, number, from);
            (void)snprintf(to, sizeof to, "%s-%05d-of-%05d.jsonl", set_name(set, which), number,
                           set->counts[i]);
            if (renameat(set->folder_fd, from, set->folder_fd, to) < 0)
                return assay_fail_errno(err, errno, "name the shard %s", to);
        }
    }
    return true;
}

void shard_set_clear(struct shard_set *set)
{
    for (int i = 0; i < SPLIT_SETS; i++)
        if (set->out[i])
            (void)fclose(set->out[i]);
    *set = (struct shard_set){ 0 };
}
