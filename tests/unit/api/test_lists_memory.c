/* Fails each allocation of what lists are asked with in turn, by the linker. */
#include "engine/api/list/field_mask.h"
#include "engine/api/list/filter.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

static long allocations_left = -1; /* -1: as many as it likes */

static bool may_allocate(void)
{
    if (allocations_left == 0)
        return false;
    if (allocations_left > 0)
        allocations_left--;
    return true;
}

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);

void *__wrap_malloc(size_t size)
{
    return may_allocate() ? __real_malloc(size) : NULL;
}

void *__wrap_calloc(size_t count, size_t size)
{
    return may_allocate() ? __real_calloc(count, size) : NULL;
}

static bool get(const void *row, int id, const char *key, struct filter_value *value)
{
    (void)row;
    (void)id;
    (void)key;
    value->text = "abc";
    return true;
}

Test(lists_memory, a_filter_answers_each_failed_allocation_and_needs_none_per_row)
{
    static const struct filter_field fields[] = {
        { .name = "labels", .kind = FILTER_MAP, .comparators = FILTER_HAS }
    };
    struct filter *filter = NULL;
    long failed = 0;

    for (long budget = 0; !filter; budget++) {
        struct assay_error err = { 0 };

        allocations_left = budget;
        filter = filter_parse("labels.x:a* OR (labels.\"y\":b)", fields, 1, &err);
        failed += filter == NULL;
        cr_assert(filter || err.code == ASSAY_EXHAUSTED, "at %ld: %s", budget, err.message);
    }
    cr_assert(lt(long, 0, failed));
    allocations_left = 0;
    cr_assert(filter_matches(filter, get, NULL));
    allocations_left = -1;
    filter_free(filter);
}

Test(lists_memory, a_mask_answers_each_failed_allocation_and_needs_none_per_resource)
{
    struct field_mask *mask = NULL;
    cJSON *tree = cJSON_Parse("{\"a\":{\"b\":[{\"c\":1,\"d\":2}]},\"e\":3}");
    long failed = 0;

    for (long budget = 0; !mask; budget++) {
        struct assay_error err = { 0 };

        allocations_left = budget;
        mask = field_mask_parse("a.b.c,f", "read_mask", NULL, 0, &err);
        failed += mask == NULL;
        cr_assert(mask || err.code == ASSAY_EXHAUSTED, "at %ld: %s", budget, err.message);
    }
    cr_assert(lt(long, 0, failed));
    allocations_left = 0;
    field_mask_apply(mask, tree);
    allocations_left = -1;
    cr_assert(eq(int, cJSON_GetArraySize(tree), 1));
    field_mask_free(mask);
    cJSON_Delete(tree);
}
