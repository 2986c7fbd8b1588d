#include "table_fixture.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static void need(bool is_well)
{
    if (!is_well)
        abort();
}

void table_fixture_init(struct table_fixture *fixture)
{
    *fixture = (struct table_fixture){ .folder = "/tmp/assay-table.XXXXXX" };
    need(mkdtemp(fixture->folder) != NULL);
    fixture->split.files = fixture->files;
    fixture->split.split =
        (struct split){ .kind = SPLIT_FRACTION, .fractions = { 0.8, 0.1, 0.1 }, .seed = 1 };
    fixture->split.target_fd = open(fixture->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    need(fixture->split.target_fd >= 0);
}

void table_fixture_clear(struct table_fixture *fixture)
{
    DIR *folder = opendir(fixture->folder);

    need(folder != NULL);
    for (struct dirent *entry = readdir(folder); entry; entry = readdir(folder))
        (void)unlinkat(dirfd(folder), entry->d_name, 0);
    (void)closedir(folder);
    (void)rmdir(fixture->folder);
    (void)close(fixture->split.target_fd);
    for (size_t i = 0; i < fixture->split.file_count; i++)
        (void)close(fixture->files[i].fd);
}

void table_fixture_add(struct table_fixture *fixture, const char *text, size_t size)
{
    static const char *const names[FIXTURE_FILES] = { "a.csv", "b.csv", "c.csv", "d.csv" };
    size_t index = fixture->split.file_count++;
    int fd = memfd_create("table", MFD_CLOEXEC);

    need(fd >= 0 && write(fd, text, size) == (ssize_t)size);
    fixture->files[index] = (struct table_file){ names[index], fd };
}

void table_fixture_add_text(struct table_fixture *fixture, const char *text)
{
    table_fixture_add(fixture, text, strlen(text));
}

bool table_fixture_run(struct table_fixture *fixture)
{
    return table_split_run(&fixture->split, fixture->counts, &fixture->err);
}

char *table_fixture_shard(const struct table_fixture *fixture, const char *name, size_t *size)
{
    int fd = openat(fixture->split.target_fd, name, O_RDONLY | O_CLOEXEC);
    struct stat info;
    char *text = NULL;

    if (fd < 0)
        return NULL;
    need(fstat(fd, &info) == 0);
    *size = (size_t)info.st_size;
    text = calloc(1, *size + 1);
    need(text && read(fd, text, *size) == (ssize_t)*size);
    (void)close(fd);
    return text;
}

int table_fixture_entries(const struct table_fixture *fixture)
{
    DIR *folder = opendir(fixture->folder);
    int count = -2; /* . and .. */

    need(folder != NULL);
    while (readdir(folder))
        count++;
    (void)closedir(folder);
    return count;
}
