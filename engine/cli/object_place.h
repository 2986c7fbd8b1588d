/*
 * engine/cli/object_place.h - the buckets that a command means: a state folder's own files, also
 * beside an engine that works there, or a server's by its storage API.
 *
 * One thread.
 */
#ifndef ENGINE_CLI_OBJECT_PLACE_H
#define ENGINE_CLI_OBJECT_PLACE_H

#include "assay/buckets.h"
#include "engine/cli/arguments.h"
#include "engine/cli/state_dir.h"

struct object_place;

/* As the arguments say. dir is filled, the caller clears it. */
struct object_place *object_place_open(const struct arguments *arguments, struct state_dir *dir,
                                       struct assay_error *err);
void object_place_close(struct object_place *place); /* NULL is fine */

bool object_place_stat(struct object_place *place, const char *bucket, const char *name,
                       struct object_info *info, struct assay_error *err);
bool object_place_list(struct object_place *place, const struct object_query *query,
                       struct object_list *list, struct assay_error *err);
/* The names of all buckets, each with on_name. */
bool object_place_buckets(struct object_place *place,
                          void (*on_name)(void *context, const char *name), void *context,
                          struct assay_error *err);

/* The object's bytes to fd, and whether they are those that its checksum is of. */
bool object_place_read(struct object_place *place, const char *bucket, const char *name, int fd,
                       struct assay_error *err);
/* All that fd has becomes the object. */
bool object_place_write(struct object_place *place, const char *bucket, const char *name, int fd,
                        struct assay_error *err);
bool object_place_copy(struct object_place *place, const char *bucket, const char *name,
                       const char *to_bucket, const char *to_name, struct assay_error *err);
bool object_place_remove(struct object_place *place, const char *bucket, const char *name,
                         struct assay_error *err);
bool object_place_remove_bucket(struct object_place *place, const char *bucket,
                                struct assay_error *err);

#endif
