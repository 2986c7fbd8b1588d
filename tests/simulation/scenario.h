/*
 * tests/simulation/scenario.h - one study, drawn from a seed: its document, what becomes of each
 * attempt of each trial, and how often the world around it breaks.
 */
#ifndef TESTS_SIMULATION_SCENARIO_H
#define TESTS_SIMULATION_SCENARIO_H

#include "launcher/launcher.h"
#include "metrics/measurement.h"
#include "tests/simulation/dice.h"

#include <stddef.h>

enum {
    SCENARIO_TRIALS_MAX = 40,
    SCENARIO_ATTEMPTS_MAX = 24, /* the engine gives up at 10; pauses and crashes add some */
    SCENARIO_REPORTS_MAX = 6,
    SCENARIO_DOCUMENT = 8192,
};

/* In percent: of steps (crash, pause, stale), of studies (cancel), of attempts (the rest). */
struct fault_rates {
    int crash, pause, stale, cancel;
    int failing, lost, refused, unmeasured;
};

struct scenario {
    uint64_t seed;
    char document[SCENARIO_DOCUMENT];
    struct fault_rates faults;
};

void scenario_draw(struct scenario *scenario, uint64_t seed);

/* The same study in a world where nothing breaks. */
void scenario_calm(struct scenario *scenario);

/* What becomes of an attempt. */
struct attempt_script {
    int64_t duration_us;
    struct ending ending;
    int64_t stop_us;
    bool is_refused; /* cannot be launched: by the machine, or (is_hopeless) ever */
    bool is_hopeless;
    struct metric_report reports[SCENARIO_REPORTS_MAX];
    size_t report_count;
};

/* The same script for the same attempt, in whatever order they are asked for. */
void scenario_script(const struct scenario *scenario, int64_t trial, int attempt,
                     size_t metric_count, struct attempt_script *script);

#endif
