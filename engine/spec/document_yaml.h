/*
 * engine/spec/document_yaml.h - one YAML document as the tree that json_read() would make.
 */
#ifndef ENGINE_SPEC_DOCUMENT_YAML_H
#define ENGINE_SPEC_DOCUMENT_YAML_H

#include "assay/json.h"

/* A member carries the line of its key, because that is where a person looks for it. */

/*
 * How much aliases may add in all, counting 64 bytes a node and its text. Enough for any document
 * that a person writes, and a "billion laughs" is refused within milliseconds.
 */
enum { YAML_ALIAS_WEIGHT_MAX = 4 * 1024 * 1024, YAML_ANCHORS_MAX = 1000 };

/*
 * The caller owns the tree: cJSON_Delete(). A text without any content is null. NULL and *err
 * (ASSAY_INVALID, line and column in the message): broken YAML or UTF-8, several documents,
 * duplicate or complex keys, merge keys, tags other than the core schema's, nesting over
 * JSON_DEPTH_MAX, aliases past the limits above, U+0000.
 */
cJSON *yaml_read(const char *text, size_t size, struct assay_error *err);

#endif
