#include "launcher/places/places_private.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Amounts of at most AMOUNT_MAX can be added up a few times without overflow. */
#define AMOUNT_MAX (INT64_MAX / 8)

static int64_t add(int64_t sum, int64_t amount)
{
    return sum > AMOUNT_MAX - amount ? AMOUNT_MAX : sum + amount;
}

int64_t place_units(double number)
{
    /* A thousandth of a unit more than rounding errors, so that 0.29 is 290000. */
    double units = floor(number * (double)PLACE_UNIT + 1e-3);

    if (!(units > 0))
        return 0;
    return units < (double)AMOUNT_MAX ? (int64_t)units : AMOUNT_MAX;
}

int64_t place_share(const struct resources *request)
{
    int64_t units = place_units(request->gpu_share);

    if (request->gpus <= 0)
        return 0;
    if (request->gpu_share > 0 && units == 0)
        return 1;
    return units == 0 || units > PLACE_UNIT ? PLACE_UNIT : units;
}

static int64_t memory_of(const struct resources *request)
{
    if (request->memory_bytes <= 0)
        return 0;
    return request->memory_bytes < AMOUNT_MAX ? request->memory_bytes : AMOUNT_MAX;
}

struct amount place_wanted(const struct resources *requests, size_t count)
{
    struct amount sum = { 0 };

    for (size_t i = 0; i < count; i++) {
        sum.cpus = add(sum.cpus, place_units(requests[i].cpus));
        sum.memory = add(sum.memory, memory_of(&requests[i]));
        if (requests[i].gpus > 0)
            sum.gpus = add(sum.gpus, requests[i].gpus * place_share(&requests[i]));
    }
    return sum;
}

struct amount place_total(const struct machine *machine)
{
    return (struct amount){
        .cpus = place_units(machine->cpus),
        .memory = machine->memory_bytes < AMOUNT_MAX ? machine->memory_bytes : AMOUNT_MAX,
        .gpus = machine->gpu_count * PLACE_UNIT,
    };
}

/* The GPU with the least left that has share and is not marked; -1: none. The first among equals.
 */
static int fullest_gpu(const int64_t *used, int gpu_count, const bool *is_marked, int64_t share)
{
    int best = -1;

    for (int i = 0; i < gpu_count; i++)
        if (!is_marked[i] && used[i] + share <= PLACE_UNIT && (best < 0 || used[i] > used[best]))
            best = i;
    return best;
}

/* Different GPUs for one replica. */
static bool choose_gpus(const struct resources *request, int64_t *used, int gpu_count,
                        unsigned char *chosen)
{
    bool is_marked[MACHINE_GPUS_MAX] = { false };
    int64_t share = place_share(request);

    for (int i = 0; i < request->gpus; i++) {
        int gpu = fullest_gpu(used, gpu_count, is_marked, share);

        if (gpu < 0)
            return false;
        is_marked[gpu] = true;
        used[gpu] += share;
        if (chosen)
            chosen[i] = (unsigned char)gpu;
    }
    return true;
}

/* What a replica wants of GPUs: in which order they are served. */
struct appetite {
    int64_t share;
    int gpus;
};

static bool is_smaller(struct appetite a, struct appetite b)
{
    return a.share != b.share ? a.share < b.share : a.gpus < b.gpus;
}

static struct appetite appetite_of(const struct resources *request)
{
    return (struct appetite){ place_share(request), request->gpus };
}

/* The largest appetite below limit; of share 0: none is left. */
static struct appetite appetite_below(const struct resources *requests, size_t count,
                                      struct appetite limit)
{
    struct appetite largest = { 0 };

    for (size_t i = 0; i < count; i++) {
        struct appetite appetite = appetite_of(&requests[i]);

        if (is_smaller(appetite, limit) && is_smaller(largest, appetite))
            largest = appetite;
    }
    return largest;
}

bool place_gpus(const struct resources *requests, size_t count, int64_t *used, int gpu_count,
                unsigned char *chosen)
{
    struct appetite now = appetite_below(requests, count, (struct appetite){ INT64_MAX, 0 });

    for (; now.share > 0; now = appetite_below(requests, count, now)) {
        size_t at = 0;

        for (size_t i = 0; i < count; i++) {
            struct appetite own = appetite_of(&requests[i]);

            if (own.share == now.share && own.gpus == now.gpus &&
                !choose_gpus(&requests[i], used, gpu_count, chosen ? chosen + at : NULL))
                return false;
            at += own.gpus > 0 ? (size_t)own.gpus : 0;
        }
    }
    return true;
}

