/*
 * tests/unit/spec/support.h - documents in one line, and what is wrong with them in another.
 */
#ifndef TESTS_UNIT_SPEC_SUPPORT_H
#define TESTS_UNIT_SPEC_SUPPORT_H

#include "engine/spec/job_document.h"

/* Parts of a good document, a line each. */
#define STUDY                                                                                      \
    "studySpec: {metrics: [{metricId: acc}], parameters: [{parameterId: a, doubleValueSpec: "      \
    "{maxValue: 1}}]}\n"
#define RUN                                                                                        \
    "trialJobSpec: {workerPoolSpecs: [{containerSpec: {imageUri: 'host:', command: [x]}}]}\n"

/* A good study with other parameters: a list in YAML's flow form. */
#define PARAMETERS(list) RUN "studySpec: {metrics: [{metricId: acc}],\n parameters: " list "}\n"

/* A good job with another first pool. */
#define POOL(pool) STUDY "trialJobSpec: {workerPoolSpecs: [\n" pool "]}\n"

/* Fails the test unless the text is a document; the caller owns it: cJSON_Delete(). */
cJSON *document_of(const char *text);

/* Fails the test unless the document is a good job; the caller owns it: job_spec_free(). */
struct job_spec *job_of(const char *text);

/* Fails the test unless the text is refused with a message that contains all of words. */
void assert_unreadable(const char *text, const char *words);

/* Fails the test unless the job has this one fault, whose message contains words. */
void assert_fault(const char *text, int line, const char *field, const char *words);

struct expected_fault {
    int line;
    const char *field;
    const char *words;
};

/* The same for several faults, in any order; no further ones may be there. */
void assert_faults(const char *text, const struct expected_fault *expected, size_t count);

#endif
