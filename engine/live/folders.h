/*
 * engine/live/folders.h - who wants to know when files in which folders are written: inotify, with
 * one watch for all who share a folder.
 *
 * Any thread may call. It has a lock of its own, under which the kernel is asked.
 */
#ifndef ENGINE_LIVE_FOLDERS_H
#define ENGINE_LIVE_FOLDERS_H

#include <stdbool.h>

struct folders;

struct folders *folders_new(void); /* NULL where the system has none to give */
void folders_free(struct folders *folders);

/* Readable when something has changed; stays the same. */
int folders_fd(const struct folders *folders);

/* A word for folders_remove(), or -1. Adding a folder twice for one owner is adding it once. */
int folders_add(struct folders *folders, const char *path, void *owner);
/* word -1: all of the owner's. Once it returns, the owner is not told of them any more. */
void folders_remove(struct folders *folders, int word, const void *owner);

/* Calls tell(context, owner) for the owners of folders that have changed, with the lock held, so
 * that they are still there; an owner may come more than once. tell must not call this file. */
typedef void (*folders_tell)(void *context, void *owner);
void folders_take(struct folders *folders, folders_tell tell, void *context);

#endif
