/*
 * engine/cli/pipelines.h - training pipelines at the command line: which one a word means, and to
 * stay with one until it ends.
 */
#ifndef ENGINE_CLI_PIPELINES_H
#define ENGINE_CLI_PIPELINES_H

#include "engine/cli/follow.h"

/* Whether an answer is a pipeline, and no job. */
bool pipeline_is(const cJSON *answer);

/* The job or the pipeline that the word means; of "last" the one that was made last, which of the
 * two of a pipeline is its job. The caller owns it; NULL and *err. */
cJSON *pipeline_or_job(struct client *client, const char *word, struct assay_error *err);

/* The job itself, or of a pipeline its job, which has trials; where that is deleted and the word is
 * "last", the last job that is there. Takes either (NULL: with *err); the caller owns the result.
 * NULL and *err. */
cJSON *pipeline_backing_job(struct client *client, const char *word, cJSON *either,
                            struct assay_error *err);

/*
 * As follow_job(), of the pipeline with the id follow->job: tells where the data went, follows its
 * job, waits for the model. The caller owns the pipeline as it stands in the end; NULL and *err.
 */
cJSON *pipeline_follow(const struct follow *follow, struct assay_error *err);

#endif
