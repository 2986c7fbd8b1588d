#include "engine/server/token.h"

#include "assay/env.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { TOKEN_MIN = 16 };

static bool fail_file(const char *what, const char *path, struct assay_error *err)
{
    (void)assay_fail_errno(err, errno, "%s %s", what, path);
    err->code = ASSAY_UNAVAILABLE;
    return false;
}

static bool check_text(const char *path, const char *text, struct assay_error *err)
{
    size_t size = strlen(text);

    for (size_t i = 0; i < size; i++)
        if (text[i] <= ' ' || text[i] > '~')
            size = 0;
    return size >= TOKEN_MIN ||
           assay_fail(err, ASSAY_PRECONDITION, NULL,
                      "%s holds no token: one word of %d to %d letters; remove the file, and a "
                      "new one is made",
                      path, TOKEN_MIN, TOKEN_TEXT_MAX - 1);
}

static bool read_file(int fd, const char *path, char text[TOKEN_TEXT_MAX], struct assay_error *err)
{
    struct stat info;
    ssize_t size = 0;

    if (fstat(fd, &info) != 0)
        return fail_file("read", path, err);
    if ((info.st_mode & (S_IRWXG | S_IRWXO)) != 0)
        return assay_fail(err, ASSAY_PRECONDITION, NULL,
                          "others may read the token in %s; remove it, and a new one is made",
                          path);
    size = read(fd, text, TOKEN_TEXT_MAX);
    if (size < 0)
        return fail_file("read", path, err);
    if (size == TOKEN_TEXT_MAX)
        size = 0; /* too long is as good as none */
    text[size] = '\0';
    text[strcspn(text, "\n")] = '\0';
    return check_text(path, text, err);
}

static bool draw(char text[TOKEN_TEXT_MAX], struct assay_error *err)
{
    static const char digits[] = "0123456789abcdef";
    const struct assay_env *env = assay_env_system();
    unsigned char bytes[TOKEN_BYTES];

    if (!env->entropy(env->context, bytes, sizeof bytes))
        return assay_fail(err, ASSAY_UNAVAILABLE, NULL, "the system gives no random numbers");
    for (size_t i = 0; i < sizeof bytes; i++) {
        text[2 * i] = digits[bytes[i] / 16];
        text[2 * i + 1] = digits[bytes[i] % 16];
    }
    text[2 * sizeof bytes] = '\0';
    return true;
}

/* Under another name first: a token that is there is whole. */
static bool make_file(const char *path, char text[TOKEN_TEXT_MAX], struct assay_error *err)
{
    char *fresh = NULL;
    int fd = -1;
    bool is_made = false;

    if (!draw(text, err))
        return false;
    if (asprintf(&fresh, "%s.new", path) < 0)
        return assay_fail_memory(err);
    (void)unlink(fresh); /* of a start that was cut short */
    fd = open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    is_made =
        fd >= 0 && dprintf(fd, "%s\n", text) > 0 && fsync(fd) == 0 && rename(fresh, path) == 0;
    if (!is_made)
        (void)fail_file("make", path, err);
    if (fd >= 0)
        (void)close(fd);
    free(fresh);
    return is_made;
}

bool token_load(const char *state_dir, char text[TOKEN_TEXT_MAX], struct assay_error *err)
{
    char *path = NULL;
    bool is_loaded = false;
    int fd = -1;

    if (asprintf(&path, "%s/token", state_dir) < 0)
        return assay_fail_memory(err);
    fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd >= 0)
        is_loaded = read_file(fd, path, text, err);
    else if (errno == ENOENT)
        is_loaded = make_file(path, text, err);
    else
        (void)fail_file("read", path, err);
    if (fd >= 0)
        (void)close(fd);
    free(path);
    return is_loaded;
}
