/*
 * A program that knows assay by its installed header only: client STATE_DIR SHIM FILE runs the
 * document of FILE and prints the resource.
 */
#include <assay.h>

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { WAIT_MS = 100, WAITS_MAX = 300 };

/* The document as a JSON text; quotes and backslashes are all that need escapes in tests. */
static size_t write_body(FILE *file, char *body, size_t size)
{
    size_t used = (size_t)snprintf(body, size, "{\"sourceDir\": \"/\", \"source\": \"");

    for (int c = fgetc(file); c != EOF && used + 8 < size; c = fgetc(file)) {
        if (c == '"' || c == '\\' || c == '\n')
            body[used++] = '\\';
        body[used++] = (char)(c == '\n' ? 'n' : c);
    }
    return used + (size_t)snprintf(body + used, size - used, "\"}");
}

static int fail(const char *what, const struct assay_error *err)
{
    (void)printf("%s: %s (exit status %d)\n", what, err->message,
                 assay_code_info(err->code)->exit_status);
    return 1;
}

static bool call(struct assay *assay, const char *method, const char *path, const char *body,
                 struct assay_response *response, struct assay_error *err)
{
    struct assay_request request = {
        .method = method, .path = path, .body = body, .body_size = body ? strlen(body) : 0
    };

    return assay_call(assay, &request, response, err);
}

/* Waits for the newest job to end, and prints it. */
static int follow(struct assay *assay, struct assay_error *err)
{
    struct assay_response response = { 0 };
    uint64_t seen = 0;
    bool is_done = false;

    for (int i = 0; !is_done && i < WAITS_MAX; i++) {
        (void)assay_wait(assay, &seen, WAIT_MS);
        if (!assay_is_working(assay, err))
            return fail("work", err);
        assay_response_clear(&response);
        if (!call(assay, "GET", "/assay/v1/jobs/last/resource", NULL, &response, err))
            return fail("get", err);
        is_done = strstr(response.body, "JOB_STATE_SUCCEEDED") != NULL;
    }
    (void)puts(response.body);
    assay_response_clear(&response);
    return is_done ? 0 : 1;
}

int main(int argc, char **argv)
{
    static char body[65536];
    struct assay_options options = { .state_dir = argc == 4 ? argv[1] : NULL,
                                     .shim_path = argc == 4 ? argv[2] : NULL };
    struct assay_response response = { 0 };
    struct assay_error err = { 0 };
    struct assay *assay = NULL;
    FILE *file = argc == 4 ? fopen(argv[3], "r") : NULL;
    int status = 1;

    if (!file)
        return 2;
    (void)write_body(file, body, sizeof body);
    (void)fclose(file);
    assay = assay_open(&options, &err);
    if (!assay)
        return fail("open", &err);
    if (!call(assay, "POST", "/assay/v1/jobs", body, &response, &err))
        status = fail("submit", &err);
    else if (response.status != 200)
        (void)puts(response.body);
    else
        status = follow(assay, &err);
    assay_response_clear(&response);
    assay_close(assay);
    return status;
}
