/*
 * launcher/shim/trial_process.h - starts the trial's main process: own process group, bound to the
 * life of its shim, in work/, output in its log files, exec.
 */
#ifndef LAUNCHER_SHIM_TRIAL_PROCESS_H
#define LAUNCHER_SHIM_TRIAL_PROCESS_H

#include "launcher/shim/shim_protocol.h"

#include <sys/types.h>

#define TRIAL_WORK_NAME "work"
#define TRIAL_METRICS_NAME "metrics"
#define TRIAL_STDOUT_NAME "stdout.log"
#define TRIAL_STDERR_NAME "stderr.log"

struct trial_limits {
    const char *cgroup;          /* "" for none */
    int64_t address_space_bytes; /* 0 for none */
};

/*
 * The new process, or -1 with ending's kind, status and detail set: ENDING_NOT_FOUND when exec
 * refused the program, ENDING_NOT_STARTED when the machine failed. Blocks until exec has happened.
 * The caller has all signals blocked; the trial has none.
 */
pid_t trial_process_start(const struct shim_request *request, const struct trial_limits *limits,
                          struct ending *ending);

#endif
