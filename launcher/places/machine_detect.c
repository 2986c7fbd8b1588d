#include "launcher/places/machine.h"
#include "launcher/subprocess.h"

#include "assay/value.h"

#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* nvidia-smi answers in tens of milliseconds, or not at all where the driver is stuck. */
enum { SMI_TIMEOUT_US = 2000000, FILE_TEXT = 4096, PATH_TEXT = 1024, FOLDER_TEXT = 2048 };

/* A small file of /proc or /sys. */
static bool read_file(const char *path, char text[FILE_TEXT])
{
    ssize_t size = -1;
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd < 0)
        return false;
    size = read(fd, text, FILE_TEXT - 1);
    (void)close(fd);
    if (size < 0)
        return false;
    text[size] = '\0';
    return true;
}

/* The number at the beginning of a text; false for "max" and other words. */
static bool first_number(const char *text, double *number)
{
    char digits[ASSAY_NUMBER_TEXT];
    size_t size = strspn(text, "-0123456789");

    if (size == 0 || size >= sizeof digits)
        return false;
    memcpy(digits, text, size);
    digits[size] = '\0';
    return assay_number_parse(digits, number);
}

static bool file_number(const char *dir, const char *name, double *number)
{
    char path[FOLDER_TEXT + 64];
    char text[FILE_TEXT];

    (void)snprintf(path, sizeof path, "%s/%s", dir, name);
    return read_file(path, text) && first_number(text, number);
}

/* A limit that a cgroup's folder sets; false for none. */
typedef bool (*limit_fn)(const char *dir, double *limit);

static bool cpus_v2(const char *dir, double *limit)
{
    char path[FOLDER_TEXT + 64];
    char text[FILE_TEXT];
    double period = 0;
    const char *second = NULL;

    (void)snprintf(path, sizeof path, "%s/cpu.max", dir);
    if (!read_file(path, text) || !first_number(text, limit))
        return false;
    second = strchr(text, ' ');
    if (!second || !first_number(second + 1, &period) || !(*limit > 0 && period > 0))
        return false;
    *limit /= period;
    return true;
}

static bool cpus_v1(const char *dir, double *limit)
{
    double period = 0;

    if (!file_number(dir, "cpu.cfs_quota_us", limit) ||
        !file_number(dir, "cpu.cfs_period_us", &period) || !(*limit > 0 && period > 0))
        return false;
    *limit /= period;
    return true;
}

static bool memory_v2(const char *dir, double *limit)
{
    return file_number(dir, "memory.max", limit) && *limit > 0;
}

static bool memory_v1(const char *dir, double *limit)
{
    return file_number(dir, "memory.limit_in_bytes", limit) && *limit > 0;
}

/* Does "cpu,cpuacct" list it? v2's list is empty, and only "" is in it. */
static bool lists(const char *controllers, size_t size, const char *controller)
{
    size_t wanted = strlen(controller);

    if (wanted == 0)
        return size == 0;
    while (size > 0) {
        size_t item = strcspn(controllers, ",:");

        if (item == wanted && memcmp(controllers, controller, wanted) == 0)
            return true;
        if (item >= size)
            return false;
        controllers += item + 1;
        size -= item + 1;
    }
    return false;
}

/*
 * Our cgroup of a controller ("" for v2), from lines "4:cpu,cpuacct:/path" and "0::/path" of
 * /proc/self/cgroup; "/" where there is none.
 */
static void own_cgroup(const char *root, const char *controller, char path[PATH_TEXT])
{
    char name[PATH_TEXT];
    char text[FILE_TEXT];

    (void)snprintf(path, PATH_TEXT, "/");
    (void)snprintf(name, sizeof name, "%s/proc/self/cgroup", root);
    if (!read_file(name, text))
        return;
    for (char *line = text; *line; line += strcspn(line, "\n"), line += *line == '\n') {
        char *list = line + strspn(line, "0123456789");
        size_t size = 0;

        if (*list != ':')
            continue;
        list++;
        size = strcspn(list, ":\n");
        if (list[size] != ':' || !lists(list, size, controller))
            continue;
        list += size + 1;
        (void)snprintf(path, PATH_TEXT, "%.*s", (int)strcspn(list, "\n"), list);
        return;
    }
}

/* The least of most and the limits of our cgroup and all above it. */
static double least(const char *root, const char *mount, const char *controller, limit_fn limit_of,
                    double most)
{
    char path[PATH_TEXT];

    own_cgroup(root, controller, path);
    for (;;) {
        char dir[FOLDER_TEXT];
        char *slash = NULL;
        double limit = 0;

        (void)snprintf(dir, sizeof dir, "%s/sys/fs/cgroup%s%s", root, mount, path);
        if (limit_of(dir, &limit) && limit < most)
            most = limit;
        slash = strrchr(path, '/');
        if (!slash || path[1] == '\0')
            return most;
        /* Within a container the path may be the host's: then the mount itself is ours. */
        slash[slash == path] = '\0';
    }
}

