/*
 * Splits one CSV file into a folder, which it makes: what bench/data measures.
 *
 *     assay-data-split FRACTION|PREDEFINED|TIMESTAMP|STRATIFIED KEY FOLDER FILE
 */
#include "engine/data/table_split.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static bool find_kind(const char *word, enum split_kind *kind)
{
    static const char *const words[] = { "FRACTION", "PREDEFINED", "TIMESTAMP", "STRATIFIED" };

    for (int i = 0; i < 4; i++) {
        *kind = (enum split_kind)i;
        if (strcmp(word, words[i]) == 0)
            return true;
    }
    return false;
}

int main(int argc, char **argv)
{
    struct table_file file = { 0 };
    struct table_split split = { .files = &file,
                                 .file_count = 1,
                                 .split = { .fractions = { 0.8, 0.1, 0.1 }, .seed = 1 } };
    int64_t counts[SPLIT_SETS];
    struct assay_error err = { 0 };

    if (argc != 5 || !find_kind(argv[1], &split.split.kind)) {
        (void)fprintf(stderr, "usage: %s KIND KEY FOLDER FILE\n", argv[0]);
        return 2;
    }
    split.split.key = argv[2];
    if (mkdir(argv[3], 0777) != 0)
        perror(argv[3]);
    split.target_fd = open(argv[3], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    file.name = argv[4];
    file.fd = open(argv[4], O_RDONLY | O_CLOEXEC);
    if (!table_split_run(&split, counts, &err)) {
        (void)fprintf(stderr, "%s\n", err.message);
        return 1;
    }
    (void)printf("%" PRId64 " %" PRId64 " %" PRId64 "\n", counts[0], counts[1], counts[2]);
    return 0;
}
