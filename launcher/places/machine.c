#include "launcher/places/machine.h"
#include "launcher/places/sentence.h"

#include "assay/value.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* More than any machine has: so that sums of them cannot overflow. */
#define CPUS_MAX 1e6
#define MEMORY_MAX ((double)(INT64_C(1) << 56))

/* One more of what is wrong with a text. */
static void complain(struct sentence *complaint, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

static void complain(struct sentence *complaint, const char *fmt, ...)
{
    va_list args;

    if (complaint->used > 0)
        sentence_add(complaint, "; ");
    va_start(args, fmt);
    sentence_add_list(complaint, fmt, args);
    va_end(args);
}

static bool is_gpu_id(const char *id)
{
    size_t size = strlen(id);

    if (size == 0 || size > MACHINE_GPU_TEXT - 2)
        return false;
    if (id[strspn(id, "0123456789")] == '\0')
        return true;
    if (strncmp(id, "GPU-", 4) != 0 && strncmp(id, "MIG-", 4) != 0)
        return false;
    for (const char *at = id; *at; at++)
        if (!isalnum((unsigned char)*at) && !strchr("-/", *at))
            return false;
    return true;
}

static bool has_gpu(const struct machine *machine, const char *id)
{
    for (int i = 0; i < machine->gpu_count; i++)
        if (strcmp(machine->gpus[i], id) == 0)
            return true;
    return false;
}

bool machine_add_gpu(struct machine *machine, const char *id)
{
    if (!is_gpu_id(id) || has_gpu(machine, id) || machine->gpu_count == MACHINE_GPUS_MAX)
        return false;
    (void)snprintf(machine->gpus[machine->gpu_count++], MACHINE_GPU_TEXT, "%s", id);
    return true;
}

static void parse_gpus(char *list, struct machine *machine, struct sentence *complaint)
{
    char *next = list;

    if (machine->has_gpus)
        complain(complaint, "gpus is given twice");
    machine->has_gpus = true;
    if (strcmp(list, "none") == 0)
        return;
    while (next) {
        char *id = next;

        next = strchr(id, ',');
        if (next)
            *next++ = '\0';
        if (machine_add_gpu(machine, id))
            continue;
        if (has_gpu(machine, id))
            complain(complaint, "GPU %s is there twice", id);
        else if (machine->gpu_count == MACHINE_GPUS_MAX)
            complain(complaint, "more than %d GPUs", MACHINE_GPUS_MAX);
        else if (strchr(id, '='))
            complain(complaint, "\"%.40s\" stands behind gpus=, which takes the rest of the list",
                     id);
        else
            complain(complaint,
                     "\"%.40s\" is no GPU: ids are a number, GPU-… or MIG-…, as in gpus=0,1,2,3; "
                     "gpus=none is none",
                     id);
    }
}

static void parse_cpus(const char *value, struct machine *machine, struct sentence *complaint)
{
    double cpus = 0;

    if (machine->cpus > 0)
        complain(complaint, "cpus is given twice");
    if (!assay_number_parse(value, &cpus) || !(cpus >= 0.001 && cpus <= CPUS_MAX))
        complain(complaint, "cpus=%.40s is no number of CPUs above 0", value);
    else
        machine->cpus = cpus;
}

/* 1 for "", 1024 for "K", "Ki", "KB" and "KiB", …; 0 for what is none. */
static double memory_unit(const char *text)
{
    static const char letters[] = "KMGT";
    const char *letter = *text ? strchr(letters, *text) : NULL;

    if (*text == '\0' || strcmp(text, "B") == 0)
        return 1;
    if (!letter)
        return 0;
    text++;
    text += *text == 'i';
    text += *text == 'B';
    return *text ? 0 : pow(1024, (double)(letter - letters + 1));
}

/* 0 for what is no amount. */
static double memory_amount(const char *value)
{
    char digits[ASSAY_NUMBER_TEXT];
    size_t size = strspn(value, "0123456789.");
    double number = 0;

    if (size >= sizeof digits)
        return 0;
    memcpy(digits, value, size);
    digits[size] = '\0';
    return assay_number_parse(digits, &number) ? number * memory_unit(value + size) : 0;
}

static void parse_memory(const char *value, struct machine *machine, struct sentence *complaint)
{
    double bytes = memory_amount(value);

    if (machine->memory_bytes > 0)
        complain(complaint, "memory is given twice");
    if (!(bytes >= 1 && bytes <= MEMORY_MAX))
        complain(complaint, "memory=%.40s is no amount above 0, as in 24G or 512M", value);
    else
        machine->memory_bytes = (int64_t)bytes;
}

/* One "key=value"; gpus gets all that follows. Returns what is left, NULL at the end. */
static char *parse_item(char *item, struct machine *machine, struct sentence *complaint)
{
    char *value = item + strcspn(item, "=,");
    char *next = NULL;

    if (strncmp(item, "gpus=", 5) == 0) {
        parse_gpus(item + 5, machine, complaint);
        return NULL;
    }
    next = strchr(item, ',');
    if (next)
        *next++ = '\0';
    if (strncmp(item, "cpus=", 5) == 0)
        parse_cpus(value + 1, machine, complaint);
    else if (strncmp(item, "memory=", 7) == 0)
        parse_memory(value + 1, machine, complaint);
    else
        complain(complaint, "\"%.40s\" is none of cpus=N, memory=N and gpus=ID,…", item);
    return next;
}

bool machine_parse(const char *text, struct machine *machine, struct assay_error *err)
{
    char faults[1024];
    struct sentence complaint = { faults, sizeof faults, 0 };
    char *copy = strdup(text);
    char *at = copy;

    *machine = (struct machine){ 0 };
    if (!copy)
        return assay_fail_memory(err);
    while (at)
        at = parse_item(at, machine, &complaint);
    free(copy);
    return complaint.used == 0 || assay_fail(err, ASSAY_INVALID, NULL, "%s", faults);
}

const char *machine_memory_text(int64_t bytes, char text[MACHINE_MEMORY_TEXT])
{
    static const char *const units[] = { "bytes", "KiB", "MiB", "GiB" };
    double number = (double)bytes;
    size_t unit = 0;

    for (; fabs(number) >= 1024 && unit < 3; unit++)
        number /= 1024;
    (void)snprintf(text, MACHINE_MEMORY_TEXT, fabs(number) >= 100 ? "%.0f %s" : "%.3g %s", number,
                   units[unit]);
    return text;
}

/* "no GPU", "3 GPUs (0, 1, 3)"; the first of many. */
static void write_gpus(const struct machine *machine, char *text, size_t size)
{
    enum { SHOWN_MAX = 8 };
    int shown = machine->gpu_count < SHOWN_MAX ? machine->gpu_count : SHOWN_MAX;
    size_t used = 0;

    if (machine->gpu_count == 0) {
        (void)snprintf(text, size, "no GPU");
        return;
    }
    used = (size_t)snprintf(text, size, "%d GPU%s (", machine->gpu_count,
                            machine->gpu_count == 1 ? "" : "s");
    for (int i = 0; i < shown && used < size; i++)
        used += (size_t)snprintf(text + used, size - used, "%s%.42s", i > 0 ? ", " : "",
                                 machine->gpus[i]);
    if (used < size)
        (void)snprintf(text + used, size - used, "%s)", shown < machine->gpu_count ? ", …" : "");
}

const char *machine_describe(const struct machine *machine, char text[MACHINE_TEXT])
{
    char memory[MACHINE_MEMORY_TEXT] = "";
    char parts[3][MACHINE_TEXT - 100] = { "" };
    size_t count = 0;
    size_t used = 0;

    if (machine->cpus > 0)
        (void)snprintf(parts[count++], sizeof parts[0], "%g CPU%s", machine->cpus,
                       machine->cpus > 1 || machine->cpus < 1 ? "s" : "");
    if (machine->memory_bytes > 0)
        (void)snprintf(parts[count++], sizeof parts[0], "%s of memory",
                       machine_memory_text(machine->memory_bytes, memory));
    if (machine->has_gpus)
        write_gpus(machine, parts[count++], sizeof parts[0]);
    text[0] = '\0';
    for (size_t i = 0; i < count && used < MACHINE_TEXT; i++)
        used += (size_t)snprintf(text + used, MACHINE_TEXT - used, "%s%s",
                                 i == 0 ? "" : (i + 1 < count ? ", " : " and "), parts[i]);
    return text;
}
