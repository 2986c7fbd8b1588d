#include "support.h"

#include <gsl/gsl_errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

uint64_t dice_bits(struct dice *dice)
{
    uint64_t x = dice->state += UINT64_C(0x9E3779B97F4A7C15);

    x = (x ^ x >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    x = (x ^ x >> 27) * UINT64_C(0x94D049BB133111EB);
    return x ^ x >> 31;
}

struct dice dice_new(void)
{
    const char *text = getenv("ASSAY_TEST_SEED");
    struct dice dice = { 1 };

    if (text)
        dice.state = strtoull(text, NULL, 10);
    else if (getrandom(&dice.state, sizeof dice.state, 0) < 0)
        perror("getrandom");
    (void)fprintf(stderr, "ASSAY_TEST_SEED=%" PRIu64 "\n", dice.state);
    return dice;
}

uint64_t dice_below(struct dice *dice, uint64_t end)
{
    return dice_bits(dice) % end;
}

double dice_unit(struct dice *dice)
{
    return (double)(dice_bits(dice) >> 11) * 0x1p-53;
}

double dice_double(struct dice *dice, double min, double max)
{
    uint64_t low = 0;
    uint64_t high = 0;
    double value = 0;

    memcpy(&low, &min, sizeof low);
    memcpy(&high, &max, sizeof high);
    low += dice_below(dice, high - low + 1); /* positive doubles are ordered as their bits are */
    memcpy(&value, &low, sizeof value);
    return value;
}

/* Tests cannot go on without memory; nothing here runs while allocations are made to fail. */
static void *must(void *memory)
{
    if (!memory)
        abort();
    return memory;
}

static char *path_of(const struct search_space *space)
{
    char *path = NULL;

    if (asprintf(&path, "study_spec.parameters[%zu]", space->param_count) < 0)
        abort();
    return path;
}

static int add_spec(struct search_space *space, const char *id, struct param_spec spec)
{
    spec.id = must(strdup(id));
    spec.field = path_of(space);
    spec.parent = PARAM_NO_PARENT;
    spec.line = (int)space->param_count + 1;
    return search_space_add(space, &spec);
}

int add_double(struct search_space *space, const char *id, double min, double max,
               enum param_scale scale)
{
    return add_spec(
        space, id,
        (struct param_spec){ .type = PARAM_DOUBLE, .scale = scale, .min = min, .max = max });
}

int add_integer(struct search_space *space, const char *id, double min, double max,
                enum param_scale scale)
{
    return add_spec(
        space, id,
        (struct param_spec){ .type = PARAM_INTEGER, .scale = scale, .min = min, .max = max });
}

int add_discrete(struct search_space *space, const char *id, const double *numbers, size_t count,
                 enum param_scale scale)
{
    double *copy = must(calloc(count + 1, sizeof *copy));

    if (count)
        memcpy(copy, numbers, count * sizeof *copy);
    return add_spec(
        space, id,
        (struct param_spec){
            .type = PARAM_DISCRETE, .scale = scale, .value_count = count, .numbers = copy });
}

int add_category(struct search_space *space, const char *id, const char *const *names, size_t count)
{
    char **copy = must(calloc(count + 1, sizeof *copy));

    for (size_t i = 0; i < count; i++)
        copy[i] = must(strdup(names[i]));
    return add_spec(
        space, id,
        (struct param_spec){ .type = PARAM_CATEGORICAL, .value_count = count, .categories = copy });
}

void make_child(struct search_space *space, int parent, double value)
{
    struct param_spec *spec = &space->params[space->param_count - 1];
    size_t count = spec->condition_count + 1;

    spec->conditions = must(realloc(spec->conditions, count * sizeof *spec->conditions));
    spec->conditions[spec->condition_count++] = value;
    if (spec->parent == PARAM_NO_PARENT) {
        char *path = NULL;

        if (asprintf(&path, "%s.conditional_parameter_specs[%zu].parameter_spec",
                     space->params[parent].field, space->param_count - 2 - (size_t)parent) < 0)
            abort();
        free(spec->field);
        spec->field = path;
    }
    spec->parent = parent;
}

void set_default(struct search_space *space, double value)
{
    struct param_spec *spec = &space->params[space->param_count - 1];

    spec->has_default = true;
    spec->default_value = value;
}

static const char *const optimizers[] = { "sgd", "adam", "rmsprop" };
static const char *const yes_no[] = { "yes", "no" };
static const double batch_sizes[] = { 16, 32, 64, 256 };

struct search_space *mixed_space(void)
{
    struct search_space *space = must(search_space_new());
    int layers = 0;
    int optimizer = 0;

    (void)add_double(space, "learning_rate", 1e-5, 1e-1, SCALE_LOG);
    layers = add_integer(space, "layers", 1, 4, SCALE_LINEAR);
    (void)add_integer(space, "units_2", 16, 512, SCALE_LOG);
    for (int i = 2; i <= 4; i++)
        make_child(space, layers, i);
    (void)add_double(space, "dropout", -0.5, 0.5, SCALE_NONE);
    optimizer = add_category(space, "optimizer", optimizers, 3);
    (void)add_double(space, "momentum", 0.5, 0.999, SCALE_REVERSE_LOG);
    make_child(space, optimizer, 0);
    make_child(space, optimizer, 2);
    (void)add_double(space, "beta", 0.8, 0.99, SCALE_LINEAR);
    set_default(space, 0.9);
    make_child(space, optimizer, 1);
    (void)add_discrete(space, "batch_size", batch_sizes, 4, SCALE_LOG);
    return space;
}

struct search_space *countable_space(void)
{
    struct search_space *space = must(search_space_new());
    int layers = add_integer(space, "layers", 1, 4, SCALE_LINEAR);
    int units = add_discrete(space, "units_2", batch_sizes, 4, SCALE_LOG);
    int optimizer = 0;

    make_child(space, layers, 3);
    make_child(space, layers, 4);
    (void)add_category(space, "residual", yes_no, 2);
    make_child(space, units, 256);
    optimizer = add_category(space, "optimizer", optimizers, 3);
    (void)add_category(space, "nesterov", yes_no, 2);
    make_child(space, optimizer, 0);
    (void)add_integer(space, "warmup", 0, 2, SCALE_NONE);
    make_child(space, optimizer, 0);
    make_child(space, optimizer, 1);
    (void)add_discrete(space, "batch_size", batch_sizes, 4, SCALE_LOG);
    return space;
}

double value_at(const struct param_spec *spec, uint64_t ordinal)
{
    if (spec->type == PARAM_INTEGER)
        return spec->min + (double)ordinal;
    return spec->type == PARAM_DISCRETE ? spec->numbers[ordinal] : (double)ordinal;
}

bool is_same_point(const double *a, const double *b, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!(a[i] == b[i] || (isnan(a[i]) && isnan(b[i]))))
            return false;
    return true;
}

