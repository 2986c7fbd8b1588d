#include "launcher/shim/claim.h"

#include "launcher/shim/record_file.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* One field per line, the tag last; "-" stands for an empty one. */
#define CLAIM_FORMAT "assay-claim-1"

enum claim_field { FIELD_FORMAT, FIELD_PID, FIELD_START, FIELD_BOOT, FIELD_CGROUP, FIELD_TAG };

enum { FIELD_COUNT = FIELD_TAG + 1 };

static const char *known(const char *text)
{
    return text[0] ? text : "-";
}

int claim_make(const char *attempt_dir, const struct claim *claim)
{
    char text[PATH_MAX];
    char path[PATH_MAX];
    int error = record_path(path, sizeof path, attempt_dir, CLAIM_NAME);
    int size = snprintf(text, sizeof text, CLAIM_FORMAT "\n%ld\n%" PRIu64 "\n%s\n%s\n%s",
                        (long)claim->pid, claim->start_ticks, known(claim->boot_id),
                        known(claim->cgroup), known(claim->tag));

    if (error || size < 0 || (size_t)size >= sizeof text)
        return error ? error : ENAMETOOLONG;
    return symlink(text, path) < 0 ? errno : 0;
}

/* Cuts text at its line ends into all the fields; false when there are fewer or more. */
static bool split(char *text, char *fields[FIELD_COUNT])
{
    for (size_t i = 0; i < FIELD_COUNT; i++) {
        char *end = strchr(text, '\n');

        fields[i] = text;
        if (!end != (i + 1 == FIELD_COUNT))
            return false;
        if (end) {
            *end = '\0';
            text = end + 1;
        }
    }
    return true;
}

static bool copy_field(const char *field, char *text, size_t size)
{
    if (strcmp(field, "-") == 0)
        field = "";
    return (size_t)snprintf(text, size, "%s", field) < size;
}

static bool parse_number(const char *field, uint64_t max, uint64_t *number)
{
    char *end = NULL;

    if (field[0] < '0' || field[0] > '9')
        return false;
    errno = 0;
    *number = strtoull(field, &end, 10);
    return errno == 0 && *end == '\0' && *number <= max;
}

int claim_read(const char *attempt_dir, struct claim *claim)
{
    char text[PATH_MAX];
    char path[PATH_MAX];
    char *fields[FIELD_COUNT] = { 0 };
    uint64_t pid = 0;
    int error = record_path(path, sizeof path, attempt_dir, CLAIM_NAME);
    ssize_t size = error ? -1 : readlink(path, text, sizeof text - 1);

    *claim = (struct claim){ 0 };
    if (size < 0 && !error)
        error = errno == EINVAL ? EBADMSG : errno;
    if (error)
        return error == ENOTDIR ? ENOENT : error;
    text[size] = '\0';
    if (!split(text, fields) || strcmp(fields[FIELD_FORMAT], CLAIM_FORMAT) != 0 ||
        !parse_number(fields[FIELD_PID], INT_MAX, &pid) ||
        !parse_number(fields[FIELD_START], UINT64_MAX, &claim->start_ticks) ||
        !copy_field(fields[FIELD_BOOT], claim->boot_id, sizeof claim->boot_id) ||
        !copy_field(fields[FIELD_CGROUP], claim->cgroup, sizeof claim->cgroup) ||
        !copy_field(fields[FIELD_TAG], claim->tag, sizeof claim->tag)) {
        *claim = (struct claim){ 0 };
        return EBADMSG;
    }
    claim->pid = (pid_t)pid;
    return 0;
}

bool claim_is_alive(const struct claim *claim)
{
    char boot_id[BOOT_ID_TEXT];

    process_boot_id(boot_id);
    return strcmp(boot_id, claim->boot_id) == 0 && process_is_alive(claim->pid, claim->start_ticks);
}
