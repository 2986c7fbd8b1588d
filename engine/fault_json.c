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

void fault_json_write_details(struct json_writer *w, const struct assay_faults *faults)
{
    json_key(w, "details");
    json_begin_array(w);
    json_begin_object(w);
    json_key(w, "@type");
    json_string(w, "type.googleapis.com/google.rpc.BadRequest");
    json_key(w, "fieldViolations");
    json_begin_array(w);
    for (size_t i = 0; i < faults->stored; i++) {
        json_begin_object(w);
        json_key(w, "field");
        json_string(w, faults->items[i].field);
        json_key(w, "description");
        json_string(w, faults->items[i].message);
        json_end_object(w);
    }
    json_end_array(w);
    json_end_object(w);
    json_end_array(w);
}
