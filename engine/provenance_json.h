/*
 * engine/provenance_json.h - why a sampler suggested what it did, as a JSON object and back.
 *
 *     {"stage": "MODEL", "acquisition": "LOG_EI", "acquisitionValue": -1.5, "mean": 0.31,
 *      "deviation": 0.02, "pastCount": 12, "pendingCount": 3,
 *      "nearest": [{"id": "4", "similarity": 0.93}]}
 *
 * Numbers that are not there (NaN), no acquisition and no fallback are left out.
 */
#ifndef ENGINE_PROVENANCE_JSON_H
#define ENGINE_PROVENANCE_JSON_H

#include "assay/json.h"
#include "search/provenance.h"

void provenance_write(struct json_writer *writer, const struct provenance *provenance);

/* What is absent, or not known to this version, reads as it was left out. */
void provenance_read(const cJSON *node, struct provenance *provenance);

#endif
