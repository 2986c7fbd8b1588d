/* Fails each allocation in turn: those of cJSON by its hooks, ours by the linker. */
#include "assay/json.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdlib.h>
#include <string.h>

static long allocations_left = -1; /* -1: as many as it likes */

static bool may_allocate(void)
{
    if (allocations_left == 0)
        return false;
    if (allocations_left > 0)
        allocations_left--;
    return true;
}

static void *hooked_malloc(size_t size)
{
    return may_allocate() ? malloc(size) : NULL;
}

void *__real_realloc(void *block, size_t size);
void *__wrap_realloc(void *block, size_t size);

void *__wrap_realloc(void *block, size_t size)
{
    return may_allocate() ? __real_realloc(block, size) : NULL;
}

Test(json_memory, each_failed_allocation_gives_a_clean_error)
{
    static const char text[] =
        "{\"a\":[1,2.5,true,null,\"text\",{\"b\":\"\\u00e9\"}],\"c\":{\"d\":[],\"e\":{}},"
        "\"k0\":0,\"k1\":0,\"k2\":0,\"k3\":0,\"k4\":0,\"k5\":0,\"k6\":0,\"k7\":0,\"k8\":0,"
        "\"k9\":0,\"l0\":0,\"l1\":0,\"l2\":0,\"l3\":0,\"l4\":0,\"l5\":0,\"l6\":0,\"l7\":0}";
    cJSON_Hooks hooks = { hooked_malloc, free };
    cJSON *node = NULL;
    long failed = 0;

    cJSON_InitHooks(&hooks);
    for (long budget = 0; !node; budget++) {
        struct assay_error err = { 0 };

        allocations_left = budget;
        node = json_read(text, sizeof text - 1, &err);
        allocations_left = -1;
        failed += node == NULL;
        cr_assert(node || err.code == ASSAY_EXHAUSTED, "at %ld: %s", budget, err.message);
    }
    cr_assert(lt(long, 50, failed));
    cJSON_Delete(node);
    cJSON_InitHooks(NULL);
}
