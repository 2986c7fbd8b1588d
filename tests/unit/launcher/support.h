/*
 * tests/unit/launcher/support.h - a folder of its own for each test, and a launcher whose endings
 * can be waited for. Nothing here sleeps: it waits for what it is told, up to a generous deadline.
 */
#ifndef TESTS_UNIT_LAUNCHER_SUPPORT_H
#define TESTS_UNIT_LAUNCHER_SUPPORT_H

#include "launcher/launcher.h"

#include <pthread.h>
#include <sys/types.h>

enum { SUPPORT_DEADLINE_S = 60, SUPPORT_ENDINGS = 1024 };

/* A fresh folder that support_folder_remove() removes. */
void support_folder_make(char folder[256]);
void support_folder_remove(const char *folder);

/* Creates or replaces a small file with mode. */
void support_write(const char *folder, const char *name, const char *text, mode_t mode);

/* The whole file, the caller frees it; *size may be NULL. Aborts the test when it is missing. */
char *support_read(const char *folder, const char *name, size_t *size);
bool support_exists(const char *folder, const char *name);

/* A launcher on the test's folder. */
struct workshop {
    char folder[256];
    struct launcher *launcher;
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    struct ending endings[SUPPORT_ENDINGS];
    size_t ended_count;
};

void workshop_open(struct workshop *shop);
void workshop_close(struct workshop *shop);

/* Frees the launcher, as if the engine had gone, and makes another. */
void workshop_restart(struct workshop *shop);

/* Folder of an attempt of this shop; returns dir. */
char *workshop_dir(const struct workshop *shop, int64_t trial, char dir[512]);

/*
 * Starts the helper program as attempt 1 of a trial; words: its arguments, NULL-terminated. tune
 * changes the launch before it goes; may be NULL.
 */
typedef void (*tune_fn)(struct launch *launch);
void workshop_start(struct workshop *shop, int64_t trial, char *const *words, tune_fn tune);

/* The same with any argv. */
void workshop_start_argv(struct workshop *shop, int64_t trial, char *const *argv, tune_fn tune);

void workshop_adopt(struct workshop *shop, int64_t trial);

/* The one ending of that trial; fails the test when there are none or more. */
struct ending workshop_wait(struct workshop *shop, int64_t trial);

/* What a helper reports through the FIFO "ready" of the shop: its pid. */
pid_t workshop_ready(const struct workshop *shop);

/* The first process that is our child and is called name; 0 for none. */
pid_t support_child(const char *name);
pid_t support_parent(pid_t pid);

/* Waits until that process has ended (a zombie counts), polling its descriptor. */
void support_wait_gone(pid_t pid);

#define WORDS(...) ((char *[]){ __VA_ARGS__, NULL })

#endif
