/*
 * engine/api/launch_plan.h - a launch as JSON, for who asks what would be run.
 */
#ifndef ENGINE_API_LAUNCH_PLAN_H
#define ENGINE_API_LAUNCH_PLAN_H

#include "assay/json.h"
#include "engine/trial_command.h"

/*
 * Members of the object that is begun: launcher, outputDir, of the primary argv, environment,
 * workDir, image, …, and of a gang "replicas" with the same of each. config may be NULL.
 */
void launch_plan_write(struct json_writer *w, const struct trial_launch *trial,
                       const struct launcher_config *config);

/* "replicas" alone, with all of them: of a trial that is not a gang it has one. */
void launch_plan_write_replicas(struct json_writer *w, const struct trial_launch *trial);

#endif
