/* tests/simulation/folder.h - state folders of tests: made, copied, removed. Failing aborts. */
#ifndef TESTS_SIMULATION_FOLDER_H
#define TESTS_SIMULATION_FOLDER_H

#include <stddef.h>

enum { FOLDER_PATH = 256 };

/* A new folder in memory where there is such a place, else in $TMPDIR. Returns path. */
char *folder_make(char path[FOLDER_PATH]);

/* With the files in it; it has no folders. */
void folder_remove(const char *path);

/* Makes target the same as source: gone where that is not there. */
void file_copy(const char *source, const char *target);

/* Writes data as the whole file. */
void file_write(const char *path, const void *data, size_t size);

#endif
