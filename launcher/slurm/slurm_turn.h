/*
 * launcher/slurm/slurm_turn.h - submissions ahead of their time: of a job's attempts more are
 * submitted than may run at once, and Slurm has the others wait (--dependency) until one of those
 * before them has ended.
 *
 * Who may run has one of launch.max_running turns. One that waits is given that of the first to end
 * of some others, its forerunners, which are nobody else's; so that however they end, never more
 * run than there are turns. A turn whose holder was nobody's forerunner is free when that ends.
 */
#ifndef LAUNCHER_SLURM_SLURM_TURN_H
#define LAUNCHER_SLURM_SLURM_TURN_H

#include "launcher/slurm/slurm_gang.h"

/*
 * Whether the gang can be submitted now. Fills gang->after with its forerunners: "" when it has a
 * turn of its own. False while there is neither a turn nor a forerunner to be had. gangs: all that
 * have not ended; queue: as last seen, NULL before the first look.
 */
bool slurm_turn_take(const struct slurm_gang_list *gangs, const struct slurm_queue *queue,
                     struct slurm_gang *gang);

/* Keeps gang->after in the attempt's folder, for who adopts it. An errno. */
int slurm_turn_write(const struct slurm_gang *gang);
void slurm_turn_read(struct slurm_gang *gang);

#endif
