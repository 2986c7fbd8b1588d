/*
 * bench/restart.h - how soon an engine works again on a folder full of trials: from assay_open() to
 * the answer of the resume request and to the first byte of a trial that was launched after it.
 */
#ifndef BENCH_RESTART_H
#define BENCH_RESTART_H

#include "assay/error.h"

struct restart_plan {
    const char *folder;       /* a state folder whose newest job is RUNNING; nobody is in it */
    const char *started_path; /* a FIFO in which its trials write a byte as they begin */
    bool is_cold;             /* the store's file is dropped from the page cache first */
    bool is_clean;            /* the engine is closed afterwards, else it just ends */
};

struct restart_figures {
    double answer_s;
    double launch_s;
};

bool restart_run(const struct restart_plan *plan, struct restart_figures *figures,
                 struct assay_error *err);

#endif
