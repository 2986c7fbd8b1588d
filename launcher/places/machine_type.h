/*
 * launcher/places/machine_type.h - what Google's machine types have, as published, so that a
 * document's machineSpec can be asked of this machine.
 *
 * A table of constants; pure.
 */
#ifndef LAUNCHER_PLACES_MACHINE_TYPE_H
#define LAUNCHER_PLACES_MACHINE_TYPE_H

#include "launcher/launcher.h"

struct machine_type {
    const char *name; /* "n1-standard-4" */
    double cpus;
    double memory_gib;
    int gpus;        /* built in */
    const char *gpu; /* "NVIDIA_TESLA_A100" as in acceleratorType; "" without */
};

/* NULL: not in the table. */
const struct machine_type *machine_type_find(const char *name);

/*
 * What a machineSpec asks for: its type's CPUs and memory, and GPUs: accelerator_count of them, or
 * the type's own where that is 0. name may be NULL or "". A type that is not known asks for no CPUs
 * and memory: false, and warning says so in one sentence, with the nearest name. *resources'
 * gpu_share stays 0.
 */
bool machine_type_resources(const char *name, int accelerator_count, struct resources *resources,
                            char *warning, size_t warning_size);

/* The whole table, by name in the order of strcmp(). */
const struct machine_type *machine_types(size_t *count);

#endif
