/*
 * launcher/container/init_run.h - assay-init's part that runs one program (init.c).
 */
#ifndef LAUNCHER_CONTAINER_INIT_RUN_H
#define LAUNCHER_CONTAINER_INIT_RUN_H

enum { STATUS_OWN_FAULT = 125, STATUS_NO_EXEC = 126, STATUS_NO_PROGRAM = 127 };

/*
 * Starts the program, passes on the signals it is sent, reaps what is left to it, and writes into
 * the record (container_record.h) how it went. Returns what to exit with: the program's status,
 * 128 + its signal, or one of the above. All signals must be blocked.
 */
int init_run(int record_file, char *const *argv);

/* "assay-init: what: why" on standard error; returns STATUS_OWN_FAULT. */
int init_complain(const char *what, int error);

#endif
