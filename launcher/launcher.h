/*
 * launcher/launcher.h - starts attempts of trials, watches them, stops them.
 *
 * One interface, several backends. Nothing here decides: an attempt is started when the engine says
 * so, and its end is told once, through on_ended. Attempts outlive the launcher: a new one adopts
 * what still runs. start, stop and adopt only queue and return; any thread may call them.
 */
#ifndef LAUNCHER_LAUNCHER_H
#define LAUNCHER_LAUNCHER_H

#include "assay/env.h"
#include "assay/error.h"

#include <stdint.h>

/* Names one attempt for ever: events that speak of an older one are refused by the engine. */
struct attempt_key {
    int64_t trial;   /* unique in the state folder */
    int32_t attempt; /* from 1 */
};

/* All borrowed for the duration of the call. */
struct launch {
    struct attempt_key key;
    char *const *argv;
    char *const *envp;
    const char *attempt_dir; /* absolute; made by the launcher, with work/ as the trial's cwd */
    int64_t memory_bytes;    /* 0: no limit */
    int64_t timeout_us;      /* 0: none */
    int64_t grace_us;        /* between SIGTERM and SIGKILL */
};

enum ending_kind {
    ENDING_EXITED,        /* status is the exit status */
    ENDING_SIGNALED,      /* status is the signal */
    ENDING_TIMEOUT,       /* killed at its timeout */
    ENDING_OUT_OF_MEMORY, /* killed for exceeding memory_bytes */
    ENDING_STOPPED,       /* ended after launcher_stop() was asked for, however it did */
    ENDING_NOT_FOUND,     /* exec failed: status is errno, detail names the program */
    ENDING_NOT_STARTED,   /* the machine could not start it, or it was never begun: it never ran */
    ENDING_LOST,          /* it ran, and nobody knows how it ended (shim killed, reboot) */
};

/*
 * The exit record, as told to the engine. status of what was timed out, stopped or out of memory:
 * the exit status, or 128 + signal.
 */
struct ending {
    struct attempt_key key;
    enum ending_kind kind;
    int status;
    int64_t start_us; /* wall clock, 0 where it never ran */
    int64_t end_us;
    int64_t cpu_us; /* user and system, of the whole group */
    int64_t peak_memory_bytes;
    char detail[256];
};

enum stop_manner { STOP_GENTLY, STOP_NOW };

/* Called by the launcher's own thread, once for each started or adopted attempt. */
typedef void (*launcher_ended_fn)(void *context, const struct ending *ending);

struct launcher; /* opaque: each backend's own, with its ops first */

struct launcher_ops {
    bool (*start)(struct launcher *launcher, const struct launch *launch, struct assay_error *err);
    bool (*adopt)(struct launcher *launcher, struct attempt_key key, const char *attempt_dir,
                  struct assay_error *err);
    void (*stop)(struct launcher *launcher, struct attempt_key key, enum stop_manner manner);
    void (*free)(struct launcher *launcher);
};

struct launcher {
    const struct launcher_ops *ops;
};

/*
 * False and *err when the request could not even be queued; then on_ended is not called. A key that
 * is in hand already is not started a second time and told once.
 */
bool launcher_start(struct launcher *launcher, const struct launch *launch,
                    struct assay_error *err);

/*
 * For an attempt that was stored as started by an engine that is gone: watched again when it runs;
 * its record read when it has ended; else claimed, so that it can never start any more, and told
 * as ENDING_NOT_STARTED, or as ENDING_LOST when it had begun, with all its processes killed first.
 */
bool launcher_adopt(struct launcher *launcher, struct attempt_key key, const char *attempt_dir,
                    struct assay_error *err);

/* An attempt that has ended or is unknown is ignored. */
void launcher_stop(struct launcher *launcher, struct attempt_key key, enum stop_manner manner);

/*
 * Leaves running attempts running; what was asked to stop is stopped, what was not begun yet is
 * not. No on_ended after it returns. Not from within on_ended. NULL is fine.
 */
void launcher_free(struct launcher *launcher);

struct host_options {
    const char *shim_path; /* the assay-shim program */
    const struct assay_env *env;
    launcher_ended_fn on_ended;
    void *context;
};

/*
 * Processes on this machine, each under its own shim. Copies options; env must outlive it.
 * ASSAY_ATTEMPT in an environment marks the processes of the attempt and must be unique.
 */
struct launcher *launcher_host_new(const struct host_options *options, struct assay_error *err);

/* Text for a person: "exit_status 3", "killed by SIGSEGV", … */
void ending_describe(const struct ending *ending, char *text, size_t text_size);

#endif
