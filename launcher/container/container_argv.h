/*
 * launcher/container/container_argv.h - the command lines that run replicas in containers. Pure.
 *
 * Either a replica has a container of its own, which its client runs in the foreground; or one is
 * started that serves (init_serve.h) all replicas of a job that ask for the same, one after the
 * other, and each enters it.
 */
#ifndef LAUNCHER_CONTAINER_CONTAINER_ARGV_H
#define LAUNCHER_CONTAINER_CONTAINER_ARGV_H

#include "launcher/container/container_image.h"
#include "launcher/launcher.h"

/* In the label of every container: whose it is, and of which replica's folder. */
#define CONTAINER_LABEL_STATE "assay.state"
#define CONTAINER_LABEL_DIR "assay.dir"

/* All borrowed. */
struct container_run {
    const struct container_traits *traits;
    const struct container_image *image; /* NULL: only its name is known */
    const struct replica_launch *replica;
    int64_t memory_bytes; /* a limit; 0: the replica's resources' */
    const char *name;
    const char *state;     /* the label's value */
    const char *state_dir; /* NULL: none that has to be hidden */
    const char *init_path; /* the program assay-init; NULL: the container engine's own */
    const char *serve_dir; /* of a container that serves: its socket's folder; NULL: it does not */
    const char *job_dir;   /* then all folders of its replicas lie in this one */
};

/*
 * A document's folder, which a mount shows, may hold the state folder: nothing for trials to read,
 * nor, for a user who is not its owner, to pass through on the way to the folders that are mounted
 * below it. True: an empty folder of this name in the replica's, which the caller makes, is mounted
 * over it. A tmpfs would do, but takes the permissions of what it hides.
 */
#define CONTAINER_HIDING_NAME "hiding"
bool container_hides_state(const struct container_run *run);

/*
 * "podman", "run", …, NULL in one list that container_words_free() frees. The replica's folder is
 * mounted where it is; what it holds is the container user's. ASSAY_NOT_FOUND when neither the
 * document nor the image names a program; ASSAY_INVALID for what no such command line can say.
 */
char **container_argv_build(const struct container_run *run, struct assay_error *err);

/*
 * "…/assay-init", "enter", …: runs the replica in the container that serves at serve_dir, with this
 * process's output and environment.
 */
char **container_argv_enter(const struct container_run *run, struct assay_error *err);

/*
 * Those of others than root are not: its folders, which come later, would not be the user's.
 */
bool container_can_be_reused(const struct container_run *run);

/* Whom it runs as, as the document or else the image has it; "" for root. */
const char *container_user(const struct container_run *run);

/* A folder of the state folder at its own path: the trial's output, made by the engine for it. */
bool container_mount_is_own(const char *mount, const char *state_dir);

enum { CONTAINER_NAME_TEXT = 96, CONTAINER_STATE_TEXT = 24 };

/* A replica's container's name, the same for ever: dir is the replica's folder. Returns name. */
const char *container_name(struct attempt_key key, const char *dir, char name[CONTAINER_NAME_TEXT]);

/* The same of one that serves. */
const char *container_serve_name(const char *serve_dir, char name[CONTAINER_NAME_TEXT]);

/* The label's value for a state folder. Returns state. */
const char *container_state_label(const char *state_dir, char state[CONTAINER_STATE_TEXT]);

#endif
