/*
 * launcher/launcher.h - starts attempts of trials, watches them, stops them.
 *
 * One interface, several backends, one ops table. An attempt is a gang of replicas: one process
 * straight on the machine in the plainest case, a dozen containers that must find each other in
 * another. The engine talks to one launcher and never asks which: the dispatcher (dispatcher.h),
 * which waits for what must be there first and for a free place, and then hands each replica to a
 * backend; or the simulator.
 *
 * Nothing here decides: an attempt is started when the engine says so, and its end is told once,
 * through on_ended. Attempts outlive the launcher: a new one adopts what still runs. start, stop
 * and adopt only queue and return; any thread may call them.
 */
#ifndef LAUNCHER_LAUNCHER_H
#define LAUNCHER_LAUNCHER_H

#include "assay/env.h"
#include "assay/error.h"

#include <stddef.h>
#include <stdint.h>

/* Names one attempt for ever: events that speak of an older one are refused by the engine. */
struct attempt_key {
    int64_t trial;   /* unique in the state folder */
    int32_t attempt; /* from 1 */
    int32_t replica; /* its place in launch.replicas; 0: the primary, and the attempt as a whole */
};

static inline bool attempt_key_is_equal(struct attempt_key a, struct attempt_key b)
{
    return a.trial == b.trial && a.attempt == b.attempt && a.replica == b.replica;
}

/* What a worker pool is for, by its index in workerPoolSpecs. */
enum replica_role {
    ROLE_PRIMARY,
    ROLE_WORKER,
    ROLE_SERVER,    /* parameter and reduction servers: stopped when the others are done */
    ROLE_EVALUATOR, /* likewise */
};

/* What a replica asks of a machine; 0 is nothing in particular. */
struct resources {
    double cpus;
    int64_t memory_bytes;
    int gpus;
    double gpu_share; /* of each of them, above 0 and at most 1; 0 means 1 */
};

/* A replica's container. */
struct container_launch {
    const char *image;   /* by podman's and docker's rules */
    const char *user;    /* NULL: as the image says */
    const char *network; /* NULL: the host's */
    bool is_read_only;   /* its root folder */
    bool is_reused;      /* trials run one after another in one container */
    bool has_command;    /* argv[0] is the program; else argv goes to the image's entry point */
    const char *const *mounts; /* "SOURCE:TARGET" or "SOURCE:TARGET:ro", both absolute */
    size_t mount_count;
};

/* A replica's Python packages: argv[0] becomes the interpreter that has them. */
struct python_launch {
    const char *interpreter;     /* a program, or an absolute path */
    const char *const *packages; /* source distributions and wheels: absolute paths */
    size_t package_count;
};

/* What Slurm is told of an attempt. NULL: as the launcher was told, or Slurm's own choice. */
struct slurm_launch {
    const char *partition;
    const char *account;
    const char *qos;
    const char *time;         /* as --time takes it; NULL: what timeout_us asks for */
    const char *const *words; /* further ones for sbatch: "--constraint=a100" */
    size_t word_count;
};

/*
 * One process of an attempt, with what it starts. argv and the values of envp may hold late words
 * (shim/late_words.h) for what is known only when all replicas have their places.
 */
struct replica_launch {
    enum replica_role role;
    int32_t index; /* in its pool */
    char *const *argv;
    char *const *envp; /* of a container: what goes into it, nothing else */
    const char *dir;   /* absolute; made by the launcher, with work/ as the cwd, metrics/, logs */
    struct resources resources;
    const char *gpus;                         /* their ids, "0,3"; NULL: none were given */
    const struct container_launch *container; /* NULL: straight on the machine */
    const struct python_launch *python;       /* NULL: argv is complete */
};

/* All borrowed for the duration of the call. */
struct launch {
    struct attempt_key key;
    int64_t job; /* places are shared fairly among jobs */
    const struct replica_launch *replicas;
    size_t replica_count;
    int64_t memory_bytes;  /* a limit for each replica; 0: none */
    int64_t timeout_us;    /* of each replica, from its own start; 0: none */
    int64_t grace_us;      /* between SIGTERM and SIGKILL */
    int64_t log_max_bytes; /* of each of its logs, of which the middle is left out; 0: none */
    int nice;              /* added to the launcher's own niceness */
    int io_class;          /* as ioprio_set(2) has it, with the level; 0: as the launcher's */
    const struct slurm_launch *slurm; /* NULL: nothing in particular */
    int64_t max_running; /* attempts of the job at a time, where more are started, so that they wait
                            in a cluster's queue already; 0: all that are started */
    int64_t ahead;       /* how many may wait so, at most max_running */
    bool restarts_alone; /* a worker that the machine lost is started anew, and no other replica */
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
    enum replica_role role; /* of the replica that decided */
    int32_t index;
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

/* Where an attempt, or one replica of it, stands that has not ended. */
enum launch_stage {
    LAUNCH_PREPARING, /* an image is pulled, packages are installed */
    LAUNCH_WAITING,   /* for a place */
    LAUNCH_RUNNING,
};

struct launch_report {
    struct attempt_key key;
    int64_t job;
    enum launch_stage stage;
    struct resources resources; /* of all its replicas together */
    bool is_elsewhere;          /* on a cluster: nothing of this machine's is held */
    const char *gpus;           /* that it holds, "" for none */
    const char *why;            /* it waits, a sentence; "" when it runs */
};

typedef void (*launcher_report_fn)(void *context, const struct launch_report *report);

struct launcher; /* opaque: each backend's own, with its ops first */

struct launcher_ops {
    bool (*start)(struct launcher *launcher, const struct launch *launch, struct assay_error *err);
    bool (*adopt)(struct launcher *launcher, const struct launch *launch, struct assay_error *err);
    void (*stop)(struct launcher *launcher, struct attempt_key key, enum stop_manner manner);
    /* May be NULL, where nothing ever waits. */
    void (*report)(struct launcher *launcher, launcher_report_fn fn, void *context);
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
 * Of the launch all but argv and envp counts, which may be NULL.
 */
bool launcher_adopt(struct launcher *launcher, const struct launch *launch,
                    struct assay_error *err);

/* Those that have not ended, in no order, while fn is called nothing ends. fn must not call back.
 */
void launcher_report(struct launcher *launcher, launcher_report_fn fn, void *context);

/* An attempt that has ended or is unknown is ignored. One that only waits ends as ENDING_STOPPED.
 */
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
 * Processes on this machine, each under its own shim, one replica a launch: a gang's come one by
 * one, told apart by key.replica. Copies options; env must outlive it.
 * ASSAY_ATTEMPT in an environment marks the processes of the attempt and must be unique.
 */
struct launcher *launcher_host_new(const struct host_options *options, struct assay_error *err);

/* "workerpool1-0": how the service names a replica. */
enum { REPLICA_NAME_TEXT = 32 };
const char *replica_name(enum replica_role role, int32_t index, char text[REPLICA_NAME_TEXT]);

/* Text for a person: "exit_status 3", "killed by SIGSEGV", … */
void ending_describe(const struct ending *ending, char *text, size_t text_size);

#endif
