#include "engine/cli/report.h"

#include "engine/cli/launch_options.h"
#include "engine/cli/override.h"
#include "engine/cli/terminal.h"
#include "engine/cli/text.h"
#include "engine/cli/view.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

int report_error(const struct assay_error *err)
{
    (void)fflush(stdout);
    (void)fputs("assay: ", stderr);
    text_write_lines(stderr, err->message, "  ");
    (void)fputc('\n', stderr);
    return assay_code_info(err->code)->exit_status;
}

void report_hint(struct assay_error *err, const char *begin, const struct state_dir *dir,
                 const char *collection)
{
    static const char end[] = " does not exist";
    size_t size = strlen(err->message);
    char *command = NULL;

    if (strncmp(err->message, begin, strlen(begin)) != 0 || size < strlen(end) ||
        strcmp(err->message + size - strlen(end), end) != 0)
        return;
    command = state_dir_command(dir, collection, "list");
    (void)snprintf(err->message + size, sizeof err->message - size, "; `%s` shows those that exist",
                   command ? command : "assay list");
    free(command);
}

int report_end(int status)
{
    int code = 0;

    errno = 0;
    if (fflush(stdout) == 0 && !ferror(stdout))
        return status;
    code = errno;
    /* Who reads us has seen enough: no fault. */
    if (code == EPIPE)
        return status;
    (void)fprintf(stderr, "assay: standard output cannot be written: %s\n",
                  code ? strerrordesc_np(code) : "an error before");
    return status ? status : 1;
}

static void print_label(const char *label)
{
    (void)printf("%-11s", label);
}

static void print_text(const char *label, const char *text)
{
    if (!*text)
        return;
    print_label(label);
    text_write_lines(stdout, text, "           ");
    (void)putchar('\n');
}

static void print_time(const char *label, const char *time)
{
    if (!*time)
        return;
    print_label(label);
    view_write_time(stdout, time);
    (void)putchar('\n');
}

static void print_members(const cJSON *object, const char *indent)
{
    const cJSON *member = NULL;

    cJSON_ArrayForEach(member, object)
    {
        (void)fputs(indent, stdout);
        text_write_safe(stdout, member->string);
        (void)fputs(" = ", stdout);
        view_write_value(stdout, member);
        (void)putchar('\n');
    }
}

static void print_counts(const cJSON *job)
{
    const cJSON *counts = json_get(job, "trialCounts");
    int64_t ended = view_integer(counts, "ended");
    int64_t succeeded = view_integer(counts, "succeeded");

    print_label("trials");
    (void)printf("%" PRId64, ended);
    if (view_integer(job, "maxTrialCount")) /* a study has no such limit */
        (void)printf(" of %" PRId64, view_integer(job, "maxTrialCount"));
    (void)printf(" ended: %" PRId64 " succeeded", succeeded);
    if (view_integer(counts, "failed"))
        (void)printf(", %" PRId64 " failed", view_integer(counts, "failed"));
    if (view_integer(counts, "stoppedEarly"))
        (void)printf(", %" PRId64 " stopped early", view_integer(counts, "stoppedEarly"));
    if (!view_job_has_ended(job) && view_integer(counts, "running"))
        (void)printf("; %" PRId64 " %s", view_integer(counts, "running"),
                     view_is_true(job, "isWorkedOn") ? "running"
                     : view_job_is_interrupted(job)  ? "were running"
                                                     : "will start again");
    (void)putchar('\n');
}

/* "20 trials at first, 40 since 2026-03-01 10:00:00" */
static void print_budgets(const cJSON *job)
{
    const cJSON *budgets = json_get(job, "budgets");
    const cJSON *budget = NULL;
    int64_t last = -1;

    if (!budgets)
        return;
    print_label("budget");
    cJSON_ArrayForEach(budget, budgets)
    {
        int64_t count = view_integer(budget, "maxTrialCount");

        if (budget == budgets->child) {
            (void)printf("%" PRId64 " trials at first", count);
        } else if (count != last) {
            (void)printf(", %" PRId64 " since ", count);
            view_write_time(stdout, view_text(budget, "time"));
        }
        last = count;
    }
    (void)putchar('\n');
}

