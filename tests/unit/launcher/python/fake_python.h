/*
 * tests/unit/launcher/python/fake_python.h - a shell script that answers as an interpreter with
 * venv and pip does, within milliseconds, and writes down what it was asked.
 *
 * A package whose text is "refuse" is refused; one with "network" cannot be had; at "wait" it waits
 * until the folder has a file "go on".
 */
#ifndef TESTS_UNIT_LAUNCHER_PYTHON_FAKE_PYTHON_H
#define TESTS_UNIT_LAUNCHER_PYTHON_FAKE_PYTHON_H

#include "launcher/python/python_env.h"

struct fake_python {
    char folder[256];  /* of the test; has packages, too */
    char program[512]; /* the interpreter */
    char store[512];
    struct python_env_store *envs;
};

void fake_python_open(struct fake_python *fake);
void fake_python_close(struct fake_python *fake);

/* Another store on the same folder, as another engine has it. */
struct python_env_store *fake_python_store(const struct fake_python *fake);

/* An environment of one package, a file in the test's folder. */
bool fake_python_ensure(struct fake_python *fake, struct python_env_store *store,
                        const char *package, struct python_env *env, struct assay_error *err);

/* How many lines of what it was asked have the text. */
int fake_python_count(const struct fake_python *fake, const char *text);

#endif
