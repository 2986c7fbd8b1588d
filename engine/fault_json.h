/*
 * engine/fault_json.h - the faults of a document as JSON, the same from every door.
 */
#ifndef ENGINE_FAULT_JSON_H
#define ENGINE_FAULT_JSON_H

#include "assay/error.h"
#include "assay/json.h"

/* Members "faultCount" and "faults" (line, field, message) of the object that is open. */
void fault_json_write(struct json_writer *w, const struct assay_faults *faults);

/*
 * Member "details" of a google.rpc.Status: one BadRequest with a fieldViolation for each fault;
 * where there is none, for the field that err names. Nothing where that names none either.
 */
void fault_json_write_details(struct json_writer *w, const struct assay_faults *faults,
                              const struct assay_error *err);

#endif
