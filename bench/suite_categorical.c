/* Suite S3: categorical and ordinal problems. */
#include "bench/categorical.h"
#include "bench/suite_make.h"

#include <assert.h>
#include <stdio.h>

struct search_space *letter_space(size_t count, size_t letters)
{
    struct search_space *space = search_space_new();
    char names[2 * 26] = "";

    assert(letters <= 26);
    for (size_t i = 0; i < letters; i++) {
        names[2 * i] = (char)('a' + i);
        names[2 * i + 1] = i + 1 < letters ? ' ' : '\0';
    }
    for (size_t i = 0; space && i < count; i++) {
        char id[32];
        struct param_line line = { .id = id, .type = PARAM_CATEGORICAL, .categories = names };

        (void)snprintf(id, sizeof id, "x%zu", i + 1);
        if (!space_add(space, &line)) {
            search_space_free(space);
            return NULL;
        }
    }
    return space;
}

static bool append_levels(const struct suite_query *query, unsigned instance,
                          struct problem_list *list, struct assay_error *err)
{
    static const unsigned functions[] = { 1, 3, 8, 15, 20, 21 };
    size_t count = query->is_quick ? 1 : sizeof functions / sizeof functions[0];

    for (size_t i = 0; i < count; i++)
        for (int is_labelled = 0; is_labelled < 2; is_labelled++) {
            unsigned function = functions[i];

            if (!problem_list_add(list, levels_problem(function, 5, 7, is_labelled, instance),
                                  err) ||
                (!query->is_quick &&
                 !problem_list_add(list, levels_problem(function, 10, 5, is_labelled, instance),
                                   err)))
                return false;
        }
    return true;
}

static bool append_instance(const struct suite_query *query, unsigned i, struct problem_list *list,
                            struct assay_error *err)
{
    if (!append_levels(query, i, list, err) ||
        !problem_list_add(list, contamination_problem(18, i), err) ||
        !problem_list_add(list, nk_problem(12, 2, 4, i), err))
        return false;
    if (query->is_quick)
        return true;
    return problem_list_add(list, pest_problem(9, i), err) &&
           problem_list_add(list, ising_problem(i), err) &&
           problem_list_add(list, centroid_problem(i), err) &&
           problem_list_add(list, sat_problem(20, i), err) &&
           problem_list_add(list, nk_problem(24, 4, 2, i), err);
}

bool suite_categorical_append(const struct suite_query *query, struct problem_list *list,
                              struct assay_error *err)
{
    for (unsigned i = query->first_instance; i <= query->last_instance; i++)
        if (!append_instance(query, i, list, err))
            return false;
    return true;
}
