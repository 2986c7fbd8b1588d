/* The part of assay.h that stays with a job. */

#include "engine/api/watch.h"
#include "engine/assay_private.h"
#include "engine/reserved.h"

/* A struct assay_watch is a struct watch; nobody outside sees the inside of either. */
static struct watch *inner(struct assay_watch *watch)
{
    return (struct watch *)watch;
}

struct assay_watch *assay_watch_open(struct assay *assay, const struct assay_watch_options *options,
                                     struct assay_error *err)
{
    if (!reserved_check(options->reserved, sizeof options->reserved / sizeof options->reserved[0],
                        err))
        return NULL;
    return (struct assay_watch *)watch_open(assay->engine, options, err);
}

enum assay_watch_result assay_watch_next(struct assay_watch *watch, struct assay_event *event,
                                         struct assay_error *err)
{
    return watch_next(inner(watch), event, err);
}

const char *assay_watch_id(struct assay_watch *watch)
{
    return watch_id(inner(watch));
}

const char *assay_watch_content_type(struct assay_watch *watch)
{
    return watch_content_type(inner(watch));
}

void assay_watch_close(struct assay_watch *watch)
{
    watch_close(inner(watch));
}
