#include "bench/measure.h"

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

static double seconds(struct timeval value)
{
    return (double)value.tv_sec + (double)value.tv_usec / 1e6;
}

struct moment moment_now(void)
{
    struct timespec now = { 0 };
    struct rusage usage = { 0 };

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    (void)getrusage(RUSAGE_SELF, &usage);
    return (struct moment){ .wall_s = (double)now.tv_sec + (double)now.tv_nsec / 1e9,
                            .cpu_s = seconds(usage.ru_utime) + seconds(usage.ru_stime) };
}

double descendants_cpu_s(void)
{
    struct rusage usage = { 0 };

    (void)getrusage(RUSAGE_CHILDREN, &usage);
    return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

double resident_bytes(void)
{
    char line[128] = "";
    char *rest = line;
    FILE *statm = NULL;
    long pages = 0;

    (void)malloc_trim(0);
    statm = fopen("/proc/self/statm", "re");
    if (!statm)
        return 0;
    if (fgets(line, sizeof line, statm)) {
        (void)strtol(line, &rest, 10); /* the size of the address space comes first */
        pages = strtol(rest, NULL, 10);
    }
    (void)fclose(statm);
    return (double)pages * (double)sysconf(_SC_PAGESIZE);
}

static int compare(const void *a, const void *b)
{
    double left = *(const double *)a;
    double right = *(const double *)b;

    return (left > right) - (left < right);
}

struct spread spread_of(double *values, size_t count)
{
    size_t middle = count / 2;

    if (count == 0)
        return (struct spread){ 0 };
    qsort(values, count, sizeof *values, compare);
    return (struct spread){
        .min = values[0],
        .median = count % 2 ? values[middle] : (values[middle - 1] + values[middle]) / 2,
        .max = values[count - 1],
    };
}
