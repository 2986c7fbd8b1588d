#include "play.h"

#include "support.h"

#include "assay/value.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A study under way. */
struct table {
    const struct play *play;
    struct sampler *sampler;
    struct model_chain *chain;
    struct history *history;
    size_t width, metric_count;
    double *pending; /* points of trials under way, by number */
    uint64_t *numbers;
    size_t pending_count;
    struct dice dice;
};

static void *must(void *memory)
{
    cr_assert(memory != NULL);
    return memory;
}

static size_t workers_of(const struct play *play)
{
    return play->parallel_count > 0 ? play->parallel_count : 1;
}

static struct sampler *new_sampler(const struct play *play)
{
    struct sampler_options options = { .algorithm = play->algorithm,
                                       .seed = play->seed,
                                       .max_trial_count =
                                           play->is_budget_unknown ? 0 : (int64_t)play->trial_count,
                                       .parallel_count = (int64_t)workers_of(play),
                                       .metrics = play->metrics,
                                       .metric_count = play->metric_count };
    struct assay_error err = { 0 };
    struct sampler *sampler = sampler_new(&options, play->space, &err);

    cr_assert(sampler != NULL, "%s", err.message);
    return sampler;
}

static struct table open_table(const struct play *play)
{
    struct table table = { .play = play,
                           .sampler = new_sampler(play),
                           .width = play->space->param_count,
                           .metric_count = play->metrics ? play->metric_count : 1,
                           .dice = { play->seed } };
    size_t workers = workers_of(play);

    table.chain = must(model_chain_new(table.sampler));
    table.history = must(history_new(table.width, table.metric_count));
    table.pending = must(calloc(workers * table.width + 1, sizeof *table.pending));
    table.numbers = must(calloc(workers, sizeof *table.numbers));
    return table;
}

static void close_table(struct table *table)
{
    history_free(table->history);
    model_chain_free(table->chain);
    sampler_free(table->sampler);
    free(table->pending);
    free(table->numbers);
}

static enum sampler_answer ask(struct table *table, uint64_t number, double *point,
                               struct provenance *provenance, struct assay_error *err)
{
    struct sampler_query query = { .trial_number = number,
                                   .history = table->history,
                                   .past_count = history_count(table->history),
                                   .pending = table->pending,
                                   .pending_count = table->pending_count };

    return model_chain_suggest(table->chain, &query, point, provenance, err);
}

static void begin_trial(struct table *table, uint64_t number, const double *point)
{
    if (table->width > 0)
        memcpy(table->pending + table->pending_count * table->width, point,
               table->width * sizeof *point);
    table->numbers[table->pending_count++] = number;
}

/* One of those under way ends. */
static void end_trial(struct table *table, struct played *played)
{
    size_t which = dice_below(&table->dice, table->pending_count);
    double *point = table->pending + which * table->width;
    double *values = played->values + (table->numbers[which] - 1) * table->metric_count;
    struct past_trial trial = {
        .number = table->numbers[which], .progress = 1, .point = point, .values = values
    };

    trial.state = table->play->judge(table->play->space, point, values);
    if (trial.state == PAST_STOPPED)
        trial.progress = 0.25;
    cr_assert(history_append(table->history, &trial));
    if (trial.state == PAST_COMPLETED && values[0] < played->best)
        played->best = values[0];
    table->pending_count--;
    memmove(point, point + table->width,
            (table->pending_count - which) * table->width * sizeof *point);
    memmove(table->numbers + which, table->numbers + which + 1,
            (table->pending_count - which) * sizeof *table->numbers);
}

struct played play_study(const struct play *play)
{
    struct table table = open_table(play);
    struct played played = { .width = table.width,
                             .metric_count = table.metric_count,
                             .best = (double)INFINITY };
    double *again = must(calloc(table.width + 1, sizeof *again));