static void print_state(const cJSON *job)
{
    print_label("state");
    text_write_safe(stdout, view_job_state(job));
    if (view_job_is_interrupted(job))
        (void)fputs(" (interrupted: no engine works on it)", stdout);
    (void)putchar('\n');
}

static void print_how_to_go_on(const cJSON *job, const struct state_dir *dir)
{
    char *command = NULL;

    if (view_job_has_ended(job) || view_is_true(job, "isWorkedOn"))
        return;
    command = state_dir_command(dir, "resume", view_text(job, "id"));
    print_text("go on with", command ? command : "assay resume");
    free(command);
}

void report_model(const cJSON *job)
{
    print_text("model", view_text(job, "modelDir"));
    print_text("note", view_text(job, "note"));
}

/* The size of what a message says before the command that its last line may name; where it names
 * none, all of it. */
static size_t size_before_hint(const char *message)
{
    static const char next[] = "\nSee: assay logs ";
    const char *last = strrchr(message, '\n');

    return last && strncmp(last, next, strlen(next)) == 0 ? (size_t)(last - message)
                                                          : strlen(message);
}

void report_write_error(FILE *out, const cJSON *job, const struct state_dir *dir,
                        const char *indent)
{
    const char *message = view_text(job, "errorMessage");
    size_t size = size_before_hint(message);
    bool has_hint = message[size] != '\0' && !view_job_is_emulated(job);
    char *shown = strndup(message, has_hint ? strlen(message) : size);

    text_write_lines(out, shown ? shown : message, indent);
    free(shown);
    if (!has_hint)
        return;
    /* The engine cannot know how it is reached; what went wrong is mostly on stderr. */
    (void)fputs(" --stderr", out);
    if (dir->is_remote) {
        state_dir_write_place(out, dir);
        return;
    }
    (void)fputs(" --state ", out);
    text_write_shell(out, view_text(job, "stateDir"));
}

static void print_end(const cJSON *job, const struct state_dir *dir)
{
    report_model(job);
    /* Of a job that was cancelled, the state says it all. */
    if (!*view_text(job, "errorMessage") || strcmp(view_job_state(job), "CANCELLED") == 0)
        return;
    print_label("error");
    report_write_error(stdout, job, dir, "           ");
    (void)putchar('\n');
}

/* Which it is depends on what one wants: `best` lists them. */
static void print_front(const cJSON *job, const struct state_dir *dir)
{
    char *command = state_dir_command(dir, "best", view_text(job, "id"));

    print_label("best");
    (void)printf("a front of trials, none of them worse than another in all objectives: %s\n",
                 command ? command : "assay best");
    free(command);
}

void report_best(const cJSON *job, const struct state_dir *dir)
{
    const cJSON *best = json_get(job, "bestTrial");
    const cJSON *metrics = json_get(best, "metrics");

    if (!best)
        return;
    if (json_get(job, "objectives")) {
        print_front(job, dir);
        return;
    }
    if (strcmp(view_text(job, "kind"), "CustomJob") != 0) {
        print_label("best trial");
        (void)printf("%" PRId64, view_integer(best, "id"));
        if (cJSON_GetArraySize(metrics) > 0) {
            (void)fputs(": ", stdout);
            view_write_members(stdout, metrics, " = ", true);
        }
        (void)putchar('\n');
    }
    print_members(json_get(best, "parameters"), "  ");
    print_text("outputs", view_text(best, "outputDir"));
}

void report_result(const cJSON *job, const struct state_dir *dir)
{
    print_text("job", view_text(job, "id"));
    print_state(job);
    print_counts(job);
    report_best(job, dir);
    print_end(job, dir);
}

