/*
 * What the stopping rules save and what they cost, on the learning curves of the suite "curves".
 *
 *   assay-stopping [--instances 6-10] [--seeds N] [--workers N] [--smoke]
 *
 * A study is 100 trials at random points, the same for all rules. Trials report each step, and a
 * rule is asked after each; what it stops keeps what it has measured, as in the engine, and the
 * study's choice is the trial with the least last value. With several workers each step is that of
 * a random running trial. The rules are as a document leaves them that says no more than their
 * names. Instances 1 to 5 are for development, those from 6 on are held out.
 *
 * The table, in Markdown, has a row for each family of curves: steps saved in % / regret of the
 * choice in % of (median - best) of the study's trials / studies in which the best trial was
 * stopped, in %. "never" is what noise alone costs.
 */
#include "assay/value.h"
#include "bench/suite_make.h"
#include "engine/numerics.h"
#include "search/random.h"
#include "search/stopper.h"

#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TRIALS = 100, STEPS_MAX = 100, WORKERS_MAX = TRIALS, FAMILIES_MAX = 16, COUNT_MAX = 10000 };

static const struct rule {
    const char *name;
    enum stopper_kind kind; /* 0: never */
} rules[] = {
    { "never", 0 },
    { "median", STOPPER_MEDIAN },
    { "decay", STOPPER_DECAY_CURVE },
    { "convex", STOPPER_CONVEX },
    { "asha", STOPPER_HALVING },
};

enum { RULES = sizeof rules / sizeof rules[0] };

struct options {
    size_t first_instance, last_instance;
    size_t seeds;
    size_t workers;
    bool is_smoke;
    bool wants_help;
};

/* One study; the curves are all computed before it begins. */
struct study {
    const struct problem *problem;
    struct stopper *stopper; /* NULL: never */
    uint64_t seed;
    size_t length;
    double positions[STEPS_MAX];
    double values[TRIALS][STEPS_MAX];
    double truths[TRIALS]; /* at the end, without noise */
    size_t steps[TRIALS];  /* done */
    bool is_stopped[TRIALS];
};

/* Sums over the studies of a family under one rule. */
struct tally {
    double saved, regret, lost;
    size_t studies;
};

struct family {
    const char *name; /* the problem's */
    struct tally tallies[RULES];
};

/* Point and noise of a trial come from the study's seed: they are the same whatever the rule. */
static void draw_trial(struct study *study, size_t trial)
{
    const struct search_space *space = study->problem->space;
    struct random_stream stream = { .seed = study->seed,
                                    .trial = trial,
                                    .purpose = RANDOM_SUGGESTION };
    double point[32];
    struct problem_outcome outcome;
    uint64_t draw = study->seed * TRIALS + trial;

    for (size_t i = 0; i < space->param_count; i++)
        point[i] = random_unit(&stream, (uint32_t)i);
    search_space_decode(space, point, point);
    study->problem->ops->evaluate(study->problem->state, point, draw, &outcome);
    study->truths[trial] = outcome.truth;
    study->steps[trial] = 0;
    study->is_stopped[trial] = false;
    for (size_t step = 1; step <= study->length; step++)
        study->values[trial][step - 1] =
            study->problem->ops->curve(study->problem->state, point, draw, step);
}

static void study_begin(struct study *study, const struct problem *problem, uint64_t seed)
{
    study->problem = problem;
    study->seed = seed;
    study->length = problem->curve_length;
    for (size_t i = 0; i < study->length; i++)
        study->positions[i] = (double)(i + 1);
    for (size_t trial = 0; trial < TRIALS; trial++)
        draw_trial(study, trial);
}

/* The trial has reported once more: is it over? *is_over. False for lack of memory. */
static bool judge(struct study *study, size_t trial, bool *is_over)
{
    size_t count = study->steps[trial];
    struct curve curve = { count, study->positions, study->values[trial] };
    struct stopper_verdict verdict = { 0 };
    struct stopper_trial ended = { .curve = curve,
                                   .final_value = study->values[trial][count - 1],
                                   .learning_rate = (double)NAN };

    *is_over = count == study->length;
    if (!study->stopper)
        return true;
    if (stopper_observes(study->stopper)) {
        if (!stopper_observe(study->stopper, trial + 1, (double)count, ended.final_value, &verdict))
            return false;
    } else if (!*is_over && !stopper_decide(study->stopper, &curve, (double)NAN, &verdict)) {
        return false;
    }
    if (verdict.should_stop && !*is_over)
        *is_over = ended.is_stopped = study->is_stopped[trial] = true;
    return !*is_over || stopper_append(study->stopper, &ended);
}

