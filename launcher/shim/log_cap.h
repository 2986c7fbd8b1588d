/*
 * launcher/shim/log_cap.h - keeps the logs of an attempt from filling the disk: of one that takes
 * more than its share the beginning and the newest part stay, and what lies between is given back.
 *
 * The trial writes straight to its logs, and nobody stands in between. The middle becomes a hole in
 * the file: every byte keeps its offset, so that who follows a log needs not know, and a hole reads
 * as NUL bytes and is told by lseek(2), SEEK_DATA. A log can therefore exceed its share by what the
 * trial writes between two looks.
 */
#ifndef LAUNCHER_SHIM_LOG_CAP_H
#define LAUNCHER_SHIM_LOG_CAP_H

#include <stdbool.h>
#include <stdint.h>

struct log_cap {
    const char *dir;    /* the attempt's; borrowed */
    int64_t max_bytes;  /* on the disk, of each log */
    int64_t seen_bytes; /* the size of both when last looked at */
    int64_t pause_us;   /* until the next look */
    bool is_powerless;  /* the file system makes no holes: the logs grow */
};

/* Looks at both logs and returns in how many microseconds to look again; INT64_MAX: never. */
int64_t log_cap_look(struct log_cap *cap);

#endif
