#include "bench/bench_options.h"

#include "assay/value.h"
#include "bench/suites.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    BUDGET_MAX = 100000,
    WORKERS_MAX = 1000,
    JOBS_MAX = 256,
    COUNT_MAX = 1000000,
    TIMEOUT_MAX_S = 86400
};

const char bench_options_help[] =
    "usage: assay-bench [option...]           run what is not in DIR yet, then report\n"
    "       assay-bench report [--out DIR]    report again what is in DIR\n"
    "\n"
    "  --suites S1,S2      all but curves unless said; --list shows what there is\n"
    "  --arms gp,random    all that are installed unless said, but grid and nsga2;\n"
    "                      gp:start_count=10+noise=free is gp with other constants\n"
    "  --instances 6-10    of each problem; 6 and up are held out (the default)\n"
    "  --development       instances 1-5, which constants may be chosen on\n"
    "  --problems N        of each suite at most, evenly chosen (all)\n"
    "  --seeds N           repetitions of each problem (4); 5-8: those only\n"
    "  --budget N          trials of a run (100)\n"
    "  --workers N         trials at once, on a virtual clock (1)\n"
    "  --mode async|batch  each worker goes on by itself, or all wait for the last one (async)\n"
    "  --quick             a look in under three minutes: few problems, arms and trials\n"
    "  --out DIR           results.csv, report.md and report.html (assay-bench-results)\n"
    "  --baseline ARM      whose win rates are told (gp)\n"
    "  --jobs N            runs at once (as many as there are cores)\n"
    "  --timeout S         for each answer of a rival (120)\n"
    "  --retry             run again what failed\n"
    "  --list              suites, problems and arms, and which of them can run here\n"
    "  --help\n"
    "\n"
    "Started again with the same DIR it goes on where it stood. Rivals are Python packages:\n"
    "bench/rivals/setup installs them.\n";

/* Of use when asked for by name: the first refuses most spaces, the second is for several
 * objectives, the third is gp once more. */
static const char *const left_out[] = { "grid", "nsga2", "assay-suggest" };

/* Cuts a list at its commas, in place. */
static bool split_list(char *list, const char **items, size_t *count, const char *option,
                       struct assay_error *err)
{
    char *rest = list;
    char *item = NULL;

    *count = 0;
    while ((item = strsep(&rest, ","))) {
        if (*item == '\0' || *count == BENCH_LIST_MAX)
            return assay_fail(err, ASSAY_INVALID, NULL, "%s: names with commas between", option);
        items[(*count)++] = item;
    }
    return true;
}

/* "gp:start_count=10+noise=free": an arm of ours with other constants. False: it is none. */
static bool read_variant(const char *text, struct arm_kind *variant)
{
    const char *colon = strchr(text, ':');
    char name[ARM_NAME_MAX] = "";
    const struct arm_kind *kind = NULL;

    if (!colon || strlen(text) >= ARM_NAME_MAX)
        return false;
    memcpy(name, text, (size_t)(colon - text));
    kind = arm_find(name);
    if (!kind || kind->ops != &arm_own_ops)
        return false;
    *variant = *kind;
    (void)snprintf(variant->name, sizeof variant->name, "%s", text);
    variant->settings = variant->name + (colon - text) + 1;
    return true;
}

static bool find_arms(const char *const *names, size_t count, struct bench_options *options,
                      struct assay_error *err)
{
    const char *known[BENCH_LIST_MAX];

    for (size_t i = 0; i < arm_kind_count; i++)
        known[i] = arm_kinds[i].name;
    for (size_t i = 0; i < count; i++) {
        const char *nearest = assay_nearest_word(names[i], known, arm_kind_count);

        options->arms[i] = arm_find(names[i]);
        if (!options->arms[i] && read_variant(names[i], &options->variants[i]))
            options->arms[i] = &options->variants[i];
        if (!options->arms[i])
            return assay_fail(err, ASSAY_INVALID, NULL, "--arms: there is no \"%.40s\"%s%s; --list",
                              names[i], nearest ? ", but a " : "", nearest ? nearest : "");
    }
    options->arm_count = count;
    return true;
}

