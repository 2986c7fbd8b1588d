#include "engine/store/job_stamps.h"

/* Ids are drawn at random, but a test's count up: both spread. */
static unsigned int slot_of(int64_t job)
{
    return (unsigned int)((uint64_t)job % JOB_STAMPS);
}

bool job_stamp_read(const struct job_stamps *stamps, enum job_stamp_kind kind, int64_t job,
                    uint64_t *stamp)
{
    *stamp = atomic_load(&stamps->values[kind][slot_of(job)]);
    return *stamp % 2 == 0;
}

static void touch(struct job_stamps *stamps, enum job_stamp_kind kind, unsigned int slot)
{
    if (stamps->is_touched[kind][slot])
        return;
    stamps->is_touched[kind][slot] = true;
    stamps->touched[kind][stamps->touched_count[kind]++] = (unsigned short)slot;
}

void job_stamps_touch(struct job_stamps *stamps, enum job_stamp_kind kind, int64_t job)
{
    touch(stamps, kind, slot_of(job));
    if (kind == JOB_STAMP_ROW)
        touch(stamps, JOB_STAMP_TRIALS, slot_of(job));
}

static void grow_touched(struct job_stamps *stamps)
{
    for (int kind = 0; kind < JOB_STAMP_KINDS; kind++)
        for (unsigned int i = 0; i < stamps->touched_count[kind]; i++)
            (void)atomic_fetch_add(&stamps->values[kind][stamps->touched[kind][i]], 1);
}

void job_stamps_begin(struct job_stamps *stamps)
{
    grow_touched(stamps);
}

void job_stamps_end(struct job_stamps *stamps)
{
    grow_touched(stamps);
    for (int kind = 0; kind < JOB_STAMP_KINDS; kind++) {
        for (unsigned int i = 0; i < stamps->touched_count[kind]; i++)
            stamps->is_touched[kind][stamps->touched[kind][i]] = false;
        stamps->touched_count[kind] = 0;
    }
}
