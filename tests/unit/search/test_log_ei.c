#include "search/log_ei.h"

#include "gp_support.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <math.h>

/* ln h(s), Phi / h, ln Phi(s), phi / Phi: computed with 50 digits by mpmath, rounded to 20; those
 * below the least double are 0. */
static const struct reference {
    double s, log_h, h_slope, log_cdf, cdf_slope;
} references[] = {
    { -1e6, -500000000028.54995965, 1000000.000002, -500000000014.73444909, 1000000.000001 },
    { -123456.75, -7620784584.647480876, 123456.75001620000526, -7620784572.9238347046,
      123456.75000810000263 },
    { -1e4, -50000019.339619307157, 10000.000199999994, -50000010.129278915181,
      10000.000099999998 },
    { -1e3, -500014.73445209115845, 1000.001999994000042, -500007.82669481218431,
      1000.00099999800001 },
    { -300.5, -45162.454867262366985, 300.50665535294559544, -45156.74939736103982,
      300.50332771332077653 },
    { -100, -5010.1295788002497923, 100.01999400419586505, -5005.5242086942050886,
      100.00999800099926071 },
    { -37.625, -715.99670244599493926, 37.678044051805592245, -712.3676249070872617,
      37.651540655842565649 },
    { -25, -319.86146358149595433, 25.079620234266532815, -316.63940800802025894,
      25.039873012057562583 },
    { -10, -55.553122036122355927, 10.194383033412553306, -53.231285150512470578,
      10.098093233962511963 },
    { -5.000001, -16.744306524477702177, 5.3618171812802967383, -15.065003580493177239,
      5.1865049344294130466 },
    { -5, -16.744301162660990143, 5.3618162412880885298, -15.064998393988725736,
      5.1865039671258421156 },
    { -4.999, -16.738939816412740451, 5.3608762582673029914, -15.059812373671576348,
      5.1855366689741892565 },
    { -3, -7.8696860596030285171, 3.5323375176251605167, -6.6077262215103495433,
      3.2830986549304365069 },
    { -2, -4.7687835239171141569, 2.6794168839555859839, -3.7831843336820319488,
      2.3732155328228408673 },
    { -1, -2.4851210257126413368, 1.9042712333296918229, -1.8410216450092635058,
      1.5251352761609812091 },
    { -0.5, -1.6205162643873199193, 1.5598731483480796712, -1.1759117615936186089,
      1.1410777703680644809 },
    { -0.0009765625, -0.92016274499633700932, 1.2538716402159339755, -0.69392666829915328669,
      0.79850636373849536897 },
    { 0, -0.91893853320467274178, 1.2533141373155002512, -0.69314718055994530942,
      0.79788456080286535588 },
    { 0.5, -0.35982768374506381859, 0.99092271800410996015, -0.36894641528865639307,
      0.50916043383703348583 },
    { 0.75, -0.12650820689195298093, 0.87766872761255761341, -0.25699426683836523669,
      0.38938205673592702428 },
    { 0.90234375, 0.0023414830666557616494, 0.81465312268605374471, -0.20265138961108998231,
      0.32517256602764278695 },
    { 1, 0.080026218849306940029, 0.77663872520173925975, -0.17275377902344988953,
      0.28759997093917836123 },
    { 2, 0.69738354578822831219, 0.48655931878528386862, -0.023012909328963488465,
      0.055247862678989959102 },
    { 5, 1.6094379231264313851, 0.19999994053122004649, -2.8665161296376359338e-7,
      1.4867199409049057124e-6 },
    { 8, 2.0794415416798359377, 0.12499999999999992106, -6.2209605742717860585e-16,
      5.0522710835368954309e-15 },
    { 37, 3.6109179126442244444, 0.027027027027027027027, -5.7255712225245768227e-300,
      2.1200065515246056269e-298 },
    { 100, 4.605170185988091368, 0.01, 0, 0 },
    { 1e3, 6.9077552789821370521, 0.001, 0, 0 },
};

enum { REFERENCES = sizeof references / sizeof references[0] };

Test(log_ei, improvement_and_its_slope_are_right_to_1e_13_from_minus_a_million_to_a_thousand)
{
    for (size_t i = 0; i < REFERENCES; i++) {
        double slope = 0;
        double value = log_ei(references[i].s, &slope);

        cr_expect(is_near(value, references[i].log_h, 1e-13, 1e-15), "ln h(%g) = %.17g",
                  references[i].s, value);
        cr_expect(is_near(slope, references[i].h_slope, 1e-13, 0), "slope at %g: %.17g",
                  references[i].s, slope);
        cr_expect(eq(dbl, value, log_ei(references[i].s, NULL)));
    }
}

Test(log_ei, the_normal_tail_and_its_slope_are_right_to_1e_13_on_both_sides)
{
    for (size_t i = 0; i < REFERENCES; i++) {
        double slope = 0;
        double value = log_normal_cdf(references[i].s, &slope);

        cr_expect(is_near(value, references[i].log_cdf, 1e-13, 0), "ln Phi(%g) = %.17g",
                  references[i].s, value);
        cr_expect(is_near(slope, references[i].cdf_slope, 1e-13, 0), "slope at %g: %.17g",
                  references[i].s, slope);
        cr_expect(eq(dbl, value, log_normal_cdf(references[i].s, NULL)));
    }
}

Test(log_ei, both_rise_without_a_step_where_the_formula_changes)
{
    for (double s = -6; s < -4; s += 0x1p-10) {
        double slope = 0;
        double rise = log_ei(s + 0x1p-10, NULL) - log_ei(s, &slope);

        cr_assert(is_near(rise * 0x1p10, slope, 1e-3, 0));
        rise = log_normal_cdf(s + 0x1p-10, NULL) - log_normal_cdf(s, &slope);
        cr_assert(is_near(rise * 0x1p10, slope, 1e-3, 0));
    }
}

static double call_log_ei(const double *x, void *context)
{
    (void)context;
    return log_ei(*x, NULL);
}

static double call_log_normal_cdf(const double *x, void *context)
{
    (void)context;
    return log_normal_cdf(*x, NULL);
}

Test(log_ei, slopes_agree_with_central_differences)
{
    struct dice dice = dice_new();

    for (int i = 0; i < 2000; i++) {
        double s = 60 * dice_unit(&dice) - 50;
        double slope = 0;

        (void)log_ei(s, &slope);
        cr_assert(is_near(slope, numeric_slope(call_log_ei, NULL, &s, 1, 0), 1e-7, 1e-9), "at %g",
                  s);
        (void)log_normal_cdf(s, &slope);
        cr_assert(is_near(slope, numeric_slope(call_log_normal_cdf, NULL, &s, 1, 0), 1e-7, 1e-9),
                  "at %g", s);
    }
}