static void print_data(const cJSON *data)
{
    if (!data)
        return;
    print_label("data");
    (void)printf("%" PRId64 " training, %" PRId64 " validation, %" PRId64 " test items (",
                 view_integer(data, "training"), view_integer(data, "validation"),
                 view_integer(data, "test"));
    text_write_safe(stdout, view_text(data, "format"));
    (void)fputs(") in ", stdout);
    text_write_safe(stdout, view_text(data, "dir"));
    (void)putchar('\n');
}

/* "7@2", by which a model is asked for: the resource's last part, and the version. */
static void print_version(const cJSON *pipeline)
{
    const char *slash = strrchr(view_text(pipeline, "model"), '/');

    if (!slash)
        return;
    print_label("model");
    text_write_safe(stdout, slash + 1);
    (void)putchar('@');
    text_write_safe(stdout, view_text(pipeline, "version"));
    (void)putchar('\n');
}

void report_pipeline(const cJSON *pipeline, const struct state_dir *dir)
{
    print_text("pipeline", view_text(pipeline, "id"));
    print_text("name", view_text(pipeline, "displayName"));
    print_state(pipeline);
    if (!view_job_has_ended(pipeline))
        print_text("step", view_text(pipeline, "step"));
    print_time("created", view_text(pipeline, "createTime"));
    print_time("ended", view_text(pipeline, "endTime"));
    print_data(json_get(pipeline, "data"));
    print_text("job", view_text(pipeline, "job"));
    print_version(pipeline);
    print_end(pipeline, dir);
    print_how_to_go_on(pipeline, dir);
}

void report_resume(const cJSON *job, const struct state_dir *dir, const struct arguments *arguments)
{
    char *command = state_dir_command(dir, "resume", view_text(job, "id"));

    (void)fprintf(stderr, "nothing is lost; go on with: %s", command ? command : "assay resume");
    launch_options_write_engine(stderr, arguments);
    (void)fputc('\n', stderr);
    free(command);
}

static void print_objective(const cJSON *objective)
{
    static const char minimize[] = "MINIMIZE";

    (void)fputs(strcmp(view_text(objective, "goal"), minimize) == 0 ? "minimize " : "maximize ",
                stdout);
    text_write_safe(stdout, view_text(objective, "metricId"));
}

static void print_objectives(const cJSON *job)
{
    const cJSON *objectives = json_get(job, "objectives");
    const cJSON *objective = json_get(job, "objective");
    const char *between = "";

    if (!objective)
        return;
    print_label("objective");
    if (!objectives)
        print_objective(objective);
    cJSON_ArrayForEach(objective, objectives)
    {
        (void)fputs(between, stdout);
        print_objective(objective);
        between = ", ";
    }
    (void)putchar('\n');
}

void report_job(const cJSON *job, const struct state_dir *dir)
{
    print_text("job", view_text(job, "id"));
    print_text("kind", view_text(job, "kind"));
    print_text("name", view_text(job, "displayName"));
    print_state(job);
    print_time("created", view_text(job, "createTime"));
    print_time("started", view_text(job, "startTime"));
    print_time("ended", view_text(job, "endTime"));
    print_counts(job);
    print_budgets(job);
    print_objectives(job);
    print_text("algorithm", view_text(job, "algorithm"));
    print_text("seed", view_text(job, "seed"));
    print_text("pipeline", view_text(job, "pipeline"));
    report_best(job, dir);
    print_end(job, dir);
    if (!view_job_is_emulated(job))
        print_text("state dir", view_text(job, "stateDir"));
    print_how_to_go_on(job, dir);
}

