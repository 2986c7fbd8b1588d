#include "launcher/container/container_record.h"

#include "launcher/shim/record_file.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define RECORD_FORMAT "assay-container 1"

static const char *const stage_names[] = {
    [CONTAINER_NOT_BEGUN] = "none",  [CONTAINER_BEGUN] = "begun",
    [CONTAINER_EXITED] = "exited",   [CONTAINER_SIGNALED] = "signaled",
    [CONTAINER_NO_EXEC] = "no_exec",
};

int container_record_write(int fd, const struct container_record *record)
{
    char text[512];
    int size =
        snprintf(text, sizeof text,
                 RECORD_FORMAT "\nstage %s\nstatus %d\noom_kills %lld\ncpu_us %lld\n"
                               "peak_memory_bytes %lld\ndetail %s\nend\n",
                 stage_names[record->stage], record->status, (long long)record->oom_kills,
                 (long long)record->cpu_us, (long long)record->peak_memory_bytes, record->detail);

    if (size < 0 || (size_t)size >= sizeof text)
        return EOVERFLOW;
    if (pwrite(fd, text, (size_t)size, 0) != size)
        return errno ? errno : EIO;
    return ftruncate(fd, size) < 0 ? errno : 0;
}

bool container_record_is_final(const struct container_record *record)
{
    return record->stage == CONTAINER_EXITED || record->stage == CONTAINER_SIGNALED ||
           record->stage == CONTAINER_NO_EXEC;
}

static enum container_stage stage_of(const char *text)
{
    char name[16] = "";

    if (record_file_text(text, "stage", name, sizeof name)) {
        for (size_t i = 0; i < sizeof stage_names / sizeof stage_names[0]; i++) {
            if (strcmp(stage_names[i], name) == 0)
                return (enum container_stage)i;
        }
    }
    return CONTAINER_NOT_BEGUN;
}

void container_record_read(const char *dir, struct container_record *record)
{
    char text[RECORD_TEXT_MAX];
    int64_t status = 0;

    *record = (struct container_record){ .stage = CONTAINER_NOT_BEGUN };
    if (record_file_read(dir, CONTAINER_RECORD_NAME, RECORD_FORMAT, text) != 0)
        return;
    record->stage = stage_of(text);
    if (record_file_number(text, "status", &status))
        record->status = (int)status;
    (void)record_file_number(text, "oom_kills", &record->oom_kills);
    (void)record_file_number(text, "cpu_us", &record->cpu_us);
    (void)record_file_number(text, "peak_memory_bytes", &record->peak_memory_bytes);
    (void)record_file_text(text, "detail", record->detail, sizeof record->detail);
}
