#include "launcher/backend_sim.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * A binary heap orders the endings; slots keep what the heap need not move; a hash table finds the
 * slot of a key. All three are arrays that double, so that an event allocates nothing.
 */
enum { FIRST_CAPACITY = 64 };

static const uint32_t no_slot = UINT32_MAX;

struct slot {
    struct ending ending;
    int64_t stop_us;
    size_t heap_index;
    uint32_t next_free;
};

/* What the order depends on, kept together so that sifting does not touch the slots' contents. */
struct event {
    int64_t end_us;
    struct attempt_key key;
    uint32_t slot;
};

struct sim {
    struct launcher launcher;
    struct sim_options options;
    struct assay_env env;
    int64_t now_us;
    uint64_t entropy_state;
    struct slot *slots;
    struct event *heap;
    uint32_t *table; /* twice capacity, open addressing; no_slot where empty */
    size_t count;
    size_t capacity;
    uint32_t first_free;
};

/* splitmix64 (Steele, Lea, Flood 2014): spreads any input, and is a sequence when counted up. */
static uint64_t mix(uint64_t value)
{
    value += UINT64_C(0x9e3779b97f4a7c15);
    value = (value ^ (value >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    value = (value ^ (value >> 27)) * UINT64_C(0x94d049bb133111eb);
    return value ^ (value >> 31);
}

static bool is_same(struct attempt_key a, struct attempt_key b)
{
    return a.trial == b.trial && a.attempt == b.attempt;
}

/* Where key is in the table, or would be. */
static size_t find_place(const struct sim *sim, struct attempt_key key)
{
    size_t mask = 2 * sim->capacity - 1;
    size_t at = mix((uint64_t)key.trial ^ (uint64_t)key.attempt << 48) & mask;

    while (sim->table[at] != no_slot && !is_same(sim->slots[sim->table[at]].ending.key, key))
        at = (at + 1) & mask;
    return at;
}

/* Closes the gap at index, so that searches need no tombstones (Knuth, vol. 3, algorithm 6.4R). */
static void table_remove(struct sim *sim, struct attempt_key key)
{
    size_t mask = 2 * sim->capacity - 1;
    size_t gap = find_place(sim, key);

    for (size_t at = (gap + 1) & mask; sim->table[at] != no_slot; at = (at + 1) & mask) {
        struct attempt_key other = sim->slots[sim->table[at]].ending.key;
        size_t home = mix((uint64_t)other.trial ^ (uint64_t)other.attempt << 48) & mask;

        if (((at - home) & mask) >= ((at - gap) & mask)) {
            sim->table[gap] = sim->table[at];
            gap = at;
        }
    }
    sim->table[gap] = no_slot;
}

static bool is_before(const struct event *a, const struct event *b)
{
    if (a->end_us != b->end_us)
        return a->end_us < b->end_us;
    if (a->key.trial != b->key.trial)
        return a->key.trial < b->key.trial;
    return a->key.attempt < b->key.attempt;
}

static void place(struct sim *sim, size_t index, struct event event)
{
    sim->heap[index] = event;
    sim->slots[event.slot].heap_index = index;
}

static void sift_up(struct sim *sim, size_t index, struct event event)
{
    while (index > 0 && is_before(&event, &sim->heap[(index - 1) / 2])) {
        place(sim, index, sim->heap[(index - 1) / 2]);
        index = (index - 1) / 2;
    }
    place(sim, index, event);
}

static void sift_down(struct sim *sim, size_t index, struct event event)
{
    for (;;) {
        size_t child = 2 * index + 1;

        if (child + 1 < sim->count && is_before(&sim->heap[child + 1], &sim->heap[child]))
            child++;
        if (child >= sim->count || !is_before(&sim->heap[child], &event))
            break;
        place(sim, index, sim->heap[child]);
        index = child;
    }
    place(sim, index, event);
}

static void chain_free_slots(struct sim *sim, size_t from)
{
    for (size_t i = sim->capacity; i-- > from;) {
        sim->slots[i].next_free = sim->first_free;
        sim->first_free = (uint32_t)i;
    }
}

static bool grow(struct sim *sim, struct assay_error *err)
{
    size_t before = sim->capacity;
    size_t capacity = before ? 2 * before : FIRST_CAPACITY;
    struct slot *slots = NULL;
    struct event *heap = NULL;
    uint32_t *table = NULL;

    if (capacity > UINT32_MAX / 4)
        return assay_fail(err, ASSAY_EXHAUSTED, NULL, "too many attempts at once");
    slots = realloc(sim->slots, capacity * sizeof *slots);
    if (slots)
        sim->slots = slots;
    heap = slots ? realloc(sim->heap, capacity * sizeof *heap) : NULL;
    if (heap)
        sim->heap = heap;
    table = heap ? malloc(2 * capacity * sizeof *table) : NULL;
    if (!table)
        return assay_fail_memory(err);
    free(sim->table);
    sim->table = table;
    sim->capacity = capacity;
    memset(table, 0xff, 2 * capacity * sizeof *table); /* no_slot everywhere */
    for (size_t i = 0; i < sim->count; i++)
        table[find_place(sim, sim->heap[i].key)] = sim->heap[i].slot;
    chain_free_slots(sim, before);
    return true;
}

static int64_t later(int64_t from_us, int64_t by_us)
{
    int64_t sum = 0;

    return __builtin_add_overflow(from_us, by_us, &sum) ? INT64_MAX : sum;
}

/* The attempt runs from now until end_us; its ending is filled by the caller. */
static struct slot *add(struct sim *sim, struct attempt_key key, int64_t end_us)
{
    uint32_t index = sim->first_free;
    struct slot *slot = &sim->slots[index];

    sim->first_free = slot->next_free;
    sim->table[find_place(sim, key)] = index;
    slot->ending.key = key;
    sift_up(sim, sim->count++, (struct event){ end_us, key, index });
    return slot;
}

static bool has_run(enum ending_kind kind)
{
    return kind != ENDING_NOT_FOUND && kind != ENDING_NOT_STARTED;
}

static bool make_room(struct sim *sim, struct attempt_key key, struct assay_error *err)
{
    if (sim->count == sim->capacity && !grow(sim, err))
        return false;
    if (sim->table[find_place(sim, key)] != no_slot)
        return assay_fail(err, ASSAY_EXISTS, NULL, "attempt %d of trial %lld runs already",
                          key.attempt, (long long)key.trial);
    return true;
}

static bool sim_start(struct launcher *launcher, const struct launch *launch,
                      struct assay_error *err)
{
    struct sim *sim = (struct sim *)launcher;
    struct sim_plan plan = { 0 };
    struct slot *slot = NULL;

    if (!make_room(sim, launch->key, err))
        return false;
    sim->options.script(sim->options.context, launch, &plan);
    assert(plan.duration_us >= 0 && plan.stop_us >= 0);
    if (launch->timeout_us > 0 && plan.duration_us > launch->timeout_us) {
        plan.duration_us = launch->timeout_us;
        plan.ending = (struct ending){ .kind = ENDING_TIMEOUT };
    }
    slot = add(sim, launch->key, later(sim->now_us, plan.duration_us));
    slot->ending = plan.ending;
    slot->ending.key = launch->key;
    slot->ending.start_us = has_run(plan.ending.kind) ? sim->now_us : 0;
    slot->stop_us = plan.stop_us;
    return true;
}

/* What still runs is simply kept; of another simulator's attempts nothing is left. */
static bool sim_adopt(struct launcher *launcher, const struct launch *launch,
                      struct assay_error *err)
{
    struct sim *sim = (struct sim *)launcher;
    struct attempt_key key = launch->key;
    struct slot *slot = NULL;

    if (sim->count == sim->capacity && !grow(sim, err))
        return false;
    if (sim->table[find_place(sim, key)] != no_slot)
        return true;
    slot = add(sim, key, sim->now_us);
    slot->ending = (struct ending){ .key = key, .kind = ENDING_NOT_STARTED };
    slot->stop_us = 0;
    return true;
}

static void sim_stop(struct launcher *launcher, struct attempt_key key, enum stop_manner manner)
{
    struct sim *sim = (struct sim *)launcher;
    uint32_t index = sim->capacity ? sim->table[find_place(sim, key)] : no_slot;
    struct slot *slot = NULL;
    struct event event;
    int64_t end_us = 0;

    if (index == no_slot || !has_run(sim->slots[index].ending.kind))
        return;
    slot = &sim->slots[index];
    event = sim->heap[slot->heap_index];
    slot->ending.kind = ENDING_STOPPED;
    end_us = later(sim->now_us, manner == STOP_NOW ? 0 : slot->stop_us);
    if (end_us < event.end_us) {
        event.end_us = end_us;
        sift_up(sim, slot->heap_index, event);
    }
}

static void sim_free(struct launcher *launcher)
{
    struct sim *sim = (struct sim *)launcher;

    free(sim->slots);
    free(sim->heap);
    free(sim->table);
    free(sim);
}

static int64_t sim_wall_us(void *context)
{
    const struct sim *sim = context;

    return sim->now_us;
}

static int64_t sim_mono_us(void *context)
{
    const struct sim *sim = context;

    return sim->now_us - sim->options.start_us;
}

static bool sim_entropy(void *context, void *buffer, size_t size)
{
    struct sim *sim = context;
    unsigned char *bytes = buffer;

    for (size_t i = 0; i < size; i++) {
        if (i % 8 == 0)
            sim->entropy_state++;
        bytes[i] = (unsigned char)(mix(sim->entropy_state) >> (i % 8 * 8));
    }
    return true;
}

static const struct launcher_ops sim_ops = {
    .start = sim_start,
    .adopt = sim_adopt,
    .stop = sim_stop,
    .free = sim_free,
};

struct launcher *launcher_sim_new(const struct sim_options *options, struct assay_error *err)
{
    struct sim *sim = calloc(1, sizeof *sim);

    if (!sim) {
        (void)assay_fail_memory(err);
        return NULL;
    }
    sim->launcher.ops = &sim_ops;
    sim->options = *options;
    sim->now_us = options->start_us;
    sim->first_free = no_slot;
    sim->env = (struct assay_env){
        .context = sim,
        .wall_us = sim_wall_us,
        .mono_us = sim_mono_us,
        .entropy = sim_entropy,
    };
    return &sim->launcher;
}

const struct assay_env *launcher_sim_env(struct launcher *sim)
{
    return &((struct sim *)sim)->env;
}

static void take_first(struct sim *sim, struct ending *ending)
{
    uint32_t index = sim->heap[0].slot;
    struct event last = sim->heap[--sim->count];

    *ending = sim->slots[index].ending;
    ending->end_us = sim->now_us;
    table_remove(sim, ending->key);
    sim->slots[index].next_free = sim->first_free;
    sim->first_free = index;
    if (sim->count)
        sift_down(sim, 0, last);
}

bool launcher_sim_next(struct launcher *launcher, int64_t until_us, struct ending *ending)
{
    struct sim *sim = (struct sim *)launcher;

    /* What ends at INT64_MAX never does. */
    if (sim->count == 0 || sim->heap[0].end_us > until_us || sim->heap[0].end_us == INT64_MAX) {
        /* Without a bound there is no moment to move to. */
        if (until_us != INT64_MAX && until_us > sim->now_us)
            sim->now_us = until_us;
        return false;
    }
    if (sim->heap[0].end_us > sim->now_us)
        sim->now_us = sim->heap[0].end_us;
    take_first(sim, ending);
    return true;
}

void launcher_sim_wait(struct launcher *launcher, int64_t until_us)
{
    struct sim *sim = (struct sim *)launcher;
    int64_t next_us = launcher_sim_next_us(launcher);

    if (until_us > next_us)
        until_us = next_us;
    if (until_us > sim->now_us && until_us != INT64_MAX)
        sim->now_us = until_us;
}

int64_t launcher_sim_next_us(const struct launcher *launcher)
{
    const struct sim *sim = (const struct sim *)launcher;

    return sim->count ? sim->heap[0].end_us : INT64_MAX;
}

void launcher_sim_finish(struct launcher *launcher, struct attempt_key key,
                         const struct ending *how)
{
    struct sim *sim = (struct sim *)launcher;
    uint32_t index = sim->capacity ? sim->table[find_place(sim, key)] : no_slot;
    struct slot *slot = index == no_slot ? NULL : &sim->slots[index];
    struct event event;

    if (!slot || sim->heap[slot->heap_index].end_us <= sim->now_us)
        return;
    slot->ending.kind = how->kind;
    slot->ending.status = how->status;
    memcpy(slot->ending.detail, how->detail, sizeof slot->ending.detail);
    event = sim->heap[slot->heap_index];
    event.end_us = sim->now_us;
    sift_up(sim, slot->heap_index, event);
}

size_t launcher_sim_running(const struct launcher *sim)
{
    return ((const struct sim *)sim)->count;
}
