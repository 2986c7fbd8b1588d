#include "engine/cli/launch_options.h"

#include "engine/cli/override.h"
#include "tests/unit/cli/capture.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>

static struct capture captured;

static void forget(void)
{
    capture_clear(&captured);
}

/* As typed, of a command that takes them all. */
static struct arguments typed(const char *command)
{
    const char *nearest = NULL;

    return (struct arguments){
        .command = command_find(command, &nearest),
        .is_given = { [OPTION_CONFIG] = true,
                      [OPTION_PLACES] = true,
                      [OPTION_STRICT_PLACES] = true,
                      [OPTION_KEEP] = true,
                      [OPTION_SLURM_PARTITION] = true,
                      [OPTION_SLURM_OPTION] = true },
        .values = { [OPTION_CONFIG] = "c.yaml",
                    [OPTION_PLACES] = "cpus=4",
                    [OPTION_KEEP] = "3",
                    [OPTION_SLURM_PARTITION] = "7" },
        .slurm_options = { "--a=1", "--b" },
        .slurm_option_count = 2,
    };
}

/* The value that a setting was given; "" for none. */
static const char *setting(const struct launch_configuration *launching, const char *name)
{
    for (size_t i = 0; i < launching->configuration.setting_count; i++) {
        if (strcmp(launching->settings[i].name, name) == 0)
            return launching->settings[i].value;
    }
    return "";
}

Test(launch_options, a_server_takes_those_of_jobs_for_all_jobs)
{
    struct arguments a = typed("serve");
    struct launch_configuration launching;
    struct assay_error err = { 0 };

    cr_assert(launch_configuration_read(&a, &launching, &err));
    cr_expect(eq(str, (char *)launching.configuration.path, "c.yaml"));
    cr_expect(eq(sz, launching.configuration.setting_count, 5));
    cr_expect(eq(str, (char *)setting(&launching, "places"), "\"cpus=4\""));
    cr_expect(eq(str, (char *)setting(&launching, "strictPlaces"), "true"));
    cr_expect(eq(str, (char *)setting(&launching, "keep"), "3"));
    cr_expect(eq(str, (char *)setting(&launching, "slurm.partition"), "\"7\""));
    cr_expect(eq(str, (char *)setting(&launching, "slurm.options"), "[\"--a=1\",\"--b\"]"));
    launch_configuration_clear(&launching);
    launch_configuration_clear(NULL);
}

Test(launch_options, where_a_document_is_given_they_go_into_it, .fini = forget)
{
    struct arguments a = typed("run");
    struct launch_configuration launching;
    struct assay_error err = { 0 };
    struct json_writer w;

    cr_assert(launch_configuration_read(&a, &launching, &err));
    cr_expect(eq(sz, launching.configuration.setting_count, 2));
    cr_expect(eq(str, (char *)setting(&launching, "keep"), ""));
    launch_configuration_clear(&launching);
    json_writer_init(&w, capture_begin(&captured), 0);
    json_begin_array(&w);
    cr_assert(launch_options_write_overrides(&w, &a, &err));
    json_end_array(&w);
    cr_expect(json_writer_finish(&w));
    cr_expect(eq(str, capture_end(&captured),
                 "[{\"path\":\"assay.keep\",\"value\":\"3\"},"
                 "{\"path\":\"assay.slurm.partition\",\"value\":\"\\\"7\\\"\"},"
                 "{\"path\":\"assay.slurm.options\",\"value\":\"[\\\"--a=1\\\",\\\"--b\\\"]\"}]"));
}

Test(launch_options, they_are_blamed_for_what_they_set)
{
    struct arguments a = typed("run");

    cr_expect(eq(int, launch_options_cause(&a, "assay.keep"), OPTION_KEEP));
    cr_expect(eq(int, launch_options_cause(&a, "assay.slurm.options[1]"), OPTION_SLURM_OPTION));
    cr_expect(eq(int, launch_options_cause(&a, "assay.nice"), OPTION_COUNT));
    cr_expect(eq(int, launch_options_cause(&a, "places"), OPTION_COUNT));
}

Test(launch_options, all_can_be_typed_again, .fini = forget)
{
    struct arguments a = typed("run");

    override_write_all(capture_begin(&captured), &a);
    cr_expect(eq(str, capture_end(&captured),
                 " --config c.yaml --places cpus=4 --strict-places --keep 3 --slurm-partition 7 "
                 "--slurm-option=--a=1 --slurm-option=--b"));
}

Test(launch_options, what_stays_with_the_job_is_not_typed_again_to_resume_it, .fini = forget)
{
    struct arguments a = typed("run");

    launch_options_write_engine(capture_begin(&captured), &a);
    cr_expect(eq(str, capture_end(&captured), " --config c.yaml --places cpus=4 --strict-places"));
}

Test(launch_options, the_engine_s_are_not_for_who_asks_a_server)
{
    struct arguments a = typed("run");
    struct assay_error err = { 0 };

    a.is_given[OPTION_CONFIG] = false;
    cr_assert(not(launch_options_check_remote(&a, &err)));
    cr_expect(eq(int, err.code, ASSAY_INVALID));
    cr_expect(strstr(err.message, "--places") != NULL, "%s", err.message);
    a.is_given[OPTION_PLACES] = false;
    a.is_given[OPTION_STRICT_PLACES] = false;
    cr_assert(launch_options_check_remote(&a, &err));
}
