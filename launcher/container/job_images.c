#include "launcher/container/job_images.h"

#include <stdlib.h>
#include <string.h>

/* One for each image of each job that has trials to start, with room to spare. */
enum { IMAGES_MAX = 4096 };

struct job_image {
    TAILQ_ENTRY(job_image) in_list;
    int64_t job;
    struct container_image *image;
    bool is_doubted;
};

void job_images_init(struct job_images *images)
{
    TAILQ_INIT(&images->list);
    images->count = 0;
}

static void drop(struct job_images *images, struct job_image *item)
{
    TAILQ_REMOVE(&images->list, item, in_list);
    images->count--;
    container_image_free(item->image);
    free(item);
}

void job_images_clear(struct job_images *images)
{
    while (!TAILQ_EMPTY(&images->list))
        drop(images, TAILQ_FIRST(&images->list));
}

/* Which becomes the one most lately asked for. */
static struct job_image *find(struct job_images *images, int64_t job, const char *name)
{
    struct job_image *item = NULL;

    TAILQ_FOREACH(item, &images->list, in_list)
    {
        if (item->job == job && strcmp(item->image->name, name) == 0) {
            TAILQ_REMOVE(&images->list, item, in_list);
            TAILQ_INSERT_TAIL(&images->list, item, in_list);
            return item;
        }
    }
    return NULL;
}

const struct container_image *job_images_find(struct job_images *images, int64_t job,
                                              const char *name)
{
    const struct job_image *item = find(images, job, name);

    return item ? item->image : NULL;
}

bool job_images_keep(struct job_images *images, int64_t job, struct container_image *image,
                     struct assay_error *err)
{
    struct job_image *item = calloc(1, sizeof *item);
    struct job_image *known = NULL;

    if (!item) {
        container_image_free(image);
        return assay_fail_memory(err);
    }
    *item = (struct job_image){ .job = job, .image = image };
    known = find(images, job, image->name);
    if (known)
        drop(images, known);
    TAILQ_INSERT_TAIL(&images->list, item, in_list);
    if (++images->count > IMAGES_MAX)
        drop(images, TAILQ_FIRST(&images->list));
    return true;
}

void job_images_doubt(struct job_images *images, int64_t job, const char *name)
{
    struct job_image *item = find(images, job, name);

    if (item)
        item->is_doubted = true;
}

bool job_images_is_sure(struct job_images *images, int64_t job, const char *name)
{
    const struct job_image *item = find(images, job, name);

    return item && !item->is_doubted;
}
