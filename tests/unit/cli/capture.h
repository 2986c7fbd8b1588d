/* tests/unit/cli/capture.h - what a function writes to a stream, as text. */
#ifndef TESTS_UNIT_CLI_CAPTURE_H
#define TESTS_UNIT_CLI_CAPTURE_H

#include "assay/json.h"

#include <stdio.h>

/* One text at a time: capture_begin() gives the stream, capture_end() closes it and gives the text,
 * which stays until the next capture_begin(). */
struct capture {
    FILE *out;
    char *text;
    size_t size;
};

FILE *capture_begin(struct capture *capture);
char *capture_end(struct capture *capture);
void capture_clear(struct capture *capture);

/* A tree from a literal, in which ' stands for ". Ends the program when it is no JSON. */
cJSON *capture_json(const char *text);

#endif
