#include "bench/suggest_calls.h"

#include "assay.h"
#include "bench/measure.h"
#include "bench/report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROUNDS_MAX = 32, TEXT_SIZE = 256 };

static void fail(const char *what)
{
    (void)fprintf(stderr, "suggest-calls: %s\n", what);
    exit(2);
}

static struct assay_study *open_study(const char *document)
{
    struct assay_study_options options = { .document = document,
                                           .document_size = strlen(document) };
    struct assay_error err;
    struct assay_study *study = assay_study_open(&options, &err);

    if (!study)
        fail(err.message);
    return study;
}

/* The least that a client does with a line: it looks for the id. */
static long say(struct assay_study *study, const char *line, size_t size)
{
    struct assay_response response;
    struct assay_error err;
    const char *id = NULL;
    long number = 0;

    if (!assay_study_line(study, line, size, &response, &err))
        fail(err.message);
    if (response.status != 200)
        fail(response.body);
    id = strstr(response.body, "\"id\":\"");
    number = id ? strtol(id + 6, NULL, 10) : 0;
    assay_response_clear(&response);
    return number;
}

static void by_lines(struct assay_study *study, long pairs)
{
    static const char ask[] = "{\"ask\":1}";
    char text[TEXT_SIZE];

    for (long i = 0; i < pairs; i++) {
        long id = say(study, ask, sizeof ask - 1);
        int size =
            snprintf(text, sizeof text, "{\"tell\":[{\"id\":\"%ld\",\"metrics\":{\"loss\":%.6f}}]}",
                     id, 1.0 / (double)(id + 1));

        (void)say(study, text, (size_t)size);
    }
}

static void by_structs(struct assay_study *study, long pairs)
{
    for (long i = 0; i < pairs; i++) {
        struct assay_trials trials;
        struct assay_error err;
        double value = 0;

        if (!assay_study_ask(study, 1, &trials, &err))
            fail(err.message);
        value = 1.0 / (double)(trials.items[0].id + 1);
        if (!assay_study_tell(study, trials.items[0].id, &value, &err))
            fail(err.message);
        assay_trials_clear(&trials);
    }
}

/* Pairs a second of a new study. */
static double rate(const char *document, void (*client)(struct assay_study *, long), long pairs)
{
    struct assay_study *study = open_study(document);
    struct moment before = moment_now();
    struct moment after;

    client(study, pairs);
    after = moment_now();
    assay_study_close(study);
    return (double)pairs / (after.wall_s - before.wall_s);
}

void suggest_calls_measure(const char *name, const char *document, long pairs, int rounds)
{
    double lines[ROUNDS_MAX], structs[ROUNDS_MAX], ratios[ROUNDS_MAX];
    struct spread spread;
    char text[TEXT_SIZE];

    for (int i = 0; i < rounds; i++) {
        lines[i] = rate(document, by_lines, pairs);
        structs[i] = rate(document, by_structs, pairs);
        ratios[i] = structs[i] / lines[i];
    }
    spread = spread_of(lines, (size_t)rounds);
    (void)snprintf(text, sizeof text, "%s, by lines", name);
    report_spread(text, &spread, "/s");
    spread = spread_of(structs, (size_t)rounds);
    (void)snprintf(text, sizeof text, "%s, by structs", name);
    report_spread(text, &spread, "/s");
    spread = spread_of(ratios, (size_t)rounds);
    report_spread("  structs to lines", &spread, "x");
}
