/*
 * A program with assay inside: runs a tuning job, as Vertex AI's API takes it, and prints the best
 * trial: embed STATE_DIR JOB.json
 *
 *     cc embed.c $(pkg-config --cflags --libs assay) -o embed
 *     ./embed state job.json
 *
 * or with the CMakeLists.txt beside it. The trials are processes of this machine. They, and all
 * that is known of the job, outlive this program: started again with the same folder it would find
 * them there, as `assay list --state STATE_DIR` does. A real program brings a JSON library; here
 * finding a text is enough.
 */
#include <assay.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_MAX_SIZE = 256, WAIT_MS = 1000 };

static const char collection[] = "/v1/projects/me/locations/here/hyperparameterTuningJobs";

/* The answer's body, which the caller frees; NULL after a failure, which is printed. */
static char *call(struct assay *assay, const char *method, const char *path, const char *body)
{
    struct assay_request request = {
        .method = method, .path = path, .body = body, .body_size = body ? strlen(body) : 0
    };
    struct assay_response response;
    struct assay_error err;

    if (!assay_call(assay, &request, &response, &err)) {
        (void)fprintf(stderr, "embed: %s\n", err.message);
        return NULL;
    }
    if (response.status == 200)
        return response.body; /* taken: it is freed by free() as by assay_response_clear() */
    (void)fprintf(stderr, "embed: %s\n", response.body);
    assay_response_clear(&response);
    return NULL;
}

/* The text of the first member of that name. */
static bool find_text(const char *json, const char *name, char text[NAME_MAX_SIZE])
{
    char wanted[64];
    const char *at = NULL;

    (void)snprintf(wanted, sizeof wanted, "\"%s\": \"", name);
    at = strstr(json, wanted);
    if (!at)
        return false;
    at += strlen(wanted);
    (void)snprintf(text, NAME_MAX_SIZE, "%.*s", (int)strcspn(at, "\""), at);
    return true;
}

/* A job that is paused goes on only when somebody else resumes it. */
static bool is_end(const char *state)
{
    static const char *const ends[] = { "JOB_STATE_SUCCEEDED", "JOB_STATE_FAILED",
                                        "JOB_STATE_CANCELLED", "JOB_STATE_PAUSED" };

    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++)
        if (strcmp(state, ends[i]) == 0)
            return true;
    return false;
}

/* Waits until the job has ended. */
static bool follow(struct assay *assay, const char *path)
{
    char state[NAME_MAX_SIZE] = "";
    struct assay_error err;
    uint64_t seen = 0;
    bool is_running = true;

    while (is_running) {
        char *job = NULL;

        (void)assay_wait(assay, &seen, WAIT_MS);
        if (!assay_is_working(assay, &err)) {
            (void)fprintf(stderr, "embed: %s\n", err.message);
            return false;
        }
        job = call(assay, "GET", path, NULL);
        is_running = job && find_text(job, "state", state) && !is_end(state);
        free(job);
    }
    (void)printf("%s\n", state);
    return strcmp(state, "JOB_STATE_SUCCEEDED") == 0;
}

/* Submits the document, waits, prints the best trial. */
static bool run(struct assay *assay, const char *document)
{
    char name[NAME_MAX_SIZE] = "";
    char path[NAME_MAX_SIZE + 64];
    char *job = call(assay, "POST", collection, document);
    char *best = NULL;

    if (!job || !find_text(job, "name", name)) {
        free(job);
        return false;
    }
    free(job);
    (void)printf("%s\n", name);
    (void)snprintf(path, sizeof path, "/v1/%s", name);
    if (!follow(assay, path))
        return false;
    (void)snprintf(path, sizeof path, "/assay/v1/jobs%s/optimalTrials", strrchr(name, '/'));
    best = call(assay, "GET", path, NULL);
    if (best)
        (void)puts(best);
    free(best);
    return best != NULL;
}

static char *read_file(const char *path)
{
    enum { SIZE_MAX_BYTES = 1024 * 1024 };
    FILE *file = fopen(path, "r");
    char *text = file ? calloc(1, SIZE_MAX_BYTES + 1) : NULL;

    if (text)
        (void)fread(text, 1, SIZE_MAX_BYTES, file);
    else
        perror(path);
    if (file)
        (void)fclose(file);
    return text;
}

int main(int argc, char **argv)
{
    struct assay_options options = { .state_dir = argc == 3 ? argv[1] : NULL };
    char *document = argc == 3 ? read_file(argv[2]) : NULL;
    struct assay *assay = NULL;
    struct assay_error err;
    bool is_done = false;

    if (!document) {
        (void)fprintf(stderr, "usage: embed STATE_DIR JOB.json\n");
        return 2;
    }
    assay = assay_open(&options, &err);
    if (assay)
        is_done = run(assay, document);
    else
        (void)fprintf(stderr, "embed: %s\n", err.message);
    assay_close(assay);
    free(document);
    return is_done ? 0 : 1;
}
