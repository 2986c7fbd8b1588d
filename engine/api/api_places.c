/* What this machine has for trials, who holds it, and who waits for what and why. */

#include "assay/value.h"
#include "engine/api/job_view.h"
#include "engine/api/replicas.h"
#include "engine/array.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>

/* An attempt's report, its texts copied. */
struct standing {
    struct launch_report report;
    char *gpus;
    char *why;
};

struct standings {
    struct standing *items;
    size_t count;
    size_t capacity;
    bool is_short_of_memory;
};

static void standings_clear(struct standings *standings)
{
    for (size_t i = 0; i < standings->count; i++) {
        free(standings->items[i].gpus);
        free(standings->items[i].why);
    }
    free(standings->items);
}

static void collect(void *context, const struct launch_report *report)
{
    struct standings *standings = context;
    struct standing *standing = NULL;
    void *items = standings->items;

    if (!array_make_room(&items, standings->count, &standings->capacity,
                         sizeof *standings->items)) {
        standings->is_short_of_memory = true;
        return;
    }
    standings->items = items;
    standing = &standings->items[standings->count++];
    *standing = (struct standing){ *report, strdup(report->gpus), strdup(report->why) };
    standing->report.gpus = standing->gpus;
    standing->report.why = standing->why;
    if (!standing->gpus || !standing->why)
        standings->is_short_of_memory = true;
}

/* Those that hold something first, then as they are numbered. */
static int compare(const void *a, const void *b)
{
    const struct launch_report *x = &((const struct standing *)a)->report;
    const struct launch_report *y = &((const struct standing *)b)->report;

    if (x->stage != y->stage)
        return x->stage > y->stage ? -1 : 1;
    if (x->key.trial != y->key.trial)
        return x->key.trial < y->key.trial ? -1 : 1;
    return x->key.replica < y->key.replica ? -1 : x->key.replica > y->key.replica;
}

/* "0,3" as ["0", "3"]. */
static void write_ids(struct json_writer *w, const char *ids)
{
    json_key(w, "gpus");
    json_begin_array(w);
    while (*ids) {
        char id[MACHINE_GPU_TEXT];
        size_t size = strcspn(ids, ",");

        (void)snprintf(id, sizeof id, "%.*s", (int)size, ids);
        json_string(w, id);
        ids += size + (ids[size] == ',');
    }
    json_end_array(w);
}

static void write_id(struct json_writer *w, const char *key, int64_t number)
{
    char text[ASSAY_NUMBER_TEXT];

    json_key(w, key);
    json_string(w, assay_integer_text(number, text));
}

static void write_amounts(struct json_writer *w, double cpus, int64_t memory_bytes)
{
    json_key(w, "cpus");
    json_number(w, cpus);
    json_key(w, "memoryBytes");
    json_int(w, memory_bytes);
}

/* Which replica it is, and, while it runs, where and since when. Of a gang on this machine, which
 * is reported as a whole, the first. */
static void write_where(struct api_call *call, const struct launch_report *report)
{
    struct assay_error ignored = { 0 };
    const struct job_view *view =
        job_view_get(call->engine, report->key.trial / STORE_TRIALS_MAX, &ignored);
    struct reach reach = { .place = REACH_HOST };
    char name[REPLICA_NAME_TEXT];
    char dir[PATH_TEXT];
    enum replica_role role = ROLE_PRIMARY;
    int32_t index = 0;

    if (view && replica_find(&view->spec->run, report->key.replica, &role, &index)) {
        json_key(&call->json, "replicaName");
        json_string(&call->json, replica_name(role, index, name));
        if (report->stage == LAUNCH_RUNNING &&
            replica_reach(call->engine, &view->spec->run, view->row.id, report->key, dir, &reach))
            replica_write_reach(&call->json, &reach);
    }
    job_view_release(view);
}

