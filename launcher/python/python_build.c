#include "launcher/python/python_build.h"

#include "launcher/python/pip_words.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

extern char **environ;

/* A day: of a package that is compiled, or a slow line; whoever waits can cancel. */
static const int64_t step_us = INT64_C(24) * 3600 * 1000000;

/*
 * What each process of the environment does first. The lock tells `assay env prune` that it is in
 * use for as long as the process lives, and those that it forks, whatever became of the engine;
 * whoever lists environments has it for a moment. The folders are those of an environment that this
 * one was made from, whose packages it would not see otherwise.
 */
static const char module_name[] = "_assay_python_env";
static const char module_text[] =
    "import os, site, sys, time\n"
    "for folder in %s:\n"
    "    site.addsitedir(folder)\n"
    "_home = os.path.dirname(sys.prefix)\n"
    "try:\n"
    "    import fcntl\n"
    "    if os.path.exists(_home + '/ready'):\n"
    "        _lock = os.open(_home + '.lock', os.O_RDONLY | os.O_CLOEXEC)\n"
    "        for _try in range(100):\n"
    "            try:\n"
    "                fcntl.flock(_lock, fcntl.LOCK_SH | fcntl.LOCK_NB)\n"
    "                break\n"
    "            except BlockingIOError:\n"
    "                time.sleep(0.01)\n"
    "except (ImportError, OSError):\n"
    "    pass\n";

/* One build on its way. */
struct work {
    const struct python_build *build;
    FILE *log;
    struct pip_words words;
    const char **envp;
    char interpreter[PATH_MAX];
};

/* What would lead pip, or the interpreter that runs it, elsewhere than into the environment. */
static bool is_misleading(const char *entry)
{
    static const char *const names[] = { "PYTHONPATH=", "PYTHONHOME=", "PIP_USER=",  "PIP_TARGET=",
                                         "PIP_PREFIX=", "PIP_ROOT=",   "PIP_PYTHON=" };

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strncmp(entry, names[i], strlen(names[i])) == 0)
            return true;
    return false;
}

static bool make_envp(struct work *work)
{
    static const char *const added[] = { "PIP_USER=0", "PIP_NO_INPUT=1",
                                         "PIP_DISABLE_PIP_VERSION_CHECK=1", "PYTHONUNBUFFERED=1" };
    char *const *from = work->build->envp ? work->build->envp : environ;
    size_t count = 0;
    size_t used = 0;

    while (from[count])
        count++;
    work->envp = calloc(count + sizeof added / sizeof added[0] + 1, sizeof *work->envp);
    if (!work->envp)
        return false;
    /* The first of two entries of a name counts. */
    for (size_t i = 0; i < sizeof added / sizeof added[0]; i++)
        work->envp[used++] = added[i];
    for (size_t i = 0; i < count; i++)
        if (!is_misleading(from[i]))
            work->envp[used++] = from[i];
    return true;
}

static void tell(const struct work *work, const char *text)
{
    const struct python_env_request *request = work->build->request;

    (void)fprintf(work->log, "# %s\n", text);
    (void)fflush(work->log);
    if (request->progress)
        request->progress(request->context, text);
}

static void on_line(void *context, const char *line)
{
    struct work *work = context;

    (void)fprintf(work->log, "%s\n", line);
    pip_words_add(&work->words, line);
}

/* Runs it; *is_done says whether it liked it. */
static bool run(struct work *work, const char *const *argv, bool *is_done, struct assay_error *err)
{
    struct subprocess_spec spec = {
        .env = work->build->env,
        .argv = argv,
        .envp = work->envp,
        .cwd = "/",
        .timeout_us = step_us,
        .output_max = 1, /* its words are in the log */
        .on_line = on_line,
        .context = work,
        .cancel = work->build->request->cancel,
    };
    struct subprocess_result result = { 0 };
    bool is_ok = false;

    work->words = (struct pip_words){ 0 };
    is_ok = subprocess_run(&spec, &result, err);
    work->words.status = result.status;
    *is_done = is_ok && result.status == 0;
    subprocess_result_clear(&result);
    (void)fflush(work->log);
    /* The program was there when it was asked: it is the machine that fails. */
    if (!is_ok && err->code != ASSAY_CANCELLED)
        err->code = ASSAY_UNAVAILABLE;
    return is_ok;
}

/* The error for what did not go well. */
static bool fail(struct work *work, const char *what, struct assay_error *err)
{
    return assay_fail(err, pip_words_code(&work->words), NULL, "%s: %s; all it said is in %s", what,
                      pip_words_reason(&work->words), work->build->log_path);
}

