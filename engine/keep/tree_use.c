#include "engine/keep/tree_use.h"

#include <fts.h>
#include <stddef.h>
#include <sys/stat.h>

enum { BLOCK_SIZE = 512 }; /* of st_blocks, whatever the file system's */

static void add_entry(struct tree_use *use, const FTSENT *entry)
{
    const struct stat *info = entry->fts_statp;
    int64_t written_us = (int64_t)info->st_mtim.tv_sec * 1000000 + info->st_mtim.tv_nsec / 1000;

    use->bytes += (int64_t)info->st_blocks * BLOCK_SIZE;
    if (S_ISREG(info->st_mode) && written_us > use->newest_us)
        use->newest_us = written_us;
}

void tree_use_add(struct tree_use *use, const char *path)
{
    char *roots[] = { (char *)(uintptr_t)path, NULL }; /* fts_open() does not write to it */
    FTS *walk = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR | FTS_XDEV, NULL);
    const FTSENT *entry = NULL;

    if (!walk)
        return;
    while ((entry = fts_read(walk))) {
        switch (entry->fts_info) {
        case FTS_D:
        case FTS_F:
        case FTS_SL:
        case FTS_DEFAULT:
            add_entry(use, entry);
            break;
        default:
            break;
        }
    }
    (void)fts_close(walk);
}
