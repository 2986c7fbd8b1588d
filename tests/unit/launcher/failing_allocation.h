/*
 * tests/unit/launcher/failing_allocation.h - one allocation that fails on demand, in programs that
 * are linked with --wrap=malloc,--wrap=calloc,--wrap=realloc,--wrap=strdup.
 */
#ifndef TESTS_UNIT_LAUNCHER_FAILING_ALLOCATION_H
#define TESTS_UNIT_LAUNCHER_FAILING_ALLOCATION_H

#include <stdbool.h>

/* The n-th from now on fails, once; 0: none does. */
void allocation_fails(int n);

/* The one that was to fail has been asked for. */
bool allocation_has_failed(void);

#endif
