/*
 * engine/spec/canonical.h - a job document in the one form that the API itself writes.
 *
 * By the same tables that documents are read by: lowerCamelCase, enums by name or by number, int64 as text,
 * other numbers as numbers, durations and times in their usual form. Null, output-only fields and
 * whatever no table knows are left out; a zero that was given stays. A bare CustomJobSpec becomes
 * the jobSpec of a CustomJob. The users' own names and texts (labels, env, args) are as they were.
 */
#ifndef ENGINE_SPEC_CANONICAL_H
#define ENGINE_SPEC_CANONICAL_H

#include "assay/json.h"

/*
 * root is what job_spec_from_json() has accepted; the caller owns the result: cJSON_Delete(). NULL
 * and ASSAY_EXHAUSTED for lack of memory, ASSAY_INVALID where root is no job.
 */
cJSON *job_document_canonical(const cJSON *root, bool has_enum_numbers, struct assay_error *err);

#endif
