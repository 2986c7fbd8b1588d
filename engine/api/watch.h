/*
 * engine/api/watch.h - to stay with a job and be told of what happens to it, or with a trial's log.
 *
 * One thread at a time. What an event is made of is read when it is taken: a watch that nobody
 * takes from holds a few hundred bytes, however much has happened.
 */
#ifndef ENGINE_API_WATCH_H
#define ENGINE_API_WATCH_H

#include "assay.h"
#include "engine/engine.h"

struct watch;

/* See assay_watch_open() and the others in assay.h. */
struct watch *watch_open(struct engine *engine, const struct assay_watch_options *options,
                         struct assay_error *err);
enum assay_watch_result watch_next(struct watch *watch, struct assay_event *event,
                                   struct assay_error *err);
const char *watch_id(struct watch *watch);
const char *watch_content_type(const struct watch *watch);
void watch_close(struct watch *watch);

#endif
