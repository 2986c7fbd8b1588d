#include "engine/api/submission.h"

#include "tests/unit/spec/support.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>

#define PACKAGE                                                                                    \
    "{pythonPackageSpec: {executorImageUri: python3, packageUris: [p-1.tar.gz], pythonModule: m}}"
#define CONTAINER "{containerSpec: {imageUri: image}}"
#define HOST "{containerSpec: {imageUri: 'host:', command: [x]}}"

/* No machine has such a container engine, or such GPUs. */
static struct launcher_config config = {
    .container_engine = "/nowhere/podman",
    .places = { .cpus = 2, .memory_bytes = INT64_C(4) << 30, .has_gpus = true },
};

static void read_in_place(struct submission *submission, const char *document, bool is_emulated,
                          bool is_guarded)
{
    struct launch_facts_options options = { .config = &config, .env = assay_env_system() };
    struct assay_error err = { 0 };
    struct launch_place place = { .state_dir = "/", .config = &config, .is_guarded = is_guarded };
    struct submission_text text = {
        .document = document, .format = DOCUMENT_YAML, .dir = "/", .is_emulated = is_emulated
    };

    place.facts = launch_facts_new(&options, &err);
    cr_assert(place.facts != NULL);
    cr_assert(submission_read(submission, &text, &place, &err), "%s", err.message);
    launch_facts_free(place.facts);
}

static void read_text(struct submission *submission, const char *document, bool is_emulated)
{
    read_in_place(submission, document, is_emulated, false);
}

/* The one fault; none where nothing is run. */
static void assert_refused(const char *document, int line, const char *field, const char *words)
{
    struct submission submission = { 0 };

    read_text(&submission, document, false);
    cr_assert(eq(sz, submission.faults.count, 1), "%s", document);
    cr_expect(eq(int, submission.faults.items[0].line, line), "%s", document);
    cr_expect(eq(str, submission.faults.items[0].field, (char *)field));
    cr_expect(strstr(submission.faults.items[0].message, words) != NULL, "%s",
              submission.faults.items[0].message);
    submission_clear(&submission);
    read_text(&submission, document, true);
    cr_expect(eq(sz, submission.faults.count, 0), "%s", document);
    submission_clear(&submission);
}

Test(submission, what_cannot_be_run_here_is_refused_with_its_line_but_not_in_emulate_mode)
{
    assert_refused(POOL(PACKAGE), 3,
                   "trial_job_spec.worker_pool_specs[0].python_package_spec.package_uris[0]",
                   "/p-1.tar.gz");
    assert_refused(POOL(HOST ",\n{},\n" CONTAINER), 5,
                   "trial_job_spec.worker_pool_specs[2].container_spec.image_uri", "--on-host");
    assert_refused("jobSpec:\n  workerPoolSpecs:\n  - containerSpec: {imageUri: 'host:'}\n", 3,
                   "job_spec.worker_pool_specs[0].container_spec.command", "needs a command");
    assert_refused(POOL("{containerSpec: {imageUri: 'host:', command: [x]},\nmachineSpec: "
                        "{acceleratorType: NVIDIA_TESLA_T4, acceleratorCount: 1}}"),
                   4, "trial_job_spec.worker_pool_specs[0].machine_spec", "GPU");
    assert_refused(
        POOL(HOST ",\n{replicaCount: 256,\ncontainerSpec: {imageUri: 'host:', command: [x]}}"), 4,
        "trial_job_spec.worker_pool_specs[1].replica_count", "256 are the most");
}

static bool is_unmet(const char *document)
{
    struct submission submission = { 0 };
    bool is = false;

    read_text(&submission, document, false);
    cr_assert(submission.faults.count > 0, "%s", document);
    is = submission.is_unmet;
    submission_clear(&submission);
    return is;
}

Test(submission, a_document_that_would_run_elsewhere_is_told_from_a_wrong_one)
{
    cr_expect(is_unmet(POOL(CONTAINER)));
    cr_expect(is_unmet(POOL(PACKAGE)));
    cr_expect(
        not(is_unmet("jobSpec:\n  workerPoolSpecs:\n  - containerSpec: {imageUri: 'host:'}\n")));
    cr_expect(not(is_unmet(POOL("{replicaCount: 1}"))));
}

Test(submission, a_machine_that_is_smaller_than_asked_for_is_a_note)
{
    struct submission submission = { 0 };

    read_text(&submission,
              POOL("{containerSpec: {imageUri: 'host:', command: [x]}, machineSpec: {machineType: "
                   "n1-standard-8}}"),
              false);
    cr_assert(eq(sz, submission.faults.count, 0));
    cr_assert(eq(sz, submission.notes.stored, 1));
    cr_expect(strstr(submission.notes.items[0].message, "2 CPUs") != NULL, "%s",
              submission.notes.items[0].message);
    submission_clear(&submission);
}

/* Is there a note about the field? */
static void assert_noted(const char *document, const char *field, bool is_noted)
{
    struct submission submission = { 0 };
    bool is_there = false;

    read_text(&submission, document, false);
    for (size_t i = 0; i < submission.notes.stored; i++)
        is_there = is_there || strcmp(submission.notes.items[i].field, field) == 0;
    cr_expect(eq(int, is_there, is_noted), "%s", document);
    submission_clear(&submission);
}

