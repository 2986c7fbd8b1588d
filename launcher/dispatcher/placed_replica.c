#include "launcher/dispatcher/placed_replica.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ENTRIES_MAX = 5 };

static const char *const gpu_names[] = {
    "CUDA_VISIBLE_DEVICES",
    "HIP_VISIBLE_DEVICES",
    "NVIDIA_VISIBLE_DEVICES",
};

static size_t count_of(char *const *strings)
{
    size_t count = 0;

    while (strings[count])
        count++;
    return count;
}

/* The value of name, or NULL. */
static const char *value_of(char *const *envp, const char *name)
{
    size_t size = strlen(name);

    for (; *envp; envp++) {
        if (strncmp(*envp, name, size) == 0 && (*envp)[size] == '=')
            return *envp + size + 1;
    }
    return NULL;
}

static bool add_entry(struct placed_replica *placed, const char *name, const char *value,
                      const char *more)
{
    size_t at = count_of(placed->entries);

    if (asprintf(&placed->entries[at], "%s=%s%s%s", name, value, more ? ":" : "",
                 more ? more : "") >= 0)
        return true;
    placed->entries[at] = NULL;
    return false;
}

static bool add_gpus(struct placed_replica *placed, const char *gpus)
{
    for (size_t i = 0; i < sizeof gpu_names / sizeof *gpu_names; i++) {
        if (!add_entry(placed, gpu_names[i], gpus, NULL))
            return false;
    }
    return true;
}

/* <environment>/bin/python: what `activate` would do. */
static bool add_interpreter(struct placed_replica *placed, const char *interpreter)
{
    char *folder = strdup(interpreter);
    char *slash = folder ? strrchr(folder, '/') : NULL;
    bool is_added = folder != NULL;

    if (slash) {
        *slash = '\0';
        is_added = add_entry(placed, "PATH", folder, value_of(placed->envp, "PATH"));
        slash = strrchr(folder, '/');
    }
    if (is_added && slash) {
        *slash = '\0';
        is_added = add_entry(placed, "VIRTUAL_ENV", folder, NULL);
    }
    free(folder);
    return is_added;
}

static bool is_replaced(const struct placed_replica *placed, const char *entry)
{
    size_t size = strcspn(entry, "=") + 1;

    for (char *const *at = placed->entries; *at; at++) {
        if (strncmp(*at, entry, size) == 0)
            return true;
    }
    return false;
}

/* The entries that were made take the place of those of their names. */
static bool merge(struct placed_replica *placed)
{
    char *const *from = placed->envp;
    char **merged =
        calloc(count_of(from) + count_of(placed->entries) + 1, sizeof *placed->replica.envp);
    size_t count = 0;

    if (!merged)
        return false;
    for (; *from; from++) {
        if (!is_replaced(placed, *from))
            merged[count++] = *from;
    }
    for (char **at = placed->entries; *at; at++)
        merged[count++] = *at;
    free(placed->envp);
    placed->envp = merged;
    return true;
}

static char **copy_pointers(char *const *strings)
{
    size_t size = (count_of(strings) + 1) * sizeof *strings;
    char **copy = malloc(size);

    if (copy)
        memcpy(copy, strings, size);
    return copy;
}

/* The strings with late words filled in, where there are any; *block is then what they lie in. */
static char **fill(char *const *strings, const struct placing *placing, char ***block)
{
    if (placing->addresses && late_words_are_in(strings)) {
        *block = late_words_fill(strings, placing->addresses, placing->address_count);
        strings = *block;
    }
    return strings ? copy_pointers(strings) : NULL;
}

bool placed_replica_make(struct placed_replica *placed, const struct replica_launch *from,
                         const struct placing *placing)
{
    *placed = (struct placed_replica){ .replica = *from };
    placed->entries = calloc(ENTRIES_MAX + 1, sizeof *placed->entries);
    placed->argv = fill(from->argv, placing, &placed->argv_block);
    placed->envp = fill(from->envp, placing, &placed->envp_block);
    if (!placed->entries || !placed->argv || !placed->envp)
        return false;
    if (placing->gpus && !from->container && !add_gpus(placed, placing->gpus))
        return false;
    if (placing->interpreter) {
        if (!add_interpreter(placed, placing->interpreter))
            return false;
        placed->interpreter = strdup(placing->interpreter);
        if (!placed->interpreter)
            return false;
        placed->argv[0] = placed->interpreter;
    }
    if (placed->entries[0] && !merge(placed))
        return false;
    placed->replica.argv = placed->argv;
    placed->replica.envp = placed->envp;
    placed->replica.gpus = placing->gpus;
    return true;
}

void placed_replica_clear(struct placed_replica *placed)
{
    for (char **at = placed->entries; at && *at; at++)
        free(*at);
    free(placed->entries);
    free(placed->interpreter);
    free(placed->argv);
    free(placed->envp);
    free(placed->argv_block);
    free(placed->envp_block);
    *placed = (struct placed_replica){ 0 };
}
