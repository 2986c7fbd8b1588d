/*
 * engine/spec/job_document.h - a job document: JSON or YAML text in, typed spec out.
 *
 * Accepted: a HyperparameterTuningJob or a CustomJob as sent over REST, and gcloud's --config form
 * (a HyperparameterTuningJob without displayName; a bare CustomJobSpec); camelCase and snake_case;
 * enums by name or number; int64 as string or number; null as absent; an `assay:` block beside.
 * Unknown fields are faults with the nearest known name. Output-only fields are ignored.
 */
#ifndef ENGINE_SPEC_JOB_DOCUMENT_H
#define ENGINE_SPEC_JOB_DOCUMENT_H

#include "assay/json.h"
#include "engine/spec/job_spec.h"

enum document_format { DOCUMENT_GUESS, DOCUMENT_JSON, DOCUMENT_YAML };

struct document_override { /* --set path=value: path in the document, value in YAML */
    const char *path;
    const char *value;
};

/*
 * Text to tree. DOCUMENT_GUESS: JSON when the first character that is not blank is `{`, else YAML
 * 1.2 core schema (1e-5 is a number, no is text), one document, no duplicate keys, aliases within
 * the limits of document_yaml.h. The caller owns the tree: cJSON_Delete(). *err: ASSAY_INVALID with
 * line and column.
 */
cJSON *document_read(const char *text, size_t size, enum document_format format,
                     struct assay_error *err);

/*
 * Applies one override to the tree: makes what is missing on the way; list items by [i], of which
 * the one after the last is added. A member that is there in the other spelling is reused. On
 * failure the tree may have got empty objects on the way: throw it away.
 */
bool document_override(cJSON *root, const struct document_override *override,
                       struct assay_error *err);

/*
 * Tree to typed spec; every fault is added to *faults with its line and its path as the API writes
 * it (snake_case: "study_spec.parameters[0].double_value_spec"). NULL when there is any fault, and
 * *err lists them (assay_faults_check()); or NULL and ASSAY_EXHAUSTED for lack of memory.
 *
 * What proto3 drops (0, "") is absence: no displayName, or an empty one, becomes "tuning-job" or
 * "custom-job", as gcloud's files have none; a door that must insist on one looks for it itself.
 */
struct job_spec *job_spec_from_json(const cJSON *root, struct assay_faults *faults,
                                    struct assay_error *err);

#endif
