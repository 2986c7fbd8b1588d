#include "launcher/shim/node_environment.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

static bool begins(const char *entry, const char *beginning)
{
    return strncmp(entry, beginning, strlen(beginning)) == 0;
}

static bool is_of_job(const char *entry)
{
    return begins(entry, "SLURM_") || begins(entry, "SLURMD_");
}

static bool is_of_devices(const char *entry)
{
    static const char *const names[] = { "CUDA_VISIBLE_DEVICES=", "ROCR_VISIBLE_DEVICES=",
                                         "HIP_VISIBLE_DEVICES=", "GPU_DEVICE_ORDINAL=",
                                         "ZE_AFFINITY_MASK=" };

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (begins(entry, names[i]))
            return true;
    }
    return false;
}

static bool has_name_of(char *const *entries, const char *entry)
{
    size_t size = strcspn(entry, "=") + 1;

    for (; *entries; entries++) {
        if (strncmp(*entries, entry, size) == 0)
            return true;
    }
    return false;
}

static size_t count(char *const *entries)
{
    size_t number = 0;

    while (entries[number])
        number++;
    return number;
}

char **node_environment(char *const *wanted, char *const *own)
{
    char **merged = calloc(count(wanted) + count(own) + 1, sizeof *merged);
    size_t used = 0;

    if (!merged)
        return NULL;
    for (; *wanted; wanted++) {
        if (!is_of_job(*wanted) && !(is_of_devices(*wanted) && has_name_of(own, *wanted)))
            merged[used++] = *wanted;
    }
    for (; *own; own++) {
        if (is_of_job(*own) || is_of_devices(*own))
            merged[used++] = *own;
    }
    return merged;
}
