/*
 * engine/api/replicas.h - the replicas of a job's attempts: where one runs, how it ended.
 *
 * Read from the attempts' folders, so that it can be told of all that has a folder still.
 */
#ifndef ENGINE_API_REPLICAS_H
#define ENGINE_API_REPLICAS_H

#include "engine/api/api_private.h"
#include "launcher/reach.h"

/* Of the index-th replica of an attempt, in the order of the pools. False: the job has fewer. */
bool replica_find(const struct run_spec *run, int64_t index, enum replica_role *role,
                  int32_t *index_in_pool);

/* Fills dir with its folder and *reach with where it runs; false when it does not. */
bool replica_reach(const struct engine *engine, const struct run_spec *run, int64_t job,
                   struct attempt_key key, char dir[PATH_TEXT], struct reach *reach);

/* "place", "startTime", "pid", "container", "slurmJob", "node": members of the object under way,
 * those that there are. */
void replica_write_reach(struct json_writer *w, const struct reach *reach);

/* GET …/trials/{trial}:reach?replica=workerpool1-0&terminal=true: how a person gets there. */
bool api_get_reach(struct api_call *call, struct assay_error *err);

/* GET …/trials/{trial}/replicas: each replica of each attempt, with its exit record. */
bool api_list_replicas(struct api_call *call, struct assay_error *err);

#endif
