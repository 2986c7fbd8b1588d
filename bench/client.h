/*
 * bench/client.h - a job through the C library's door, as any program would run it.
 */
#ifndef BENCH_CLIENT_H
#define BENCH_CLIENT_H

#include "assay.h"

#include <stdint.h>

/* Where a job stands. */
struct client_job {
    bool is_ended;
    bool is_succeeded;
    int64_t created, ended, succeeded;
};

/* document: its text; source_dir: where its relative paths begin. */
bool client_submit(struct assay *assay, const char *document, const char *source_dir,
                   struct assay_error *err);

/* The newest job. */
bool client_resume(struct assay *assay, struct assay_error *err);
bool client_look(struct assay *assay, struct client_job *job, struct assay_error *err);
bool client_wait(struct assay *assay, struct client_job *job, struct assay_error *err);

#endif
