#include "launcher/dispatcher/ports.h"

#include <errno.h>

bool port_lease_take(struct port_lease *lease, const struct assay_env *env, struct assay_error *err)
{
    const struct port_range range = port_range_here();
    uint32_t chance = 0;
    int error = 0;

    /* Where none can be had, the search just begins with the first. */
    (void)env->entropy(env->context, &chance, sizeof chance);
    error = port_lease_find(lease, range, chance);
    if (error == EADDRINUSE)
        return assay_fail(err, ASSAY_EXHAUSTED, NULL, "no port from %d to %d is free", range.first,
                          range.first + range.count - 1);
    return error ? assay_fail_errno(err, error, "a port for a replica") : true;
}
