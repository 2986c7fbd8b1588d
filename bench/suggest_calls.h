/*
 * bench/suggest_calls.h - asks and tells in this process: by lines and by plain structs, in turn.
 */
#ifndef BENCH_SUGGEST_CALLS_H
#define BENCH_SUGGEST_CALLS_H

/* Prints pairs a second of either way and the ratio; each round is two new studies of so many. */
void suggest_calls_measure(const char *name, const char *document, long pairs, int rounds);

#endif
