#include "launcher/python/python_interpreter.h"

#include "assay/json.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* A loaded machine starts an interpreter within a second; a folder on a sleeping disk later. */
enum { ASK_US = 60 * 1000 * 1000 };

/* Runs on Python 2 as well, so that it can say what it is. */
static const char question[] =
    "import json, os, sys\n"
    "try:\n"
    "    from importlib.util import find_spec\n"
    "except ImportError:\n"
    "    find_spec = lambda name: None\n"
    "import site\n"
    "is_virtual = sys.prefix != getattr(sys, 'base_prefix', sys.prefix)\n"
    "print(json.dumps({\n"
    "    'program': sys.executable,\n"
    "    'real': os.path.realpath(sys.executable),\n"
    "    'version': ' '.join(sys.version.split()),\n"
    "    'number': '%d.%d.%d' % tuple(sys.version_info[:3]),\n"
    "    'isOld': sys.version_info < (3, 7),\n"
    "    'prefix': sys.prefix,\n"
    "    'sites': site.getsitepackages() if is_virtual else [],\n"
    "    'hasVenv': find_spec('venv') is not None,\n"
    "    'hasPip': find_spec('pip') is not None,\n"
    "    'hasEnsurepip': find_spec('ensurepip') is not None}))\n";

void python_interpreter_clear(struct python_interpreter *interpreter)
{
    if (!interpreter)
        return;
    free(interpreter->sites);
    interpreter->sites = NULL;
}

static bool take_text(const cJSON *answer, const char *key, char *text, size_t size)
{
    const cJSON *item = json_get(answer, key);

    return cJSON_IsString(item) && item->valuestring[0] && !strchr(item->valuestring, '\n') &&
           (size_t)snprintf(text, size, "%s", item->valuestring) < size;
}

static bool take(const cJSON *answer, struct python_interpreter *interpreter)
{
    const cJSON *sites = json_get(answer, "sites");

    interpreter->has_pip = cJSON_IsTrue(json_get(answer, "hasPip"));
    interpreter->has_ensurepip = cJSON_IsTrue(json_get(answer, "hasEnsurepip"));
    interpreter->sites = cJSON_IsArray(sites) ? json_text(sites, 0) : NULL;
    return interpreter->sites &&
           take_text(answer, "program", interpreter->program, sizeof interpreter->program) &&
           take_text(answer, "real", interpreter->real, sizeof interpreter->real) &&
           take_text(answer, "version", interpreter->version, sizeof interpreter->version) &&
           take_text(answer, "number", interpreter->number, sizeof interpreter->number) &&
           take_text(answer, "prefix", interpreter->prefix, sizeof interpreter->prefix);
}

static bool check(const char *program, const cJSON *answer, struct python_interpreter *interpreter,
                  struct assay_error *err)
{
    struct stat info;

    if (!take(answer, interpreter))
        return assay_fail(err, ASSAY_NOT_FOUND, NULL,
                          "%s does not answer as a Python interpreter does", program);
    if (cJSON_IsTrue(json_get(answer, "isOld")))
        return assay_fail(err, ASSAY_NOT_FOUND, NULL, "%s is Python %s, and 3.7 is needed", program,
                          interpreter->number);
    if (!cJSON_IsTrue(json_get(answer, "hasVenv")))
        return assay_fail(err, ASSAY_NOT_FOUND, NULL,
                          "%s has no module venv, which packages are installed with", program);
    if (!interpreter->has_pip && !interpreter->has_ensurepip)
        return assay_fail(err, ASSAY_NOT_FOUND, NULL,
                          "%s has no pip to install packages with: Debian has it in python3-pip",
                          program);
    if (stat(interpreter->real, &info) < 0)
        return assay_fail_errno(err, errno, "%s", interpreter->real);
    interpreter->mtime_ns = (int64_t)info.st_mtim.tv_sec * 1000000000 + info.st_mtim.tv_nsec;
    return true;
}

static bool fail_status(const char *program, const struct subprocess_result *result,
                        struct assay_error *err)
{
    char line[512];

    return assay_fail(err, ASSAY_NOT_FOUND, NULL, "%s does not run (exit status %d): %s", program,
                      result->status, subprocess_last_line(result->errors, line, sizeof line));
}

/* The last line: who else speaks at an interpreter's start speaks before it. */
static cJSON *read_answer(const struct subprocess_result *result, struct assay_error *err)
{
    size_t end = result->output_size;
    size_t start = 0;

    while (end > 0 && result->output[end - 1] == '\n')
        end--;
    for (start = end; start > 0 && result->output[start - 1] != '\n';)
        start--;
    return json_read(result->output + start, end - start, err);
}

bool python_interpreter_ask(const char *program, const struct assay_env *env,
                            const char *const *envp, struct subprocess_cancel *cancel,
                            struct python_interpreter *interpreter, struct assay_error *err)
{
    const char *const argv[] = { program, "-c", question, NULL };
    struct subprocess_spec spec = {
        .env = env, .argv = argv, .envp = envp, .cwd = "/", .timeout_us = ASK_US, .cancel = cancel
    };
    struct subprocess_result result = { 0 };
    cJSON *answer = NULL;
    bool is_ok = false;

    *interpreter = (struct python_interpreter){ 0 };
    if (!subprocess_run(&spec, &result, err)) {
        if (err->code == ASSAY_NOT_FOUND)
            (void)assay_fail(err, ASSAY_NOT_FOUND, NULL,
                             "there is no Python interpreter %s on this machine", program);
    } else if (result.status != 0) {
        (void)fail_status(program, &result, err);
    } else {
        /* What is no JSON is no interpreter; check() says so. */
        answer = read_answer(&result, err);
        is_ok = check(program, answer, interpreter, err);
    }
    cJSON_Delete(answer);
    subprocess_result_clear(&result);
    if (!is_ok)
        python_interpreter_clear(interpreter);
    return is_ok;
}
