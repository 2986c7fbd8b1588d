#include "engine/keep/keep_record.h"

#include "launcher/shim/record_file.h"

#include <inttypes.h>
#include <stdio.h>

static const char format[] = "assay-keep 1";

bool keep_record_read(const char *job_dir, struct keep_record *record)
{
    char text[RECORD_TEXT_MAX];
    struct keep_record found = { 0 };
    int64_t is_over = 0;
    bool is_read = record_file_read(job_dir, KEEP_RECORD_NAME, format, text) == 0 &&
                   record_file_number(text, "end_order", &found.end_order) &&
                   record_file_number(text, "limit", &found.limit) &&
                   record_file_number(text, "bytes", &found.bytes) &&
                   record_file_number(text, "is_over", &is_over);

    found.is_over = is_over != 0;
    *record = is_read ? found : (struct keep_record){ 0 };
    return is_read;
}

/* Not synced: what a power cut takes is found out again. */
int keep_record_write(const char *job_dir, const struct keep_record *record)
{
    char text[256];
    int size = snprintf(text, sizeof text,
                        "%s\nend_order %" PRId64 "\nlimit %" PRId64 "\nbytes %" PRId64
                        "\nis_over %d\nend\n",
                        format, record->end_order, record->limit, record->bytes, record->is_over);

    return record_file_write(job_dir, KEEP_RECORD_NAME, text, (size_t)size, false);
}
