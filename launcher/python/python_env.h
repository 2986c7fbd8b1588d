/*
 * launcher/python/python_env.h - virtual environments with the packages of a trial: one for each
 * set of packages and interpreter, built once, kept until it is pruned (python_prune.h).
 *
 * An environment is known by a hash of what it is made from, so trials, jobs and engines that share
 * a state folder share it. It is made by one builder at a time, under a lock, and used only after a
 * record that was written last says that it is whole: whatever a crash leaves is made anew.
 *
 *   <store>/HASH.lock        shared: in use; exclusive: being made or removed
 *   <store>/HASH/ready       what it is made from, and the name of
 *   <store>/HASH/env-NONCE/  the environment
 *   <store>/HASH/pip.log     all that was said while it was made
 *
 * Who holds an environment that is in use: the engine from python_env_ensure() to
 * python_env_release(), and each of its Python processes by itself, from its start to its end,
 * since trials outlive the engine.
 */
#ifndef LAUNCHER_PYTHON_PYTHON_ENV_H
#define LAUNCHER_PYTHON_PYTHON_ENV_H

#include "launcher/launcher.h"
#include "launcher/subprocess.h"

#include <limits.h>

struct python_env_store; /* opaque: python_env.c */

struct python_env_options {
    const char *dir;   /* absolute, "<state>/python"; made when the first environment is */
    char *const *envp; /* for the interpreter and pip: PIP_*, proxies, …; NULL: this process's */
    const struct assay_env *env;
};

/* A line for a person, as in "installing trainer-0.1.tar.gz"; by the thread that is in ensure. */
typedef void (*python_env_progress_fn)(void *context, const char *text);

struct python_env_request {
    const struct python_launch *python;
    python_env_progress_fn progress; /* NULL: nobody wants to know */
    void *context;
    struct subprocess_cancel *cancel; /* NULL: nobody can */
};

struct python_env {
    char interpreter[PATH_MAX]; /* its bin/python */
    char log[PATH_MAX];         /* of pip: also of a failure, there it is "" when pip never ran */
};

/* Copies dir, borrows envp and env. Reads and writes nothing yet. NULL for lack of memory. */
struct python_env_store *python_env_store_new(const struct python_env_options *options,
                                              struct assay_error *err);

/* What is held is let go. NULL is fine. */
void python_env_store_free(struct python_env_store *store);

/*
 * The environment of request->python: there already (some 20 µs, as long as the files that it is
 * made from are unchanged), or made now, for as long as pip takes. Held, and never pruned, until
 * python_env_release() was called as often. Any thread, several at once: one builds, the others
 * wait for it.
 *
 * ASSAY_NOT_FOUND: what the document got wrong: no such interpreter or package file, or pip refuses
 * it; the message says why in one line, and where the rest is. ASSAY_UNAVAILABLE: what may go
 * better another time: no network, no room on the disk. ASSAY_EXHAUSTED: no memory.
 * ASSAY_CANCELLED by request->cancel.
 */
bool python_env_ensure(struct python_env_store *store, const struct python_env_request *request,
                       struct python_env *env, struct assay_error *err);

/* After the trial has ended, or when it will not be started. */
void python_env_release(struct python_env_store *store, const char *interpreter);

#endif
