/*
 * launcher/python/python_interpreter.h - what a Python interpreter says of itself: asked, since a
 * program's name tells nothing (a version manager's shim, a link, somebody's own environment).
 */
#ifndef LAUNCHER_PYTHON_PYTHON_INTERPRETER_H
#define LAUNCHER_PYTHON_PYTHON_INTERPRETER_H

#include "launcher/subprocess.h"

#include <limits.h>

struct python_interpreter {
    char program[PATH_MAX]; /* absolute: sys.executable */
    char real[PATH_MAX];    /* where its links end */
    char version[128];      /* all of sys.version, in one line */
    char number[32];        /* "3.11.2" */
    char prefix[PATH_MAX];  /* sys.prefix */
    char *sites;            /* of a virtual environment, whose packages a new one would not see: a
                               JSON array of its site-packages folders; else "[]" */
    bool has_pip;
    bool has_ensurepip;
    int64_t mtime_ns; /* of real */
};

/*
 * Asks the program (a name in PATH, or a path), some 30 ms. Owns sites:
 * python_interpreter_clear(). ASSAY_NOT_FOUND: there is none, it does not answer as Python 3.7 or
 * later does, or has no venv module.
 */
bool python_interpreter_ask(const char *program, const struct assay_env *env,
                            const char *const *envp, struct subprocess_cancel *cancel,
                            struct python_interpreter *interpreter, struct assay_error *err);
void python_interpreter_clear(struct python_interpreter *interpreter);

#endif
