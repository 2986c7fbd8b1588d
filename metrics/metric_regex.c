#include "metrics/metric_regex.h"

#include "metrics/metric_line.h"
#include "metrics/regex_cost.h"

#include <ctype.h>
#include <regex.h>
#include <stdlib.h>
#include <string.h>

enum { GROUPS_MAX = 10, REGEX_MAX = 1000, LITERAL_MAX = 32 };

/* Every match begins with the literal (which may be empty): most lines lack it, and memmem() says
 * so some thirty times faster than regexec(). */
struct metric_regex {
    size_t metric;
    regex_t program;
    char literal[LITERAL_MAX + 1];
    size_t literal_size;
};

struct metric_regexes {
    size_t count;
    size_t metric_count;
    struct metric_regex items[];
};

/*
 * Habits from other dialects compile here, but mean something else and would never match: better
 * to refuse them. Inside brackets a backslash stands for itself.
 */
static bool check_dialect(const char *regex, struct assay_error *err)
{
    bool in_brackets = false;
    const char *bracket = NULL;

    for (const char *at = regex; *at; at++) {
        if (*at == '\\' && (at[1] == 'd' || at[1] == 'D' || (in_brackets && isalpha(at[1] & 0x7f))))
            return assay_fail(err, ASSAY_INVALID, NULL,
                              "\"\\%c\" is not part of POSIX extended regular expressions%s; "
                              "write [0-9] for a digit",
                              at[1], in_brackets ? " between brackets" : "");
        if (in_brackets) {
            /* A "]" that comes first, also after "^", is a member and not the end. */
            in_brackets = *at != ']' || at == bracket + 1 || (at == bracket + 2 && at[-1] == '^');
            continue;
        }
        if (*at == '\\' && at[1]) {
            at++;
        } else if (*at == '[') {
            in_brackets = true;
            bracket = at;
        } else if (*at == '(' && at[1] == '?') {
            return assay_fail(err, ASSAY_INVALID, NULL,
                              "\"(?\" is not part of POSIX extended regular expressions; write a "
                              "plain group, of which the first is the value");
        } else if (strchr("*+?}", *at) && at[1] == '?') {
            return assay_fail(err, ASSAY_INVALID, NULL,
                              "\"%c?\" (a lazy repetition) is not part of POSIX extended regular "
                              "expressions; name the characters, as in [^ ]*",
                              *at);
        }
    }
    return true;
}

static bool compile(regex_t *program, const char *regex, struct assay_error *err)
{
    char reason[128];
    int failure = 0;

    if (regex[0] == '\0')
        return assay_fail(err, ASSAY_INVALID, NULL, "the regular expression is empty");
    if (strlen(regex) > REGEX_MAX)
        return assay_fail(err, ASSAY_INVALID, NULL,
                          "the regular expression is longer than %d bytes", REGEX_MAX);
    if (!check_dialect(regex, err) || !regex_cost_check(regex, err))
        return false;
    failure = regcomp(program, regex, REG_EXTENDED);
    if (failure == 0)
        return true;
    if (failure == REG_ESPACE)
        return assay_fail_memory(err);
    (void)regerror(failure, program, reason, sizeof reason);
    return assay_fail(err, ASSAY_INVALID, NULL,
                      "\"%.200s\" is not a POSIX extended regular expression: %s", regex, reason);
}

/* The plain characters that the expression begins with; none where it has alternatives. */
static void find_literal(const char *regex, struct metric_regex *item)
{
    size_t size = strcspn(regex, ".[]()*+?{}^$\\|");

    if (strchr(regex, '|'))
        size = 0;
    else if (size > 0 && regex[size] && strchr("*?{", regex[size]))
        size--; /* the last one need not be there */
    item->literal_size = size < LITERAL_MAX ? size : LITERAL_MAX;
    memcpy(item->literal, regex, item->literal_size);
}

bool metric_regex_check(const char *regex, struct assay_error *err)
{
    regex_t program;

    if (!compile(&program, regex, err))
        return false;
    regfree(&program);
    return true;
}

struct metric_regexes *metric_regexes_new(const char *const *regexes, size_t metric_count,
                                          struct assay_error *err)
{
    struct metric_regexes *set =
        calloc(1, sizeof *set + metric_count * sizeof(struct metric_regex));

    if (!set) {
        (void)assay_fail_memory(err);
        return NULL;
    }
    set->metric_count = metric_count;
    for (size_t i = 0; i < metric_count; i++) {
        if (!regexes[i])
            continue;
        if (!compile(&set->items[set->count].program, regexes[i], err)) {
            metric_regexes_free(set);
            return NULL;
        }
        find_literal(regexes[i], &set->items[set->count]);
        set->items[set->count++].metric = i;
    }
    return set;
}

void metric_regexes_free(struct metric_regexes *regexes)
{
    if (!regexes)
        return;
    for (size_t i = 0; i < regexes->count; i++)
        regfree(&regexes->items[i].program);
    free(regexes);
}

/* The value of a match: of the groups that took part, or else of the whole. */
static enum value_kind read_match(const char *line, const regmatch_t groups[GROUPS_MAX],
                                  double *value)
{
    bool has_group = false;

    for (size_t i = 1; i < GROUPS_MAX; i++) {
        enum value_kind kind = VALUE_NONE;

        if (groups[i].rm_so < 0)
            continue;
        has_group = true;
        kind = metric_value_read(line + groups[i].rm_so,
                                 (size_t)(groups[i].rm_eo - groups[i].rm_so), value);
        if (kind != VALUE_NONE)
            return kind;
    }
    if (has_group)
        return VALUE_NONE;
    return metric_value_read(line + groups[0].rm_so, (size_t)(groups[0].rm_eo - groups[0].rm_so),
                             value);
}

bool metric_regexes_read(const struct metric_regexes *regexes, const char *line, size_t size,
                         int64_t elapsed_us, const struct metric_spec *specs,
                         struct report_list *list, struct assay_error *err)
{
    struct metric_report report = { .elapsed_us = elapsed_us };
    size_t count_before = list->count;
    uint64_t skipped_before = list->skipped;

    if (!report_list_reserve(list, regexes->count, err))
        return false;
    for (size_t i = 0; i < regexes->count; i++) {
        /* REG_STARTEND: bounds instead of a terminator, so that NUL is a byte like any other. */
        regmatch_t groups[GROUPS_MAX] = { { .rm_so = 0, .rm_eo = (regoff_t)size } };
        const struct metric_regex *item = &regexes->items[i];
        enum value_kind kind = VALUE_NONE;
        int failure = REG_NOMATCH;

        if (item->literal_size == 0 || memmem(line, size, item->literal, item->literal_size))
            failure = regexec(&item->program, line, GROUPS_MAX, groups, REG_STARTEND);
        if (failure == REG_NOMATCH)
            continue;
        if (failure) {
            list->count = count_before;
            list->skipped = skipped_before;
            return assay_fail_memory(err);
        }
        kind = read_match(line, groups, &report.value);
        report.metric = item->metric;
        if (kind == VALUE_NUMBER) {
            report_list_add(list, &report);
        } else if (kind == VALUE_NOT_FINITE) {
            list->skipped++;
            report_list_see(list, specs[report.metric].id);
        }
    }
    return true;
}
