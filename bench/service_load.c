#include "bench/service_load.h"

#include "bench/http_load.h"
#include "bench/measure.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Times of requests: of more, the last ones. */
enum { TIMES_MAX = 1 << 20 };

struct times {
    double *items;
    size_t count;
};

static void note_time(struct times *times, double took_s)
{
    times->items[times->count++ % TIMES_MAX] = took_s * 1e3;
}

static int compare(const void *a, const void *b)
{
    double left = *(const double *)a;
    double right = *(const double *)b;

    return (left > right) - (left < right);
}

static void fill_times(struct times *times, struct load_figures *figures)
{
    size_t count = times->count < TIMES_MAX ? times->count : TIMES_MAX;

    if (count == 0)
        return;
    qsort(times->items, count, sizeof *times->items, compare);
    figures->p50_ms = times->items[count / 2];
    figures->p99_ms = times->items[(size_t)ceil((double)count * 0.99) - 1];
    figures->max_ms = times->items[count - 1];
}

struct load {
    const char *path; /* of reads, or of the study's trials */
    double end_s;
    long wanted, count;
    struct times times;
    bool *is_asked; /* by connection: a suggestion is under way */
    int wrong_status;
    char wrong[300];
};

static bool is_over(const struct load *load)
{
    return load->wrong_status ||
           (load->wanted ? load->count >= load->wanted : moment_now().wall_s >= load->end_s);
}

static void note_answer(struct load *load, const struct http_answer *answer)
{
    note_time(&load->times, answer->took_s);
    if (answer->status == 200 || load->wrong_status)
        return;
    load->wrong_status = answer->status;
    (void)snprintf(load->wrong, sizeof load->wrong, "%s", answer->body);
}

static size_t read_again(void *context, int connection, const struct http_answer *answer,
                         char *text)
{
    struct load *load = context;

    (void)connection;
    if (answer) {
        note_answer(load, answer);
        load->count++;
    }
    return is_over(load) ? 0 : http_request_text(text, "GET", load->path, NULL);
}

static size_t ask_for_trial(const struct load *load, int connection, char *text)
{
    char path[300];
    char body[80];

    (void)snprintf(path, sizeof path, "%s:suggest", load->path);
    (void)snprintf(body, sizeof body, "{\"suggestionCount\": 1, \"clientId\": \"client-%d\"}",
                   connection);
    return http_request_text(text, "POST", path, body);
}

/* The trial's first member is its name, which ends with its number. */
static long trial_of(const struct http_answer *answer)
{
    const char *at = strstr(answer->body, "\"trials\"");

    at = at ? strstr(at, "/trials/") : NULL;
    return at ? strtol(at + strlen("/trials/"), NULL, 10) : 0;
}

static size_t complete_trial(struct load *load, long trial, char *text)
{
    char path[300];
    char body[120];

    (void)snprintf(path, sizeof path, "%s/%ld:complete", load->path, trial);
    /* Values that rarely better the best, in no order. */
    (void)snprintf(body, sizeof body,
                   "{\"finalMeasurement\": {\"metrics\": [{\"metricId\": \"loss\", "
                   "\"value\": %.6f}]}}",
                   (double)((unsigned long)trial * 2654435761U % 1000003U) / 1e6);
    return http_request_text(text, "POST", path, body);
}

static size_t suggest_and_complete(void *context, int connection, const struct http_answer *answer,
                                   char *text)
{
    struct load *load = context;
    long trial = 0;

    if (answer)
        note_answer(load, answer);
    if (load->is_asked[connection]) {
        trial = trial_of(answer);
        load->is_asked[connection] = false;
        if (trial > 0 && !load->wrong_status)
            return complete_trial(load, trial, text);
        load->wrong_status = answer->status;
    }
    if (answer)
        load->count++;
    if (is_over(load))
        return 0;
    load->is_asked[connection] = true;
    return ask_for_trial(load, connection, text);
}

static bool run(const struct served *served, struct load *load, http_script script, int connections,
                struct load_figures *figures, struct assay_error *err)
{
    struct http_load_plan plan = {
        .port = served->port, .connections = connections, .script = script, .context = load
    };
    double start_s = moment_now().wall_s;
    bool is_ok = false;

    *figures = (struct load_figures){ 0 };
    load->times.items = malloc(TIMES_MAX * sizeof *load->times.items);
    load->is_asked = calloc((size_t)connections, sizeof *load->is_asked);
    if (!load->times.items || !load->is_asked) {
        (void)assay_fail_memory(err);
    } else if (http_load_run(&plan, err)) {
        is_ok =
            !load->wrong_status || assay_fail(err, ASSAY_INTERNAL, NULL, "%s was answered %d: %s",
                                              load->path, load->wrong_status, load->wrong);
        figures->count = load->count;
        figures->rate = (double)load->count / (moment_now().wall_s - start_s);
        fill_times(&load->times, figures);
    }
    free(load->times.items);
    free(load->is_asked);
    return is_ok;
}

bool load_reads(const struct served *served, const char *path, int connections, double seconds,
                struct load_figures *figures, struct assay_error *err)
{
    struct load load = { .path = path, .end_s = moment_now().wall_s + seconds };

    return run(served, &load, read_again, connections, figures, err);
}

bool load_make_study(const struct served *served, const char *display_name, char *name,
                     size_t name_size, struct assay_error *err)
{
    static const char study[] = "{\"displayName\": \"%s\", \"studySpec\":" SERVED_STUDY_SPEC "}";
    char body[1024];
    char *answer = NULL;
    const char *at = NULL;

    (void)snprintf(body, sizeof body, study, display_name);
    if (!served_ask(served, "POST", "/v1/projects/bench/locations/here/studies", body, &answer,
                    err))
        return false;
    at = strstr(answer, "projects/");
    if (at)
        (void)snprintf(name, name_size, "%.*s", (int)strcspn(at, "\""), at);
    free(answer);
    return at || assay_fail(err, ASSAY_INTERNAL, NULL, "the study has no name");
}

bool load_round_trips(const struct served *served, const char *study, int clients, long count,
                      double seconds, struct load_figures *figures, struct assay_error *err)
{
    char path[256];
    struct load load = { .path = path, .wanted = count, .end_s = moment_now().wall_s + seconds };

    (void)snprintf(path, sizeof path, "/v1/%s/trials", study);
    return run(served, &load, suggest_and_complete, clients, figures, err);
}
