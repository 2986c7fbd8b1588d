/*
 * bench/child.h - a program that is talked to in lines, over its standard input and output.
 *
 * It gets a process group of its own and dies with the thread that started it. One thread per
 * child. Its standard error is kept, for the last words.
 */
#ifndef BENCH_CHILD_H
#define BENCH_CHILD_H

#include "assay/error.h"

#include <stddef.h>

struct child;

/* argv[0] is the path. A program that cannot be run shows at the first child_hear(). NULL and *err
 * on failure. The process must ignore SIGPIPE. */
struct child *child_start(char *const argv[], struct assay_error *err);

/* Input is closed, the group killed after a moment of grace, the process waited for. NULL is fine.
 */
void child_free(struct child *child);

/* text ends with a newline. */
bool child_say(struct child *child, const char *text, size_t size, struct assay_error *err);

/* The next line without its newline; valid until the next call. NULL and *err: the child ended (its
 * last words are in the message), or said nothing for timeout_s. */
const char *child_hear(struct child *child, int timeout_s, struct assay_error *err);

/* CPU seconds of the process, all its threads, so far; once it ended the last value known. */
double child_cpu_s(struct child *child);

#endif
