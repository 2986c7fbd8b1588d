/*
 * tests/faults/failing_memory.h - allocations that fail on demand: those of assay's own code (by
 * the linker's --wrap), of cJSON and of SQLite, counted together, only while armed.
 */
#ifndef TESTS_FAULTS_FAILING_MEMORY_H
#define TESTS_FAULTS_FAILING_MEMORY_H

#include <stdbool.h>
#include <stdint.h>

struct world_guard; /* tests/simulation/world.h */

struct failing_memory {
    uint64_t calls;    /* allocations asked for while armed */
    uint64_t failing;  /* the one that fails, from 1 */
    bool stays_broken; /* and all after it */
    int armed;         /* depth of calls into the engine */
};

/* Takes over cJSON's and SQLite's allocators; before either is used. */
void failing_memory_install(void);

/* memory is watched until the next call; NULL: nothing fails. */
void failing_memory_use(struct failing_memory *memory);

/* Arms memory while the engine is at work. */
struct world_guard failing_memory_guard(struct failing_memory *memory);

#endif
