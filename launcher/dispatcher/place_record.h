/*
 * launcher/dispatcher/place_record.h - `place` in an attempt's folder: what it holds of the
 * machine, for the next engine, which must not give it away.
 */
#ifndef LAUNCHER_DISPATCHER_PLACE_RECORD_H
#define LAUNCHER_DISPATCHER_PLACE_RECORD_H

#include "launcher/places/places.h"
#include "launcher/shim/record_file.h"

struct place_record {
    size_t replica_count;
    struct resources sum; /* of all replicas; of GPUs only their share */
    char text[RECORD_TEXT_MAX];
};

/* Of a grant that is held. Makes the folder. */
bool place_record_write(const char *dir, const struct grant *grant, size_t replica_count,
                        struct assay_error *err);

/* False: there is none, which is one of an attempt that holds nothing. */
bool place_record_read(const char *dir, struct place_record *record);

/* gpus[0 .. count-1] by replica: "0,3" in text, or NULL. */
void place_record_gpus(const struct place_record *record, size_t count, char text[RECORD_TEXT_MAX],
                       const char **gpus);

#endif
