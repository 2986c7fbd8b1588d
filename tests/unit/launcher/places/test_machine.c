#include "launcher/places/machine.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <ftw.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define GIB (INT64_C(1) << 30)

static struct machine machine;
static struct assay_error err;
static char folder[] = "/tmp/assay-machine-XXXXXX";
static char text[MACHINE_TEXT];
static char logged[512];

Test(machine, all_of_it_is_read)
{
    cr_assert(machine_parse("cpus=8,memory=24G,gpus=0,1,3", &machine, &err), "%s", err.message);
    cr_assert(eq(dbl, machine.cpus, 8));
    cr_assert(eq(i64, machine.memory_bytes, 24 * GIB));
    cr_assert(eq(int, machine.gpu_count, 3));
    cr_assert(eq(str, machine.gpus[2], "3"));
    cr_assert(eq(str, (char *)machine_describe(&machine, text),
                 "8 CPUs, 24 GiB of memory and 3 GPUs (0, 1, 3)"));
}

Test(machine, what_is_not_named_stays_unknown)
{
    cr_assert(machine_parse("gpus=none", &machine, &err));
    cr_assert(machine.has_gpus && machine.gpu_count == 0 && machine.memory_bytes == 0);
    cr_assert(eq(str, (char *)machine_describe(&machine, text), "no GPU"));
    cr_assert(machine_parse("cpus=0.5", &machine, &err));
    cr_assert(not(machine.has_gpus));
    cr_assert(eq(str, (char *)machine_describe(&machine, text), "0.5 CPUs"));
}

Test(machine, memory_has_many_units)
{
    static const struct {
        const char *text;
        int64_t bytes;
    } rows[] = {
        { "memory=1", 1 },           { "memory=512B", 512 },    { "memory=2K", 2048 },
        { "memory=1.5Mi", 3 << 19 }, { "memory=3GB", 3 * GIB }, { "memory=3GiB", 3 * GIB },
        { "memory=2T", 2048 * GIB },
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        cr_assert(machine_parse(rows[i].text, &machine, &err), "%s", err.message);
        cr_assert(eq(i64, machine.memory_bytes, rows[i].bytes));
    }
}

Test(machine, gpus_are_known_by_uuids_too)
{
    cr_assert(machine_parse("gpus=GPU-8c6f0d5e-1b2c,MIG-GPU-8c6f/1/0,12", &machine, &err), "%s",
              err.message);
    cr_assert(eq(str, machine.gpus[1], "MIG-GPU-8c6f/1/0"));
}

Test(machine, each_fault_is_refused)
{
    static const struct {
        const char *text;
        const char *part;
    } rows[] = {
        { "", "\"\" is none of cpus=N" },
        { "cpus", "\"cpus\" is none of" },
        { "cpus=", "is no number of CPUs" },
        { "cpus=0", "is no number of CPUs" },
        { "cpus=-1", "is no number of CPUs" },
        { "cpus=nan", "is no number of CPUs" },
        { "cpus=0x8", "is no number of CPUs" },
        { "cpus=1e9", "is no number of CPUs" },
        { "cpus=4,cpus=5", "cpus is given twice" },
        { "memory=0", "is no amount" },
        { "memory=-1G", "is no amount" },
        { "memory=G", "is no amount" },
        { "memory=1X", "is no amount" },
        { "memory=1Gb", "is no amount" },
        { "memory=99999999999T", "is no amount" },
        { "memory=1G,memory=1G", "memory is given twice" },
        { "gpus=", "\"\" is no GPU" },
        { "gpus=0,,1", "\"\" is no GPU" },
        { "gpus=0,1,0", "GPU 0 is there twice" },
        { "gpus=4x", "\"4x\" is no GPU" },
        { "gpus=all", "\"all\" is no GPU" },
        { "gpus=none,0", "\"none\" is no GPU" },
        { "gpus=-1", "\"-1\" is no GPU" },
        { "gpus=GPU-a b", "is no GPU" },
        { "gpus=0,cpus=4", "\"cpus=4\" stands behind gpus=" },
        { "cpu=4", "\"cpu=4\" is none of" },
        { "cpus=4,", "\"\" is none of" },
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        cr_assert(not(machine_parse(rows[i].text, &machine, &err)), "%s", rows[i].text);
        cr_assert(eq(int, err.code, ASSAY_INVALID));
        cr_assert(strstr(err.message, rows[i].part) != NULL, "%s: %s", rows[i].text, err.message);
    }
}