Test(submission, a_share_of_a_gpu_is_a_whole_one_on_slurm)
{
    assert_noted(POOL(HOST) "assay: {gpuShare: 0.5}\n", "assay.gpu_share", false);
    config.launcher = LAUNCHER_SLURM;
    assert_noted(POOL(HOST) "assay: {gpuShare: 0.5}\n", "assay.gpu_share", true);
    assert_noted(POOL(HOST) "assay: {gpuShare: 1}\n", "assay.gpu_share", false);
}

Test(submission, wishes_for_slurm_are_in_vain_on_this_machine)
{
    assert_noted(POOL(HOST), "assay.slurm", false);
    assert_noted(POOL(HOST) "assay: {slurm: {partition: gpu}}\n", "assay.slurm", true);
    assert_noted(POOL(HOST) "assay: {slurm: {options: ['--x']}}\n", "assay.slurm", true);
    assert_noted(POOL(HOST) "assay: {slurm: {ahead: 1}}\n", "assay.slurm", true);
    config.launcher = LAUNCHER_SLURM;
    assert_noted(POOL(HOST) "assay: {slurm: {partition: gpu}}\n", "assay.slurm", false);
}

Test(submission, containers_with_networks_of_their_own_do_not_find_each_other)
{
    static const char field[] = "assay.container.network";

    assert_noted(POOL(CONTAINER "," CONTAINER), field, false);
    assert_noted(POOL(CONTAINER) "assay: {container: {network: bridge}}\n", field, false);
    assert_noted(POOL(HOST "," HOST) "assay: {container: {network: bridge}}\n", field, false);
    assert_noted(POOL(CONTAINER "," CONTAINER) "assay: {container: {network: host}}\n", field,
                 false);
    assert_noted(POOL(CONTAINER "," CONTAINER) "assay: {container: {network: bridge}}\n", field,
                 true);
    config.settings.container.network = (char[]){ "none" };
    assert_noted(POOL(CONTAINER "," CONTAINER), field, true);
}

Test(submission, a_server_for_others_shows_them_nothing_of_its_machine)
{
    static const char document[] = STUDY "trialJobSpec: {workerPoolSpecs: [" HOST "],\n"
                                         "baseOutputDirectory: {outputUriPrefix: /etc}}\n"
                                         "assay: {container: {mounts: ['/etc:/etc']}}\n";
    struct submission submission = { 0 };

    read_in_place(&submission, document, false, false);
    cr_expect(eq(sz, submission.faults.count, 0));
    submission_clear(&submission);
    read_in_place(&submission, document, false, true);
    cr_expect(eq(sz, submission.faults.count, 2));
    cr_expect(submission.is_unmet);
    submission_clear(&submission);
    read_in_place(&submission, POOL(PACKAGE), false, true);
    cr_expect(eq(sz, submission.faults.count, 2)); /* it is not there either */
    submission_clear(&submission);
}

/* What a server for others has to say of a field of this document, "" for nothing. */
static void expect_guarded(const char *document, const char *field, const char *words)
{
    struct submission submission = { 0 };
    const char *said = "";

    read_in_place(&submission, document, false, true);
    for (size_t i = 0; i < submission.faults.stored; i++) {
        if (strcmp(submission.faults.items[i].field, field) == 0 &&
            strstr(submission.faults.items[i].message, "a container engine") == NULL &&
            strstr(submission.faults.items[i].message, "--on-host") == NULL)
            said = submission.faults.items[i].message;
    }
    cr_expect(strstr(said, words) != NULL && (!*said) == (!*words), "%s: %s", document, said);
    submission_clear(&submission);
}

#define NETWORK(name) POOL(CONTAINER) "assay: {container: {network: '" name "'}}\n"
#define IMAGE(name) POOL("{containerSpec: {imageUri: '" name "'}}")

Test(submission, a_server_for_others_gives_their_containers_a_network_of_their_own)
{
    static const char field[] = "assay.container.network";

    expect_guarded(POOL(CONTAINER), field, "");
    expect_guarded(NETWORK("none"), field, "");
    expect_guarded(NETWORK("bridge"), field, "");
    expect_guarded(NETWORK("host"), field, "--network");
    expect_guarded(NETWORK("container:assay-7"), field, "--network");
    expect_guarded(NETWORK("ns:/proc/1/ns/net"), field, "--network");
    expect_guarded(POOL(CONTAINER ", {replicaCount: 2, containerSpec: {imageUri: image}}"), field,
                   "--network host");
}

Test(submission, a_server_for_others_takes_images_of_registries_only)
{
    static const char field[] = "trial_job_spec.worker_pool_specs[0].container_spec.image_uri";

    expect_guarded(IMAGE("localhost:5000/dir:1"), field, "");
    expect_guarded(IMAGE("docker://library/debian"), field, "");
    expect_guarded(IMAGE("dir:/etc"), field, "by dir:");
    expect_guarded(IMAGE("docker-archive:/etc/hostname"), field, "by docker-archive:");
    expect_guarded(IMAGE("containers-storage:x"), field, "by containers-storage:");
}

Test(submission, what_is_wrong_is_wrong_in_emulate_mode_too)
{
    struct submission submission = { 0 };

    read_text(&submission, POOL("{replicaCount: 1}"), true);
    cr_assert(eq(sz, submission.faults.count, 1));
    submission_clear(&submission);
}
