/*
 * launcher/cluster.h - what a replica is told of its gang: CLUSTER_SPEC and TF_CONFIG as Vertex AI
 * writes them, and the rank by which PyTorch's env:// finds the others.
 *
 * Hosts and ports are late words (shim/late_words.h) where there is more than one replica: they are
 * known only when all have their places. Pure.
 */
#ifndef LAUNCHER_CLUSTER_H
#define LAUNCHER_CLUSTER_H

#include "launcher/launcher.h"

enum { CLUSTER_ROLES = ROLE_EVALUATOR + 1 };

/* A gang, as one of its replicas sees it. All borrowed. */
struct cluster {
    int32_t replicas[CLUSTER_ROLES]; /* of each pool, which is a role; all 0: one primary */
    enum replica_role role;          /* of this replica, with its index in its pool */
    int32_t index;
    const char *trial; /* "7"; NULL for a plain custom job */
    /* Of a Python package, for the member "job"; NULL and 0 of a container. */
    const char *python_module;
    const char *const *package_uris;
    size_t package_uri_count;
    const char *const *job_args;
    size_t job_arg_count;
};

/* At least 1. */
int32_t cluster_size(const struct cluster *cluster);

/* This replica's place in the launch: pools in their order, replicas in theirs. */
int32_t cluster_place(const struct cluster *cluster);

/* How many train together, the primary and the workers; and which of them this one is, -1: none. */
int32_t cluster_world_size(const struct cluster *cluster);
int32_t cluster_rank(const struct cluster *cluster);

/*
 * The value of the variable; the caller frees it; NULL for lack of memory. open_ports has the
 * primary's first, by which all can meet, then the replica's own. TF_CONFIG is for gangs only, with
 * TensorFlow's names for the roles, and without the evaluators, who are no part of its cluster.
 */
char *cluster_spec_text(const struct cluster *cluster);
char *cluster_tf_config_text(const struct cluster *cluster);

#endif
