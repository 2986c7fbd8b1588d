#include "launcher/slurm/slurm_gang.h"

#include "launcher/shim/claim.h"
#include "launcher/shim/node_order.h"
#include "tests/unit/launcher/support.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <unistd.h>

enum { MINUTE_US = 60 * 1000 * 1000 };

static char folder[256];
static struct slurm_gang *gang;

/* An adopted attempt that a node has begun, and that was looked at once. */
static void set_up(void)
{
    const struct claim claim = { .pid = 1 };
    struct assay_error err = { 0 };
    struct replica_launch replica = { 0 };
    const struct launch launch = { .key = { 3, 1, 0 }, .replicas = &replica, .replica_count = 1 };

    support_folder_make(folder);
    replica.dir = folder;
    cr_assert(eq(int, claim_make(folder, &claim), 0));
    support_write(folder, NODE_HEARTBEAT_NAME, "", 0600);
    gang = slurm_gang_adopt(&launch, "/shim", &err);
    cr_assert(gang != NULL);
    slurm_gang_look(gang, 0, MINUTE_US);
}

static void tear_down(void)
{
    slurm_gang_free(gang);
    support_folder_remove(folder);
}

TestSuite(slurm_gang, .init = set_up, .fini = tear_down);

Test(slurm_gang, a_heart_that_stands_still_is_silent_since_it_was_seen_to_move)
{
    slurm_gang_look(gang, 0, 2 * MINUTE_US);
    cr_assert(eq(i64, gang->replicas[0].beat_us, MINUTE_US));
}

Test(slurm_gang, a_heart_that_cannot_be_looked_at_is_not_silent)
{
    char path[300];

    /* A loop stands for a file server that answers with an error. */
    (void)snprintf(path, sizeof path, "%s/" NODE_HEARTBEAT_NAME, folder);
    cr_assert(eq(int, unlink(path), 0));
    cr_assert(eq(int, symlink(NODE_HEARTBEAT_NAME, path), 0));
    slurm_gang_look(gang, 0, 2 * MINUTE_US);
    cr_assert(eq(i64, gang->replicas[0].beat_us, 2 * MINUTE_US));
}