static void write_attempt(struct api_call *call, const struct launch_report *report)
{
    struct json_writer *w = &call->json;
    static const char *const states[] = {
        [LAUNCH_PREPARING] = "PREPARING",
        [LAUNCH_WAITING] = "WAITING",
        [LAUNCH_RUNNING] = "RUNNING",
    };
    const struct resources *wish = &report->resources;

    json_begin_object(w);
    write_id(w, "job", report->key.trial / STORE_TRIALS_MAX);
    write_id(w, "trial", report->key.trial % STORE_TRIALS_MAX);
    json_key(w, "attempt");
    json_int(w, report->key.attempt);
    json_key(w, "replica");
    json_int(w, report->key.replica);
    json_key(w, "state");
    json_string(w, states[report->stage]);
    write_where(call, report);
    json_key(w, "isElsewhere");
    json_bool(w, report->is_elsewhere);
    write_amounts(w, wish->cpus, wish->memory_bytes);
    json_key(w, "gpuCount");
    json_int(w, wish->gpus);
    json_key(w, "gpuShare");
    json_number(w, wish->gpus > 0 && wish->gpu_share > 0 ? wish->gpu_share : wish->gpus > 0);
    write_ids(w, report->gpus);
    json_key(w, "why");
    json_string(w, report->why);
    json_end_object(w);
}

static void write_machine(struct json_writer *w, const struct machine *machine)
{
    json_begin_object(w);
    write_amounts(w, machine->cpus, machine->memory_bytes);
    json_key(w, "gpus");
    json_begin_array(w);
    for (int i = 0; i < machine->gpu_count; i++)
        json_string(w, machine->gpus[i]);
    json_end_array(w);
    json_end_object(w);
}

/* Is the id one of "0,3"? */
static bool lists(const char *ids, const char *id)
{
    size_t size = strlen(id);

    while (*ids) {
        size_t length = strcspn(ids, ",");

        if (length == size && memcmp(ids, id, size) == 0)
            return true;
        ids += length + (ids[length] == ',');
    }
    return false;
}

/* What nobody holds: of GPUs those that no attempt has a share of. */
static struct machine what_is_free(const struct machine *machine, const struct standings *standings)
{
    struct machine left = *machine;

    left.gpu_count = 0;
    for (int gpu = 0; gpu < machine->gpu_count; gpu++) {
        bool is_held = false;

        for (size_t i = 0; i < standings->count && !is_held; i++)
            is_held = lists(standings->items[i].gpus, machine->gpus[gpu]);
        if (!is_held)
            (void)machine_add_gpu(&left, machine->gpus[gpu]);
    }
    for (size_t i = 0; i < standings->count; i++) {
        const struct launch_report *report = &standings->items[i].report;

        if (report->stage != LAUNCH_RUNNING || report->is_elsewhere)
            continue;
        left.cpus -= report->resources.cpus;
        left.memory_bytes -= report->resources.memory_bytes;
    }
    return left;
}

/* What is left where the state folder is. */
static void write_disk(struct api_call *call)
{
    struct json_writer *w = &call->json;
    struct statvfs disk = { 0 };

    if (statvfs(engine_state_dir(call->engine), &disk) < 0 || disk.f_blocks == 0)
        return;
    json_key(w, "disk");
    json_begin_object(w);
    json_key(w, "stateDir");
    json_string(w, engine_shown_dir(call->engine));
    json_key(w, "freeBytes");
    json_int(w, (int64_t)(disk.f_bavail * disk.f_frsize));
    json_key(w, "totalBytes");
    json_int(w, (int64_t)(disk.f_blocks * disk.f_frsize));
    json_end_object(w);
}

bool api_get_places(struct api_call *call, struct assay_error *err)
{
    const struct machine *machine = engine_machine(call->engine);
    struct json_writer *w = &call->json;
    struct standings standings = { 0 };
    int64_t job = 0;

    if (!api_query_integer(call, "job", 0, &job, err))
        return false;
    engine_report(call->engine, collect, &standings);
    if (standings.is_short_of_memory) {
        standings_clear(&standings);
        return assay_fail_memory(err);
    }
    if (standings.count > 0)
        qsort(standings.items, standings.count, sizeof *standings.items, compare);
    json_begin_object(w);
    resource_write_time(w, "time", assay_wall_us(engine_env(call->engine)));
    if (machine) {
        const struct machine left = what_is_free(machine, &standings);

        json_key(w, "machine");
        write_machine(w, machine);
        json_key(w, "free");
        write_machine(w, &left);
    }
    if (machine)
        write_disk(call);
    json_key(w, "attempts");
    json_begin_array(w);
    for (size_t i = 0; i < standings.count; i++)
        if (job == 0 || standings.items[i].report.key.trial / STORE_TRIALS_MAX == job)
            write_attempt(call, &standings.items[i].report);
    json_end_array(w);
    json_end_object(w);
    standings_clear(&standings);
    return true;
}
