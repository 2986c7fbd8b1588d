/*
 * engine/study/not_finite.h - lines with NaN or Infinity where a metric's value should be.
 *
 * JSON has no such numbers, but Python's json.dumps() writes them, and a loss that diverged is the
 * first place where a client meets them. What helps then is what to tell instead, not at which
 * column the text is wrong.
 */
#ifndef ENGINE_STUDY_NOT_FINITE_H
#define ENGINE_STUDY_NOT_FINITE_H

#include "engine/spec/fields.h"

#include <stddef.h>

/*
 * The line is no JSON. Where that is because of metrics that are not finite, each of them becomes a
 * fault, with what to tell in its place; else there is none. Also for lack of memory.
 */
void not_finite_faults(struct fields *fields, const char *line, size_t size);

#endif
