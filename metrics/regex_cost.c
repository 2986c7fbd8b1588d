#include "metrics/regex_cost.h"

#include <ctype.h>
#include <string.h>

/* A group that is open: what it has cost so far, and its newest part, which a repeat multiplies. */
struct level {
    double sum;
    double part;
};

/* Behind "[": the first character after the bracket's end. A "]" that comes first is a member. */
static const char *skip_brackets(const char *at)
{
    at += *at == '^';
    at += *at == ']';
    while (*at && *at != ']')
        at++;
    return *at ? at + 1 : at;
}

/* Behind "{": the larger bound, and in *at what follows "}". */
static double read_bound(const char **at)
{
    double bound = 0;
    double larger = 1;

    for (; **at && **at != '}'; ++*at) {
        bound = isdigit((unsigned char)**at) ? bound * 10 + (**at - '0') : 0;
        larger = bound > larger ? bound : larger;
    }
    *at += **at == '}';
    return larger;
}

static void begin_part(struct level *level, double cost)
{
    level->sum += level->part;
    level->part = cost;
}

/* One step of the expression; false at a level too deep. */
static bool step(const char **at, struct level levels[REGEX_DEPTH_MAX], size_t *depth)
{
    char c = *(*at)++;

    if (c == '(') {
        if (++*depth == REGEX_DEPTH_MAX)
            return false;
        levels[*depth] = (struct level){ .sum = 1 };
    } else if (c == ')' && *depth > 0) {
        --*depth;
        begin_part(&levels[*depth], levels[*depth + 1].sum + levels[*depth + 1].part);
    } else if (c == '+') {
        levels[*depth].part *= 2;
    } else if (c == '{') {
        levels[*depth].part *= read_bound(at);
    } else if (c == '*' || c == '?') {
        levels[*depth].part += 1;
    } else {
        if (c == '[')
            *at = skip_brackets(*at);
        else if (c == '\\' && **at)
            ++*at;
        begin_part(&levels[*depth], 1);
    }
    return levels[*depth].part <= REGEX_COST_MAX && levels[*depth].sum <= REGEX_COST_MAX;
}

bool regex_cost_check(const char *regex, struct assay_error *err)
{
    struct level levels[REGEX_DEPTH_MAX] = { { 0 } };
    size_t depth = 0;

    for (const char *at = regex; *at;)
        if (!step(&at, levels, &depth))
            return assay_fail(err, ASSAY_INVALID, NULL,
                              "the regular expression repeats too much within repeats; write it "
                              "with fewer +, {n,m} and groups");
    return true;
}
