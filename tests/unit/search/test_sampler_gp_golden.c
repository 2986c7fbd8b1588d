#include "play.h"
#include "support.h"

#include <criterion/criterion.h>

/*
 * Few trials, since processors differ in the last bits of a sum: what begins as those may end as
 * another point of a long study. These are the same to 9 digits under all of OpenBLAS's kernels.
 */
Test(sampler_gp_golden, gives_its_golden_points)
{
    struct search_space *space = mixed_space();
    struct play play = {
        .algorithm = "gp", .seed = 42, .space = space, .trial_count = 12, .judge = judge_units
    };

    play_golden(&play, GOLDEN, "gp");
    search_space_free(space);
}
