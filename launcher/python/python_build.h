/*
 * launcher/python/python_build.h - makes one virtual environment: venv, then pip as the service
 * calls it.
 */
#ifndef LAUNCHER_PYTHON_PYTHON_BUILD_H
#define LAUNCHER_PYTHON_PYTHON_BUILD_H

#include "launcher/python/python_env.h"
#include "launcher/python/python_interpreter.h"

/* All borrowed. */
struct python_build {
    const struct assay_env *env;
    char *const *envp; /* NULL: this process's own */
    const struct python_interpreter *interpreter;
    const struct python_env_request *request;
    const char *env_dir;  /* to be made; its parent is there */
    const char *log_path; /* what is said goes behind what is there already */
};

/*
 * The packages of the interpreter stay visible below those that are installed. Errors as of
 * python_env_ensure(); what was made by then is left to the caller.
 */
bool python_build(const struct python_build *build, struct assay_error *err);

/* Raised when an environment that was made before would be made otherwise now. */
enum { PYTHON_RECIPE = 1 };

#endif
