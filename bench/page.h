/*
 * bench/page.h - the frame of report.html: head, style, the colours of the arms, and the few lines
 * of script that switch between parts. The page needs nothing from elsewhere; without the script
 * all parts stand below one another.
 */
#ifndef BENCH_PAGE_H
#define BENCH_PAGE_H

#include <stddef.h>
#include <stdio.h>

void page_begin(FILE *out, const char *title);
void page_end(FILE *out);

/* One button for each arm: shows or hides it in all figures, and lifts it out while pointed at. */
void page_legend(FILE *out, const char *const *arms, size_t count);

#endif