static bool check_suites(const struct bench_options *options, struct assay_error *err)
{
    for (size_t i = 0; i < options->suite_count; i++) {
        const struct suite_line *line = suite_lines;

        while (line->name && strcmp(line->name, options->suites[i]) != 0)
            line++;
        if (!line->name)
            return assay_fail(err, ASSAY_INVALID, NULL, "--suites: there is no \"%.40s\"; --list",
                              options->suites[i]);
    }
    return true;
}

static bool read_count(const char *text, size_t most, size_t *count, const char *option,
                       struct assay_error *err)
{
    int64_t number = 0;

    if (!assay_integer_parse(text, &number) || number < 1 || number > (int64_t)most)
        return assay_fail(err, ASSAY_INVALID, NULL, "%s: a number from 1 to %zu", option, most);
    *count = (size_t)number;
    return true;
}

/* "6-10" or "6". */
static bool read_range(const char *text, size_t *from, size_t *to, const char *option,
                       struct assay_error *err)
{
    char first[16];
    const char *dash = strchr(text, '-');

    (void)snprintf(first, sizeof first, "%.*s", dash ? (int)(dash - text) : 15, text);
    if (!read_count(first, COUNT_MAX, from, option, err) ||
        !read_count(dash ? dash + 1 : first, COUNT_MAX, to, option, err))
        return false;
    return *to >= *from ||
           assay_fail(err, ASSAY_INVALID, NULL, "%s: first and last, as in 6-10", option);
}

static bool read_instances(const char *text, struct bench_options *options, struct assay_error *err)
{
    size_t from = 0;
    size_t to = 0;

    if (!read_range(text, &from, &to, "--instances", err))
        return false;
    options->first_instance = (unsigned)from;
    options->last_instance = (unsigned)to;
    return true;
}

/* "4" is four of them, "5-8" four others. */
static bool read_seeds(const char *text, struct bench_options *options, struct assay_error *err)
{
    size_t from = 0;
    size_t to = 0;

    if (!read_range(text, &from, &to, "--seeds", err))
        return false;
    options->first_seed = strchr(text, '-') ? (uint32_t)from : 1;
    options->last_seed = (uint32_t)to;
    return true;
}

static void choose_all_arms(struct bench_options *options)
{
    for (size_t i = 0; i < arm_kind_count; i++) {
        bool is_left_out = options->is_quick && !arm_kinds[i].is_cheap;

        for (size_t j = 0; j < sizeof left_out / sizeof left_out[0]; j++)
            is_left_out = is_left_out || strcmp(arm_kinds[i].name, left_out[j]) == 0;
        if (!is_left_out)
            options->arms[options->arm_count++] = &arm_kinds[i];
    }
}

static void fill_defaults(struct bench_options *options)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);

    if (options->suite_count == 0)
        for (const struct suite_line *line = suite_lines; line->name; line++)
            if (strcmp(line->name, "curves") != 0) /* for stoppers, which no arm is */
                options->suites[options->suite_count++] = line->name;
    if (options->arm_count == 0)
        choose_all_arms(options);
    if (options->first_instance == 0) {
        options->first_instance = PROBLEM_DEVELOPMENT_LAST + 1;
        options->last_instance = PROBLEM_DEVELOPMENT_LAST + (options->is_quick ? 1 : 5);
    }
    if (options->first_seed == 0) {
        options->first_seed = 1;
        options->last_seed = options->is_quick ? 1 : 4;
    }
    if (options->problem_limit == 0)
        options->problem_limit = COUNT_MAX;
    if (options->budget == 0)
        options->budget = options->is_quick ? 50 : 100;
    if (options->workers == 0)
        options->workers = 1;
    if (options->jobs == 0)
        options->jobs = cores > 0 ? (size_t)cores : 1;
    if (options->timeout_s == 0)
        options->timeout_s = 120;
    if (!options->out)
        options->out = "assay-bench-results";
    if (!options->baseline)
        options->baseline = "gp";
}

