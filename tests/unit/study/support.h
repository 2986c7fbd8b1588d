/*
 * tests/unit/study/support.h - studies that a test talks to, a line at a time.
 */
#ifndef TESTS_UNIT_STUDY_SUPPORT_H
#define TESTS_UNIT_STUDY_SUPPORT_H

#include "assay.h"
#include "assay/json.h"

/* All four types, a condition, a log scale; minimizes "loss". */
#define MIXED_SPEC                                                                                 \
    "{\"metrics\":[{\"metricId\":\"loss\",\"goal\":\"MINIMIZE\"}],\"parameters\":["                \
    "{\"parameterId\":\"lr\",\"scaleType\":\"UNIT_LOG_SCALE\","                                    \
    "\"doubleValueSpec\":{\"minValue\":1e-5,\"maxValue\":0.1}},"                                   \
    "{\"parameterId\":\"opt\",\"categoricalValueSpec\":{\"values\":[\"adam\",\"sgd\"]},"           \
    "\"conditionalParameterSpecs\":[{\"parentCategoricalValues\":{\"values\":[\"sgd\"]},"          \
    "\"parameterSpec\":{\"parameterId\":\"momentum\","                                             \
    "\"doubleValueSpec\":{\"minValue\":0,\"maxValue\":0.99}}}]},"                                  \
    "{\"parameterId\":\"units\",\"integerValueSpec\":{\"minValue\":\"1\",\"maxValue\":\"64\"}},"   \
    "{\"parameterId\":\"batch\",\"discreteValueSpec\":{\"values\":[16,32,64]}}]}"

/* Six combinations; maximizes "gain". */
#define SMALL_SPEC                                                                                 \
    "{\"metrics\":[{\"metricId\":\"gain\",\"goal\":\"MAXIMIZE\"}],\"parameters\":["                \
    "{\"parameterId\":\"a\",\"integerValueSpec\":{\"minValue\":\"1\",\"maxValue\":\"3\"}},"        \
    "{\"parameterId\":\"b\",\"categoricalValueSpec\":{\"values\":[\"x\",\"y\"]}}]}"

/* The algorithms that any space can be searched with. */
extern const char *const study_algorithms[];
extern const size_t study_algorithm_count;

/* The document {"studySpec": spec, "algorithm": …, "seed": 7 MORE}, MORE beginning with a comma or
 * empty. The caller frees it. */
char *study_text(const char *spec, const char *algorithm, const char *more);

/* Opens; fails the test where that fails. state_dir may be NULL. */
struct assay_study *study_start(const char *document, const char *state_dir);

/* The answer as a tree; the test fails when it is not one line of JSON. cJSON_Delete() it. */
cJSON *study_say(struct assay_study *study, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* The answer as text, in memory that the next call takes again. */
const char *study_answer(struct assay_study *study, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* A folder of the test's own, removed by folder_remove() with the files in it. */
void folder_make(char path[64]);
void folder_remove(const char *path);

/* A whole file; free() it. */
char *file_text(const char *folder, const char *name, size_t *size);
void file_write(const char *folder, const char *name, const char *text, size_t size);

#endif
