#include "engine/spec/study_resource.h"

#include "assay/utf8.h"
#include "engine/spec/messages.h"

#include <string.h>

static const struct field study_resource_fields[] = {
    { .name = "displayName", .kind = FIELD_TEXT, .at = FIELD_AT(struct job_spec, display_name) },
    { .name = "studySpec",
      .kind = FIELD_MESSAGE,
      .at = FIELD_AT(struct job_spec, study),
      .message = &study_message },
    { .name = "assay",
      .kind = FIELD_MESSAGE,
      .at = FIELD_AT(struct job_spec, assay),
      .message = &assay_message },
    { .name = "name", .kind = FIELD_IGNORED },
    { .name = "state", .kind = FIELD_IGNORED },
    { .name = "createTime", .kind = FIELD_IGNORED },
    { .name = "inactiveReason", .kind = FIELD_IGNORED },
};

static void study_resource_check(struct fields *fields, const cJSON *node, void *record)
{
    struct job_spec *spec = record;
    const char *name = spec->display_name;

    fields_require(fields, node, "displayName");
    if (name && utf8_count(name, strlen(name)) > DISPLAY_NAME_MAX)
        fields_fault(fields, node, "displayName", "has more than %d characters", DISPLAY_NAME_MAX);
    fields_require(fields, node, "studySpec");
    grid_check(fields, node, spec);
    assay_block_check(fields, fields_member(node, "assay"), spec);
}

static const struct message study_resource_message = { MESSAGE_FIELDS(study_resource_fields),
                                                       .check = study_resource_check };

static void read_study(struct fields *fields, const cJSON *root, struct job_spec *spec)
{
    spec->kind = JOB_STUDY;
    (void)fields_enter(fields, "study");
    fields_read(fields, root, &study_resource_message, spec);
}

struct job_spec *study_resource_from_json(const cJSON *root, struct assay_faults *faults,
                                          struct assay_error *err)
{
    return job_spec_read(root, read_study, faults, err);
}
