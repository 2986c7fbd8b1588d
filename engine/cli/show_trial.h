/* engine/cli/show_trial.h - all that is known of one trial: where it stands, and how each start of
 * each of its replicas ended. */
#ifndef ENGINE_CLI_SHOW_TRIAL_H
#define ENGINE_CLI_SHOW_TRIAL_H

#include "engine/cli/report.h"

/* The trial that is the second operand, of that job, or of the pipeline's; as JSON where that was
 * asked for. False and *err. */
bool show_trial(struct client *client, const cJSON *job, const struct arguments *arguments,
                const struct state_dir *dir, struct assay_error *err);

#endif
