/*
 * launcher/container/job_images.h - which image each job's containers are made of: the one that was
 * found when the job first asked, whatever its name points to since.
 *
 * One thread at a time. Bounded: what was least lately asked for is forgotten first, and is looked
 * for anew when it is wanted.
 */
#ifndef LAUNCHER_CONTAINER_JOB_IMAGES_H
#define LAUNCHER_CONTAINER_JOB_IMAGES_H

#include "launcher/container/container_image.h"

#include <sys/queue.h>

struct job_image;
TAILQ_HEAD(job_image_list, job_image);

struct job_images {
    struct job_image_list list; /* least lately asked for first */
    size_t count;
};

void job_images_init(struct job_images *images);
void job_images_clear(struct job_images *images);

/* NULL: not known. Valid until the next change. */
const struct container_image *job_images_find(struct job_images *images, int64_t job,
                                              const char *name);

/* Takes image, also on failure. */
bool job_images_keep(struct job_images *images, int64_t job, struct container_image *image,
                     struct assay_error *err);

/*
 * It may be gone from this machine: it is to be looked for anew, and is what there is until then,
 * for trials that only wait for a place.
 */
void job_images_doubt(struct job_images *images, int64_t job, const char *name);

/* Known, and in no doubt. */
bool job_images_is_sure(struct job_images *images, int64_t job, const char *name);

#endif
