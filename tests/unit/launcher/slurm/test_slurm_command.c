#include "launcher/slurm/slurm_command.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdlib.h>
#include <string.h>

static struct replica_launch replicas[2];
static struct launch launch;
static struct slurm_submission submission;
static struct word_list words;

static void set_up(void)
{
    replicas[0] = (struct replica_launch){ .dir = "/s/a", .resources = { .cpus = 2.5 } };
    replicas[1] = (struct replica_launch){ .dir = "/s/a/it's", .resources = { .gpus = 2 } };
    launch = (struct launch){ .replicas = replicas, .replica_count = 1 };
    submission =
        (struct slurm_submission){ .shim = "/s/bin/shim", .tag = "5-1-ab", .launch = &launch };
}

static void tear_down(void)
{
    word_list_clear(&words);
}

static bool has(const char *word)
{
    for (size_t i = 0; i < words.count; i++) {
        if (strcmp(words.words[i], word) == 0)
            return true;
    }
    return false;
}

TestSuite(slurm_command, .init = set_up, .fini = tear_down);

Test(slurm_command, a_job_carries_its_tag_twice_and_is_never_requeued)
{
    slurm_command_submit(&submission, &words);
    cr_assert(eq(str, words.words[0], "sbatch"));
    cr_assert(has("--job-name=assay-5-1-ab"));
    cr_assert(has("--comment=5-1-ab"));
    cr_assert(has("--no-requeue"));
    cr_assert(eq(str, words.words[words.count - 1], "/s/a/slurm.sh"));
    cr_assert(words.words[words.count] == NULL);
}

Test(slurm_command, what_a_replica_asks_for_is_rounded_up)
{
    replicas[0].resources.memory_bytes = 1024 * 1024 + 1;
    slurm_command_submit(&submission, &words);
    cr_assert(has("--cpus-per-task=3"));
    cr_assert(has("--mem=2M"));
}

Test(slurm_command, a_limit_of_memory_is_asked_for_with_room_for_the_shim)
{
    launch.memory_bytes = 100 * 1024 * 1024;
    slurm_command_submit(&submission, &words);
    cr_assert(has("--mem=116M"));
}

Test(slurm_command, the_jobs_time_is_longer_than_the_trials_and_a_week_is_none)
{
    launch.timeout_us = INT64_C(3600) * 1000 * 1000;
    launch.grace_us = 30 * 1000 * 1000;
    slurm_command_submit(&submission, &words);
    cr_assert(has("--time=63"));
    word_list_clear(&words);
    launch.timeout_us = INT64_C(604800) * 1000 * 1000;
    slurm_command_submit(&submission, &words);
    for (size_t i = 0; i < words.count; i++)
        cr_assert(strncmp(words.words[i], "--time", 6) != 0, "%s", words.words[i]);
}

Test(slurm_command, wishes_stand_behind_our_own_words)
{
    const char *const further[] = { "--constraint=a100" };
    const struct slurm_launch wishes = {
        .partition = "gpu", .time = "2:00", .words = further, .word_count = 1
    };

    submission.wishes = &wishes;
    slurm_command_submit(&submission, &words);
    cr_assert(has("--partition=gpu"));
    cr_assert(has("--time=2:00"));
    cr_assert(has("--constraint=a100"));
}

Test(slurm_command, a_gang_that_asks_for_the_same_is_one_job_of_tasks)
{
    char *script = NULL;

    launch.replica_count = 2;
    replicas[0].resources.gpus = 2;
    replicas[1].resources = replicas[0].resources;
    slurm_command_submit(&submission, &words);
    cr_assert(not(has(":")));
    cr_assert(has("--ntasks=2"));
    cr_assert(has("--gpus-per-task=2"));
    script = slurm_command_script(&submission);
    cr_assert(strstr(script, "--ntasks=2 --cpus-per-task=3") != NULL, "%s", script);
    cr_assert(strstr(script, "\n1) exec '/s/bin/shim' --node ") != NULL, "%s", script);
    free(script);
}

Test(slurm_command, a_gang_that_asks_for_different_things_is_a_component_for_each_replica)
{
    launch.replica_count = 2;
    slurm_command_submit(&submission, &words);
    cr_assert(has(":"));
    cr_assert(has("--gres=gpu:2"));
    cr_assert(has("--cpus-per-task=3"));
    cr_assert(has("--cpus-per-task=1"));
}

