/*
 * launcher/container/container_image.h - what is known of an image, once it is on this machine.
 */
#ifndef LAUNCHER_CONTAINER_CONTAINER_IMAGE_H
#define LAUNCHER_CONTAINER_CONTAINER_IMAGE_H

#include "launcher/container/container_engine.h"

/* Where assay-init is in containers: a name that no image has. */
#define CONTAINER_INIT_TARGET "/.assay-init"

/* Immutable. A list is NULL-terminated, and never NULL itself. */
struct container_image {
    char *name; /* as it was asked for */
    char *id;
    char *user;     /* "" for root */
    char *work_dir; /* "" for none */
    char **entry_point;
    char **command; /* its CMD */
};

/*
 * The image, pulled first when this machine lacks it; progress (may be NULL) hears a line now and
 * then. The caller frees it. Blocks, for as long as a pull takes.
 *
 * ASSAY_NOT_FOUND: there is no such image, or it is not for us; trying again does not help.
 * ASSAY_UNAVAILABLE: the registry could not be reached, though it was tried again for a while.
 * ASSAY_CANCELLED.
 */
struct container_image *container_image_get(const struct container_engine *engine, const char *name,
                                            subprocess_line_fn progress, void *context,
                                            struct subprocess_cancel *cancel,
                                            struct assay_error *err);

/*
 * In podman of an ordinary user, whom an image runs as must be known by numbers to be mapped to
 * that user: where it gives a name, its own files say which numbers these are. init_path:
 * assay-init. What cannot be found out stays as it is, with a line in the log.
 */
void container_image_find_user(const struct container_engine *engine, const char *init_path,
                               struct container_image *image, struct subprocess_cancel *cancel);

void container_image_free(struct container_image *image);

/*
 * From one line of `image inspect` in the form that container_image_format asks for; NULL when it
 * is none, or for lack of memory.
 */
extern const char container_image_format[];
struct container_image *container_image_parse(const char *name, const char *text);

/* What a pull's last words mean: ASSAY_NOT_FOUND, else ASSAY_UNAVAILABLE. */
enum assay_code container_image_fault(const char *errors);

#endif
