#include "bench/report.h"

#include "assay.h"

#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <sys/statfs.h>
#include <sys/utsname.h>
#include <unistd.h>

enum { NUMBER_TEXT = 32 };

void report_part(const char *title)
{
    (void)printf("\n%s\n", title);
    (void)fflush(stdout);
}

/* Four digits say all that a noisy machine knows. Returns text. */
static char *number_text(double value, char text[NUMBER_TEXT])
{
    (void)snprintf(text, NUMBER_TEXT, value >= 1000 ? "%.0f" : "%.4g", value);
    return text;
}

static void print_start(const char *name, double value, const char *unit)
{
    char number[NUMBER_TEXT];

    (void)printf("  %-44s %10s %-6s", name, number_text(value, number), unit);
}

void report_figure(const char *name, double value, const char *unit)
{
    print_start(name, value, unit);
    (void)printf("\n");
    (void)fflush(stdout);
}

void report_spread(const char *name, const struct spread *spread, const char *unit)
{
    char min[NUMBER_TEXT];
    char max[NUMBER_TEXT];

    print_start(name, spread->median, unit);
    (void)printf(" (%s to %s)\n", number_text(spread->min, min), number_text(spread->max, max));
    (void)fflush(stdout);
}

/* The ratio is that of the value to the limit. */
static void print_verdict(struct report *report, const char *comparison, double value, double limit,
                          bool is_met)
{
    char limit_text[NUMBER_TEXT];
    char ratio_text[NUMBER_TEXT];

    (void)printf(" limit %s %-6s ratio %-7s %s\n", comparison, number_text(limit, limit_text),
                 number_text(value / limit, ratio_text), is_met ? "ok" : "NOT MET");
    (void)fflush(stdout);
    report->missed += report->is_judging && !is_met;
}

void report_at_least(struct report *report, const char *name, double value, double limit,
                     const char *unit)
{
    print_start(name, value, unit);
    print_verdict(report, ">=", value, limit, value >= limit);
}

void report_at_most(struct report *report, const char *name, double value, double limit,
                    const char *unit)
{
    print_start(name, value, unit);
    print_verdict(report, "<=", value, limit, value <= limit);
}

void report_end(const struct report *report)
{
    if (!report->is_judging)
        (void)printf("\nthe counts are too small to judge by\n");
    else if (report->missed)
        (void)printf("\n%d limit%s NOT MET\n", report->missed, report->missed == 1 ? "" : "s");
    else
        (void)printf("\nall limits met\n");
}

static const char *file_system_name(const char *folder)
{
    static const struct {
        unsigned long magic;
        const char *name;
    } known[] = {
        { 0xEF53, "ext4" },         { 0x58465342, "xfs" },
        { 0x9123683E, "btrfs" },    { 0x2FC12FC1, "zfs" },
        { 0xF2F52010, "f2fs" },     { 0x794C7630, "overlayfs" },
        { 0xCA451A4E, "bcachefs" }, { 0x01021994, "tmpfs (no disk: figures flatter)" },
    };
    struct statfs info = { 0 };

    if (statfs(folder, &info) != 0)
        return "unknown";
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (((unsigned long)info.f_type & 0xFFFFFFFF) == known[i].magic)
            return known[i].name;
    return "another";
}

static void read_cpu_model(char *model, size_t size)
{
    char line[256];
    FILE *info = fopen("/proc/cpuinfo", "re");

    (void)snprintf(model, size, "unknown");
    while (info && fgets(line, sizeof line, info)) {
        const char *colon = strchr(line, ':');

        if (strncmp(line, "model name", 10) != 0 || !colon)
            continue;
        line[strcspn(line, "\n")] = '\0';
        (void)snprintf(model, size, "%s", colon + 2);
        break;
    }
    if (info)
        (void)fclose(info);
}

void report_machine(const char *folder)
{
    struct utsname system = { 0 };
    char model[256];

    (void)uname(&system);
    read_cpu_model(model, sizeof model);
    (void)printf("cpu          %s, %ld cores\n", model, sysconf(_SC_NPROCESSORS_ONLN));
    (void)printf("system       %s %s %s\n", system.sysname, system.release, system.machine);
    (void)printf("file system  %s\n", file_system_name(folder));
    (void)printf("versions     assay %s, SQLite %s, compiler %s\n", ASSAY_VERSION,
                 sqlite3_libversion(), __VERSION__);
    (void)fflush(stdout);
}
