/*
 * launcher/shim/process.h - who a process is. A pid alone is reused; pid, start time and boot id
 * together name one process for ever.
 */
#ifndef LAUNCHER_SHIM_PROCESS_H
#define LAUNCHER_SHIM_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum { BOOT_ID_TEXT = 40, PROCESS_TAG_TEXT = 512 };

struct process_stat {
    char state; /* 'R', 'S', 'Z', … */
    pid_t parent;
    pid_t group;
    uint64_t start_ticks; /* since boot: field 22 of /proc/PID/stat */
};

/* pid 0 is the caller itself. False when there is no such process. */
bool process_stat_read(pid_t pid, struct process_stat *stat);

/*
 * Is that very process still running? A zombie is not: PID 1 may reap an orphan seconds late, and
 * it does nothing any more.
 */
bool process_is_alive(pid_t pid, uint64_t start_ticks);

/* "" when the system does not tell; then only an equal "" matches. */
void process_boot_id(char text[BOOT_ID_TEXT]);

/* The next pid in an open /proc, 0 after the last. dir is a DIR *. */
pid_t process_next(void *dir);

/*
 * SIGKILLs every process of which environ has one of the two entries ("NAME=value" in full; NULL
 * for none) and waits until all are gone; the caller is spared. Returns how many it killed. For
 * what a killed shim leaves behind: it reads all of /proc, which takes milliseconds.
 */
size_t process_kill_marked(const char *entry, const char *other_entry);

#endif
