#include "engine/study/study_journal.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { OWNER_TEXT = 32 };

struct study_journal {
    char path[PATH_MAX];
    int lock_fd;
    int fd;
    FILE *reader; /* NULL once all was read */
    char *line;
    size_t line_capacity;
    uint64_t line_count;
    uint64_t cut_size;
    off_t size; /* of the whole lines */
    bool is_broken;
};

static bool fail_unusable(struct study_journal *journal, int error_number, struct assay_error *err)
{
    (void)assay_fail_errno(err, error_number, "%s cannot be used", journal->path);
    err->code = ASSAY_UNAVAILABLE;
    return false;
}

/* A name that is only in memory is lost with the power, and the file with it. A folder that may be
 * changed but not read cannot be synced. */
static bool sync_dir(const char *dir)
{
    int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool is_synced = fd >= 0 ? fsync(fd) == 0 : errno == EACCES;

    if (fd >= 0)
        (void)close(fd);
    return is_synced;
}

/* A folder that is there already is fine. The name of a new one is on disk, too, before it is used:
 * path is changed for that while it lasts. */
static bool make_dir(char *path)
{
    char *slash = strrchr(path, '/');
    bool is_synced = false;

    if (mkdir(path, 0700) != 0)
        return errno == EEXIST;
    if (!slash)
        return sync_dir(".");
    if (slash == path)
        return sync_dir("/");
    *slash = '\0';
    is_synced = sync_dir(path);
    *slash = '/';
    return is_synced;
}

/* Makes path and what is missing above it. */
static bool make_dirs(char *path)
{
    bool is_made = true;

    for (char *at = path + 1; is_made && at; at = at ? at + 1 : NULL) {
        at = strchr(at, '/');
        if (at)
            *at = '\0';
        is_made = make_dir(path);
        if (at)
            *at = '/';
    }
    return is_made;
}

