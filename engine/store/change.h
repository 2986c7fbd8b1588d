/*
 * engine/store/change.h - what a write changed, in a few numbers.
 */
#ifndef ENGINE_STORE_CHANGE_H
#define ENGINE_STORE_CHANGE_H

#include <stdint.h>

enum change_kind {
    CHANGE_JOB, /* it is new, or its state, best trial or words are others; value: its state */
    CHANGE_JOB_GONE,
    CHANGE_TRIAL,       /* it is new, starts, is to stop, or waits again */
    CHANGE_TRIAL_ENDED, /* value: its end order */
    CHANGE_TRIAL_GONE,
    CHANGE_MEASURED, /* value: the measurement's index */
};

struct change {
    enum change_kind kind;
    int64_t job;
    int64_t trial; /* its number; 0 where it is the job */
    int64_t value;
};

#endif
