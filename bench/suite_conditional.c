/* Suite S5: conditional spaces. */
#include "bench/conditional.h"
#include "bench/suite_make.h"

bool suite_conditional_append(const struct suite_query *query, struct problem_list *list,
                              struct assay_error *err)
{
    unsigned variants = query->is_quick ? 1 : 3;

    for (unsigned i = query->first_instance; i <= query->last_instance; i++)
        for (unsigned v = 0; v < variants; v++) {
            for (size_t leaves = 2; leaves <= FORKED_LEAVES_MAX; leaves++)
                if ((!query->is_quick || leaves == 3) &&
                    !problem_list_add(list, forked_problem(leaves, false, v, i), err))
                    return false;
            if (!problem_list_add(list, forked_problem(FORKED_NESTED_LEAVES, true, v, i), err))
                return false;
            for (size_t w = 0; w < TUNED_SPACES; w++)
                if ((!query->is_quick || w == 0) &&
                    !problem_list_add(list, tuned_problem(w, v, i), err))
                    return false;
        }
    return true;
}