Test(slurm_command, who_waits_for_the_first_of_others_to_end_says_so_behind_the_users_words)
{
    const char *const further[] = { "--dependency=singleton" };
    const struct slurm_launch wishes = { .words = further, .word_count = 1 };
    struct word_list after = { 0 };

    submission.wishes = &wishes;
    slurm_command_submit(&submission, &words);
    slurm_command_submit_after(&words, " 17 18", &after);
    cr_assert(eq(sz, after.count, words.count + 1));
    cr_assert(eq(str, after.words[after.count - 2], "--dependency=afterany:17?afterany:18"));
    cr_assert(eq(str, after.words[after.count - 1], words.words[words.count - 1]));
    word_list_clear(&after);
    slurm_command_submit_after(&words, "", &after);
    cr_assert(eq(sz, after.count, words.count));
    word_list_clear(&after);
}

Test(slurm_command, the_first_component_waits_for_all)
{
    struct word_list after = { 0 };
    size_t at = 0;

    launch.replica_count = 2;
    slurm_command_submit(&submission, &words);
    slurm_command_submit_after(&words, " 17", &after);
    while (strcmp(after.words[at], ":") != 0)
        at++;
    cr_assert(eq(str, after.words[at - 1], "--dependency=afterany:17"));
    word_list_clear(&after);
}

Test(slurm_command, an_allocation_ends_by_itself_when_its_engine_is_gone)
{
    struct slurm_allocation allocation = {
        .wishes = &(const struct word_list){ 0 },
        .nodes = 2,
        .tag = "hold-1",
        .lease_path = "/s/it's/lease",
        .idle_s = 1800,
    };
    const char *script = NULL;

    slurm_command_allocate(&allocation, &words);
    script = words.words[words.count - 1];
    cr_assert(has("--nodes=2"));
    cr_assert(strncmp(script, "--wrap=lease='/s/it'\\''s/lease' ", 32) == 0, "%s", script);
    cr_assert(strstr(script, "[ $age -ge 1800 ] || continue\n") != NULL, "%s", script);
}

Test(slurm_command, a_percent_sign_in_a_folder_is_no_pattern)
{
    replicas[0].dir = "/s/100%j";
    slurm_command_submit(&submission, &words);
    cr_assert(has("--output=/s/100%%j/slurm.log"));
}

Test(slurm_command, the_script_of_one_replica_is_its_shim)
{
    char *script = slurm_command_script(&submission);

    cr_assert(eq(str, script, "#!/bin/sh\nexec '/s/bin/shim' --node '/s/a' '5-1-ab' \n"));
    free(script);
}

Test(slurm_command, the_script_of_a_gang_starts_all_at_once_with_any_folders_name)
{
    char *script = NULL;

    launch.replica_count = 2;
    script = slurm_command_script(&submission);
    cr_assert(strstr(script, "exec srun ") != NULL);
    cr_assert(strstr(script, "--het-group=1 --ntasks=1") != NULL);
    cr_assert(strstr(script, "--node '/s/a/it'\\''s' '5-1-ab'") != NULL, "%s", script);
    free(script);
}

Test(slurm_command, a_step_is_told_its_allocation_late)
{
    slurm_command_step(&submission, &words);
    cr_assert(slurm_command_set_allocation(&words, "17"));
    cr_assert(eq(str, words.words[1], "--jobid=17"));
    cr_assert(slurm_command_set_allocation(&words, "18"));
    cr_assert(eq(str, words.words[1], "--jobid=18"));
    cr_assert(has("--exact"));
}

Test(slurm_command, nothing_of_a_job_around_us_is_inherited)
{
    char *own[] = { "PATH=/bin",          "SLURM_JOB_ID=3", "SLURM_CONF=/c",
                    "SBATCH_PARTITION=x", "SECRET=1",       NULL };

    slurm_command_environment(own, &words);
    cr_assert(eq(sz, words.count, 2));
    cr_assert(has("PATH=/bin"));
    cr_assert(has("SLURM_CONF=/c"));
}

Test(slurm_command, a_controller_that_is_away_is_no_refusal)
{
    cr_assert(slurm_command_is_refused(
        "sbatch: error: Batch job submission failed: Invalid partition name specified"));
    cr_assert(not(slurm_command_is_refused(
        "sbatch: error: Batch job submission failed: Unable to contact slurm controller")));
    cr_assert(not(slurm_command_is_refused(
        "sbatch: error: Batch job submission failed: Socket timed out on send/recv operation")));
}