static double affinity_cpus(void)
{
    cpu_set_t set;
    long online = 0;

    if (sched_getaffinity(0, sizeof set, &set) == 0)
        return CPU_COUNT(&set);
    /* More than CPU_SETSIZE, or not told. */
    online = sysconf(_SC_NPROCESSORS_ONLN);
    return online > 0 ? (double)online : 1;
}

static double found_cpus(const char *root)
{
    double cpus = affinity_cpus();

    cpus = least(root, "", "", cpus_v2, cpus);
    cpus = least(root, "/unified", "", cpus_v2, cpus);
    cpus = least(root, "/cpu", "cpu", cpus_v1, cpus);
    return least(root, "/cpu,cpuacct", "cpu", cpus_v1, cpus);
}

static int64_t found_memory(const char *root)
{
    char path[PATH_TEXT];
    char text[FILE_TEXT];
    const char *line = NULL;
    double bytes = 0;

    (void)snprintf(path, sizeof path, "%s/proc/meminfo", root);
    if (read_file(path, text))
        line = strstr(text, "MemTotal:");
    if (line && first_number(line + strcspn(line, "0123456789"), &bytes))
        bytes *= 1024;
    /* Not told: then it is no limit to anyone. */
    if (!(bytes > 0))
        bytes = (double)(INT64_C(1) << 50);
    bytes = least(root, "", "", memory_v2, bytes);
    bytes = least(root, "/unified", "", memory_v2, bytes);
    return (int64_t)least(root, "/memory", "memory", memory_v1, bytes);
}

/*
 * "3, GPU-8c6…, 24576": the index, which is what people name it by; but a MIG part is known by its
 * UUID alone.
 */
static bool read_smi_line(char *line, struct machine *machine)
{
    char *uuid = strchr(line, ',');
    char *memory = uuid ? strchr(uuid + 1, ',') : NULL;

    if (!memory)
        return false;
    *uuid++ = '\0';
    *memory = '\0';
    uuid += strspn(uuid, " ");
    return machine_add_gpu(machine, strncmp(uuid, "MIG-", 4) == 0 ? uuid : line);
}

static void read_smi(const struct assay_env *env, char *output, struct machine *machine)
{
    while (*output) {
        size_t size = strcspn(output, "\n");
        char *next = output + size + (output[size] == '\n');

        output[size] = '\0';
        if (size > 0 && !read_smi_line(output, machine)) {
            assay_log(env, ASSAY_LOG_WARNING,
                      "nvidia-smi's answer is not understood, no GPU is used line=\"%.80s\"",
                      output);
            machine->gpu_count = 0;
            return;
        }
        output = next;
    }
}

static void found_gpus(const struct assay_env *env, struct machine *machine)
{
    static const char *const argv[] = { "nvidia-smi", "--query-gpu=index,uuid,memory.total",
                                        "--format=csv,noheader,nounits", NULL };
    struct subprocess_spec spec = { .env = env, .argv = argv, .timeout_us = SMI_TIMEOUT_US };
    struct subprocess_result result = { 0 };
    struct assay_error err = { 0 };
    char why[128];

    if (!subprocess_run(&spec, &result, &err)) {
        if (err.code != ASSAY_NOT_FOUND)
            assay_log(env, ASSAY_LOG_WARNING, "GPUs were not found: %s", err.message);
    } else if (result.status == 0) {
        read_smi(env, result.output, machine);
    } else {
        assay_log(env, ASSAY_LOG_WARNING, "nvidia-smi failed, no GPU is used status=%d: %s",
                  result.status, subprocess_last_line(result.errors, why, sizeof why));
    }
    subprocess_result_clear(&result);
}

/* GPUs of a list as CUDA reads it: up to the first that is none. */
static void read_visible(const char *list, struct machine *machine)
{
    while (*list) {
        char id[MACHINE_GPU_TEXT];
        size_t size = strcspn(list, ",");

        if (size >= sizeof id)
            return;
        memcpy(id, list, size);
        id[size] = '\0';
        if (!machine_add_gpu(machine, id))
            return;
        list += size + (list[size] == ',');
    }
}

void machine_detect(const struct machine_source *source, struct machine *machine)
{
    const char *root = source->root ? source->root : "";

    if (!(machine->cpus > 0))
        machine->cpus = found_cpus(root);
    if (machine->memory_bytes <= 0)
        machine->memory_bytes = found_memory(root);
    if (machine->has_gpus)
        return;
    machine->has_gpus = true;
    if (source->visible_devices)
        read_visible(source->visible_devices, machine);
    else
        found_gpus(source->env, machine);
}
