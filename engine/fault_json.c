#include "engine/fault_json.h"

void fault_json_write(struct json_writer *w, const struct assay_faults *faults)
{
    json_key(w, "faultCount");
    json_int(w, (int64_t)faults->count);
    json_key(w, "faults");
    json_begin_array(w);
    for (size_t i = 0; i < faults->stored; i++) {
        json_begin_object(w);
        json_key(w, "line");
        json_int(w, faults->items[i].line);
        json_key(w, "field");
        json_string(w, faults->items[i].field);
        json_key(w, "message");
        json_string(w, faults->items[i].message);
        json_end_object(w);
    }
    json_end_array(w);
}

static void write_violation(struct json_writer *w, const char *field, const char *description)
{
    json_begin_object(w);
    if (field[0] != '\0') { /* proto3 JSON leaves empty strings out */
        json_key(w, "field");
        json_string(w, field);
    }
    json_key(w, "description");
    json_string(w, description);
    json_end_object(w);
}

void fault_json_write_details(struct json_writer *w, const struct assay_faults *faults,
                              const struct assay_error *err)
{
    if (faults->stored == 0 && err->field[0] == '\0' && err->code != ASSAY_INVALID)
        return;
    json_key(w, "details");
    json_begin_array(w);
    json_begin_object(w);
    json_key(w, "@type");
    json_string(w, "type.googleapis.com/google.rpc.BadRequest");
    json_key(w, "fieldViolations");
    json_begin_array(w);
    for (size_t i = 0; i < faults->stored; i++)
        write_violation(w, faults->items[i].field, faults->items[i].message);
    if (faults->stored == 0)
        write_violation(w, err->field, err->message);
    json_end_array(w);
    json_end_object(w);
    json_end_array(w);
}
