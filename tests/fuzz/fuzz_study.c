/*
 * Lines for a study, the first of them by the flag of the first byte a study's document instead:
 * each is answered by one line of JSON, an error or not, and the study can be asked afterwards.
 */
#include "assay.h"
#include "assay/json.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char document[] =
    "{\"studySpec\":{\"metrics\":[{\"metricId\":\"m\"}],\"parameters\":["
    "{\"parameterId\":\"a\",\"integerValueSpec\":{\"minValue\":1,\"maxValue\":9}},"
    "{\"parameterId\":\"b\",\"categoricalValueSpec\":{\"values\":[\"x\",\"y\"]},"
    "\"conditionalParameterSpecs\":[{\"parentCategoricalValues\":{\"values\":[\"y\"]},"
    "\"parameterSpec\":{\"parameterId\":\"c\",\"doubleValueSpec\":{\"minValue\":0,"
    "\"maxValue\":1}}}]},"
    "{\"parameterId\":\"d\",\"discreteValueSpec\":{\"values\":[1,2,4]}}],"
    "\"medianAutomatedStoppingSpec\":{}},\"seed\":1,\"algorithm\":\"random\"}";

static void say(struct assay_study *study, const char *line, size_t size)
{
    struct assay_response response;
    struct assay_error err = { 0 };
    cJSON *answer = NULL;

    if (!assay_study_line(study, line, size, &response, &err))
        abort();
    answer = json_read(response.body, response.size, &err);
    if (!answer || memchr(response.body, '\n', response.size) ||
        (response.status == 200) != !json_get(answer, "error"))
        abort();
    cJSON_Delete(answer);
    assay_response_clear(&response);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    bool has_document = size > 0 && data[0] % 2;
    struct assay_study_options options = { .document = has_document ? NULL : document,
                                           .document_size = sizeof document - 1 };
    struct assay_error err = { 0 };
    struct assay_study *study = assay_study_open(&options, &err);
    const char *at = (const char *)data + (size > 0);
    const char *end = (const char *)data + size;

    if (!study)
        abort();
    while (at < end) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        size_t length = newline ? (size_t)(newline - at) : (size_t)(end - at);

        say(study, at, length);
        at += length + 1;
    }
    if (assay_study_has_begun(study))
        say(study, "{\"pending\":true}", 16);
    assay_study_close(study);
    return 0;
}
