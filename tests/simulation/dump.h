/* tests/simulation/dump.h - all that a store holds of one job, as text to compare. */
#ifndef TESTS_SIMULATION_DUMP_H
#define TESTS_SIMULATION_DUMP_H

#include "engine/store/store.h"

/* Numbers are written exactly. The caller frees it; "" for a job that is not there. */
char *dump_job(struct store *store, int64_t job);

#endif