Test(machine, all_faults_are_told_at_once)
{
    cr_assert(not(machine_parse("cpus=x,ram=4,memory=y,gpus=z,0", &machine, &err)));
    cr_assert(
        eq(str, err.message,
           "cpus=x is no number of CPUs above 0; \"ram=4\" is none of cpus=N, memory=N and "
           "gpus=ID,…; memory=y is no amount above 0, as in 24G or 512M; \"z\" is no GPU: ids "
           "are a number, GPU-… or MIG-…, as in gpus=0,1,2,3; gpus=none is none"));
}

Test(machine, too_many_and_too_long_gpus_are_refused)
{
    char list[1024] = "gpus=0";
    size_t used = strlen(list);
    char longest[128] = "gpus=GPU-";

    for (int i = 1; i < MACHINE_GPUS_MAX; i++)
        used += (size_t)snprintf(list + used, sizeof list - used, ",%d", i);
    cr_assert(machine_parse(list, &machine, &err), "%s", err.message);
    (void)snprintf(list + used, sizeof list - used, ",%d", MACHINE_GPUS_MAX);
    cr_assert(not(machine_parse(list, &machine, &err)));
    cr_assert(strstr(err.message, "more than 128 GPUs") != NULL, "%s", err.message);
    memset(longest + 9, 'a', 58);
    cr_assert(machine_parse(longest, &machine, &err), "%s", err.message);
    memset(longest + 9, 'a', 59);
    cr_assert(not(machine_parse(longest, &machine, &err)));
}

Test(machine, many_long_ids_are_described_in_short)
{
    for (int i = 0; i < MACHINE_GPUS_MAX; i++) {
        char id[MACHINE_GPU_TEXT];

        (void)snprintf(id, sizeof id, "MIG-%056d", i);
        cr_assert(machine_add_gpu(&machine, id));
    }
    machine.has_gpus = true;
    (void)machine_describe(&machine, text);
    cr_assert(strstr(text, "128 GPUs (MIG-000") == text, "%s", text);
    cr_assert(strcmp(text + strlen(text) - 6, ", …)") == 0, "%s", text);
}

/* A folder that stands for / and one in PATH that has an nvidia-smi of ours. */

static void log_line(void *context, enum assay_log_level level, const char *line)
{
    (void)context;
    (void)level;
    (void)snprintf(logged, sizeof logged, "%s", line);
}

static void write_at(const char *path, const char *content, mode_t mode)
{
    char full[512];
    FILE *out = NULL;

    (void)snprintf(full, sizeof full, "%s%s", folder, path);
    for (char *slash = strchr(full + strlen(folder) + 1, '/'); slash;
         slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        (void)mkdir(full, 0755);
        *slash = '/';
    }
    out = fopen(full, "we");
    cr_assert(out != NULL);
    (void)fputs(content, out);
    cr_assert(fclose(out) == 0);
    cr_assert(chmod(full, mode) == 0);
}

static void make_folder(void)
{
    cr_assert(mkdtemp(folder) != NULL);
    write_at("/bin/nothing", "", 0644);
}

static int remove_one(const char *path, const struct stat *info, int kind, struct FTW *where)
{
    (void)info;
    (void)kind;
    (void)where;
    return remove(path);
}

