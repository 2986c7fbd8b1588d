#include "engine/cli/override.h"

#include "tests/unit/cli/capture.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

static struct capture captured;

static void forget(void)
{
    capture_clear(&captured);
}

/* Which option the fault of this field is blamed on; "" for none. */
static char *cause(const struct arguments *arguments, const char *field)
{
    FILE *out = capture_begin(&captured);
    bool is_written = override_write_cause(out, arguments, field);
    char *text = capture_end(&captured);

    cr_expect(eq(int, is_written, *text != '\0'), "%s", field);
    return text;
}

Test(override, a_fault_is_blamed_on_what_set_the_field_or_one_in_it, .fini = forget)
{
    struct arguments a = { .sets = { "maxTrialCount=x", "studySpec.parameters[0].minValue=9",
                                     "studySpec.metrics=[{}]", "display_name=1", "displayName=2" },
                           .set_count = 5 };

    cr_expect(eq(str, cause(&a, "max_trial_count"), "--set maxTrialCount=x"));
    cr_expect(eq(str, cause(&a, "maxTrialCount"), "--set maxTrialCount=x"));
    cr_expect(eq(str, cause(&a, "study_spec.parameters[0].min_value"),
                 "--set studySpec.parameters[0].minValue=9"));
    cr_expect(
        eq(str, cause(&a, "study_spec.parameters[0]"), "--set studySpec.parameters[0].minValue=9"));
    cr_expect(
        eq(str, cause(&a, "study_spec.metrics[0].metric_id"), "--set studySpec.metrics=[{}]"));
    cr_expect(eq(str, cause(&a, "display_name"), "--set displayName=2"));
}

Test(override, a_fault_of_another_field_is_the_files, .fini = forget)
{
    struct arguments a = { .sets = { "studySpec.parameters[0].minValue=9", "assay.seed=1" },
                           .set_count = 2 };

    cr_expect(eq(str, cause(&a, ""), ""));
    cr_expect(eq(str, cause(&a, "study_spec"), ""));
    cr_expect(eq(str, cause(&a, "study_spec.parameters"), ""));
    cr_expect(eq(str, cause(&a, "study_spec.parameters[1]"), ""));
    cr_expect(eq(str, cause(&a, "study_spec.parameters[0].max_value"), ""));
    cr_expect(eq(str, cause(&a, "assay.seeds"), ""));
    cr_expect(eq(str, cause(&a, "assay.algorithm"), ""));
}

Test(override, seed_and_on_host_are_options_of_their_own, .fini = forget)
{
    struct arguments a = { .values = { [OPTION_SEED] = "99" } };

    cr_expect(eq(str, cause(&a, "assay.seed"), ""));
    a.is_given[OPTION_SEED] = true;
    a.is_given[OPTION_ON_HOST] = true;
    cr_expect(eq(str, cause(&a, "assay.seed"), "--seed 99"));
    cr_expect(eq(str, cause(&a, "assay.on_host"), "--on-host"));
}

Test(override, all_that_were_given_can_be_typed_again, .fini = forget)
{
    struct arguments a = { .is_given = { [OPTION_SEED] = true, [OPTION_ON_HOST] = true },
                           .values = { [OPTION_SEED] = "7" },
                           .sets = { "a.b=1", "c=x y" },
                           .set_count = 2 };

    override_write_all(capture_begin(&captured), &a);
    cr_expect(eq(str, capture_end(&captured), " --seed 7 --on-host --set a.b=1 --set 'c=x y'"));
}
