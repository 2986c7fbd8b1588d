#include "launcher/container/container_end.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <signal.h>

static struct container_record record;
static struct container_evidence evidence;
static struct ending ending;

static void begin(void)
{
    record = (struct container_record){ .stage = CONTAINER_NOT_BEGUN };
    evidence = (struct container_evidence){
        .record = &record, .client = "podman", .image = "img", .complaint = ""
    };
    ending = (struct ending){ .kind = ENDING_EXITED };
}

TestSuite(container_end, .init = begin);

static void expect(enum ending_kind kind, int status)
{
    container_end_judge(&evidence, &ending);
    cr_assert(eq(int, ending.kind, kind), "%s", ending.detail);
    cr_assert(eq(int, ending.status, status));
}

Test(container_end, the_record_counts_and_not_the_clients_status)
{
    record.stage = CONTAINER_EXITED;
    record.status = 126;
    record.cpu_us = 5;
    record.peak_memory_bytes = 6;
    ending.status = 126;
    cr_assert(container_end_is_clean(&ending, &record));
    expect(ENDING_EXITED, 126);
    cr_assert(eq(i64, ending.cpu_us, 5));
    cr_assert(eq(i64, ending.peak_memory_bytes, 6));
}

Test(container_end, a_signal_of_the_program_is_its_own)
{
    record.stage = CONTAINER_SIGNALED;
    record.status = SIGABRT;
    ending.status = 128 + SIGABRT;
    expect(ENDING_SIGNALED, SIGABRT);
}

Test(container_end, a_kill_for_lack_of_memory_is_that_whoever_was_hit)
{
    record.stage = CONTAINER_SIGNALED;
    record.status = SIGKILL;
    record.oom_kills = 1;
    expect(ENDING_OUT_OF_MEMORY, 128 + SIGKILL);
    begin();
    record.stage = CONTAINER_EXITED;
    record.status = 1;
    record.oom_kills = 1;
    expect(ENDING_OUT_OF_MEMORY, 1);
}

Test(container_end, who_succeeds_without_a_helper_that_was_killed_has_succeeded)
{
    record.stage = CONTAINER_EXITED;
    record.oom_kills = 1;
    expect(ENDING_EXITED, 0);
}

Test(container_end, when_even_the_first_process_was_killed_the_engines_mark_tells_why)
{
    record.stage = CONTAINER_BEGUN;
    ending.status = 128 + SIGKILL;
    cr_assert(not(container_end_is_clean(&ending, &record)));
    evidence.has_oom_mark = true;
    expect(ENDING_OUT_OF_MEMORY, 128 + SIGKILL);
    begin();
    record.stage = CONTAINER_BEGUN;
    ending.status = 128 + SIGKILL;
    expect(ENDING_SIGNALED, SIGKILL);
}

Test(container_end, an_engine_that_loses_a_container_makes_it_lost)
{
    record.stage = CONTAINER_BEGUN;
    ending.status = 125;
    evidence.complaint = "Error: lost synchronization";
    expect(ENDING_LOST, 125);
    cr_assert(eq(str, ending.detail,
                 "podman lost its container (status 125): Error: lost synchronization"));
}

Test(container_end, what_the_document_has_to_mend_is_not_found)
{
    static const char *const complaints[] = {
        "Error: unable to find user bob: no matching entries in passwd file",
        "Error: statfs /no/where: no such file or directory",
        "Error: unable to find network with name or ID x: network not found",
        "Error: setting up CDI devices: unresolvable CDI devices nvidia.com/gpu=7",
        "docker: Error response from daemon: could not select device driver \"\" with "
        "capabilities: [[gpu]].",
        "docker: Error response from daemon: invalid mount config for type \"bind\": bind source "
        "path does not exist: /no.",
    };

    for (size_t i = 0; i < sizeof complaints / sizeof complaints[0]; i++) {
        begin();
        ending.status = 125;
        evidence.complaint = complaints[i];
        expect(ENDING_NOT_FOUND, ENOENT);
    }
}

Test(container_end, what_may_go_better_next_time_was_not_started)
{
    ending.status = 126;
    evidence.complaint = "Error: runc: error setting rlimit type 6: operation not permitted";
    expect(ENDING_NOT_STARTED, EIO);
    cr_assert(eq(str, ending.detail,
                 "podman could not start it (status 126): runc: error setting rlimit type 6: "
                 "operation not permitted"));
}

Test(container_end, a_stop_and_a_timeout_stay_what_they_are)
{
    record.stage = CONTAINER_SIGNALED;
    record.status = SIGTERM;
    record.cpu_us = 9;
    ending.kind = ENDING_STOPPED;
    ending.status = 128 + SIGTERM;
    cr_assert(not(container_end_is_clean(&ending, &record)));
    expect(ENDING_STOPPED, 128 + SIGTERM);
    cr_assert(eq(i64, ending.cpu_us, 9));
    ending.kind = ENDING_TIMEOUT;
    expect(ENDING_TIMEOUT, 128 + SIGTERM);
}

Test(container_end, a_killed_client_is_the_machines_fault_unless_the_program_had_ended)
{
    record.stage = CONTAINER_BEGUN;
    ending.kind = ENDING_SIGNALED;
    ending.status = SIGKILL;
    expect(ENDING_LOST, SIGKILL);
    begin();
    record.stage = CONTAINER_EXITED;
    record.status = 2;
    ending.kind = ENDING_SIGNALED;
    ending.status = SIGKILL;
    expect(ENDING_EXITED, 2);
}