void report_running(const cJSON *item, bool is_first)
{
    const cJSON *trial = json_get(item, "trial");
    const cJSON *last = view_last_measurement(trial);
    const cJSON *metric = NULL;

    print_label(is_first ? "running" : "");
    (void)fputs("trial ", stdout);
    text_write_safe(stdout, view_text(trial, "id"));
    (void)fputs(last ? " " : "  not measured yet", stdout);
    cJSON_ArrayForEach(metric, json_get(last, "metrics"))
    {
        (void)putchar(' ');
        text_write_safe(stdout, view_text(metric, "metricId"));
        (void)putchar('=');
        view_write_short(stdout, json_get(metric, "value"));
    }
    view_write_step(stdout, last);
    (void)putchar('\n');
}

void report_more_running(int count)
{
    print_label("");
    (void)printf("and %d more\n", count);
}

bool report_json(struct client *client, const char *target, struct assay_error *err)
{
    struct assay_response response;

    if (!client_ask(client, "GET", target, &response, err))
        return false;
    (void)fwrite(response.body, 1, response.size, stdout);
    if (response.size && response.body[response.size - 1] != '\n')
        (void)putchar('\n');
    assay_response_clear(&response);
    return true;
}

/* "line 3, column 7: …" in a message becomes 3 and the rest of it; else 0. */
static long take_line(const char **message)
{
    char *end = NULL;
    long line = 0;

    if (strncmp(*message, "line ", 5) != 0 || !isdigit((unsigned char)(*message)[5]))
        return 0;
    line = strtol(*message + 5, &end, 10);
    if (strncmp(end, ", column ", 9) == 0 && isdigit((unsigned char)end[9]))
        (void)strtol(end + 9, &end, 10);
    if (strncmp(end, ": ", 2) != 0)
        return 0;
    *message = end + 2;
    return line;
}

/* What to type for a dataset or a model that there is; "" for other faults. */
static const char *hint_of(const char *field, const char *message)
{
    static const char *const hints[][3] = {
        { "dataset_id", "does not exist", "; `assay datasets list` shows those that do" },
        { "parent_model", "there is no such model", "; `assay models list` shows those there are" },
        { "parent_model", "is no name of a model",
          "; of a model of assay's own it is projects/0/locations/local/models/ID" },
        { "model_id", "there is a model of this id",
          "; parentModel in place of modelId makes it a new version of that" },
    };
    const char *dot = strrchr(field, '.');
    const char *name = dot ? dot + 1 : field;

    for (size_t i = 0; i < sizeof hints / sizeof hints[0]; i++)
        if (strcmp(name, hints[i][0]) == 0 && strstr(message, hints[i][1]))
            return hints[i][2];
    return "";
}

static void write_fault(FILE *out, const char *file, const struct arguments *arguments,
                        const cJSON *fault)
{
    const char *field = view_text(fault, "field");
    const char *message = view_text(fault, "message");
    long line = (long)view_integer(fault, "line");

    if (line == 0 && !*field)
        line = take_line(&message);
    if (!override_write_cause(out, arguments, field)) {
        text_write_safe(out, file);
        if (line)
            (void)fprintf(out, ":%ld", line);
    }
    (void)fputs(": ", out);
    if (*field) {
        text_write_safe(out, field);
        (void)fputs(": ", out);
    }
    text_write_safe(out, message);
    (void)fputs(hint_of(field, message), out);
}

static void print_fault(FILE *out, const char *file, const struct arguments *arguments,
                        const cJSON *fault)
{
    char *text = NULL;
    size_t size = 0;
    FILE *line = open_memstream(&text, &size);

    if (!line)
        return;
    write_fault(line, file, arguments, fault);
    if (fclose(line) == 0)
        terminal_write_line(out, text, "    ");
    free(text);
}

void report_faults(FILE *out, const char *file, const struct arguments *arguments,
                   const cJSON *answer)
{
    const cJSON *faults = json_get(answer, "faults");
    const cJSON *fault = NULL;
    int64_t left = view_integer(answer, "faultCount") - cJSON_GetArraySize(faults);

    cJSON_ArrayForEach(fault, faults) print_fault(out, file, arguments, fault);
    if (left > 0)
        (void)fprintf(out, "… and %" PRId64 " more\n", left);
}
