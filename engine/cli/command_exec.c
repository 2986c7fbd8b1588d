/* exec: a shell, or a command, beside a trial that runs. */

#include "engine/cli/arguments.h"
#include "engine/cli/client.h"
#include "engine/cli/pipelines.h"
#include "engine/cli/report.h"
#include "engine/cli/view.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* What a shell answers for a command that it cannot run. */
enum { STATUS_NOT_RUN = 126, STATUS_NOT_FOUND = 127 };

/* What stands on the command line. */
struct wish {
    const char *job;
    const char *trial; /* NULL: the one that runs */
    const char *replica;
    char *const *command; /* NULL-terminated; empty: a shell */
};

static bool is_number(const char *word)
{
    return word[0] != '\0' && word[strspn(word, "0123456789")] == '\0';
}

/* JOB [TRIAL] [-- COMMAND…]: a number behind the job is the trial's. */
static bool read_wish(const struct arguments *arguments, struct wish *wish, struct assay_error *err)
{
    int next = 1;

    wish->replica = arguments->values[OPTION_REPLICA];
    if (!arguments_job(arguments, 0, &wish->job, err))
        return false;
    if (next < arguments->operand_count && is_number(arguments->operands[next]))
        wish->trial = arguments->operands[next++];
    wish->command = arguments->operands + next; /* argv ends in NULL */
    if (wish->replica &&
        wish->replica[strspn(wish->replica, "abcdefghijklmnopqrstuvwxyz0123456789-")])
        return assay_fail(err, ASSAY_INVALID, NULL,
                          "--replica %s: replicas are called workerpool0-0, workerpool1-0, …",
                          wish->replica);
    return true;
}

/* The only trial of the job that runs; NULL and *err. Lies in places. */
static const char *choose_trial(const cJSON *places, const char *job, struct assay_error *err)
{
    const cJSON *attempt = NULL;
    const char *chosen = NULL;

    cJSON_ArrayForEach(attempt, json_get(places, "attempts"))
    {
        const char *trial = view_text(attempt, "trial");

        if (strcmp(view_text(attempt, "state"), "RUNNING") != 0)
            continue;
        if (chosen && strcmp(chosen, trial) != 0) {
            (void)assay_fail(err, ASSAY_INVALID, NULL,
                             "several trials of job %s run, %s and %s among them: which one? "
                             "assay exec %s TRIAL",
                             job, chosen, trial, job);
            return NULL;
        }
        chosen = trial;
    }
    if (!chosen)
        (void)assay_fail(err, ASSAY_PRECONDITION, NULL,
                         "no trial of job %s runs now; `assay status` shows what waits, `assay "
                         "show %s` how the job stands",
                         job, job);
    return chosen;
}

/* How to get there: the answer of …:reach. NULL and *err. */
static cJSON *find_way(struct client *client, const struct wish *wish, bool has_terminal,
                       struct assay_error *err)
{
    cJSON *job =
        pipeline_backing_job(client, wish->job, pipeline_or_job(client, wish->job, err), err);
    const char *id = view_text(job, "id");
    const char *trial = wish->trial;
    cJSON *places = NULL;
    cJSON *way = NULL;

    if (job && !trial) {
        places = client_get(client, err, "/assay/v1/places?job=%s", id);
        trial = places ? choose_trial(places, id, err) : NULL;
    }
    if (job && trial)
        way = client_get(client, err, "/assay/v1/jobs/%s/trials/%s:reach?replica=%s&terminal=%s",
                         id, trial, wish->replica ? wish->replica : "workerpool0-0",
                         has_terminal ? "true" : "false");
    cJSON_Delete(places);
    cJSON_Delete(job);
    return way;
}

/* The words of the way, then those of the command; both are borrowed. NULL for lack of memory. */
static char **join(const cJSON *way, char *const *command)
{
    const cJSON *words = json_get(way, "command");
    const cJSON *word = NULL;
    size_t count = (size_t)cJSON_GetArraySize(words);
    char **joined = NULL;

    for (char *const *at = command; *at; at++)
        count++;
    joined = calloc(count + 1, sizeof *joined);
    count = 0;
    cJSON_ArrayForEach(word, words)
    {
        if (joined && cJSON_IsString(word))
            joined[count++] = word->valuestring;
    }
    for (char *const *at = command; joined && *at; at++)
        joined[count++] = *at;
    return joined;
}

/* Becomes the command, so that the terminal, its signals and its status are its own. */
static int become(char *const *words)
{
    struct assay_error err = { 0 };

    (void)fflush(NULL);
    (void)execvp(words[0], words);
    (void)assay_fail_errno(&err, errno, "run %s", words[0]);
    (void)report_error(&err);
    return errno == ENOENT ? STATUS_NOT_FOUND : STATUS_NOT_RUN;
}

/* What is started is read from the folder and answered by its engine: neither may be a stranger's.
 */
static bool check_place(struct client *client, const char *dir, struct assay_error *err)
{
    struct stat info;

    if (client_is_remote(client))
        return assay_fail(err, ASSAY_INVALID, NULL,
                          "exec gets into trials of this machine's state folder only, not of a "
                          "server: log in where the server runs, and type it there");
    if (stat(dir, &info) == 0 && info.st_uid != geteuid() && info.st_uid != 0)
        return assay_fail(err, ASSAY_DENIED, NULL,
                          "state folder %s is another user's, whose word for what to start is not "
                          "taken: type this as that user",
                          dir);
    client_trust_own(client);
    return true;
}

int command_exec(const struct arguments *arguments)
{
    bool has_terminal = isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
    struct wish wish = { 0 };
    struct state_dir dir = { 0 };
    struct client *client = NULL;
    struct assay_error err = { 0 };
    cJSON *way = NULL;
    char **words = NULL;
    int status = 0;

    if (read_wish(arguments, &wish, &err) &&
        state_dir_choose(arguments->values[OPTION_STATE], &dir, &err))
        client = client_open(arguments, &dir, &err);
    if (client && check_place(client, dir.path, &err))
        way = find_way(client, &wish, has_terminal, &err);
    words = way ? join(way, wish.command) : NULL;
    if (way && !words)
        (void)assay_fail_memory(&err);
    client_free(client);
    state_dir_clear(&dir);
    status = words && words[0] ? become(words) : report_error(&err);
    free(words);
    cJSON_Delete(way);
    return status;
}