static void add_random_spec(struct search_space *space, struct dice *dice)
{
    static const char *const names[] = { "d", "a", "c", "b" };
    static const double numbers[] = { -3, 0.125, 7, 1e6 };
    char id[24];
    size_t count = 1 + dice_below(dice, 4);

    (void)snprintf(id, sizeof id, "p%zu", space->param_count);
    switch (dice_below(dice, 3)) {
    case 0:
        (void)add_integer(space, id, -1, (double)count - 2, SCALE_NONE);
        break;
    case 1:
        (void)add_discrete(space, id, numbers, count, SCALE_NONE);
        break;
    default:
        (void)add_category(space, id, names, count);
    }
}

static int depth_of(const struct search_space *space, int index)
{
    int depth = 0;

    for (; space->params[index].parent != PARAM_NO_PARENT; depth++)
        index = space->params[index].parent;
    return depth;
}

struct search_space *random_tree(struct dice *dice, size_t param_count)
{
    struct search_space *space = must(search_space_new());

    while (space->param_count < param_count) {
        int parent = (int)dice_below(dice, space->param_count + 2) - 2;
        const struct param_spec *spec = NULL;

        add_random_spec(space, dice);
        if (parent < 0 || depth_of(space, parent) == 3)
            continue;
        spec = &space->params[parent];
        for (uint64_t left = 1 + dice_below(dice, 3); left; left--) {
            uint64_t value = dice_below(dice, param_spec_value_total(spec));

            make_child(space, parent, value_at(spec, value));
        }
    }
    return space;
}

static int allocations_left = -1;
static bool allocation_has_failed;
static int allocation_count;

void allocations_fail_after(int successes)
{
    allocations_left = successes;
    allocation_has_failed = false;
}

bool allocations_have_failed(void)
{
    return allocation_has_failed;
}

int allocations_counted(void)
{
    int count = allocation_count;

    allocation_count = 0;
    return count;
}

static bool may_allocate(void)
{
    allocation_count++;
    if (allocations_left < 0)
        return true;
    if (allocations_left == 0) {
        allocation_has_failed = true;
        return false;
    }
    allocations_left--;
    return true;
}

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *memory, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *memory, size_t size);

void *__wrap_malloc(size_t size)
{
    return may_allocate() ? __real_malloc(size) : NULL;
}

void *__wrap_calloc(size_t count, size_t size)
{
    return may_allocate() ? __real_calloc(count, size) : NULL;
}

void *__wrap_realloc(void *memory, size_t size)
{
    return may_allocate() ? __real_realloc(memory, size) : NULL;
}

/* As engine/numerics.h does for the program: GSL's own handler would end the test. */
__attribute__((constructor)) static void let_gsl_report(void)
{
    (void)gsl_set_error_handler_off();
}
