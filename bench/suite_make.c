#include "bench/suite_make.h"

#include "search/random.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool problem_list_add(struct problem_list *list, struct problem *problem, struct assay_error *err)
{
    if (problem && list->count == list->capacity) {
        size_t capacity = list->capacity ? 2 * list->capacity : 64;
        struct problem **items = realloc(list->items, capacity * sizeof(struct problem *));

        if (items) {
            list->items = items;
            list->capacity = capacity;
        }
    }
    if (!problem || list->count == list->capacity) {
        problem_free(problem);
        return assay_fail_memory(err);
    }
    list->items[list->count++] = problem;
    return true;
}

void problem_list_clear(struct problem_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        problem_free(list->items[i]);
    free(list->items);
    *list = (struct problem_list){ 0 };
}

/* The words of a text; false for lack of memory. */
static bool split_words(const char *text, struct param_spec *spec)
{
    size_t words = 1;

    for (const char *at = text; *at; at++)
        words += *at == ' ';
    spec->categories = calloc(words, sizeof(char *));
    if (!spec->categories)
        return false;
    for (spec->value_count = 0; spec->value_count < words; spec->value_count++) {
        size_t size = strcspn(text, " ");
        char *word = strndup(text, size);

        if (!word)
            return false;
        spec->categories[spec->value_count] = word;
        text += size + (text[size] == ' ');
    }
    return true;
}

static bool copy_numbers(const struct param_line *line, struct param_spec *spec)
{
    spec->numbers = malloc(line->number_count * sizeof *spec->numbers);
    if (!spec->numbers)
        return false;
    memcpy(spec->numbers, line->numbers, line->number_count * sizeof *spec->numbers);
    spec->value_count = line->number_count;
    return true;
}

static double parent_value(const struct param_spec *parent, size_t ordinal)
{
    if (parent->type == PARAM_INTEGER)
        return parent->min + (double)ordinal;
    return parent->type == PARAM_DISCRETE ? parent->numbers[ordinal] : (double)ordinal;
}

static bool set_parent(const struct search_space *space, const struct param_line *line,
                       struct param_spec *spec)
{
    for (size_t i = 0; i < space->param_count; i++)
        if (strcmp(space->params[i].id, line->parent) == 0)
            spec->parent = (int)i;
    assert(spec->parent != PARAM_NO_PARENT);
    spec->conditions = malloc(32 * sizeof *spec->conditions);
    if (!spec->conditions)
        return false;
    for (size_t bit = 0; bit < 32; bit++)
        if (line->parent_values >> bit & 1)
            spec->conditions[spec->condition_count++] =
                parent_value(&space->params[spec->parent], bit);
    return true;
}

bool space_add(struct search_space *space, const struct param_line *line)
{
    struct param_spec spec = { .id = strdup(line->id),
                               .field = strdup(line->id),
                               .type = line->type,
                               .scale = line->scale,
                               .min = line->min,
                               .max = line->max,
                               .parent = PARAM_NO_PARENT };

    if (spec.id && spec.field && (!line->categories || split_words(line->categories, &spec)) &&
        (!line->numbers || copy_numbers(line, &spec)) &&
        (!line->parent || set_parent(space, line, &spec)))
        return search_space_add(space, &spec) >= 0;
    param_spec_clear(&spec);
    return false;
}

struct search_space *space_new(const struct param_line *lines, size_t count)
{
    struct search_space *space = search_space_new();

    for (size_t i = 0; space && i < count; i++)
        if (!space_add(space, &lines[i])) {
            search_space_free(space);
            return NULL;
        }
    return space;
}

struct search_space *space_new_box(size_t n)
{
    struct search_space *space = search_space_new();

    for (size_t i = 0; space && i < n; i++) {
        char id[32];
        struct param_line line = { .id = id, .scale = SCALE_LINEAR, .min = -5, .max = 5 };

        (void)snprintf(id, sizeof id, "x%zu", i + 1);
        if (!space_add(space, &line)) {
            search_space_free(space);
            return NULL;
        }
    }
    return space;
}

static int compare_numbers(const void *a, const void *b)
{
    double left = *(const double *)a;
    double right = *(const double *)b;

    return (left > right) - (left < right);
}

void sort_numbers(double *numbers, size_t count)
{
    qsort(numbers, count, sizeof *numbers, compare_numbers);
}

static uint64_t chance_bits(uint64_t seed, enum chance_stream stream, uint64_t draw, uint32_t index)
{
    uint32_t counter[4] = { index, (uint32_t)stream, (uint32_t)draw, (uint32_t)(draw >> 32) };
    uint32_t key[2] = { (uint32_t)seed, (uint32_t)(seed >> 32) };
    uint32_t out[4];

    random_philox(counter, key, out);
    return (uint64_t)out[1] << 32 | out[0];
}

double chance_unit(uint64_t seed, enum chance_stream stream, uint64_t draw, uint32_t index)
{
    return (double)(chance_bits(seed, stream, draw, index) >> 11) * 0x1p-53;
}

/* Box and Muller; the first number is taken from (0, 1]. */
double chance_normal(uint64_t seed, enum chance_stream stream, uint64_t draw, uint32_t index)
{
    double radius = 1 - chance_unit(seed, stream, draw, 2 * index);
    double angle = chance_unit(seed, stream, draw, 2 * index + 1);

    return sqrt(-2 * log(radius)) * cos(6.28318530717958647692 * angle);
}

size_t chance_below(uint64_t seed, enum chance_stream stream, uint64_t draw, uint32_t index,
                    size_t end)
{
    return (size_t)(chance_bits(seed, stream, draw, index) % end);
}

/* FNV-1a over the name, then the instance. */
uint64_t chance_seed(const char *name, unsigned instance)
{
    uint64_t hash = UINT64_C(0xCBF29CE484222325);

    for (; *name; name++)
        hash = (hash ^ (unsigned char)*name) * UINT64_C(0x100000001B3);
    return (hash ^ instance) * UINT64_C(0x100000001B3);
}
