/*
 * What a program keeps after it has had assay inside: nothing. lifetimes FOLDER ROUNDS opens two
 * state folders and three studies at once, in each round, uses and closes them; then descriptors,
 * threads, children, signal handlers and memory are as they were. Meanwhile no thread of the
 * library's takes a signal. ($OPENBLAS_NUM_THREADS must be 1: OpenBLAS's threads do.)
 */
#include <assay.h>
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { WARM_ROUNDS = 20, GROWTH_PAGES_MAX = 1024, SIGNALS = 65, PATH_SIZE = 512 };

static const char document[] =
    "seed: 1\n"
    "studySpec:\n"
    "  metrics: [{metricId: y, goal: MINIMIZE}]\n"
    "  parameters: [{parameterId: x, doubleValueSpec: {minValue: 0, maxValue: 1}}]\n";

static int fail(const char *what, const struct assay_error *err)
{
    (void)printf("%s: %s\n", what, err ? err->message : "not as before");
    return 1;
}

static int entry_count(const char *path)
{
    DIR *dir = opendir(path);
    int count = 0;

    while (dir && readdir(dir))
        count++;
    if (dir)
        (void)closedir(dir);
    return count;
}

/* Does this thread take SIGINT or SIGALRM? */
static bool takes_signals(const char *thread)
{
    char path[PATH_SIZE];
    char line[256];
    unsigned long long blocked = 0;
    FILE *file = NULL;

    (void)snprintf(path, sizeof path, "/proc/self/task/%s/status", thread);
    file = fopen(path, "r");
    while (file && fgets(line, sizeof line, file))
        if (strncmp(line, "SigBlk:", 7) == 0)
            blocked = strtoull(line + 7, NULL, 16);
    if (file)
        (void)fclose(file);
    return !(blocked >> (SIGINT - 1) & blocked >> (SIGALRM - 1) & 1);
}

/* How many threads take signals; the program's own one does. */
static int taking_count(void)
{
    DIR *dir = opendir("/proc/self/task");
    const struct dirent *entry = NULL;
    int count = 0;

    while (dir && (entry = readdir(dir)))
        count += entry->d_name[0] != '.' && takes_signals(entry->d_name);
    if (dir)
        (void)closedir(dir);
    return count;
}

static long resident_pages(void)
{
    FILE *file = fopen("/proc/self/statm", "r");
    char text[128] = "";
    char *end = text;

    if (file && fgets(text, sizeof text, file))
        (void)strtol(text, &end, 10);
    if (file)
        (void)fclose(file);
    return strtol(end, NULL, 10);
}

/* Enough trials for models to be learnt on the study's own thread. */
static int use_study(const char *state_dir)
{
    struct assay_study_options options = { .document = document,
                                           .document_size = strlen(document),
                                           .state_dir = state_dir };
    struct assay_error err;
    struct assay_study *study = assay_study_open(&options, &err);
    int fault = study ? 0 : fail("study", &err);

    for (int i = 0; i < 5 && !fault; i++) {
        struct assay_trials trials;
        double value = i;

        if (!assay_study_ask(study, 1, &trials, &err) ||
            !assay_study_tell(study, trials.items[0].id, &value, &err))
            fault = fail("ask and tell", &err);
        assay_trials_clear(&trials);
    }
    if (taking_count() != 1)
        fault = fail("the threads that take signals", NULL);
    assay_study_close(study);
    return fault;
}

static struct assay *open_folder(const char *folder, const char *name)
{
    char path[PATH_SIZE];
    struct assay_options options = { .state_dir = path };
    struct assay_error err;
    struct assay *assay = NULL;

    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    assay = assay_open(&options, &err);
    if (!assay)
        (void)fail("open", &err);
    return assay;
}

static int use(const char *folder, int round)
{
    struct assay_request request = { .method = "GET", .path = "/assay/v1/jobs" };
    struct assay *one = open_folder(folder, "one");
    struct assay *two = one ? open_folder(folder, "two") : NULL;
    struct assay_response response = { 0 };
    struct assay_error err;
    char path[PATH_SIZE];
    int fault = two == NULL;

    (void)snprintf(path, sizeof path, "%s/study-%d", folder, round);
    if (!fault && (!assay_call(two, &request, &response, &err) || response.status != 200))
        fault = fail("call", &err);
    assay_response_clear(&response);
    fault = fault || use_study(NULL) || use_study(path) || use_study(path);
    assay_close(one);
    assay_close(two);
    return fault;
}

static void note_handlers(struct sigaction handlers[SIGNALS])
{
    memset(handlers, 0, SIGNALS * sizeof *handlers);
    for (int i = 1; i < SIGNALS; i++)
        (void)sigaction(i, NULL, &handlers[i]);
}

int main(int argc, char **argv)
{
    static struct sigaction before[SIGNALS], after[SIGNALS];
    int rounds = argc == 3 ? (int)strtol(argv[2], NULL, 10) : 0;
    int files = 0, threads = 0;
    long pages = 0;

    note_handlers(before);
    for (int i = 0; i < rounds; i++) {
        if (use(argv[1], i) != 0)
            return 1;
        if (i + 1 != WARM_ROUNDS)
            continue;
        files = entry_count("/proc/self/fd");
        threads = entry_count("/proc/self/task");
        pages = resident_pages();
    }
    note_handlers(after);
    for (int i = 1; i < SIGNALS; i++)
        if (before[i].sa_handler != after[i].sa_handler)
            return fail("a signal's handler", NULL);
    if (files != entry_count("/proc/self/fd"))
        return fail("open files", NULL);
    if (threads != entry_count("/proc/self/task"))
        return fail("threads", NULL);
    if (waitpid(-1, NULL, WNOHANG) >= 0 || errno != ECHILD)
        return fail("children", NULL);
    if (!getenv("SANITIZED") && resident_pages() - pages > GROWTH_PAGES_MAX)
        return fail("memory", NULL);
    return 0;
}
