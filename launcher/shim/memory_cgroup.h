/*
 * launcher/shim/memory_cgroup.h - a memory limit that the kernel keeps for all processes of an
 * attempt together: cgroup v2 where a folder with the memory controller can be made, else the v1
 * memory controller. Without either, the caller limits address space instead.
 *
 * A cgroup is known by its folder alone, so that whoever finds it in a claim can remove it.
 */
#ifndef LAUNCHER_SHIM_MEMORY_CGROUP_H
#define LAUNCHER_SHIM_MEMORY_CGROUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { CGROUP_PATH = 1024 };

/* Makes a cgroup named after the caller's pid. False: none to be had here; path is "". */
bool memory_cgroup_make(int64_t memory_bytes, char path[CGROUP_PATH]);

/* Moves the calling process there; an errno. Safe between clone and exec. */
int memory_cgroup_enter(const char *path);

/* How many processes the kernel has killed in it for lack of memory. */
int64_t memory_cgroup_oom_kills(const char *path);

/* SIGKILL for all in it. Does nothing for "". */
void memory_cgroup_kill(const char *path);

/* SIGKILL for all in it, then the folder is removed. Does nothing for "" or a missing one. */
void memory_cgroup_remove(const char *path);

#endif
