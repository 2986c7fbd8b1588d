/*
 * engine/server/monitor.h - what is asked by those who watch over servers: GET /healthz, and GET
 * /metrics in Prometheus's text format.
 */
#ifndef ENGINE_SERVER_MONITOR_H
#define ENGINE_SERVER_MONITOR_H

#include "assay.h"
#include "engine/server/traffic.h"

/* It tells nothing of the jobs: no token is needed. */
bool monitor_is_public(const char *path);

/* False: the path is not the monitor's; nothing is answered. For lack of memory it answers with a
 * body that is NULL. */
bool monitor_answer(struct assay *assay, struct traffic *traffic, const char *method,
                    const char *path, struct assay_response *response);

#endif
