#include "engine/cli/plan.h"

#include "assay.h"
#include "engine/cli/client.h"
#include "engine/cli/launch_options.h"
#include "engine/cli/terminal.h"
#include "engine/cli/text.h"
#include "engine/cli/view.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { LABEL_WIDTH = 12 };

static cJSON *make_here(const struct state_dir *dir, const struct arguments *arguments,
                        const char *body, size_t size, struct assay_error *err)
{
    struct launch_configuration launching = { 0 };
    char *path = state_dir_absolute(dir);
    struct assay_options options = { .state_dir = path, .configuration = &launching.configuration };
    struct assay_response response = { 0 };
    cJSON *plan = NULL;

    if (!path)
        (void)assay_fail_memory(err);
    else if (launch_configuration_read(arguments, &launching, err) &&
             assay_check_with(&options, body, size, &response, err) && client_check(&response, err))
        plan = json_read(response.body, response.size, err);
    assay_response_clear(&response);
    launch_configuration_clear(&launching);
    free(path);
    return plan;
}

static cJSON *ask_there(struct client *client, const char *body, size_t size,
                        struct assay_error *err)
{
    struct assay_request request = {
        .method = "POST", .path = "/assay/v1/jobs:check", .body = body, .body_size = size
    };
    struct assay_response response = { 0 };
    cJSON *plan = NULL;

    if (client_call(client, &request, &response, err))
        plan = json_read(response.body, response.size, err);
    assay_response_clear(&response);
    return plan;
}

cJSON *plan_make(struct client *client, const struct state_dir *dir,
                 const struct arguments *arguments, const char *body, size_t size,
                 struct assay_error *err)
{
    if (!client_is_remote(client))
        return make_here(dir, arguments, body, size, err);
    return launch_options_check_remote(arguments, err) ? ask_there(client, body, size, err) : NULL;
}

static int compare_texts(const void *left, const void *right)
{
    const char *const *a = left;
    const char *const *b = right;

    return strcmp(*a, *b);
}

/* NAME=value, as `env` prints it, but with the value fit for a shell. */
static void print_variable(FILE *out, const char *variable)
{
    size_t name = strcspn(variable, "=");

    (void)fprintf(out, "  %.*s=", (int)name, variable);
    if (variable[name] && variable[name + 1])
        text_write_shell(out, variable + name + 1);
    (void)fputc('\n', out);
}

/* Of the first replica; what a container sees is all of it. */
static void print_environment(FILE *out, const cJSON *environment, bool is_whole)
{
    size_t size = (size_t)cJSON_GetArraySize(environment);
    const char **items = calloc(size + 1, sizeof *items);
    const cJSON *item = NULL;
    size_t count = 0;

    cJSON_ArrayForEach(item, environment)
    {
        if (items && cJSON_IsString(item))
            items[count++] = item->valuestring;
    }
    if (count)
        qsort(items, count, sizeof *items, compare_texts);
    (void)fprintf(out, "environment%s\n",
                  is_whole ? "" : ", beside what assay itself was started with");
    for (size_t i = 0; i < count; i++)
        print_variable(out, items[i]);
    free(items);
}

static void print_note(FILE *out, const char *file, const char *note)
{
    char *text = NULL;
    size_t size = 0;
    FILE *line = open_memstream(&text, &size);

    if (!line)
        return;
    text_write_safe(line, file);
    (void)fputs(": note: ", line);
    text_write_safe(line, note);
    if (fclose(line) == 0)
        terminal_write_line(out, text, "    ");
    free(text);
}

void plan_print_notes(FILE *out, const char *file, const cJSON *plan)
{
    const cJSON *note = NULL;

    cJSON_ArrayForEach(note, json_get(plan, "notes"))
    {
        print_note(out, file, cJSON_IsString(note) ? note->valuestring : "");
    }
}

/* Of a study: what chooses its points and stops its trials. */
static void print_search(FILE *out, const cJSON *run)
{
    static const char *const members[][2] = { { "algorithm", "" },
                                              { "stopping", "none" },
                                              { "seed",
                                                "drawn for each job; give one with --seed" } };

    for (size_t i = 0; *view_text(run, "algorithm") && i < sizeof members / sizeof members[0];
         i++) {
        const char *text = view_text(run, members[i][0]);

        (void)fprintf(out, "%-*s", LABEL_WIDTH, members[i][0]);
        text_write_safe(out, *text ? text : members[i][1]);
        (void)fputc('\n', out);
    }
}

