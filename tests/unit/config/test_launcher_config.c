#include "engine/config/launcher_config.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char folder[] = "/tmp/assay-config-XXXXXX";
static char path[64];

static void set_up(void)
{
    cr_assert(mkdtemp(folder) != NULL);
    (void)snprintf(path, sizeof path, "%s/config.yaml", folder);
}

static void tear_down(void)
{
    (void)unlink(path);
    (void)rmdir(folder);
}

TestSuite(launcher_config, .init = set_up, .fini = tear_down);

static void write_file(const char *text)
{
    FILE *file = fopen(path, "we");

    cr_assert(file != NULL);
    cr_assert(fputs(text, file) >= 0);
    cr_assert(eq(int, fclose(file), 0));
}

/* The folder's own, with what the options say. */
static struct launcher_config *load(const struct document_override *overrides, size_t count,
                                    struct assay_error *err)
{
    const struct launcher_config_source source = { .state_dir = folder,
                                                   .overrides = overrides,
                                                   .override_count = count };

    *err = (struct assay_error){ 0 };
    return launcher_config_load(&source, err);
}

static void assert_refused(const char *text, const char *words)
{
    struct assay_error err;

    write_file(text);
    cr_assert(load(NULL, 0, &err) == NULL, "%s", text);
    cr_expect(eq(int, err.code, ASSAY_INVALID));
    cr_expect(strstr(err.message, words) != NULL, "%s", err.message);
}

Test(launcher_config, without_a_file_there_are_defaults)
{
    struct assay_error err;
    struct launcher_config *config = load(NULL, 0, &err);

    cr_assert(config != NULL, "%s", err.message);
    cr_expect(eq(int, config->launcher, LAUNCHER_HOST));
    cr_expect(eq(dbl, config->places.cpus, 0));
    cr_expect(not(config->places.has_gpus));
    cr_expect(not(config->is_strict));
    cr_expect(config->container_engine == NULL);
    cr_expect(eq(i64, config->max_disk_bytes, 0));
    cr_expect(eq(sz, config->executor_count, 0));
    launcher_config_free(config);
}

Test(launcher_config, the_state_folder_s_file_is_kept_whole)
{
    struct assay_error err;
    struct launcher_config *config = NULL;

    write_file("places: cpus=8,memory=24G,gpus=0,1,3\n"
               "strictPlaces: true\n"
               "launcher: slurm\n"
               "container_engine: docker\n"
               "slurmAllocation: 2\n"
               "maxDisk: 50G\n"
               "executors:\n"
               "  '*/vertex-ai/training/*': python3.11\n"
               "  'gcr.io/me/*': image:localhost/mine\n"
               "container: {network: none}\n"
               "slurm: {partition: long}\n"
               "keep: best\n");
    config = load(NULL, 0, &err);
    cr_assert(config != NULL, "%s", err.message);
    cr_expect(eq(dbl, config->places.cpus, 8));
    cr_expect(eq(int, config->places.gpu_count, 3));
    cr_expect(config->is_strict);
    cr_expect(eq(int, config->launcher, LAUNCHER_SLURM));
    cr_expect(eq(str, config->container_engine, "docker"));
    cr_expect(eq(int, config->slurm_nodes, 2));
    cr_expect(eq(i64, config->max_disk_bytes, INT64_C(50) << 30));
    cr_assert(eq(sz, config->executor_count, 2));
    cr_expect(eq(str, config->executors[0].target, "python3.11"));
    cr_expect(eq(str, config->executors[1].image, "gcr.io/me/*"));
    cr_expect(eq(str, config->settings.container.network, "none"));
    cr_expect(eq(str, config->settings.slurm.partition, "long"));
    cr_expect(eq(int, config->settings.keep, KEEP_BEST));
    launcher_config_free(config);
}

Test(launcher_config, options_come_after_the_file)
{
    const struct document_override overrides[] = { { "slurm.partition", "\"7\"" },
                                                   { "maxDisk", "1G" },
                                                   { "slurm.ahead", "3" },
                                                   { "slurm.options", "[\"--a\", \"--b\"]" } };
    struct assay_error err;
    struct launcher_config *config = NULL;

    write_file("slurm: {partition: long, qos: high, options: [--x, --y, --z]}\nmaxDisk: 2G\n");
    config = load(overrides, 4, &err);
    cr_assert(config != NULL, "%s", err.message);
    cr_expect(eq(int, config->settings.slurm.ahead, 3));
    cr_expect(eq(str, config->settings.slurm.partition, "7"));
    cr_expect(eq(str, config->settings.slurm.qos, "high"));
    cr_expect(eq(sz, config->settings.slurm.options.count, 2));
    cr_expect(eq(i64, config->max_disk_bytes, INT64_C(1) << 30));
    launcher_config_free(config);
}

