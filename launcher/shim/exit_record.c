#include "launcher/shim/exit_record.h"

#include "launcher/shim/record_file.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define EXIT_FORMAT "assay-exit 1"

/*
 * A sync costs milliseconds, a short attempt is cheaper to run again after a power cut. Only the
 * power cut matters: when a process dies, what it wrote stays.
 */
enum { SYNC_FROM_US = 1000000 };

static const char *const kind_names[] = {
    [ENDING_EXITED] = "exited",           [ENDING_SIGNALED] = "signaled",
    [ENDING_TIMEOUT] = "timeout",         [ENDING_OUT_OF_MEMORY] = "out_of_memory",
    [ENDING_STOPPED] = "stopped",         [ENDING_NOT_FOUND] = "not_found",
    [ENDING_NOT_STARTED] = "not_started", [ENDING_LOST] = "lost",
};

enum { KIND_COUNT = sizeof kind_names / sizeof kind_names[0] };

const char *ending_kind_name(enum ending_kind kind)
{
    return (unsigned)kind < KIND_COUNT ? kind_names[kind] : "unknown";
}

static void copy_printable(char *to, size_t size, const char *from)
{
    size_t used = 0;

    for (; from[used] && used + 1 < size; used++)
        to[used] = iscntrl((unsigned char)from[used]) ? (char)' ' : from[used];
    to[used] = '\0';
}

int exit_record_write(const char *attempt_dir, const struct ending *ending)
{
    char text[RECORD_TEXT_MAX];
    char detail[sizeof ending->detail];
    bool is_long = ending->end_us - ending->start_us >= SYNC_FROM_US;
    int size = 0;

    copy_printable(detail, sizeof detail, ending->detail);
    size = snprintf(text, sizeof text,
                    EXIT_FORMAT "\nkind %s\nstatus %d\nstart_us %" PRId64 "\nend_us %" PRId64
                                "\ncpu_us %" PRId64 "\npeak_memory_bytes %" PRId64
                                "\ndetail %s\nend\n",
                    ending_kind_name(ending->kind), ending->status, ending->start_us,
                    ending->end_us, ending->cpu_us, ending->peak_memory_bytes, detail);
    if (size < 0 || (size_t)size >= sizeof text)
        return EMSGSIZE;
    return record_file_write(attempt_dir, EXIT_RECORD_NAME, text, (size_t)size,
                             ending->start_us && is_long);
}

static bool parse_kind(const char *text, enum ending_kind *kind)
{
    char name[32];

    if (!record_file_text(text, "kind", name, sizeof name))
        return false;
    for (unsigned i = 0; i < KIND_COUNT; i++) {
        if (strcmp(name, kind_names[i]) == 0) {
            *kind = (enum ending_kind)i;
            return true;
        }
    }
    return false;
}

int exit_record_read(const char *attempt_dir, struct ending *ending)
{
    char text[RECORD_TEXT_MAX];
    int64_t status = 0;
    int error = record_file_read(attempt_dir, EXIT_RECORD_NAME, EXIT_FORMAT, text);

    if (error)
        return error;
    if (!parse_kind(text, &ending->kind) || !record_file_number(text, "status", &status) ||
        !record_file_number(text, "start_us", &ending->start_us) ||
        !record_file_number(text, "end_us", &ending->end_us) ||
        !record_file_number(text, "cpu_us", &ending->cpu_us) ||
        !record_file_number(text, "peak_memory_bytes", &ending->peak_memory_bytes) ||
        !record_file_text(text, "detail", ending->detail, sizeof ending->detail))
        return EBADMSG;
    ending->status = (int)status;
    return 0;
}