static bool study_run(struct study *study, size_t workers)
{
    struct random_stream luck = { .seed = study->seed, .purpose = RANDOM_SUGGESTION };
    size_t running[WORKERS_MAX];
    size_t running_count = 0;
    size_t next = 0;

    for (uint64_t turn = 0; next < TRIALS || running_count > 0; turn++) {
        size_t place = 0;
        bool is_over = false;

        while (running_count < workers && next < TRIALS)
            running[running_count++] = next++;
        luck.trial = TRIALS + turn; /* apart from the points' */
        place = (size_t)(random_unit(&luck, 0) * (double)running_count);
        study->steps[running[place]]++;
        if (!judge(study, running[place], &is_over))
            return false;
        if (is_over)
            running[place] = running[--running_count];
    }
    return true;
}

static int compare_numbers(const void *a, const void *b)
{
    double left = *(const double *)a;
    double right = *(const double *)b;

    return (left > right) - (left < right);
}

static double last_value(const struct study *study, size_t trial)
{
    return study->values[trial][study->steps[trial] - 1];
}

static void study_count(const struct study *study, struct tally *tally)
{
    double sorted[TRIALS];
    size_t chosen = 0;
    size_t best = 0;
    size_t steps = 0;
    double truth = 0;

    for (size_t trial = 0; trial < TRIALS; trial++) {
        sorted[trial] = study->truths[trial];
        steps += study->steps[trial];
        if (last_value(study, trial) < last_value(study, chosen))
            chosen = trial;
        if (study->truths[trial] < study->truths[best])
            best = trial;
    }
    qsort(sorted, TRIALS, sizeof sorted[0], compare_numbers);
    /* A trial that was stopped is worth what it had reached, as far as anybody knows. */
    truth = study->is_stopped[chosen] ? last_value(study, chosen) : study->truths[chosen];
    tally->saved += 1 - (double)steps / (double)(TRIALS * study->length);
    tally->regret += (truth - sorted[0]) / (sorted[TRIALS / 2] - sorted[0]);
    tally->lost += study->is_stopped[best];
    tally->studies++;
}

static bool play(struct study *study, const struct rule *rule, const struct problem *problem,
                 uint64_t seed, size_t workers, struct tally *tally, struct assay_error *err)
{
    struct stopper_options options = { .kind = rule->kind };
    bool is_done = false;

    study_begin(study, problem, chance_seed(problem->name, (unsigned)seed));
    study->stopper = NULL;
    if (rule->kind != 0) {
        study->stopper = stopper_new(&options, err);
        if (!study->stopper)
            return false;
    }
    is_done = study_run(study, workers);
    stopper_free(study->stopper);
    if (is_done)
        study_count(study, tally);
    return is_done || assay_fail_memory(err);
}

static struct family *family_of(struct family families[FAMILIES_MAX], const char *name)
{
    struct family *family = families;

    while (family->name && strcmp(family->name, name) != 0)
        family++;
    family->name = name;
    return family;
}

static void print_table(const struct family families[FAMILIES_MAX], const struct options *options)
{
    (void)printf("Instances %zu to %zu, %zu worker%s, %d trials a study, %zu seed%s.\n\n| curves |",
                 options->first_instance, options->last_instance, options->workers,
                 options->workers == 1 ? "" : "s", TRIALS, options->seeds,
                 options->seeds == 1 ? "" : "s");
    for (size_t i = 0; i < RULES; i++)
        (void)printf(" %s |", rules[i].name);
    (void)printf(" studies |\n|---|");
    for (size_t i = 0; i < RULES; i++)
        (void)printf("---|");
    (void)printf("---:|\n");
    for (const struct family *family = families; family->name; family++) {
        (void)printf("| %s |", family->name);
        for (size_t i = 0; i < RULES; i++) {
            const struct tally *tally = &family->tallies[i];
            double share = 100 / (double)tally->studies;

            (void)printf(" %.0f / %.2f / %.1f |", share * tally->saved, share * tally->regret,
                         share * tally->lost);
        }
        (void)printf(" %zu |\n", family->tallies[0].studies);
    }
}