static void remove_folder(void)
{
    (void)nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

TestSuite(machine_detect, .init = make_folder, .fini = remove_folder);

static void detect(const char *visible)
{
    struct assay_env env = *assay_env_system();
    struct machine_source source = { &env, visible, folder };
    char path[600];

    env.log = log_line;
    logged[0] = '\0';
    (void)snprintf(path, sizeof path, "%s/bin:/usr/bin:/bin", folder);
    cr_assert(setenv("PATH", path, 1) == 0);
    machine_detect(&source, &machine);
}

static void make_smi(const char *script)
{
    char content[2048];

    (void)snprintf(content, sizeof content, "#!/bin/sh\n%s\n", script);
    write_at("/bin/nvidia-smi", content, 0755);
}

Test(machine_detect, without_nvidia_smi_there_is_no_gpu_and_no_complaint)
{
    detect(NULL);
    cr_assert(machine.has_gpus && machine.gpu_count == 0);
    cr_assert(machine.cpus >= 1 && machine.memory_bytes > 0);
    cr_assert(eq(str, logged, ""));
}

Test(machine_detect, nvidia_smi_is_asked_for_index_uuid_and_memory)
{
    make_smi("[ \"$*\" = '--query-gpu=index,uuid,memory.total --format=csv,noheader,nounits' ] && "
             "echo '0, GPU-8c6f0d5e, 24576'");
    detect(NULL);
    cr_assert(eq(int, machine.gpu_count, 1));
    cr_assert(eq(str, machine.gpus[0], "0"));
    cr_assert(eq(str, logged, ""));
}

Test(machine_detect, eight_gpus_are_eight)
{
    make_smi("for i in 0 1 2 3 4 5 6 7; do echo \"$i, GPU-$i$i$i, 81559\"; done");
    detect(NULL);
    cr_assert(eq(int, machine.gpu_count, 8));
    cr_assert(eq(str, machine.gpus[7], "7"));
}

Test(machine_detect, a_mig_part_is_known_by_its_uuid)
{
    make_smi("echo '0, MIG-a1, 4864'; echo '0, MIG-a2, 4864'; echo '1, GPU-b, 40000'");
    detect(NULL);
    cr_assert(eq(int, machine.gpu_count, 3));
    cr_assert(eq(str, machine.gpus[0], "MIG-a1"));
    cr_assert(eq(str, machine.gpus[1], "MIG-a2"));
    cr_assert(eq(str, machine.gpus[2], "1"));
}

Test(machine_detect, no_devices_garbage_and_failures_are_no_gpu)
{
    static const struct {
        const char *script;
        const char *part;
    } rows[] = {
        { "true", "" },
        { "echo 'No devices were found'", "not understood" },
        { "echo '0, GPU-1, 5'; echo '<html>'", "not understood" },
        { "echo '0, GPU-1, 5'; echo '0, GPU-1, 5'", "not understood" },
        { "printf '\\377\\376\\001, x, y'", "not understood" },
        { "echo 'driver is not loaded' >&2; exit 9", "driver is not loaded" },
        { "kill -9 $$", "status=137" },
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        make_smi(rows[i].script);
        machine = (struct machine){ 0 };
        detect(NULL);
        cr_assert(machine.has_gpus && machine.gpu_count == 0, "%s", rows[i].script);
        cr_assert(strstr(logged, rows[i].part) != NULL, "%s: %s", rows[i].script, logged);
    }
}

/* The one test that waits in real time: for the deadline of two seconds. */
Test(machine_detect, an_nvidia_smi_that_hangs_is_left)
{
    const struct assay_env *env = assay_env_system();
    int64_t begin_us = assay_mono_us(env);

    make_smi("exec sleep 600");
    detect(NULL);
    cr_assert(machine.has_gpus && machine.gpu_count == 0);
    cr_assert(strstr(logged, "GPUs were not found") != NULL, "%s", logged);
    cr_assert(assay_mono_us(env) - begin_us < 60 * INT64_C(1000000));
}

Test(machine_detect, what_the_engine_may_see_is_divided_in_its_own_numbering)
{
    static const struct {
        const char *visible;
        const char *described;
    } rows[] = {
        { "", "no GPU" },
        { "-1", "no GPU" },
        { "NoDevFiles", "no GPU" },
        { "4,6", "2 GPUs (4, 6)" },
        { "GPU-8c6f,MIG-1", "2 GPUs (GPU-8c6f, MIG-1)" },
        { "2,-1,3", "1 GPU (2)" },
    };

    make_smi("echo '0, GPU-1, 5'");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct machine only_gpus = { 0 };

        machine = (struct machine){ 0 };
        detect(rows[i].visible);
        only_gpus = machine;
        only_gpus.cpus = 0;
        only_gpus.memory_bytes = 0;
        cr_assert(eq(str, (char *)machine_describe(&only_gpus, text), (char *)rows[i].described));
    }
}

