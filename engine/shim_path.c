#include "engine/shim_path.h"

#include <dlfcn.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* The folder of file, with its slash, and place make up path. Is there a program? */
static bool try_place(const char *file, const char *place, char *path, size_t size)
{
    const char *slash = strrchr(file, '/');
    int used =
        slash ? snprintf(path, size, "%.*s%sassay-shim", (int)(slash - file + 1), file, place) : -1;

    return used > 0 && (size_t)used < size && access(path, X_OK) == 0;
}

/* A program that was linked with the library as it was installed finds the shim of that tree. */
static bool try_library(char *path, size_t size)
{
    static const char own[] = ""; /* any address in this library will do */
    Dl_info info;

    return dladdr(own, &info) != 0 && info.dli_fname &&
           try_place(info.dli_fname, ASSAY_LIBDIR_TO_LIBEXEC "/", path, size);
}

bool shim_path_find(const char *wanted, char *path, size_t size, struct assay_error *err)
{
    static const char *const places[] = { "", "../libexec/assay/", "../bin/" };
    char program[PATH_MAX];
    ssize_t program_size = readlink("/proc/self/exe", program, sizeof program - 1);

    program[program_size > 0 ? program_size : 0] = '\0';
    if (wanted) {
        (void)snprintf(path, size, "%s", wanted);
        return true;
    }
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++)
        if (try_place(program, places[i], path, size))
            return true;
    if (try_library(path, size) || try_place(ASSAY_LIBEXEC_DIR "/", "", path, size))
        return true;
    return assay_fail(err, ASSAY_NOT_FOUND, NULL,
                      "the program assay-shim, which watches over trials, is neither beside %s nor "
                      "in %s: install assay again",
                      program, ASSAY_LIBEXEC_DIR);
}
