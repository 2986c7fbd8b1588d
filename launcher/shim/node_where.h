/*
 * launcher/shim/node_where.h - the file `where` in a replica's folder: on which node of a cluster
 * it was begun, and in which job; for people, and for who wants to get there.
 */
#ifndef LAUNCHER_SHIM_NODE_WHERE_H
#define LAUNCHER_SHIM_NODE_WHERE_H

#define NODE_WHERE_NAME "where"

enum { NODE_WHERE_TEXT = 64 };

struct node_where {
    char job[NODE_WHERE_TEXT];  /* Slurm's id of it */
    char node[NODE_WHERE_TEXT]; /* its name, as Slurm knows it */
};

/* Of this process, by what Slurm has told it. An errno. */
int node_where_write(const char *dir);

/* ENOENT: not on a cluster, or not yet. EBADMSG: torn. */
int node_where_read(const char *dir, struct node_where *where);

#endif