static bool make_venv(struct work *work, struct assay_error *err)
{
    const struct python_interpreter *interpreter = work->build->interpreter;
    const char *argv[] = { interpreter->program, "-m", "venv", "--system-site-packages",
                           work->build->env_dir, NULL, NULL };
    char text[128];
    bool is_done = false;

    /* The interpreter's own pip will do, and need not be installed. */
    if (interpreter->has_pip) {
        argv[4] = "--without-pip";
        argv[5] = work->build->env_dir;
    }
    (void)snprintf(text, sizeof text, "making an environment of Python %s", interpreter->number);
    tell(work, text);
    if (!run(work, argv, &is_done, err))
        return false;
    return is_done || fail(work, "venv fails", err);
}

/* <env>/lib/python3.11/site-packages; an errno. */
static int find_site(const char *env_dir, char *path, size_t size)
{
    char lib[PATH_MAX];
    DIR *dir = NULL;
    const struct dirent *item = NULL;
    int error = ENOENT;

    if ((size_t)snprintf(lib, sizeof lib, "%s/lib", env_dir) >= sizeof lib)
        return ENAMETOOLONG;
    dir = opendir(lib);
    if (!dir)
        return errno;
    while (error && (item = readdir(dir))) { /* NOLINT(concurrency-mt-unsafe): our own DIR */
        if (strncmp(item->d_name, "python", 6) != 0)
            continue;
        error = (size_t)snprintf(path, size, "%s/%s/site-packages", lib, item->d_name) < size
                    ? 0
                    : ENAMETOOLONG;
    }
    (void)closedir(dir);
    return error;
}

/* Writes <dir>/<name><suffix>; an errno. */
static int write_file(const char *dir, const char *suffix, const char *format, const char *text)
{
    char path[PATH_MAX];
    FILE *file = NULL;

    if ((size_t)snprintf(path, sizeof path, "%s/%s%s", dir, module_name, suffix) >= sizeof path)
        return ENAMETOOLONG;
    file = fopen(path, "we");
    if (!file)
        return errno;
    for (const char *at = format; *at; at++) {
        if (at[0] == '%' && at[1] == 's') {
            (void)fputs(text, file);
            at++;
        } else {
            (void)fputc(*at, file);
        }
    }
    return fclose(file) == 0 ? 0 : errno;
}

static bool add_module(struct work *work, struct assay_error *err)
{
    char site[PATH_MAX];
    int error = find_site(work->build->env_dir, site, sizeof site);

    if (!error)
        error = write_file(site, ".py", module_text, work->build->interpreter->sites);
    if (!error)
        error = write_file(site, ".pth", "import %s\n", module_name);
    if (error)
        return assay_fail(err, ASSAY_UNAVAILABLE, NULL, "%s: %s", work->build->env_dir,
                          strerrordesc_np(error));
    return true;
}

static bool install(struct work *work, const char *package, bool has_dependencies,
                    struct assay_error *err)
{
    const char *const alone[] = { work->interpreter,   "-m",        "pip",   "install",
                                  "--force-reinstall", "--no-deps", package, NULL };
    const char *const with_all[] = { work->interpreter, "-m", "pip", "install", package, NULL };
    const char *slash = strrchr(package, '/');
    const char *name = slash ? slash + 1 : package;
    char text[512];
    bool is_done = false;

    (void)snprintf(text, sizeof text, "installing %.200s%s", name,
                   has_dependencies ? ": what it depends on" : "");
    tell(work, text);
    if (!run(work, has_dependencies ? with_all : alone, &is_done, err))
        return false;
    (void)snprintf(text, sizeof text, "pip does not install %.200s", name);
    return is_done || fail(work, text, err);
}

/*
 * The service installs each package twice: by force and alone, then with its dependencies. Here all
 * are there by themselves before the first dependency is looked for, so that they may depend on
 * each other in any order.
 */
static bool install_all(struct work *work, struct assay_error *err)
{
    const struct python_launch *python = work->build->request->python;
    bool is_ok = true;

    for (size_t i = 0; is_ok && i < python->package_count; i++)
        is_ok = install(work, python->packages[i], false, err);
    for (size_t i = 0; is_ok && i < python->package_count; i++)
        is_ok = install(work, python->packages[i], true, err);
    return is_ok;
}

bool python_build(const struct python_build *build, struct assay_error *err)
{
    struct work work = { .build = build, .log = fopen(build->log_path, "ae") };
    bool is_ok = false;

    if (!work.log)
        return assay_fail(err, ASSAY_UNAVAILABLE, NULL, "%s: %s", build->log_path,
                          strerrordesc_np(errno));
    if (!make_envp(&work))
        (void)assay_fail_memory(err);
    else if ((size_t)snprintf(work.interpreter, sizeof work.interpreter, "%s/bin/python",
                              build->env_dir) >= sizeof work.interpreter)
        (void)assay_fail(err, ASSAY_UNAVAILABLE, NULL, "the path %s is too long", build->env_dir);
    else
        is_ok = make_venv(&work, err) && add_module(&work, err) && install_all(&work, err);
    free(work.envp);
    (void)fclose(work.log);
    return is_ok;
}