    played.points = must(calloc(play->trial_count * table.width + 1, sizeof *played.points));
    played.values = must(calloc(play->trial_count * table.metric_count, sizeof *played.values));
    played.stages = must(calloc(play->trial_count, sizeof *played.stages));
    for (size_t t = 1; t <= play->trial_count; t++) {
        double *point = played.points + (t - 1) * table.width;
        struct assay_error err = { 0 };
        struct provenance provenance;

        cr_assert(eq(int, ask(&table, t, point, &provenance, &err), SAMPLER_POINT));
        played.stages[t - 1] = provenance.stage;
        cr_assert(search_space_is_legal(play->space, point), "trial %zu", t);
        cr_assert(eq(int, ask(&table, t, again, &provenance, &err), SAMPLER_POINT));
        cr_assert(is_same_point(point, again, table.width), "trial %zu", t);
        begin_trial(&table, t, point);
        if (table.pending_count == workers_of(play))
            end_trial(&table, &played);
    }
    while (table.pending_count > 0)
        end_trial(&table, &played);
    free(again);
    close_table(&table);
    return played;
}

void played_clear(struct played *played)
{
    free(played->points);
    free(played->values);
    free(played->stages);
    *played = (struct played){ 0 };
}

void play_again(const struct play *play, const struct played *played)
{
    struct played again = play_study(play);

    cr_assert(is_same_point(again.points, played->points, play->trial_count * played->width));
    played_clear(&again);
}

void play_with_failing_allocations(const struct play *play)
{
    struct played played = play_study(play);
    struct table table = open_table(play);
    struct played scratch = { .values = must(calloc(play->trial_count * table.metric_count, 8)) };
    double *point = must(calloc(table.width + 1, sizeof *point));

    for (size_t t = 1; t <= play->trial_count; t++) {
        enum sampler_answer answer = SAMPLER_FAILED;

        for (int successes = 0; answer == SAMPLER_FAILED; successes++) {
            struct assay_error err = { 0 };
            struct provenance provenance;
            bool has_failed = false;

            allocations_fail_after(successes);
            answer = ask(&table, t, point, &provenance, &err);
            has_failed = allocations_have_failed();
            allocations_fail_after(-1);
            cr_assert(eq(int, answer == SAMPLER_FAILED, has_failed));
            cr_assert(eq(int, err.code, has_failed ? ASSAY_EXHAUSTED : ASSAY_OK));
        }
        cr_assert(is_same_point(point, played.points + (t - 1) * table.width, table.width));
        begin_trial(&table, t, point);
        if (table.pending_count == workers_of(play))
            end_trial(&table, &scratch);
    }
    free(point);
    free(scratch.values);
    played_clear(&played);
    close_table(&table);
}

/* Nine digits: the same on machines whose libraries round the last ones otherwise. */
static void print_study(FILE *out, const struct play *play, const struct played *played)
{
    for (size_t t = 0; t < play->trial_count; t++) {
        (void)fprintf(out, "%zu", t + 1);
        for (size_t i = 0; i < played->width; i++) {
            const struct param_spec *spec = &play->space->params[i];
            double value = played->points[t * played->width + i];
            char text[ASSAY_NUMBER_TEXT];

            if (isnan(value))
                (void)fprintf(out, " -");
            else if (spec->type == PARAM_DOUBLE)
                (void)fprintf(out, " %.9g", value);
            else
                (void)fprintf(out, " %s", param_spec_value_text(spec, value, text));
        }
        (void)fputc('\n', out);
    }
}

void play_golden(const struct play *play, const char *folder, const char *name)
{
    struct played played = play_study(play);
    const char *mode = getenv("ASSAY_GOLDEN");
    bool is_written = mode && strcmp(mode, "write") == 0;
    char path[512];
    char *text = NULL;
    char *golden = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    FILE *file = NULL;

    print_study(out, play, &played);
    (void)fclose(out);
    (void)snprintf(path, sizeof path, "%s/%s.txt", folder, name);
    file = fopen(path, is_written ? "we" : "re");
    cr_assert(file != NULL, "%s", path);
    golden = must(calloc(1, size + 2));
    if (is_written)
        cr_assert(eq(sz, fwrite(text, 1, size, file), size));
    else
        cr_assert(fread(golden, 1, size + 1, file) == size && memcmp(golden, text, size) == 0,
                  "%s has\n%sinstead of\n%s", path, golden, text);
    (void)fclose(file);
    free(golden);
    free(text);
    played_clear(&played);
}