/* "4 CPUs, 12 GiB of memory and 2 GPUs", without what is 0. */
static const char *describe(struct amount amount, char text[MACHINE_TEXT])
{
    const struct machine like = {
        .cpus = (double)amount.cpus / (double)PLACE_UNIT,
        .memory_bytes = amount.memory,
    };
    double gpus = (double)amount.gpus / (double)PLACE_UNIT;
    size_t used = strlen(machine_describe(&like, text));

    if (amount.gpus > 0)
        (void)snprintf(text + used, MACHINE_TEXT - used, "%s%g GPU%s", used ? " and " : "", gpus,
                       amount.gpus == PLACE_UNIT ? "" : "s");
    return text;
}

bool places_fits_ever(const struct machine *machine, const struct resources *requests, size_t count,
                      const char *field, struct assay_error *err)
{
    struct amount wanted = place_wanted(requests, count);
    struct amount total = place_total(machine);
    int64_t used[MACHINE_GPUS_MAX] = { 0 };
    char asked[MACHINE_TEXT];
    char has[MACHINE_TEXT];

    /* What is there is not told. */
    if (wanted.cpus <= total.cpus)
        wanted.cpus = 0;
    if (wanted.memory <= total.memory)
        wanted.memory = 0;
    if (place_gpus(requests, count, used, machine->gpu_count, NULL))
        wanted.gpus = 0;
    if (wanted.cpus == 0 && wanted.memory == 0 && wanted.gpus == 0)
        return true;
    return assay_fail(err, ASSAY_INVALID, field,
                      "asks for %s%s; this machine has %s for trials, so that it can never run",
                      describe(wanted, asked), count > 1 ? " for its replicas at once" : "",
                      machine_describe(machine, has));
}

/* Lowers one kind: each value to most, then all in proportion until their sum is most. */
static bool lower_cpus(struct resources *requests, size_t count, double most)
{
    double sum = 0;
    bool is_lowered = false;

    for (size_t i = 0; i < count; i++) {
        if (requests[i].cpus > most) {
            requests[i].cpus = most;
            is_lowered = true;
        }
        sum += requests[i].cpus > 0 ? requests[i].cpus : 0;
    }
    if (place_units(sum) <= place_units(most))
        return is_lowered;
    for (size_t i = 0; i < count; i++)
        requests[i].cpus *= most / sum;
    return true;
}

static bool lower_memory(struct resources *requests, size_t count, int64_t most)
{
    double sum = 0;
    bool is_lowered = false;

    for (size_t i = 0; i < count; i++) {
        if (requests[i].memory_bytes > most) {
            requests[i].memory_bytes = most;
            is_lowered = true;
        }
        sum += (double)memory_of(&requests[i]);
    }
    if (sum <= (double)most)
        return is_lowered;
    for (size_t i = 0; i < count; i++)
        requests[i].memory_bytes =
            (int64_t)((double)requests[i].memory_bytes * ((double)most / sum));
    return true;
}

bool places_clamp(const struct machine *machine, struct resources *requests, size_t count,
                  char *warning, size_t warning_size)
{
    struct amount wanted = place_wanted(requests, count);
    bool has_less_cpus = lower_cpus(requests, count, machine->cpus);
    bool has_less_memory = lower_memory(requests, count, machine->memory_bytes);
    struct machine like = *machine;
    char asked[MACHINE_TEXT];
    char has[MACHINE_TEXT];

    if (!has_less_cpus && !has_less_memory)
        return false;
    like.gpu_count = 0;
    like.has_gpus = false;
    if (!has_less_cpus)
        like.cpus = wanted.cpus = 0;
    if (!has_less_memory)
        like.memory_bytes = wanted.memory = 0;
    wanted.gpus = 0;
    if (warning_size > 0)
        (void)snprintf(warning, warning_size,
                       "asks for %s%s and gets all that this machine has: %s, so that one trial "
                       "runs at a time",
                       describe(wanted, asked), count > 1 ? " for its replicas at once" : "",
                       machine_describe(&like, has));
    return true;
}