/* One word of a command; a line that has no room for it, and for a backslash, ends with one. */
static void print_word(FILE *out, const char *word, size_t columns, size_t *used)
{
    char *text = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&text, &size);

    if (!stream)
        return;
    text_write_shell(stream, word);
    if (fclose(stream) == 0) {
        size_t width = text_columns(text);

        if (*used > LABEL_WIDTH && *used + 1 + width + 2 > columns) {
            (void)fprintf(out, " \\\n%*s", LABEL_WIDTH, "");
            *used = LABEL_WIDTH;
        }
        (void)fprintf(out, "%s%s", *used > LABEL_WIDTH ? " " : "", text);
        *used += width + (*used > LABEL_WIDTH);
    }
    free(text);
}

/* As it could be typed, on a terminal in lines of its width. */
static void print_command(FILE *out, const cJSON *argv)
{
    size_t columns = terminal_is(out) ? terminal_columns(out) : SIZE_MAX;
    size_t used = LABEL_WIDTH;
    const cJSON *word = NULL;

    (void)fprintf(out, "%-*s", LABEL_WIDTH, "command");
    cJSON_ArrayForEach(word, argv)
        print_word(out, cJSON_IsString(word) ? word->valuestring : "", columns, &used);
    (void)fputc('\n', out);
}

static void print_line(FILE *out, const char *label, const char *text)
{
    (void)fprintf(out, "%-*s", LABEL_WIDTH, label);
    text_write_safe(out, text);
    (void)fputc('\n', out);
}

/* "asks for    4 CPUs, 15 GiB of memory, 1 GPU" */
static void print_resources(FILE *out, const cJSON *resources)
{
    const double gib = 1024.0 * 1024 * 1024;
    double cpus = cJSON_GetNumberValue(json_get(resources, "cpus"));
    double share = cJSON_GetNumberValue(json_get(resources, "gpuShare"));
    int64_t gpus = view_integer(resources, "gpus");
    int64_t memory = view_integer(resources, "memoryBytes");
    const char *comma = "";

    if (!(cpus > 0) && memory == 0 && gpus == 0)
        return;
    (void)fprintf(out, "%-*s", LABEL_WIDTH, "asks for");
    if (cpus > 0)
        (void)fprintf(out, "%g CPU%s", cpus, cpus == 1 ? "" : "s");
    comma = cpus > 0 ? ", " : comma;
    if (memory > 0)
        (void)fprintf(out, "%s%.3g GiB of memory", comma, (double)memory / gib);
    comma = memory > 0 ? ", " : comma;
    if (gpus > 0)
        (void)fprintf(out, "%s%" PRId64 " GPU%s", comma, gpus, gpus == 1 ? "" : "s");
    if (gpus > 0 && share > 0 && share < 1)
        (void)fprintf(out, ", %g of %s", share, gpus == 1 ? "it" : "each");
    (void)fputc('\n', out);
}

/* What one process of the trial would be. */
static void print_replica(FILE *out, const cJSON *replica)
{
    const cJSON *package = NULL;

    if (*view_text(replica, "name"))
        print_line(out, "replica", view_text(replica, "name"));
    if (*view_text(replica, "image"))
        print_line(out, "image", view_text(replica, "image"));
    print_command(out, json_get(replica, "argv"));
    if (*view_text(replica, "interpreter"))
        print_line(out, "python", view_text(replica, "interpreter"));
    cJSON_ArrayForEach(package, json_get(replica, "packages"))
        print_line(out, "package", cJSON_IsString(package) ? package->valuestring : "");
    print_resources(out, json_get(replica, "resources"));
    print_line(out, "folder", view_text(replica, "workDir"));
}

void plan_print(FILE *out, const char *file, const cJSON *plan)
{
    const cJSON *run = json_get(plan, "plan");
    const cJSON *replicas = json_get(run, "replicas");
    const cJSON *replica = NULL;

    text_write_safe(out, file);
    (void)fputs(": no faults\n", out);
    if (view_is_true(plan, "isLookedUpLater"))
        (void)fputs("The dataset and the model's name are looked up when it is run.\n", out);
    if (!run) /* an emulator runs nothing */
        return;
    (void)fprintf(out, "trials      at most %" PRId64 ", %" PRId64 " at a time\n",
                  view_integer(run, "maxTrialCount"), view_integer(run, "parallelTrialCount"));
    print_search(out, run);
    (void)fputs("the first one would run (0 stands for the job's id)\n", out);
    if (strcmp(view_text(run, "launcher"), "slurm") == 0)
        print_line(out, "launcher", "slurm");
    if (!replicas)
        print_replica(out, run);
    cJSON_ArrayForEach(replica, replicas) print_replica(out, replica);
    print_line(out, "outputs", view_text(run, "outputDir"));
    print_environment(out, json_get(run, "environment"), *view_text(run, "image") != '\0');
}
