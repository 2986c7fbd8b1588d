/*
 * engine/store/schema_steering.h - tables of what was changed about a job after it was submitted.
 * Private to engine/store/.
 *
 * retry: a trial that is another one run again. budget: what a job may spend, as submitted (number
 * 0) and after each change; nothing where it was never changed.
 */
#ifndef ENGINE_STORE_SCHEMA_STEERING_H
#define ENGINE_STORE_SCHEMA_STEERING_H

#define STORE_STEERING_TABLES                                                                      \
    "CREATE TABLE retry (trial INTEGER PRIMARY KEY, original INTEGER NOT NULL) STRICT;"            \
    "CREATE TABLE budget ("                                                                        \
    " id INTEGER PRIMARY KEY, time_us INTEGER NOT NULL, created INTEGER NOT NULL,"                 \
    " max_trial_count INTEGER NOT NULL, parallel_trial_count INTEGER NOT NULL,"                    \
    " max_failed_trial_count INTEGER NOT NULL) STRICT;"

#endif
