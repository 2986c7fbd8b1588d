/*
 * engine/spec/canonical.h - a job document in the one form that the API itself writes.
 *
 * By the same tables that documents are read by: lowerCamelCase, enums by name or by number, int64
 * as text, other numbers as numbers, durations and times in their usual form. Null, output-only
 * fields and whatever no table knows are left out; a zero that was given stays, or goes as
 * ProtoJSON has it. A bare CustomJobSpec becomes the jobSpec of a CustomJob. The users' own names
 * and texts (labels, env, args) are as they were.
 */
#ifndef ENGINE_SPEC_CANONICAL_H
#define ENGINE_SPEC_CANONICAL_H

#include "assay/json.h"
#include "engine/spec/fields.h"

enum canonical_form {
    CANONICAL_FULL,         /* zeros stay, enums by name */
    CANONICAL_WIRE_NAMES,   /* zeros go where they are no news, enums by name */
    CANONICAL_WIRE_NUMBERS, /* the same, enums by number */
};

/*
 * root is what job_spec_from_json() has accepted; the caller owns the result: cJSON_Delete(). NULL
 * and ASSAY_EXHAUSTED for lack of memory, ASSAY_INVALID where root is no job.
 */
cJSON *job_document_canonical(const cJSON *root, enum canonical_form form, struct assay_error *err);

/* The same of any other message that was read by this table; NULL for lack of memory. */
cJSON *canonical_message(const cJSON *node, const struct message *message,
                         enum canonical_form form);

#endif
