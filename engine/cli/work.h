/*
 * engine/cli/work.h - to be the engine of a state folder: opened for work, served, and closed
 * again.
 */
#ifndef ENGINE_CLI_WORK_H
#define ENGINE_CLI_WORK_H

#include "engine/cli/client.h"
#include "engine/server/server.h"

struct work {
    struct assay *assay;
    struct server *server;
    struct client *client; /* to ask this very engine */
};

/* Zero it to start. False and *err: another process works there (ASSAY_UNAVAILABLE), and others. */
/* How trials are run the arguments say, which may be NULL, and whether the page is shown meanwhile
 * (--web). */
bool work_open(struct work *work, const char *state_dir, bool is_verbose,
               const struct arguments *arguments, struct assay_error *err);

/* In place of work_open(), where a server elsewhere does the work: that no option is for who does.
 * False and *err. */
bool work_check_remote(const struct arguments *arguments, struct assay_error *err);

/*
 * Who changes a folder: the engine that is home, whom client asks, else this process becomes it.
 * Between the two there is a moment in which an engine holds the folder but does not listen yet, or
 * no longer: then it is knocked again, for two seconds at most.
 */
bool work_find(struct work *work, struct client *client, const char *state_dir,
               const struct arguments *arguments, struct assay_error *err);

/* Trials that run go on running; the next engine takes them over. */
void work_close(struct work *work);

#endif
