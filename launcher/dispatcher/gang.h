/*
 * launcher/dispatcher/gang.h - what the ends of an attempt's replicas mean for the attempt. Pure.
 *
 * The primary and the workers decide: when all of them have exited with 0 the attempt has
 * succeeded, and parameter servers and evaluators, which never exit, are stopped. The first replica
 * that ends in any other way before that decides too: the others are stopped, and the attempt ended
 * as that replica did. Either way it is over when every replica has ended.
 */
#ifndef LAUNCHER_DISPATCHER_GANG_H
#define LAUNCHER_DISPATCHER_GANG_H

#include "launcher/launcher.h"

/* How often one replica is started anew after the machine lost it, before the attempt is lost. */
enum { GANG_RESTARTS_MAX = 3 };

struct gang_member {
    enum replica_role role;
    int32_t index;
    int restarts;
    bool has_ended;
    struct ending ending;
};

struct gang {
    struct gang_member *members; /* by key.replica */
    size_t count;
    size_t ended_count;
    bool restarts_alone;
    bool is_decided;
    bool has_succeeded;
    size_t decider; /* where it has failed */
};

enum gang_action {
    GANG_WAIT,
    GANG_STOP_REST, /* all that have not ended; asked for once */
    GANG_RESTART,   /* the replica that just ended */
    GANG_OVER,
};

/* Roles are taken from the launch. False for lack of memory. */
bool gang_init(struct gang *gang, const struct launch *launch);
void gang_clear(struct gang *gang);

/*
 * The replica of ending->key has ended; what is to be done now. is_stopping: somebody wants the
 * attempt to end, so that nothing is started anew.
 */
enum gang_action gang_note_end(struct gang *gang, const struct ending *ending, bool is_stopping);

/* The attempt's, once it is over: key.replica is 0, role and index are those of the replica that
 * decided. */
void gang_ending(const struct gang *gang, struct ending *ending);

#endif
