/*
 * engine/store/job_stamps.h - has a job changed since something was made from its rows?
 *
 * A stamp is a number that grows with each commit which touches the job, by two: it is odd while
 * such a commit is under way. What was made from rows that were read after the stamp was taken, is
 * true for as long as the stamp stays the same. Jobs share stamps, so that they need no memory of
 * their own: a stamp may grow without need, and never fails to.
 *
 * One thread writes (the store's); any reads.
 */
#ifndef ENGINE_STORE_JOB_STAMPS_H
#define ENGINE_STORE_JOB_STAMPS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

enum { JOB_STAMPS = 4096 };

/* Of the job's own row, or of that and its trials' rows. */
enum job_stamp_kind { JOB_STAMP_ROW, JOB_STAMP_TRIALS, JOB_STAMP_KINDS };

/* Zeroed is ready. */
struct job_stamps {
    _Atomic uint64_t values[JOB_STAMP_KINDS][JOB_STAMPS];
    bool is_touched[JOB_STAMP_KINDS][JOB_STAMPS];        /* by the transaction; the writer's */
    unsigned short touched[JOB_STAMP_KINDS][JOB_STAMPS]; /* their indices */
    unsigned int touched_count[JOB_STAMP_KINDS];
};

/* False while a commit touches it: then nothing can be kept. */
bool job_stamp_read(const struct job_stamps *stamps, enum job_stamp_kind kind, int64_t job,
                    uint64_t *stamp);

/* The writer's: a row is written; the commit begins; it has ended, well or not. */
void job_stamps_touch(struct job_stamps *stamps, enum job_stamp_kind kind, int64_t job);
void job_stamps_begin(struct job_stamps *stamps);
void job_stamps_end(struct job_stamps *stamps);

#endif
