#include "launcher/dispatcher/place_record.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PLACE_NAME "place"
#define PLACE_FORMAT "assay-place 1"
#define MILLION 1e6

enum { KEY_TEXT = 32 };

static void write_record(FILE *out, const struct grant *grant, size_t replica_count)
{
    struct resources sum = grant_resources(grant);

    (void)fputs(PLACE_FORMAT "\n", out);
    (void)fprintf(out, "replicas %zu\n", replica_count);
    (void)fprintf(out, "cpus_millionths %.0f\n", sum.cpus * MILLION);
    (void)fprintf(out, "memory_bytes %" PRId64 "\n", sum.memory_bytes);
    (void)fprintf(out, "share_millionths %.0f\n", sum.gpu_share * MILLION);
    for (size_t i = 0; i < replica_count; i++) {
        const char *gpus = grant_gpus(grant, i);

        if (gpus)
            (void)fprintf(out, "gpus_%zu %s\n", i, gpus);
    }
    (void)fputs("end\n", out);
}

bool place_record_write(const char *dir, const struct grant *grant, size_t replica_count,
                        struct assay_error *err)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    int error = 0;

    if (!out)
        return assay_fail_memory(err);
    write_record(out, grant, replica_count);
    if (ferror(out) | fclose(out)) {
        free(text);
        return assay_fail_memory(err);
    }
    if (size >= RECORD_TEXT_MAX) {
        free(text);
        return assay_fail(err, ASSAY_INVALID, NULL,
                          "the GPUs of its replicas take %zu bytes to write down; %d are the most",
                          size, RECORD_TEXT_MAX);
    }
    /* Nobody needs it after the machine was down, so it need not be on the disk. */
    error = record_make_dirs(dir);
    if (!error)
        error = record_file_write(dir, PLACE_NAME, text, size, false);
    free(text);
    return error == 0 || assay_fail_errno(err, error, "write %s/%s", dir, PLACE_NAME);
}

bool place_record_read(const char *dir, struct place_record *record)
{
    int64_t count = 0;
    int64_t cpus = 0;
    int64_t share = 0;

    *record = (struct place_record){ 0 };
    if (record_file_read(dir, PLACE_NAME, PLACE_FORMAT, record->text) != 0 ||
        !record_file_number(record->text, "replicas", &count) || count < 1 ||
        !record_file_number(record->text, "cpus_millionths", &cpus) ||
        !record_file_number(record->text, "memory_bytes", &record->sum.memory_bytes) ||
        !record_file_number(record->text, "share_millionths", &share))
        return false;
    record->replica_count = (size_t)count;
    record->sum.cpus = (double)cpus / MILLION;
    record->sum.gpu_share = (double)share / MILLION;
    return true;
}

void place_record_gpus(const struct place_record *record, size_t count, char text[RECORD_TEXT_MAX],
                       const char **gpus)
{
    size_t used = 0;

    for (size_t i = 0; i < count; i++) {
        char key[KEY_TEXT];

        gpus[i] = NULL;
        (void)snprintf(key, sizeof key, "gpus_%zu", i);
        if (!record_file_text(record->text, key, text + used, RECORD_TEXT_MAX - used))
            continue;
        gpus[i] = text + used;
        used += strlen(text + used) + 1;
    }
}