Test(launcher_config, every_fault_has_its_file_line_and_field)
{
    assert_refused("places: cpus=x\n", "config.yaml:1: places: ");
    assert_refused("\nlauncher: cloud\n", "config.yaml:2: launcher: expected one of host, slurm");
    assert_refused("launchers: host\n", "unknown field \"launchers\"; did you mean \"launcher\"?");
    assert_refused("executors: {a: ''}\n", "config.yaml:1: executors.a: expected an interpreter");
    assert_refused("executors: {a: 'image:'}\n", "image:NAME");
    assert_refused("executors: [a]\n", "expected an object");
    assert_refused("slurmAllocation: 2\n", "goes with the launcher slurm");
    assert_refused("launcher: slurm\nslurmAllocation: -2\n", "a number of nodes");
    assert_refused("maxDisk: many\n", "config.yaml:1: maxDisk: ");
    assert_refused("max_disk: many\n", "config.yaml:1: maxDisk: ");
    assert_refused("executors: {a_b: ''}\n", "config.yaml:1: executors.a_b: ");
    assert_refused("- a\n", "config.yaml:1: expected an object");
    assert_refused("true\n", "config.yaml");
    assert_refused("nice: 99\nkeep: none\n", "; ");
    assert_refused("a: [\n", "config.yaml");
}

Test(launcher_config, a_file_that_says_nothing_changes_nothing)
{
    static const char *const empty[] = { "", "\n", "# launcher: slurm\n", "---\n" };

    for (size_t i = 0; i < sizeof empty / sizeof empty[0]; i++) {
        const struct document_override override = { "places", "cpus=3" };
        struct assay_error err;
        struct launcher_config *config = NULL;

        write_file(empty[i]);
        config = load(&override, 1, &err);
        cr_assert(config != NULL, "\"%s\": %s", empty[i], err.message);
        cr_expect(eq(dbl, config->places.cpus, 3));
        cr_expect(not(config->has_launcher));
        launcher_config_free(config);
    }
}

Test(launcher_config, the_usual_launcher_can_be_said)
{
    struct assay_error err;
    struct launcher_config *config = NULL;

    write_file("launcher: host\n");
    config = load(NULL, 0, &err);
    cr_assert(config != NULL, "%s", err.message);
    cr_expect(config->has_launcher);
    launcher_config_free(config);
}

Test(launcher_config, an_option_s_fault_has_no_line)
{
    const struct document_override override = { "places", "\"gpus\"" };
    struct assay_error err;

    cr_assert(load(&override, 1, &err) == NULL);
    cr_expect(eq(int, strncmp(err.message, "places: ", 8), 0), "%s", err.message);
}

Test(launcher_config, a_named_file_must_be_there)
{
    const struct launcher_config_source source = { .path = "/nowhere/else.yaml" };
    struct assay_error err = { 0 };

    cr_assert(launcher_config_load(&source, &err) == NULL);
    cr_expect(eq(int, err.code, ASSAY_NOT_FOUND));
    cr_expect(strstr(err.message, "/nowhere/else.yaml") != NULL);
    launcher_config_free(NULL);
}

Test(launcher_config, hooks_are_commands_and_web_addresses)
{
    static const struct document_override option = { .path = "notifyCommand",
                                                     .value = "\"./tell\"" };
    struct assay_error err;
    struct launcher_config *config = NULL;

    write_file("notify:\n- command: [logger, -t, assay]\n"
               "- webhook: https://example.org/h\n  secret: s\n  on: [trial]\n");
    config = load(&option, 1, &err);
    cr_assert(config != NULL, "%s", err.message);
    cr_assert(eq(sz, config->hook_count, 3));
    cr_assert(eq(sz, config->hooks[0].command_count, 3));
    cr_assert(eq(int, (int)config->hooks[0].kinds, NOTICE_JOB | NOTICE_PIPELINE));
    cr_assert(eq(int, (int)config->hooks[1].kinds, NOTICE_TRIAL));
    cr_assert(strcmp(config->hooks[1].secret, "s") == 0);
    cr_assert(strcmp(config->hooks[2].command[0], "./tell") == 0);
    launcher_config_free(config);
}

Test(launcher_config, hooks_that_can_never_be_told_are_refused)
{
    assert_refused("notify: [{}]", "one of the two");
    assert_refused("notify: [{command: [a], webhook: 'http://h'}]", "one of the two");
    assert_refused("notify: [{webhook: 'ftp://h'}]", "https://");
    assert_refused("notify: [{command: [a], secret: s}]", "goes with a webhook");
    assert_refused("notify: [{command: [a], on: [moon]}]", "pipeline");
    assert_refused("notifyWebhook: example.org", "https://");
}
