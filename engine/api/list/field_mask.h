/*
 * engine/api/list/field_mask.h - the `readMask` and `updateMask` of a request: which fields it is
 * about.
 *
 * Paths with commas between: "displayName,labels", "display_name, study_spec.metrics". Each name in
 * either spelling; "*" stands for any one name, so that the mask "*" means everything. Lists are
 * passed through: "trials.state" is the state of each trial.
 *
 * An absent mask (NULL, "") is about everything too. Threads: a mask never changes once it is made.
 */
#ifndef ENGINE_API_LIST_FIELD_MASK_H
#define ENGINE_API_LIST_FIELD_MASK_H

#include "assay/error.h"

#include <cjson/cJSON.h>

/* What is larger is refused. */
enum {
    FIELD_MASK_TEXT_MAX = 4096, /* bytes */
    FIELD_MASK_PATHS_MAX = 64,
    FIELD_MASK_DEPTH_MAX = 16, /* names of a path */
};

struct field_mask; /* opaque: field_mask.c */

/*
 * field is what the request calls the mask ("read_mask"), for errors. known are the names that a
 * path may begin with, in snake_case; NULL: any. Nothing is kept of the arguments. NULL and *err on
 * failure: ASSAY_INVALID.
 */
struct field_mask *field_mask_parse(const char *text, const char *field, const char *const *known,
                                    size_t known_count, struct assay_error *err);
void field_mask_free(struct field_mask *mask); /* NULL is fine */

/* Deletes from a resource what the mask does not name; its `name` stays. */
void field_mask_apply(const struct field_mask *mask, cJSON *resource);

enum field_mask_cover {
    FIELD_MASK_NOTHING,
    FIELD_MASK_PART, /* something inside the field, not the whole of it */
    FIELD_MASK_WHOLE,
};

/* How much of the field with this path, in either spelling, the mask is about. */
enum field_mask_cover field_mask_covers(const struct field_mask *mask, const char *path);

#endif
