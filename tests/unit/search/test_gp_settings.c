#include "search/gp_settings.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>

Test(gp_settings, what_a_text_names_changes_and_nothing_else)
{
    struct gp_settings plain, changed;
    struct assay_error err = { 0 };

    cr_assert(gp_settings_read(&plain, NULL, &err));
    cr_assert(gp_settings_read(&changed, "", &err));
    cr_assert(zero(int, memcmp(&plain, &changed, sizeof plain)));
    cr_assert(gp_settings_read(
        &changed, "candidates=77,warp=standardize,,stop_noise=0.125,has_middle=no,", &err));
    cr_assert(eq(i64, changed.candidates, 77));
    cr_assert(eq(i64, changed.warp, WARP_STANDARDIZE));
    cr_assert(eq(dbl, changed.stop_noise, 0.125));
    cr_assert(zero(i64, changed.has_middle));
    changed.candidates = plain.candidates;
    changed.warp = plain.warp;
    changed.stop_noise = plain.stop_noise;
    changed.has_middle = plain.has_middle;
    cr_assert(zero(int, memcmp(&plain, &changed, sizeof plain)));
}

Test(gp_settings, every_word_of_an_enumeration_is_known)
{
    struct assay_error err = { 0 };
    struct gp_settings settings;

    cr_assert(gp_settings_read(&settings, "prior=weak,warp=half-rank-log,noise=high", &err));
    cr_assert(eq(i64, settings.prior, PRIOR_WEAK));
    cr_assert(eq(i64, settings.warp, WARP_HALF_RANK_LOG));
    cr_assert(eq(i64, settings.noise, GP_NOISE_HIGH));
    cr_assert(gp_settings_read(&settings, "prior=flat,warp=half-rank,noise=low", &err));
    cr_assert(eq(i64, settings.prior, PRIOR_FLAT));
    cr_assert(eq(i64, settings.noise, GP_NOISE_FIXED_LOW));
    cr_assert(gp_settings_read(&settings, "prior=two-sided,noise=low", &err));
    cr_assert(eq(i64, settings.prior, PRIOR_TWO_SIDED));
    cr_assert(eq(i64, settings.noise, GP_NOISE_FIXED_LOW));
}

static void check_refused(const char *text, const char *word)
{
    struct gp_settings settings;
    struct assay_error err = { 0 };
    bool is_read = gp_settings_read(&settings, text, &err);

    cr_expect(not(is_read), "%s", text);
    if (is_read)
        return;
    cr_expect(eq(int, (int)err.code, ASSAY_INVALID));
    cr_expect(strcmp(err.field, "settings") == 0);
    cr_expect(strstr(err.message, word) != NULL, "%s: %s", text, err.message);
}

Test(gp_settings, a_text_at_fault_is_refused_with_what_is_wrong)
{
    check_refused("candidate=7", "did you mean \"candidates\"");
    check_refused("candidates", "name=value");
    check_refused("candidates=", "candidates");
    check_refused("candidates=7x", "7x");
    check_refused("candidates=1.5", "1.5");
    check_refused("stop_noise=much", "much");
    check_refused("prior=strong", "strong");
    check_refused("climbs=3,=4", "");
}

Test(gp_settings, numbers_that_no_sampler_could_use_are_refused)
{
    check_refused("candidates=-1", "candidates");
    check_refused("climbs=99999999999999999999", "climbs");
    check_refused("refit_share=-1", "refit_share");
    check_refused("refit_share=nan", "refit_share");
    check_refused("stop_noise=inf", "stop_noise");
}
