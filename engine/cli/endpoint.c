#include "engine/cli/endpoint.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

enum { TOKEN_MAX = 4096 };

/* NULL where it is not set, or empty. */
static const char *from_environment(const char *name)
{
    const char *text = getenv(name); /* NOLINT(concurrency-mt-unsafe): nobody changes it */

    return text && *text ? text : NULL;
}

/* "http://host:port" and nothing behind but slashes. */
static bool set_url(struct endpoint *endpoint, const char *text, struct assay_error *err)
{
    size_t scheme = strncasecmp(text, "https://", 8) == 0  ? 8
                    : strncasecmp(text, "http://", 7) == 0 ? 7
                                                           : 0;
    size_t size = strlen(text);

    while (size > scheme && text[size - 1] == '/')
        size--;
    if (scheme == 0 || size == scheme || strcspn(text + scheme, "/?#@ ") < size - scheme)
        return assay_fail(err, ASSAY_INVALID, NULL,
                          "\"%.100s\" is no server: its URL is like http://127.0.0.1:8080 or "
                          "https://host:8080",
                          text);
    endpoint->url = strndup(text, size);
    return endpoint->url || assay_fail_memory(err);
}

static bool set_token(struct endpoint *endpoint, const char *text, const char *where,
                      struct assay_error *err)
{
    size_t size = strcspn(text, "\r\n");

    if (size == 0 || text[size + strspn(text + size, "\r\n")] != '\0' ||
        strcspn(text, " \t") < size)
        return assay_fail(err, ASSAY_INVALID, NULL, "%s holds no token: one word", where);
    endpoint->token = strndup(text, size);
    return endpoint->token || assay_fail_memory(err);
}

static bool read_token(struct endpoint *endpoint, const char *path, struct assay_error *err)
{
    char text[TOKEN_MAX] = "";
    FILE *file = fopen(path, "re");
    size_t size = 0;

    if (!file)
        return assay_fail_errno(err, errno, "token file %s", path);
    size = fread(text, 1, sizeof text - 1, file);
    (void)fclose(file);
    text[size] = '\0';
    return set_token(endpoint, text, path, err);
}

bool endpoint_choose(const struct arguments *arguments, struct endpoint *endpoint,
                     struct assay_error *err)
{
    const char *url = arguments->values[OPTION_ENDPOINT];
    const char *file = arguments->values[OPTION_TOKEN_FILE];
    const char *token = from_environment("ASSAY_TOKEN");

    *endpoint =
        (struct endpoint){ .is_given = url != NULL, .ca_file = arguments->values[OPTION_TLS_CA] };
    if (url && arguments->is_given[OPTION_STATE])
        return assay_fail(err, ASSAY_INVALID, NULL,
                          "--endpoint asks a server and --state a folder: give one of them");
    if (!url && !arguments->is_given[OPTION_STATE])
        url = from_environment("ASSAY_ENDPOINT");
    if (!url)
        return true;
    if (!set_url(endpoint, url, err))
        return false;
    if (endpoint->ca_file && access(endpoint->ca_file, R_OK) != 0)
        return assay_fail_errno(err, errno, "certificate file %s", endpoint->ca_file);
    if (file)
        return read_token(endpoint, file, err);
    return !token || set_token(endpoint, token, "$ASSAY_TOKEN", err);
}

void endpoint_clear(struct endpoint *endpoint)
{
    if (!endpoint)
        return;
    free(endpoint->url);
    free(endpoint->token);
    *endpoint = (struct endpoint){ 0 };
}