static bool run(struct problem *const *problems, size_t count, const struct options *options,
                struct assay_error *err)
{
    struct family families[FAMILIES_MAX + 1] = { 0 };
    struct study *study = calloc(1, sizeof *study);
    bool is_done = study || assay_fail_memory(err);

    for (size_t i = 0; is_done && i < count; i++) {
        struct family *family = family_of(families, problems[i]->family);

        for (uint64_t seed = 1; is_done && seed <= options->seeds; seed++)
            for (size_t j = 0; is_done && j < RULES; j++)
                is_done = play(study, &rules[j], problems[i], seed, options->workers,
                               &family->tallies[j], err);
    }
    if (is_done)
        print_table(families, options);
    free(study);
    return is_done;
}

static bool read_number(const char *text, size_t most, size_t *number)
{
    int64_t value = 0;

    if (!assay_integer_parse(text, &value) || value < 1 || value > (int64_t)most)
        return false;
    *number = (size_t)value;
    return true;
}

/* "6-10" or "6". */
static bool read_instances(char *text, struct options *options)
{
    char *last = strchr(text, '-');

    if (last)
        *last++ = '\0';
    return read_number(text, COUNT_MAX, &options->first_instance) &&
           read_number(last ? last : text, COUNT_MAX, &options->last_instance) &&
           options->first_instance <= options->last_instance;
}

static bool read_options(int argc, char **argv, struct options *options)
{
    static const struct option table[] = { { "instances", required_argument, NULL, 'i' },
                                           { "seeds", required_argument, NULL, 's' },
                                           { "workers", required_argument, NULL, 'w' },
                                           { "smoke", no_argument, NULL, 'q' },
                                           { "help", no_argument, NULL, 'h' },
                                           { NULL, 0, NULL, 0 } };
    int option = 0;
    bool is_good = true;

    *options =
        (struct options){ .first_instance = 6, .last_instance = 10, .seeds = 4, .workers = 1 };
    /* NOLINTNEXTLINE(concurrency-mt-unsafe): there is one thread */
    while (is_good && (option = getopt_long(argc, argv, "", table, NULL)) != -1) {
        if (option == 'i')
            is_good = read_instances(optarg, options);
        else if (option == 's')
            is_good = read_number(optarg, COUNT_MAX, &options->seeds);
        else if (option == 'w')
            is_good = read_number(optarg, WORKERS_MAX, &options->workers);
        else if (option == 'q')
            options->is_smoke = true;
        else if (option == 'h')
            options->wants_help = true;
        else
            is_good = false;
    }
    if (options->is_smoke) {
        options->last_instance = options->first_instance;
        options->seeds = 1;
    }
    return is_good && optind == argc;
}

static const char usage[] =
    "usage: assay-stopping [option...]   stopping rules on learning curves\n\n"
    "  --instances 6-10  of each problem; 6 and up are held out (the default)\n"
    "  --seeds N         studies of each problem (4)\n"
    "  --workers N       trials at once (1)\n"
    "  --smoke           one instance and one seed, to see that it works\n"
    "  --help\n";

int main(int argc, char **argv)
{
    struct options options;
    struct assay_error err = { 0 };
    struct suite_query query = { .suite = "curves" };
    struct problem **problems = NULL;
    size_t count = 0;
    bool is_done = false;

    if (!read_options(argc, argv, &options)) {
        (void)fputs(usage, stderr);
        return 2;
    }
    if (options.wants_help)
        return fputs(usage, stdout) < 0;
    numerics_set_up();
    query.first_instance = (unsigned)options.first_instance;
    query.last_instance = (unsigned)options.last_instance;
    query.is_quick = options.is_smoke;
    problems = suite_problems(&query, &count, &err);
    is_done = problems && run(problems, count, &options, &err);
    if (!is_done)
        (void)fprintf(stderr, "assay-stopping: %s\n", err.message);
    for (size_t i = 0; problems && i < count; i++)
        problem_free(problems[i]);
    free(problems);
    return is_done ? 0 : 1;
}