Test(machine_detect, what_was_said_is_not_looked_for)
{
    make_smi("echo '0, GPU-1, 5'");
    cr_assert(machine_parse("cpus=3,memory=5G,gpus=9", &machine, &err));
    detect("4,6");
    cr_assert(
        eq(str, (char *)machine_describe(&machine, text), "3 CPUs, 5 GiB of memory and 1 GPU (9)"));
}

/* CPUs are at most those of the test's own affinity, so a quota below one shows for sure. */
Test(machine_detect, version_2_limits_count_from_our_cgroup_upwards)
{
    write_at("/proc/self/cgroup", "0::/a/b\n", 0644);
    write_at("/proc/meminfo", "MemTotal:       16777216 kB\nMemFree: 5 kB\n", 0644);
    detect("");
    cr_assert(eq(i64, machine.memory_bytes, 16 * GIB));
    cr_assert(machine.cpus >= 1);
    write_at("/sys/fs/cgroup/a/b/memory.max", "max\n", 0644);
    write_at("/sys/fs/cgroup/a/memory.max", "3221225472\n", 0644);
    write_at("/sys/fs/cgroup/a/b/cpu.max", "50000 100000\n", 0644);
    write_at("/sys/fs/cgroup/a/cpu.max", "max 100000\n", 0644);
    machine = (struct machine){ 0 };
    detect("");
    cr_assert(eq(i64, machine.memory_bytes, 3 * GIB));
    cr_assert(eq(dbl, machine.cpus, 0.5));
}

Test(machine_detect, version_1_limits_count_too)
{
    write_at("/proc/self/cgroup", "7:memory:/job\n4:cpu,cpuacct:/job\n0::/\n", 0644);
    write_at("/proc/meminfo", "MemTotal:       16777216 kB\n", 0644);
    write_at("/sys/fs/cgroup/memory/job/memory.limit_in_bytes", "1073741824\n", 0644);
    write_at("/sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n", 0644);
    write_at("/sys/fs/cgroup/cpu,cpuacct/job/cpu.cfs_quota_us", "25000\n", 0644);
    write_at("/sys/fs/cgroup/cpu,cpuacct/job/cpu.cfs_period_us", "100000\n", 0644);
    write_at("/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us", "-1\n", 0644);
    write_at("/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us", "100000\n", 0644);
    detect("");
    cr_assert(eq(i64, machine.memory_bytes, GIB));
    cr_assert(eq(dbl, machine.cpus, 0.25));
}

/* Within a container the path may be the host's, of which only the root is mounted. */
Test(machine_detect, a_mount_that_lacks_our_path_is_ours)
{
    write_at("/proc/self/cgroup", "0::/system.slice/docker-1.scope\n", 0644);
    write_at("/sys/fs/cgroup/memory.max", "2147483648\n", 0644);
    write_at("/sys/fs/cgroup/cpu.max", "75000 100000\n", 0644);
    detect("");
    cr_assert(eq(i64, machine.memory_bytes, 2 * GIB));
    cr_assert(eq(dbl, machine.cpus, 0.75));
}
