/*
 * engine/spec/field_values.h - one field's value, by its kind. For fields.c alone.
 */
#ifndef ENGINE_SPEC_FIELD_VALUES_H
#define ENGINE_SPEC_FIELD_VALUES_H

#include "engine/spec/fields.h"

/* Reads node (not null) as field->kind says, and stores it in record unless that is NULL. */
void field_value_read(struct fields *fields, const cJSON *node, const struct field *field,
                      void *record);

#endif