enum {
    OPTION_FIRST = 256,
    SUITES,
    ARMS,
    INSTANCES,
    DEVELOPMENT,
    PROBLEMS,
    SEEDS,
    BUDGET,
    WORKERS,
    MODE,
    QUICK,
    OUT,
    BASELINE,
    JOBS,
    TIMEOUT,
    RETRY,
    LIST,
    HELP
};

static const struct option table[] = {
    { "suites", required_argument, NULL, SUITES },
    { "arms", required_argument, NULL, ARMS },
    { "instances", required_argument, NULL, INSTANCES },
    { "development", no_argument, NULL, DEVELOPMENT },
    { "problems", required_argument, NULL, PROBLEMS },
    { "seeds", required_argument, NULL, SEEDS },
    { "budget", required_argument, NULL, BUDGET },
    { "workers", required_argument, NULL, WORKERS },
    { "mode", required_argument, NULL, MODE },
    { "quick", no_argument, NULL, QUICK },
    { "out", required_argument, NULL, OUT },
    { "baseline", required_argument, NULL, BASELINE },
    { "jobs", required_argument, NULL, JOBS },
    { "timeout", required_argument, NULL, TIMEOUT },
    { "retry", no_argument, NULL, RETRY },
    { "list", no_argument, NULL, LIST },
    { "help", no_argument, NULL, HELP },
    { NULL, 0, NULL, 0 },
};

static bool read_option(int option, char *value, struct bench_options *options,
                        struct assay_error *err)
{
    const char *names[BENCH_LIST_MAX];
    size_t count = 0;

    switch (option) {
    case SUITES:
        return split_list(value, options->suites, &options->suite_count, "--suites", err) &&
               check_suites(options, err);
    case ARMS:
        return split_list(value, names, &count, "--arms", err) &&
               find_arms(names, count, options, err);
    case INSTANCES:
        return read_instances(value, options, err);
    case DEVELOPMENT:
        options->first_instance = 1;
        options->last_instance = PROBLEM_DEVELOPMENT_LAST;
        return true;
    case PROBLEMS:
        return read_count(value, COUNT_MAX, &options->problem_limit, "--problems", err);
    case SEEDS:
        return read_seeds(value, options, err);
    case BUDGET:
        return read_count(value, BUDGET_MAX, &options->budget, "--budget", err);
    case WORKERS:
        return read_count(value, WORKERS_MAX, &options->workers, "--workers", err);
    case MODE:
        options->is_batch = strcmp(value, "batch") == 0;
        return options->is_batch || strcmp(value, "async") == 0 ||
               assay_fail(err, ASSAY_INVALID, NULL, "--mode: async or batch");
    case QUICK:
        options->is_quick = true;
        return true;
    case OUT:
        options->out = value;
        return true;
    case BASELINE:
        options->baseline = value;
        return arm_find(value) ||
               assay_fail(err, ASSAY_INVALID, NULL, "--baseline: there is no such arm; --list");
    case JOBS:
        return read_count(value, JOBS_MAX, &options->jobs, "--jobs", err);
    case TIMEOUT:
        return read_count(value, TIMEOUT_MAX_S, &options->timeout_s, "--timeout", err);
    case RETRY:
        options->is_retrying = true;
        return true;
    case LIST:
        options->action = BENCH_LIST;
        return true;
    case HELP:
        options->action = BENCH_HELP;
        return true;
    default:
        return assay_fail(err, ASSAY_INVALID, NULL, "try --help");
    }
}

bool bench_options_parse(int argc, char **argv, struct bench_options *options,
                         struct assay_error *err)
{
    int option = 0;

    *options = (struct bench_options){ .action = BENCH_RUN };
    if (argc > 1 && strcmp(argv[1], "report") == 0) {
        options->action = BENCH_REPORT;
        argv[1] = argv[0];
        argv++;
        argc--;
    }
    /* NOLINTNEXTLINE(concurrency-mt-unsafe): before anything is started */
    while ((option = getopt_long(argc, argv, "", table, NULL)) != -1)
        if (!read_option(option, optarg, options, err))
            return false;
    if (optind < argc)
        return assay_fail(err, ASSAY_INVALID, NULL, "what is \"%.100s\"? try --help", argv[optind]);
    fill_defaults(options);
    return true;
}
