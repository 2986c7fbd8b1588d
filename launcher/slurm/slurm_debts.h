/*
 * launcher/slurm/slurm_debts.h - jobs that are still to be cancelled, each a file by its tag: noted
 * before Slurm is asked to, so that an engine that ends before Slurm answers leaves them to the
 * next one.
 */
#ifndef LAUNCHER_SLURM_SLURM_DEBTS_H
#define LAUNCHER_SLURM_SLURM_DEBTS_H

/* dir: where the files are, made if need be. An errno; 0 also when it was noted before. */
int slurm_debts_note(const char *dir, const char *tag);

void slurm_debts_settle(const char *dir, const char *tag);

/* For each that was noted and not settled, in no order; fn may note and settle. */
typedef void (*slurm_debt_fn)(void *context, const char *tag);
void slurm_debts_each(const char *dir, slurm_debt_fn fn, void *context);

#endif
