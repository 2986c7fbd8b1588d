/*
 * engine/study/study_journal.h - the file that makes a study durable: DIR/suggest.jsonl.
 *
 * JSON lines: a header with the study, then an event per line, each on disk before it is answered.
 * One process at a time has it open (a lock on DIR/suggest.lock). What a crash left of a last line
 * was never answered and is cut off. One thread.
 */
#ifndef ENGINE_STUDY_STUDY_JOURNAL_H
#define ENGINE_STUDY_STUDY_JOURNAL_H

#include "assay/error.h"

#include <stdint.h>

struct study_journal;

/*
 * Makes the folder where it is missing. NULL and *err (ASSAY_UNAVAILABLE): another process has it
 * open, the folder cannot be used. The journal may be new, and has no lines then.
 */
struct study_journal *study_journal_open(const char *dir, struct assay_error *err);
void study_journal_close(struct study_journal *journal); /* NULL is fine */

/*
 * The next line, without its end, as it was appended; *size 0 after the last one. The text is
 * valid until the next call. False and *err: it cannot be read, or (ASSAY_DATA_LOSS) has bytes no
 * journal has.
 */
bool study_journal_read(struct study_journal *journal, const char **line, size_t *size,
                        struct assay_error *err);

/* Of the line that was read last, from 1. */
uint64_t study_journal_line_number(const struct study_journal *journal);

/* Bytes of an unfinished last line that were cut off when all was read. */
uint64_t study_journal_cut_size(const struct study_journal *journal);

/*
 * Appends a line (size bytes, the last of them a newline) and waits until it is on disk. Only after
 * study_journal_read() has come to the end. False and *err: nothing was appended; where not even
 * that is sure, all further calls fail, too.
 */
bool study_journal_append(struct study_journal *journal, const char *line, size_t size,
                          struct assay_error *err);

#endif
