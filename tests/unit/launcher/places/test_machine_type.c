#include "launcher/places/machine_type.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>

#define GIB (INT64_C(1) << 30)

static char warning[256];

/* bsearch() finds them only so. */
Test(machine_type, the_table_is_sorted_and_each_is_found)
{
    size_t count = 0;
    const struct machine_type *types = machine_types(&count);

    cr_assert(count > 200);
    for (size_t i = 0; i < count; i++) {
        cr_assert(i == 0 || strcmp(types[i - 1].name, types[i].name) < 0, "%s", types[i].name);
        cr_assert(machine_type_find(types[i].name) == &types[i]);
        cr_assert(types[i].cpus >= 1 && types[i].memory_gib >= 0.9, "%s", types[i].name);
        cr_assert(eq(int, types[i].gpus > 0, types[i].gpu[0] != '\0'), "%s", types[i].name);
    }
    cr_assert(machine_type_find("a0") == NULL);
    cr_assert(machine_type_find("zz") == NULL);
    cr_assert(machine_type_find("n1-standard") == NULL);
}

Test(machine_type, a_plain_type_asks_for_cpus_and_memory)
{
    struct resources wish;

    cr_assert(machine_type_resources("n1-standard-4", 0, &wish, warning, sizeof warning));
    cr_assert(eq(dbl, wish.cpus, 4));
    cr_assert(eq(i64, wish.memory_bytes, 15 * GIB));
    cr_assert(eq(int, wish.gpus, 0));
    cr_assert(machine_type_resources("n1-standard-4", 2, &wish, warning, sizeof warning));
    cr_assert(eq(int, wish.gpus, 2));
}

Test(machine_type, built_in_gpus_are_asked_for_unless_counted)
{
    struct resources wish;

    cr_assert(machine_type_resources("a2-highgpu-4g", 0, &wish, warning, sizeof warning));
    cr_assert(eq(int, wish.gpus, 4));
    cr_assert(machine_type_resources("g2-standard-8", 0, &wish, warning, sizeof warning));
    cr_assert(eq(int, wish.gpus, 1));
    cr_assert(machine_type_resources("a3-highgpu-8g", 2, &wish, warning, sizeof warning));
    cr_assert(eq(int, wish.gpus, 2));
}

Test(machine_type, an_unknown_type_warns_and_asks_for_nothing_but_its_gpus)
{
    struct resources wish;

    cr_assert(not(machine_type_resources("n1-standart-4", 1, &wish, warning, sizeof warning)));
    cr_assert(eq(dbl, wish.cpus, 0));
    cr_assert(eq(i64, wish.memory_bytes, 0));
    cr_assert(eq(int, wish.gpus, 1));
    cr_assert(eq(str, warning,
                 "\"n1-standart-4\" is not known here, so that no CPUs and memory are asked for; "
                 "did you mean \"n1-standard-4\"?"));
    cr_assert(not(machine_type_resources("box", 0, &wish, warning, sizeof warning)));
    cr_assert(strchr(warning, '?') == NULL, "%s", warning);
}

Test(machine_type, no_type_is_no_wish)
{
    struct resources wish;

    cr_assert(machine_type_resources(NULL, 0, &wish, warning, sizeof warning));
    cr_assert(eq(dbl, wish.cpus, 0));
    cr_assert(machine_type_resources("", 3, &wish, warning, sizeof warning));
    cr_assert(eq(int, wish.gpus, 3));
}
