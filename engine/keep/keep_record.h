/*
 * engine/keep/keep_record.h - the file `keep` in a job's folder: how far its ended trials were seen
 * to. What is to be removed is in the store; the record only spares the next engine to look at
 * every folder again.
 */
#ifndef ENGINE_KEEP_KEEP_RECORD_H
#define ENGINE_KEEP_KEEP_RECORD_H

#include <stdbool.h>
#include <stdint.h>

#define KEEP_RECORD_NAME "keep"

struct keep_record {
    int64_t end_order; /* of the last trial that was seen to */
    int64_t limit;     /* so many were to stay; 0: all */
    int64_t bytes;     /* that the trials up to it hold below the job's folder; -1: not measured */
    bool is_over;      /* the job has ended, and there is nothing left to do */
};

/* False: there is none that can be read; then *record is that of a job never looked at. */
bool keep_record_read(const char *job_dir, struct keep_record *record);

/* An errno. */
int keep_record_write(const char *job_dir, const struct keep_record *record);

#endif
