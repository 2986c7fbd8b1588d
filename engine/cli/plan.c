#include "engine/cli/plan.h"

#include "assay.h"
#include "engine/cli/client.h"
#include "engine/cli/text.h"
#include "engine/cli/view.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

cJSON *plan_make(const struct state_dir *dir, const char *body, size_t size,
                 struct assay_error *err)
{
    char *path = state_dir_absolute(dir);
    struct assay_response response = { 0 };
    cJSON *plan = NULL;

    if (!path)
        (void)assay_fail_memory(err);
    else if (assay_check(path, body, size, &response, err) && client_check(&response, err))
        plan = json_read(response.body, response.size, err);
    assay_response_clear(&response);
    free(path);
    return plan;
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

static void print_environment(FILE *out, const cJSON *environment)
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
    (void)fputs("environment, beside what assay itself was started with\n", out);
    for (size_t i = 0; i < count; i++)
        print_variable(out, items[i]);
    free(items);
}

void plan_print_notes(FILE *out, const char *file, const cJSON *plan)
{
    const cJSON *note = NULL;

    cJSON_ArrayForEach(note, json_get(plan, "notes"))
    {
        text_write_safe(out, file);
        (void)fputs(": note: ", out);
        text_write_safe(out, cJSON_IsString(note) ? note->valuestring : "");
        (void)fputc('\n', out);
    }
}

void plan_print(FILE *out, const char *file, const cJSON *plan)
{
    const cJSON *run = json_get(plan, "plan");
    const cJSON *word = NULL;

    text_write_safe(out, file);
    (void)fprintf(out, ": no faults\ntrials      at most %" PRId64 ", %" PRId64 " at a time\n",
                  view_integer(run, "maxTrialCount"), view_integer(run, "parallelTrialCount"));
    (void)fputs("the first one would run (0 stands for the job's id)\ncommand    ", out);
    cJSON_ArrayForEach(word, json_get(run, "argv"))
    {
        (void)fputc(' ', out);
        text_write_shell(out, cJSON_IsString(word) ? word->valuestring : "");
    }
    (void)fputs("\nfolder      ", out);
    text_write_safe(out, view_text(run, "workDir"));
    (void)fputs("\noutputs     ", out);
    text_write_safe(out, view_text(run, "outputDir"));
    (void)fputc('\n', out);
    print_environment(out, json_get(run, "environment"));
}
