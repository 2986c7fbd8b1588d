#include "tests/faults/fault_study.h"

#include "tests/faults/test_vfs.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define RUN                                                                                        \
    "{\"workerPoolSpecs\":[{\"machineSpec\":{\"machineType\":\"n1-standard-4\"},"                  \
    "\"replicaCount\":1,\"containerSpec\":{\"imageUri\":\"host:\",\"command\":[\"true\"]}}]}"

static const struct {
    const char *document;
    struct fault_rates faults;
} kinds[FAULT_KINDS] = {
    { "{\"displayName\":\"grid\",\"studySpec\":{\"algorithm\":\"GRID_SEARCH\","
      "\"metrics\":[{\"metricId\":\"m0\"}],\"parameters\":[{\"parameterId\":\"p\","
      "\"integerValueSpec\":{\"minValue\":1,\"maxValue\":3}}]},\"maxTrialCount\":5,"
      "\"parallelTrialCount\":2,\"maxFailedTrialCount\":5,\"trialJobSpec\":" RUN "}",
      { .stale = 10, .lost = 30, .refused = 10 } },
    { "{\"displayName\":\"pauses\",\"studySpec\":{\"metrics\":[{\"metricId\":\"m0\"},"
      "{\"metricId\":\"m1\"}],\"parameters\":[{\"parameterId\":\"p\","
      "\"doubleValueSpec\":{\"minValue\":1,\"maxValue\":3}}]},\"maxTrialCount\":3,"
      "\"parallelTrialCount\":3,\"maxFailedTrialCount\":3,\"trialJobSpec\":" RUN "}",
      { .crash = 10, .pause = 30, .failing = 30 } },
    { "{\"displayName\":\"fails\",\"studySpec\":{\"algorithm\":\"RANDOM_SEARCH\","
      "\"metrics\":[{\"metricId\":\"m0\"}],\"parameters\":[{\"parameterId\":\"p\","
      "\"categoricalValueSpec\":{\"values\":[\"a\",\"b\"]}}],\"studyStoppingConfig\":"
      "{\"maxNumTrialsNoProgress\":2}},\"maxTrialCount\":6,"
      "\"parallelTrialCount\":3,\"maxFailedTrialCount\":2,\"trialJobSpec\":" RUN "}",
      { .crash = 5, .failing = 60, .unmeasured = 20 } },
    { "{\"displayName\":\"run\",\"jobSpec\":" RUN "}",
      { .crash = 20, .lost = 50, .cancel = 100, .pause = 20 } },
    { "{\"displayName\":\"learns\",\"studySpec\":{"
      "\"metrics\":[{\"metricId\":\"m0\"}],\"parameters\":[{\"parameterId\":\"p\","
      "\"doubleValueSpec\":{\"minValue\":1,\"maxValue\":3}}]},\"maxTrialCount\":7,"
      "\"parallelTrialCount\":2,\"maxFailedTrialCount\":7,\"trialJobSpec\":" RUN ","
      "\"assay\":{\"stopping\":\"asha\"}}",
      { .crash = 5, .failing = 20 } },
};

void fault_study(struct scenario *scenario, int index)
{
    int kind = index % FAULT_KINDS;

    *scenario = (struct scenario){ .seed = (uint64_t)index + 1, .faults = kinds[kind].faults };
    (void)snprintf(scenario->document, sizeof scenario->document, "%s", kinds[kind].document);
}

uint64_t fault_setting(const char *name, uint64_t otherwise)
{
    const char *text = getenv(name);

    return text ? strtoull(text, NULL, 10) : otherwise;
}

const char *fault_database(const struct world *world, char path[WORLD_PATH])
{
    (void)snprintf(path, WORLD_PATH, "%.*s/assay.db", WORLD_PATH - 16, world->folder);
    return path;
}

static bool complain(const struct world *world, const char *what)
{
    (void)fprintf(stderr, "%s: %s\n", what, world->fault[0] ? world->fault : world->why.message);
    return false;
}

bool fault_recover(struct world *world)
{
    char path[WORLD_PATH];

    if (world->fault[0])
        return complain(world, "at the fault");
    if (world->store)
        world_kill(world);
    if (access(fault_database(world, path), F_OK) == 0 && !test_vfs_is_intact(path))
        return complain(world, "the file is damaged");
    if (world->phase == WORLD_ENDED) /* else it could not be found missing */
        world->phase = WORLD_WORKING;
    return world_run(world) || complain(world, "after the fault");
}
