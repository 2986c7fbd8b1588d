/*
 * engine/spec/yaml_scalar.h - what a YAML scalar means: YAML 1.2's core schema (chapter 10.3.2).
 *
 * So 1e-5 is a number, and no, yes, on and 12:30 are text. Pure functions.
 */
#ifndef ENGINE_SPEC_YAML_SCALAR_H
#define ENGINE_SPEC_YAML_SCALAR_H

#include "assay/json.h"

#include <stdbool.h>

/*
 * The scalar as a node without a line; the caller owns it. tag: the full name of an explicit tag,
 * or NULL. is_plain: neither quoted nor in a block.
 *
 * A whole number of 2^53 and more becomes its decimal digits as text, which ProtoJSON reads as an
 * int64 and no double rounds. Infinity and NaN become the text that ProtoJSON has for them.
 * NULL and *err: an unknown tag, a text that is not what its tag says, a number that overflows.
 */
cJSON *yaml_scalar(const char *text, const char *tag, bool is_plain, struct assay_error *err);

#endif
