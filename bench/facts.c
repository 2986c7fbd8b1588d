#include "bench/facts.h"

#include "bench/problem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

char *conditions_text(const struct conditions *conditions, char text[FACTS_TEXT])
{
    if (conditions->workers == 1)
        (void)snprintf(text, FACTS_TEXT, "One worker, %zu trials", conditions->budget);
    else if (conditions->is_batch)
        (void)snprintf(text, FACTS_TEXT, "Batches of %zu, %zu trials", conditions->workers,
                       conditions->budget);
    else
        (void)snprintf(text, FACTS_TEXT, "%zu asynchronous workers, %zu trials",
                       conditions->workers, conditions->budget);
    return text;
}

char *instances_text(const struct results *results, char text[FACTS_TEXT])
{
    unsigned least = 0;
    unsigned most = 0;
    const char *kind = "some of them for development and some held out";

    for (size_t i = 0; i < results->count; i++) {
        unsigned instance = results->items[i].instance;

        if (results->items[i].status == RESULT_MISSING)
            continue;
        least = least == 0 || instance < least ? instance : least;
        most = instance > most ? instance : most;
    }
    if (most == 0) {
        (void)snprintf(text, FACTS_TEXT, "No problem was run.");
        return text;
    }
    if (most <= PROBLEM_DEVELOPMENT_LAST)
        kind = "of those for development: constants may have been chosen on them";
    else if (least > PROBLEM_DEVELOPMENT_LAST)
        kind = "held out: no constant was chosen on them";
    if (least == most)
        (void)snprintf(text, FACTS_TEXT, "Instance %u of each problem, %s.", least, kind);
    else
        (void)snprintf(text, FACTS_TEXT, "Instances %u to %u of each problem, %s.", least, most,
                       kind);
    return text;
}

static bool same_but_for_seed(const struct result *a, const struct result *b)
{
    return strcmp(a->arm, b->arm) == 0 && strcmp(a->problem, b->problem) == 0 &&
           a->workers == b->workers && a->is_batch == b->is_batch && a->budget == b->budget;
}

/* By what a seed is repeated for; result_compare() has the seed in the middle. */
static int compare_but_for_seed(const void *a, const void *b)
{
    struct result left = **(const struct result *const *)a;
    struct result right = **(const struct result *const *)b;

    left.seed = right.seed = 0;
    return result_compare(&left, &right);
}

/* The least and the greatest number of seeds with which an arm ran a problem. False for lack of
 * memory. */
static bool count_seeds(const struct results *results, size_t *least, size_t *most)
{
    const struct result **runs = calloc(results->count + 1, sizeof *runs);
    size_t count = 0;

    *least = *most = 0;
    if (!runs)
        return false;
    for (size_t i = 0; i < results->count; i++)
        if (results->items[i].status != RESULT_MISSING)
            runs[count++] = &results->items[i];
    qsort(runs, count, sizeof *runs, compare_but_for_seed);
    for (size_t from = 0, to = 0; from < count; from = to) {
        for (to = from; to < count && same_but_for_seed(runs[from], runs[to]);)
            to++;
        *least = *least == 0 || to - from < *least ? to - from : *least;
        *most = to - from > *most ? to - from : *most;
    }
    free(runs);
    return true;
}

char *seeds_text(const struct results *results, char text[FACTS_TEXT])
{
    size_t least = 0;
    size_t most = 0;

    if (!count_seeds(results, &least, &most) || most == 0)
        text[0] = '\0';
    else if (least == most)
        (void)snprintf(text, FACTS_TEXT, "%zu seed%s.", most, most == 1 ? "" : "s");
    else
        (void)snprintf(text, FACTS_TEXT, "%zu to %zu seeds.", least, most);
    return text;
}

const char *trouble_word(const struct trouble *trouble)
{
    switch (trouble->first->status) {
    case RESULT_CANNOT:
        return "cannot search it";
    case RESULT_FAILED:
        return "failed";
    case RESULT_MISSING:
        return "not installed";
    case RESULT_OK:
        break;
    }
    return "";
}

static bool is_same_trouble(const struct result *a, const struct result *b)
{
    return a->status == b->status && strcmp(a->arm, b->arm) == 0 &&
           strcmp(a->suite, b->suite) == 0 && strcmp(a->note, b->note) == 0;
}

/* Installed since it was found missing? */
static bool has_run(const struct results *results, const char *arm)
{
    for (size_t i = 0; i < results->count; i++)
        if (results->items[i].status == RESULT_OK && strcmp(results->items[i].arm, arm) == 0)
            return true;
    return false;
}

struct trouble *troubles_list(const struct results *results, size_t *count)
{
    struct trouble *troubles = calloc(results->count + 1, sizeof *troubles);

    *count = 0;
    for (size_t i = 0; troubles && i < results->count; i++) {
        const struct result *result = &results->items[i];
        size_t known = 0;

        if (result->status == RESULT_OK ||
            (result->status == RESULT_MISSING && has_run(results, result->arm)))
            continue;
        while (known < *count && !is_same_trouble(troubles[known].first, result))
            known++;
        if (known == *count)
            troubles[(*count)++] = (struct trouble){ .first = result };
        troubles[known].runs++;
    }
    return troubles;
}
