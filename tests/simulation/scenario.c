#include "tests/simulation/scenario.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SECOND = 1000 * 1000, DEPTH_MAX = 2 };

/* A document under way. */
struct text {
    char *at;
    size_t room;
};

static void add(struct text *text, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void add(struct text *text, const char *fmt, ...)
{
    va_list args;
    int size = 0;

    va_start(args, fmt);
    size = vsnprintf(text->at, text->room, fmt, args);
    va_end(args);
    if (size < 0 || (size_t)size >= text->room)
        abort(); /* SCENARIO_DOCUMENT is too small */
    text->at += size;
    text->room -= (size_t)size;
}

enum kind { KIND_INTEGER, KIND_DISCRETE, KIND_CATEGORICAL, KIND_DOUBLE, KIND_COUNT };

static void add_value_spec(struct text *text, struct dice *dice, enum kind kind, int size)
{
    switch (kind) {
    case KIND_INTEGER:
        add(text, "\"integerValueSpec\":{\"minValue\":1,\"maxValue\":%d}", size);
        break;
    case KIND_DISCRETE:
    case KIND_CATEGORICAL:
        add(text, kind == KIND_DISCRETE ? "\"discreteValueSpec\":{\"values\":["
                                        : "\"categoricalValueSpec\":{\"values\":[");
        for (int i = 1; i <= size; i++)
            add(text, kind == KIND_DISCRETE ? "%s%d" : "%s\"v%d\"", i > 1 ? "," : "", i);
        add(text, "]}");
        break;
    case KIND_DOUBLE:
    case KIND_COUNT:
        add(text, "\"doubleValueSpec\":{\"minValue\":%g,\"maxValue\":%g}",
            0.001 * (1 + dice_below(dice, 9)), 1.0 + dice_below(dice, 100));
        if (dice_chance(dice, 50))
            add(text, ",\"scaleType\":\"UNIT_LOG_SCALE\"");
        break;
    }
}

/* With children on its first value, now and then. */
static void add_parameter(struct text *text, struct dice *dice, bool is_grid, const char *name,
                          int depth)
{
    static const char *const conditions[] = { "\"parentIntValues\":{\"values\":[\"1\"]}",
                                              "\"parentDiscreteValues\":{\"values\":[1]}",
                                              "\"parentCategoricalValues\":{\"values\":[\"v1\"]}" };
    enum kind kind = (enum kind)dice_below(dice, is_grid ? KIND_DOUBLE : KIND_COUNT);
    int size = 1 + dice_below(dice, 4);
    int children = kind != KIND_DOUBLE && depth < DEPTH_MAX && dice_chance(dice, 25)
                       ? 1 + dice_below(dice, 2)
                       : 0;

    add(text, "{\"parameterId\":\"%s\",", name);
    add_value_spec(text, dice, kind, size);
    for (int i = 0; i < children; i++) {
        char child[64];

        (void)snprintf(child, sizeof child, "%s_%d", name, i);
        add(text, i ? ",{" : ",\"conditionalParameterSpecs\":[{");
        add(text, "%s,\"parameterSpec\":", conditions[kind]);
        add_parameter(text, dice, is_grid, child, depth + 1);
        add(text, "}");
    }
    add(text, children ? "]}" : "}");
}

static void add_stopping(struct text *text, struct dice *dice, int max_trials)
{
    add(text, ",\"studyStoppingConfig\":{\"shouldStopAsap\":%s",
        dice_chance(dice, 50) ? "true" : "false");
    if (dice_chance(dice, 30))
        add(text, ",\"minimumRuntimeConstraint\":{\"maxDuration\":\"%ds\"}",
            1 + dice_below(dice, 60));
    if (dice_chance(dice, 30))
        add(text, ",\"maximumRuntimeConstraint\":{\"maxDuration\":\"%ds\"}",
            1 + dice_below(dice, 120));
    if (dice_chance(dice, 30))
        add(text, ",\"minNumTrials\":%d", dice_below(dice, max_trials + 2));
    if (dice_chance(dice, 30))
        add(text, ",\"maxNumTrials\":%d", 1 + dice_below(dice, max_trials + 2));
    if (dice_chance(dice, 40))
        add(text, ",\"maxNumTrialsNoProgress\":%d", 1 + dice_below(dice, 5));
    if (dice_chance(dice, 30))
        add(text, ",\"maxDurationNoProgress\":\"%ds\"", 1 + dice_below(dice, 60));
    add(text, "}");
}

static void add_study(struct text *text, struct dice *dice, int max_trials)
{
    static const char *const algorithms[] = { "ALGORITHM_UNSPECIFIED", "RANDOM_SEARCH",
                                              "GRID_SEARCH" };
    static const char *const goals[] = { "MAXIMIZE", "MINIMIZE" };
    static const char *const rules[] = { "decayCurve", "medianAutomated", "convexAutomated" };
    int algorithm = dice_below(dice, 3);
    int parameters = 1 + dice_below(dice, 3);
    int metrics = dice_chance(dice, 25) ? 2 : 1;

    add(text, "\"studySpec\":{\"algorithm\":\"%s\",\"metrics\":[", algorithms[algorithm]);
    for (int i = 0; i < metrics; i++)
        add(text, "%s{\"metricId\":\"m%d\",\"goal\":\"%s\"}", i ? "," : "", i,
            goals[dice_below(dice, 2)]);
    add(text, "],\"parameters\":[");
    for (int i = 0; i < parameters; i++) {
        char name[16];

        (void)snprintf(name, sizeof name, "p%d", i);
        add(text, i ? "," : "");
        add_parameter(text, dice, algorithm == 2, name, 0);
    }
    add(text, "]");
    if (dice_chance(dice, 40))
        add(text, ",\"measurementSelectionType\":\"BEST_MEASUREMENT\"");
    if (dice_chance(dice, 40))
        add_stopping(text, dice, max_trials);
    if (dice_chance(dice, 30))
        add(text, ",\"%sStoppingSpec\":{\"useElapsedDuration\":%s}",
            rules[dice_below(dice, (int)(sizeof rules / sizeof rules[0]))],
            dice_chance(dice, 30) ? "true" : "false");
    add(text, "},");
}

static void add_run(struct text *text, struct dice *dice)
{
    add(text, "{\"workerPoolSpecs\":[{\"machineSpec\":{\"machineType\":\"n1-standard-4\"},"
              "\"replicaCount\":1,\"containerSpec\":{\"imageUri\":\"host:\","
              "\"command\":[\"true\"]}}],");
    add(text, "\"scheduling\":{\"disableRetries\":%s", dice_chance(dice, 20) ? "true" : "false");
    if (dice_chance(dice, 40))
        add(text, ",\"timeout\":\"%ds\"", 15 + dice_below(dice, 20));
    add(text, "}}");
}

/* What the API has no words for. */
static void draw_own(struct text *text, struct dice *dice, const char *document)
{
    static const char *const algorithms[] = { "sobol", "tpe", "nsga2" };

    if (!strstr(document, "GRID") && dice_chance(dice, 40))
        add(text, ",\"algorithm\":\"%s\"", algorithms[dice_below(dice, 3)]);
    if (!strstr(document, "StoppingSpec") && dice_chance(dice, 15))
        add(text, ",\"stopping\":{\"rule\":\"asha\",\"eta\":%d}", 2 + dice_below(dice, 2));
}

static void draw_document(struct scenario *scenario, struct dice *dice)
{
    struct text text = { .at = scenario->document, .room = sizeof scenario->document };
    int max_trials = 1 + dice_below(dice, dice_chance(dice, 10) ? SCENARIO_TRIALS_MAX : 10);
    int max_failed = dice_chance(dice, 50) ? dice_below(dice, max_trials + 1) : max_trials;

    if (dice_chance(dice, 4)) {
        add(&text, "{\"displayName\":\"run\",\"jobSpec\":");
        add_run(&text, dice);
        add(&text, "}");
        return;
    }
    add(&text, "{\"displayName\":\"study\",");
    add_study(&text, dice, max_trials);
    add(&text, "\"maxTrialCount\":%d,\"parallelTrialCount\":%d,\"maxFailedTrialCount\":%d,",
        max_trials, 1 + dice_below(dice, dice_chance(dice, 30) ? 16 : 4), max_failed);
    add(&text, "\"trialJobSpec\":");
    add_run(&text, dice);
    add(&text, ",\"assay\":{\"seed\":%d", dice_below(dice, 1000000));
    draw_own(&text, dice, scenario->document);
    add(&text, "}}");
}

void scenario_draw(struct scenario *scenario, uint64_t seed)
{
    struct dice dice = dice_for(seed, 1, 0);
    int roughness = dice_below(&dice, 4); /* of four studies one is left alone */

    *scenario = (struct scenario){ .seed = seed };
    draw_document(scenario, &dice);
    scenario->faults = (struct fault_rates){
        .crash = roughness * dice_below(&dice, 7),
        .pause = roughness * dice_below(&dice, 3),
        .stale = roughness * 4,
        .cancel = roughness * 4,
        .failing = roughness * dice_below(&dice, 15),
        .lost = roughness * dice_below(&dice, 8),
        .refused = roughness,
        .unmeasured = roughness * 2,
    };
}

void scenario_calm(struct scenario *scenario)
{
    scenario->faults = (struct fault_rates){ 0 };
}

static struct ending draw_failure(struct dice *dice)
{
    static const struct ending endings[] = {
        { .kind = ENDING_EXITED, .status = 1 },
        { .kind = ENDING_EXITED, .status = 127 },
        { .kind = ENDING_SIGNALED, .status = SIGKILL },
        { .kind = ENDING_SIGNALED, .status = SIGSEGV },
        { .kind = ENDING_OUT_OF_MEMORY },
        { .kind = ENDING_NOT_FOUND, .status = ENOENT, .detail = "no-such-program" },
    };

    return endings[dice_below(dice, sizeof endings / sizeof endings[0])];
}

/* Values are few, so that ties are common. */
static void draw_reports(struct attempt_script *script, struct dice *dice, size_t metric_count)
{
    bool has_steps = dice_chance(dice, 70);
    int rounds = 1 + dice_below(dice, 3);
    int64_t elapsed_us = 0;

    for (int round = 0; round < rounds; round++) {
        for (size_t m = 0; m < metric_count; m++) {
            elapsed_us += 1 + dice_below(dice, SECOND);
            if (round > 0 && dice_chance(dice, 20))
                continue; /* a metric may miss a step, but not the first */
            script->reports[script->report_count++] =
                (struct metric_report){ .metric = m,
                                        .step = has_steps ? round + 1 : 0,
                                        .elapsed_us = elapsed_us,
                                        .value = dice_below(dice, 8) / 8.0 };
        }
    }
}

void scenario_script(const struct scenario *scenario, int64_t trial, int attempt,
                     size_t metric_count, struct attempt_script *script)
{
    const struct fault_rates *faults = &scenario->faults;
    struct dice dice = dice_for(scenario->seed, (uint64_t)trial, (uint64_t)attempt + 100);

    *script = (struct attempt_script){
        .duration_us = (int64_t)dice_below(&dice, 20) * SECOND + dice_below(&dice, 3),
        .ending = { .kind = ENDING_EXITED },
        .stop_us = dice_chance(&dice, 50) ? 0 : dice_below(&dice, 10 * SECOND),
    };
    draw_reports(script, &dice, metric_count);
    if (dice_chance(&dice, faults->failing))
        script->ending = draw_failure(&dice);
    else if (dice_chance(&dice, faults->lost))
        script->ending.kind = dice_chance(&dice, 70) ? ENDING_LOST : ENDING_NOT_STARTED;
    else if (dice_chance(&dice, faults->lost / 2))
        script->duration_us = INT64_MAX; /* until its timeout */
    script->is_refused = dice_chance(&dice, faults->refused);
    script->is_hopeless = script->is_refused && dice_chance(&dice, 30);
    if (dice_chance(&dice, faults->unmeasured))
        script->report_count = (size_t)dice_below(&dice, (int)script->report_count + 1);
    if (script->ending.kind == ENDING_NOT_FOUND || script->ending.kind == ENDING_NOT_STARTED)
        script->report_count = 0;
}