/* The lock is the kernel's; the number in the file is for people. */
static bool take_lock(struct study_journal *journal, const char *dir, struct assay_error *err)
{
    char owner[OWNER_TEXT] = "";

    (void)snprintf(journal->path, sizeof journal->path, "%s/suggest.lock", dir);
    journal->lock_fd = open(journal->path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (journal->lock_fd < 0)
        return fail_unusable(journal, errno, err);
    if (flock(journal->lock_fd, LOCK_EX | LOCK_NB) != 0) {
        if (errno != EWOULDBLOCK)
            return fail_unusable(journal, errno, err);
        (void)!pread(journal->lock_fd, owner, sizeof owner - 1, 0);
        owner[strcspn(owner, "\n")] = '\0';
        return assay_fail(err, ASSAY_UNAVAILABLE, NULL,
                          "the study in %s is in use by process %s; wait for it, stop it, or "
                          "choose another folder",
                          dir, owner[0] ? owner : "?");
    }
    (void)snprintf(owner, sizeof owner, "%ld\n", (long)getpid());
    if (ftruncate(journal->lock_fd, 0) == 0)
        (void)!pwrite(journal->lock_fd, owner, strlen(owner), 0);
    return true;
}

static bool open_files(struct study_journal *journal, const char *dir, struct assay_error *err)
{
    int reading = -1;
    int size = snprintf(journal->path, sizeof journal->path, "%s", dir);

    if (size <= 0 || (size_t)size + sizeof "/suggest.jsonl" > sizeof journal->path)
        return assay_fail(err, ASSAY_INVALID, NULL, "the name of the folder is %s",
                          size > 0 ? "too long" : "empty");
    if (!make_dirs(journal->path))
        return fail_unusable(journal, errno, err);
    if (!take_lock(journal, dir, err))
        return false;
    (void)snprintf(journal->path, sizeof journal->path, "%s/suggest.jsonl", dir);
    journal->fd = open(journal->path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (journal->fd < 0 || !sync_dir(dir))
        return fail_unusable(journal, errno, err);
    reading = fcntl(journal->fd, F_DUPFD_CLOEXEC, 0);
    journal->reader = reading >= 0 ? fdopen(reading, "r") : NULL;
    if (journal->reader)
        return true;
    (void)fail_unusable(journal, errno, err);
    if (reading >= 0)
        (void)close(reading);
    return false;
}

struct study_journal *study_journal_open(const char *dir, struct assay_error *err)
{
    struct study_journal *journal = malloc(sizeof *journal);

    if (!journal) {
        (void)assay_fail_memory(err);
        return NULL;
    }
    *journal = (struct study_journal){ .lock_fd = -1, .fd = -1 };
    if (open_files(journal, dir, err))
        return journal;
    study_journal_close(journal);
    return NULL;
}

void study_journal_close(struct study_journal *journal)
{
    if (!journal)
        return;
    if (journal->reader)
        (void)fclose(journal->reader);
    if (journal->fd >= 0)
        (void)close(journal->fd);
    if (journal->lock_fd >= 0)
        (void)close(journal->lock_fd);
    free(journal->line);
    free(journal);
}

uint64_t study_journal_line_number(const struct study_journal *journal)
{
    return journal->line_count;
}

uint64_t study_journal_cut_size(const struct study_journal *journal)
{
    return journal->cut_size;
}

/* All whole lines were read: what is left is cut off, and writing begins there. */
static bool end_reading(struct study_journal *journal, struct assay_error *err)
{
    struct stat info;

    (void)fclose(journal->reader);
    journal->reader = NULL;
    if (fstat(journal->fd, &info) != 0)
        return fail_unusable(journal, errno, err);
    journal->cut_size = (uint64_t)(info.st_size - journal->size);
    if (journal->cut_size > 0 &&
        (ftruncate(journal->fd, journal->size) != 0 || fsync(journal->fd) != 0))
        return fail_unusable(journal, errno, err);
    return true;
}

/*
 * A last line is unfinished without its newline, and also when it has a zero byte, which no line
 * has: the file system had grown the file before it had written the bytes.
 */
bool study_journal_read(struct study_journal *journal, const char **line, size_t *size,
                        struct assay_error *err)
{
    ssize_t got = 0;
    bool is_whole = false;

    *size = 0;
    errno = 0;
    got = getline(&journal->line, &journal->line_capacity, journal->reader);
    if (got < 0 && ferror(journal->reader))
        return fail_unusable(journal, errno, err);
    if (got < 0 && errno == ENOMEM)
        return assay_fail_memory(err);
    is_whole = got > 0 && journal->line[got - 1] == '\n' && !memchr(journal->line, 0, (size_t)got);
    if (!is_whole) {
        bool is_last = got < 0 || fgetc(journal->reader) == EOF;

        if (is_last)
            return end_reading(journal, err);
        return assay_fail(err, ASSAY_DATA_LOSS, NULL, "%s: line %llu has a zero byte",
                          journal->path, (unsigned long long)journal->line_count + 1);
    }
    journal->size += got;
    journal->line_count++;
    journal->line[got - 1] = '\0';
    *line = journal->line;
    *size = (size_t)got - 1;
    return true;
}

static bool write_all(int fd, const char *text, size_t size, off_t at)
{
    while (size > 0) {
        ssize_t done = pwrite(fd, text, size, at);

        if (done < 0 && errno != EINTR)
            return false;
        if (done > 0) {
            text += done;
            size -= (size_t)done;
            at += done;
        }
    }
    return true;
}

bool study_journal_append(struct study_journal *journal, const char *line, size_t size,
                          struct assay_error *err)
{
    if (journal->is_broken)
        return assay_fail(err, ASSAY_UNAVAILABLE, NULL,
                          "%s could not be written before; open the study again", journal->path);
    if (!write_all(journal->fd, line, size, journal->size)) {
        (void)assay_fail_errno(err, errno, "%s", journal->path);
        journal->is_broken = ftruncate(journal->fd, journal->size) != 0;
        return false;
    }
    /* After a failed sync nobody can tell what is on disk, and a second one may not say so. */
    if (fdatasync(journal->fd) != 0) {
        journal->is_broken = true;
        return fail_unusable(journal, errno, err);
    }
    journal->size += (off_t)size;
    journal->line_count++;
    return true;
}
