/* Which process is a replica's, on this machine: apart from enter.c, which also runs inside
 * containers, where there is no claim to read. */

#include "launcher/shim/claim.h"
#include "launcher/shim/enter.h"

#include <stdio.h>

int enter_replica(const char *dir, char *const *words)
{
    struct claim claim = { 0 };
    pid_t pid = 0;

    if (claim_read(dir, &claim) == 0 && claim_is_alive(&claim))
        pid = enter_find_child(claim.pid);
    if (pid > 0)
        return enter_process(pid, words);
    (void)fprintf(stderr, "assay: nothing of %s runs on this machine\n", dir);
    return 1;
}
