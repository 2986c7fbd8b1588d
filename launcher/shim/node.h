/*
 * launcher/shim/node.h - `assay-shim --node FOLDER TAG`: an attempt's replica on a node of a
 * cluster.
 *
 * What the shim does on the launcher's own machine it does here too, for the request that the
 * launcher left in the replica's folder. Around it: the replicas of a gang find each other first
 * (rendezvous.h), and a pulse (pulse.h) tells the launcher through the folder that the attempt
 * runs, and the attempt that the launcher wants it to stop.
 *
 * A trial that cannot be told of any more is ended: when the folder could not be written for a
 * minute, the launcher must believe that it is gone.
 */
#ifndef LAUNCHER_SHIM_NODE_H
#define LAUNCHER_SHIM_NODE_H

/* Runs to the end of the replica; an exit status, 0 when its trial's was. */
int node_main(const char *dir, const char *tag);

#endif