enum past_state judge_sphere(const struct search_space *space, const double *point, double *values)
{
    values[0] = 0;
    for (size_t i = 0; i < space->param_count; i++)
        values[0] += pow(point[i] - 0.3, 2);
    return PAST_COMPLETED;
}

enum past_state judge_ellipsoid(const struct search_space *space, const double *point,
                                double *values)
{
    values[0] = 0;
    for (size_t i = 0; i < space->param_count; i++)
        values[0] += pow(10, 3.0 * (double)i / (double)space->param_count) *
                     pow(point[i] - 0.2 - 0.1 * (double)(i % 5), 2);
    return PAST_COMPLETED;
}

enum past_state judge_units(const struct search_space *space, const double *point, double *values)
{
    values[0] = 0;
    for (size_t i = 0; i < space->param_count; i++) {
        const struct param_spec *spec = &space->params[i];

        if (isnan(point[i]))
            continue;
        if (spec->type == PARAM_CATEGORICAL)
            values[0] += point[i] + 1 < (double)spec->value_count ? 0.3 : 0;
        else
            values[0] += pow(param_spec_encode(spec, point[i]) - 0.7, 2);
    }
    return PAST_COMPLETED;
}

enum past_state judge_failure(const struct search_space *space, const double *point, double *values)
{
    (void)space;
    (void)point;
    values[0] = (double)NAN;
    return PAST_INFEASIBLE;
}

enum past_state judge_nan(const struct search_space *space, const double *point, double *values)
{
    (void)judge_failure(space, point, values);
    return PAST_COMPLETED;
}

enum past_state judge_equal(const struct search_space *space, const double *point, double *values)
{
    (void)space;
    (void)point;
    values[0] = 3;
    return PAST_COMPLETED;
}

enum past_state judge_chaos(const struct search_space *space, const double *point, double *values)
{
    (void)judge_units(space, point, values);
    switch ((int)(values[0] * 1000) % 7) {
    case 0:
        return PAST_INFEASIBLE;
    case 1:
        return PAST_STOPPED;
    case 2:
        values[0] = (double)NAN;
        break;
    case 3:
        values[0] = -(double)INFINITY;
        break;
    case 4:
        values[0] *= 1e300;
        break;
    default:
        break;
    }
    return PAST_COMPLETED;
}

static struct search_space *odd_space(int shape)
{
    static const char *const names[] = { "only" };
    static const double numbers[] = { 5 };
    struct search_space *space = must(search_space_new());

    if (shape == 1) {
        (void)add_integer(space, "i", 4, 4, SCALE_NONE);
        (void)add_category(space, "c", names, 1);
        (void)add_discrete(space, "d", numbers, 1, SCALE_LOG);
        (void)add_double(space, "x", 2, 2, SCALE_LOG);
    } else if (shape == 2) {
        (void)add_integer(space, "large", 0, 0x1p53, SCALE_NONE);
        (void)add_integer(space, "long", 1, 0x1p53, SCALE_LOG);
        (void)add_double(space, "wide", -1.7e308, 1.7e308, SCALE_NONE);
    } else if (shape == 3) {
        for (int i = 0; i < 60; i++)
            (void)add_double(space, "x", 1e-300, 1e300, i % 2 ? SCALE_LOG : SCALE_REVERSE_LOG);
    }
    return space;
}

void play_degenerate_studies(const char *algorithm)
{
    static const play_judge judges[] = { judge_failure, judge_nan, judge_equal, judge_chaos };

    for (int shape = 0; shape < 5; shape++)
        for (size_t j = 0; j < sizeof judges / sizeof judges[0]; j++) {
            struct search_space *space = shape == 4 ? mixed_space() : odd_space(shape);
            struct play play = { .algorithm = algorithm,
                                 .seed = j,
                                 .space = space,
                                 .trial_count = 60,
                                 .parallel_count = 1 + j,
                                 .judge = judges[j] };
            struct played played = play_study(&play);

            played_clear(&played);
            search_space_free(space);
        }
}
