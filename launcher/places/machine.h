/*
 * launcher/places/machine.h - what this machine has for trials: CPUs, memory and GPUs, as found or
 * as the user says with --places.
 */
#ifndef LAUNCHER_PLACES_MACHINE_H
#define LAUNCHER_PLACES_MACHINE_H

#include "assay/env.h"
#include "assay/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* 16 GPUs in 7 MIG parts each are 112. An id is an index or a UUID of at most 60 characters. */
enum { MACHINE_GPUS_MAX = 128, MACHINE_GPU_TEXT = 64 };

struct machine {
    double cpus;          /* 0: not known yet */
    int64_t memory_bytes; /* 0: not known yet */
    bool has_gpus;        /* the list below is known, and may be empty */
    int gpu_count;
    char gpus[MACHINE_GPUS_MAX][MACHINE_GPU_TEXT]; /* "0", "GPU-8c6…": as CUDA names them */
};

/*
 * Reads "cpus=8,memory=24G,gpus=0,1,3"; what it does not name is left unknown. CPUs may be a
 * fraction; memory is bytes or has K, M, G or T (powers of 1024). gpus= takes the rest of the list
 * as ids, so that it comes last; gpus=none is no GPU. A bare count would look like an id, so that
 * four GPUs are gpus=0,1,2,3. False and all faults in one message else.
 */
bool machine_parse(const char *text, struct machine *machine, struct assay_error *err);

/* Where machine_detect() looks. */
struct machine_source {
    const struct assay_env *env; /* warnings go to its log */
    const char *visible_devices; /* the engine's CUDA_VISIBLE_DEVICES, NULL where it has none */
    const char *root;            /* in front of /proc and /sys; NULL: "" */
};

/*
 * Fills in what machine does not know yet. CPUs: those that this process may run on, or fewer
 * by its cgroup's quota; memory: the machine's, or less by its cgroup's limit; GPUs:
 * visible_devices when set, in its own numbering, else what nvidia-smi tells within two seconds,
 * else none. Never fails; waits for nvidia-smi, so not for a thread that others wait for.
 */
void machine_detect(const struct machine_source *source, struct machine *machine);

/* One more GPU. False: no id, one that is there already, or one too many. */
bool machine_add_gpu(struct machine *machine, const char *id);

enum { MACHINE_TEXT = 512, MACHINE_MEMORY_TEXT = 32 };

/* "24 GiB"; returns text. */
const char *machine_memory_text(int64_t bytes, char text[MACHINE_MEMORY_TEXT]);

/* "8 CPUs, 24 GiB of memory and 3 GPUs (0, 1, 3)", without what is not known; returns text. */
const char *machine_describe(const struct machine *machine, char text[MACHINE_TEXT]);

#endif
