/*
 * engine/trial_replica.h - the inside of a struct trial_launch, shared by trial_command.c (what a
 * trial is) and trial_folders.c (what must be there before it starts).
 */
#ifndef ENGINE_TRIAL_REPLICA_H
#define ENGINE_TRIAL_REPLICA_H

#include "engine/trial_command.h"

/* Where the hosted service shows buckets to containers. */
#define GCS_DIR "/gcs"

/* In an attempt's folder: those of its replicas but the primary. */
#define REPLICAS_NAME "replicas"

/* What one entry of replicas points to. */
struct trial_replica {
    char *dir;
    char *tag;
    struct command command;
    struct container_launch container;
    struct python_launch python;
    struct text_list mounts;
    struct text_list packages;
};

#endif
