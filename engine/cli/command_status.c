/* status: who holds the machine, and who waits for what and why. */

#include "engine/cli/arguments.h"
#include "engine/cli/client.h"
#include "engine/cli/report.h"
#include "engine/cli/table.h"
#include "engine/cli/text.h"
#include "engine/cli/view.h"

#include <math.h>
#include <string.h>

static double number_of(const cJSON *object, const char *key)
{
    const cJSON *item = json_get(object, key);

    return cJSON_IsNumber(item) ? item->valuedouble : 0;
}

static void write_gpus(FILE *out, const cJSON *gpus, const char *between)
{
    const cJSON *gpu = NULL;
    const char *before = "";

    cJSON_ArrayForEach(gpu, gpus)
    {
        (void)fputs(before, out);
        text_write_safe(out, cJSON_IsString(gpu) ? gpu->valuestring : "");
        before = between;
    }
}

/* "machine: 8 CPUs, 24 GiB of memory, 3 GPUs (0, 1, 3)" */
static void print_amounts(const char *what, const cJSON *amounts)
{
    const cJSON *gpus = json_get(amounts, "gpus");
    double cpus = number_of(amounts, "cpus");
    int count = cJSON_GetArraySize(gpus);

    (void)printf("%s: %g CPU%s, ", what, cpus, fabs(cpus - 1) > 0 ? "s" : "");
    view_write_size(stdout, view_integer(amounts, "memoryBytes"));
    (void)printf(" of memory, %d GPU%s", count, count == 1 ? "" : "s");
    if (count > 0) {
        (void)fputs(" (", stdout);
        write_gpus(stdout, gpus, ", ");
        (void)fputs(")", stdout);
    }
    (void)fputs("\n", stdout);
}

/* Those that it holds, "0,3"; while it waits, how many it wants; " x 0.5" of a share. */
static void write_gpu_cell(FILE *out, const cJSON *attempt)
{
    const cJSON *gpus = json_get(attempt, "gpus");
    int64_t count = view_integer(attempt, "gpuCount");
    double share = number_of(attempt, "gpuShare");

    if (cJSON_GetArraySize(gpus) > 0)
        write_gpus(out, gpus, ",");
    else if (count > 0)
        (void)fprintf(out, "any %lld", (long long)count);
    else
        (void)fputs("-", out);
    if (count > 0 && share > 0 && share < 1)
        (void)fprintf(out, " x %g", share);
}

static void write_trial(FILE *out, const cJSON *attempt)
{
    int64_t replica = view_integer(attempt, "replica");

    text_write_safe(out, view_text(attempt, "trial"));
    if (replica > 0)
        (void)fprintf(out, "/%lld", (long long)replica);
}

static bool fill(struct table *table, const cJSON *attempts)
{
    const cJSON *attempt = NULL;
    bool is_ok = true;

    cJSON_ArrayForEach(attempt, attempts)
    {
        double cpus = number_of(attempt, "cpus");
        int64_t memory = view_integer(attempt, "memoryBytes");
        FILE *out = NULL;

        table_begin_row(table);
        text_write_safe(table_cell(table), view_text(attempt, "job"));
        write_trial(table_cell(table), attempt);
        text_write_safe(table_cell(table), view_text(attempt, "state"));
        out = table_cell(table);
        (void)(cpus > 0 ? fprintf(out, "%g", cpus) : fputs("-", out));
        out = table_cell(table);
        if (memory > 0)
            view_write_size(out, memory);
        else
            (void)fputs("-", out);
        write_gpu_cell(table_cell(table), attempt);
        text_write_safe(table_cell(table), view_text(attempt, "why"));
        is_ok = table_end_row(table) && is_ok;
    }
    return is_ok;
}

static bool print_attempts(const cJSON *attempts)
{
    static const char *const columns[] = {
        "JOB", "TRIAL", "STATE", "CPUS", "MEMORY", "GPUS", "WHY"
    };
    struct table *table = NULL;
    bool is_ok = true;

    if (cJSON_GetArraySize(attempts) == 0)
        return true;
    (void)fputs("\n", stdout);
    table = table_new(columns, sizeof columns / sizeof columns[0]);
    is_ok = table && fill(table, attempts) && table_print(table);
    table_free(table);
    return is_ok;
}

static bool show(struct client *client, struct assay_error *err)
{
    cJSON *answer = client_get(client, err, "/assay/v1/places");
    const cJSON *machine = json_get(answer, "machine");
    bool is_ok = answer != NULL;

    if (is_ok && !machine)
        (void)fputs("nobody runs jobs here now\n", stderr);
    if (machine) {
        print_amounts("machine", machine);
        print_amounts("free", json_get(answer, "free"));
        is_ok = print_attempts(json_get(answer, "attempts")) || assay_fail_memory(err);
    }
    cJSON_Delete(answer);
    return is_ok;
}

int command_status(const struct arguments *arguments)
{
    struct state_dir dir = { 0 };
    struct client *client = NULL;
    struct assay_error err = { 0 };
    bool is_ok = state_dir_choose(arguments->values[OPTION_STATE], &dir, &err);

    if (is_ok)
        client = client_open(arguments, &dir, &err);
    is_ok = client != NULL &&
            (arguments->is_given[OPTION_JSON] ? report_json(client, "/assay/v1/places", &err)
                                              : show(client, &err));
    client_free(client);
    state_dir_clear(&dir);
    return is_ok ? report_end(0) : report_error(&err);
}
