/*
 * bench/report_files.h - a folder of results becomes report.md and report.html.
 */
#ifndef BENCH_REPORT_FILES_H
#define BENCH_REPORT_FILES_H

#include "assay/error.h"

/* The command line as one line of text, the program by its name only: where it lay is nobody's
 * business. The caller frees; NULL for lack of memory. */
char *report_command_line(int argc, char *const *argv);

/* Adds a line to DIR/commands.txt unless it is there: what the reports say they come from. */
bool report_note_command(const char *folder, const char *line, struct assay_error *err);

/* Reads DIR/results.csv and DIR/commands.txt, writes both reports. Lines of the results that cannot
 * be read are left out, with a word on standard error. */
bool report_write(const char *folder, const char *baseline, struct assay_error *err);

#endif
