#include "launcher/shim/node_where.h"

#include "launcher/shim/record_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define NODE_WHERE_FORMAT "assay-where 1"

static const char *variable(const char *name)
{
    const char *value = getenv(name); /* NOLINT(concurrency-mt-unsafe): there is one thread */

    return value ? value : "";
}

int node_where_write(const char *dir)
{
    char text[RECORD_TEXT_MAX];
    const char *job = variable("SLURM_JOB_ID");
    const char *node = variable("SLURMD_NODENAME");
    int size = snprintf(text, sizeof text, NODE_WHERE_FORMAT "\njob %s\nnode %s\nend\n", job, node);

    if (size < 0 || (size_t)size >= sizeof text)
        return EMSGSIZE;
    return record_file_write(dir, NODE_WHERE_NAME, text, (size_t)size, false);
}

int node_where_read(const char *dir, struct node_where *where)
{
    char text[RECORD_TEXT_MAX];
    int error = record_file_read(dir, NODE_WHERE_NAME, NODE_WHERE_FORMAT, text);

    if (!error && (!record_file_text(text, "job", where->job, sizeof where->job) ||
                   !record_file_text(text, "node", where->node, sizeof where->node)))
        error = EBADMSG;
    return error;
}
