/*
 * launcher/subprocess.h - runs one of the machine's own tools (podman, sbatch, pip), waits for its
 * end and hands back what it said.
 *
 * Blocking, with a deadline; for threads that may wait, never for an event loop. Any number of
 * threads at once. Nothing is forked: the child is spawned, with descriptors 0 to 2 only, in a
 * process group of its own, all signals at their defaults.
 */
#ifndef LAUNCHER_SUBPROCESS_H
#define LAUNCHER_SUBPROCESS_H

#include "assay/env.h"
#include "assay/error.h"

#include <stddef.h>
#include <stdint.h>

/* Ends a subprocess from another thread. Once set it stays set. */
struct subprocess_cancel {
    int event; /* an eventfd */
};

bool subprocess_cancel_init(struct subprocess_cancel *cancel, struct assay_error *err);
void subprocess_cancel_clear(struct subprocess_cancel *cancel);
void subprocess_cancel_set(const struct subprocess_cancel *cancel);
bool subprocess_cancel_is_set(const struct subprocess_cancel *cancel);

/* One line of either stream, without its newline or carriage return; a long one comes in pieces. */
typedef void (*subprocess_line_fn)(void *context, const char *line);

/* All borrowed for the duration of the call. */
struct subprocess_spec {
    const struct assay_env *env;      /* whose clock the deadline is of */
    const char *const *argv;          /* NULL-terminated; argv[0] is looked for in PATH */
    const char *const *envp;          /* NULL: this process's own */
    const char *cwd;                  /* NULL: this process's own */
    const char *input;                /* its standard input; NULL: nothing */
    int64_t timeout_us;               /* above 0 */
    size_t output_max;                /* bytes kept of each stream, its beginning; 0: 1 MiB */
    subprocess_line_fn on_line;       /* as they come, on the caller's thread; may be NULL */
    void *context;                    /* of on_line */
    struct subprocess_cancel *cancel; /* NULL: nobody can */
};

/* Owns its texts: subprocess_result_clear(). */
struct subprocess_result {
    int status;   /* exit status, or 128 + signal */
    char *output; /* standard output, NUL-terminated, never NULL after a run that succeeded */
    char *errors; /* standard error, likewise */
    size_t output_size;
    size_t errors_size;
    bool is_cut; /* a stream said more than was kept */
};

/*
 * True when it ended by itself, whatever its status. ASSAY_NOT_FOUND: there is no such program or
 * folder; ASSAY_DEADLINE, ASSAY_CANCELLED: it was ended, by SIGTERM to its group and by SIGKILL two
 * seconds later. What it had said by then is in *result in these two cases too, which is to be
 * cleared in all.
 */
bool subprocess_run(const struct subprocess_spec *spec, struct subprocess_result *result,
                    struct assay_error *err);
void subprocess_result_clear(struct subprocess_result *result);

/*
 * The last line of the text that is not empty, cut to size: of a tool that failed, mostly the one
 * that says why. "" without one. Returns line.
 */
const char *subprocess_last_line(const char *text, char *line, size_t size);

#endif
