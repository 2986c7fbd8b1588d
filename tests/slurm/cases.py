"""The cases: each gets a World, and raises a Failure when something is wrong.

PARALLEL ones leave the cluster alone and run at the same time; ALONE ones take nodes or the
controller away; LONG ones wait for what only minutes bring.
"""

import glob
import os
import random
import shutil
import subprocess
import time

from world import GANG, TRAINER, Skipped, check

PARALLEL, ALONE, LONG = [], [], []


def case(where):
    return lambda function: where.append(function) or function


@case(PARALLEL)
def an_allocation_that_waits_is_looked_for_ever_more_seldom(world):
    """First, since it takes longest: looks are eager for ten seconds."""
    calls = os.path.join(world.folder, "calls")
    world.wrap("squeue", f'echo >>"{calls}"')
    world.start("run", world.study(trials=1, parallel=1), "--slurm-allocation=1",
                "--slurm-option=--hold")
    world.until(lambda: os.path.exists(calls) and os.path.getsize(calls) > 5, "looks")
    time.sleep(11)
    before = os.path.getsize(calls)
    time.sleep(3)
    check(os.path.getsize(calls) - before <= 4, os.path.getsize(calls) - before, "looks in 3 s")
    subprocess.run([world.assay, "cancel", "last", "--state", world.state], check=True,
                   capture_output=True)
    world.end(status=1)


@case(PARALLEL)
def what_is_submitted_ahead_leaves_no_place_idle_while_sbatch_takes_its_time(world):
    """Two seconds here, which without it are between any two trials of a place."""
    timed = 'echo "begin $(date +%s.%N)" >>"$LEDGER"; "$0" "$@"; echo "done $(date +%s.%N)" >>"$LEDGER"'
    world.wrap("sbatch", '[ "$1" = --version ] || sleep 2')
    world.start("run", world.study(trials=3, parallel=1, seconds=(0.85, 0.9),
                                   pools=((1, ["sh", "-c", timed, TRAINER]),)), "--slurm-ahead=1")
    world.end()
    world.check_ledger(3)
    begins, ends = ([float(line[1]) for line in world.lines(word)] for word in ("begin", "done"))
    idle = [begin - end for end, begin in zip(ends, begins[1:])]
    check(all(0 <= seconds < 1.9 for seconds in idle), "idle for", idle)


@case(PARALLEL)
def a_study_runs_as_a_job_for_each_trial(world):
    world.start("run", world.study())
    world.end()
    world.check_ledger(6)
    # Attempts may have a lease from another engine, so all renew it.
    check(os.path.exists(os.path.join(world.state, "lease")), "no lease")


@case(PARALLEL)
def the_next_engine_goes_on_with_jobs_that_ran_while_it_was_killed(world):
    world.start("run", world.study(trials=6, parallel=3, seconds=(0.2, 0.4)))
    for count in (1, 3, 4):
        world.until(lambda count=count: len(world.lines("start")) >= count, "a start")
        world.kill()
        world.start("resume", "last")
    world.end()
    world.check_ledger(6)


@case(PARALLEL)
def a_job_cancelled_by_hand_is_lost_and_its_trial_started_again(world):
    world.start("run", world.study(trials=2, parallel=1, seconds=(0.4, 0.5)))
    world.until(world.running, "a running trial")
    victim = world.running()[0]
    said = world.cluster.run("scancel", f"--name=assay-{victim}")
    check(said.returncode == 0, said.stderr)
    world.end()
    world.check_ledger(2, again=[victim])


@case(PARALLEL)
def a_job_cancelled_while_it_waits_is_submitted_as_another_attempt(world):
    world.start("run", world.study(trials=1, parallel=1), "--slurm-option=--hold")
    world.until(lambda: [job for job in world.cluster.jobs("PD") if is_of(world, job)], "a job")
    first = next(job for job in world.cluster.jobs("PD") if is_of(world, job))
    world.cluster.run("scancel", first[-1])
    world.until(lambda: [job for job in world.cluster.jobs("PD")
                         if is_of(world, job) and job[1] != first[1]], "another attempt")
    second = next(job for job in world.cluster.jobs("PD") if is_of(world, job))
    world.cluster.run("scontrol", "release", second[-1])
    world.end()
    world.check_ledger(1)


def is_of(world, job):
    """By the job's id in its tag, which is in the names of this world's folders."""
    folder = os.path.join(world.state, "jobs")
    ids = os.listdir(folder) if os.path.isdir(folder) else []
    return any(job[1].startswith(number) for number in ids)


@case(PARALLEL)
def a_script_that_slurm_runs_once_more_starts_nothing(world):
    world.start("run", world.study(trials=1, parallel=1))
    world.end()
    attempt = os.path.join(world.state, "jobs", os.listdir(os.path.join(world.state, "jobs"))[0],
                           "trials", "1", "1")
    shim = glob.glob(os.path.join(world.state, "bin", "assay-shim-*"))
    check(len(shim) == 1, "copies of the shim:", shim)
    again = subprocess.run([*shim, "--node", attempt,
                            world.lines("start")[0][2]], check=False, capture_output=True)
    check(again.returncode == 0, again)  # it ended well, though not by this run
    other = subprocess.run([*shim, "--node", attempt,
                            "1-1-0123456789abcdef"], check=False, capture_output=True, text=True)
    check(other.returncode == 1 and "another job's" in other.stderr, other)
    world.check_ledger(1)


@case(PARALLEL)
def a_cancelled_study_leaves_no_job_behind(world):
    world.start("run", world.study(trials=8, parallel=8, seconds=(20, 30)),
                "--slurm-option=--cpus-per-task=4")
    world.until(world.running, "a running trial")
    subprocess.run([world.assay, "cancel", "last", "--state", world.state], check=True,
                   capture_output=True)
    world.end(status=1)
    world.until(lambda: not [job for job in world.cluster.jobs("PD,R,CG") if is_of(world, job)],
                "an empty queue")


def most_at_once(world):
    """By the ledger, whose lines stand in the order of what happened."""
    with open(world.ledger, encoding="utf-8") as file:
        words = [line.split()[0] for line in file]
    return max(words[:i].count("start") - words[:i].count("end") for i in range(len(words) + 1))


def is_waiting_ahead(world):
    waiting = world.cluster.run("squeue", "-h", "-t", "PD", "-o", "%r %k").stdout.splitlines()
    return any(line.startswith("Dependency ") and is_of(world, line.split()) for line in waiting)


@case(PARALLEL)
def what_is_submitted_ahead_waits_for_a_turn_also_across_engines(world):
    world.start("run", world.study(trials=8, parallel=2, seconds=(0.2, 0.4)), "--slurm-ahead=2")
    for count in (1, 3):
        world.until(lambda count=count: len(world.lines("start")) >= count, "a start")
        world.until(lambda: is_waiting_ahead(world), "one that waits")
        world.kill()
        world.start("resume", "last")
    world.end()
    world.check_ledger(8)
    check(most_at_once(world) == 2, most_at_once(world), "at once")


@case(PARALLEL)
def a_gang_submitted_ahead_waits_too(world):
    pools = ((1, [TRAINER]), (1, ["true"]))
    world.start("run", world.study(trials=3, parallel=1, pools=pools), "--slurm-ahead=1",
                "--slurm-option=--nodes=1")
    world.until(lambda: is_waiting_ahead(world), "one that waits")
    world.end()
    world.check_ledger(3)
    check(most_at_once(world) == 1, most_at_once(world), "at once")


@case(PARALLEL)
def a_cancelled_study_takes_what_was_submitted_ahead_with_it(world):
    world.start("run", world.study(trials=8, parallel=2, seconds=(20, 30)), "--slurm-ahead=2")
    world.until(lambda: len(world.running()) == 2 and is_waiting_ahead(world), "two, and a third")
    subprocess.run([world.assay, "cancel", "last", "--state", world.state], check=True,
                   capture_output=True)
    world.end(status=1)
    world.until(lambda: not [job for job in world.cluster.jobs("PD,R,CG") if is_of(world, job)],
                "an empty queue")
    check(len(world.lines("start")) == 2, "also started:", world.lines("start"))


@case(PARALLEL)
def what_sbatch_refuses_is_the_users_fault_and_named(world):
    world.start("run", world.study(trials=1, parallel=1), "--slurm-partition=nowhere")
    world.end(status=1)
    check("nvalid partition" in world.log(), world.log())


@case(PARALLEL)
def a_gang_on_two_nodes_finds_itself(world):
    pools = ((1, ["python3", GANG]), (2, ["python3", GANG]))
    world.start("run", world.study(trials=1, parallel=1, pools=pools),
                "--slurm-option=--cpus-per-task=3")
    world.end()
    replicas = sorted(world.lines("rank"))
    check([line[1] for line in replicas] == ["0", "1", "2"], replicas)
    check(all(line[3] == "3" for line in replicas), replicas)
    check(len({line[2] for line in replicas}) > 1, "all on one node:", replicas)
    check(world.trials()[0]["finalMeasurement"]["metrics"][0]["value"] == 3, world.trials())


@case(PARALLEL)
def replicas_that_ask_for_the_same_may_share_a_node(world):
    pools = ((1, ["python3", GANG]), (2, ["python3", GANG]))
    world.start("run", world.study(trials=1, parallel=1, pools=pools), "--slurm-option=--nodes=1")
    world.end()
    replicas = sorted(world.lines("rank"))
    check([line[1] for line in replicas] == ["0", "1", "2"], replicas)
    check(len({line[2] for line in replicas}) == 1, "on several nodes:", replicas)


@case(PARALLEL)
def pytorch_finds_its_peers_by_gloo(world):
    if subprocess.run(["/usr/bin/python3", "-c", "import torch"], check=False,
                      capture_output=True).returncode:
        check(not os.environ.get("CI"), "python3-torch is not installed")
        raise Skipped("PyTorch is not installed (python3-torch)")
    pools = ((1, ["/usr/bin/python3", GANG, "torch"]), (1, ["/usr/bin/python3", GANG, "torch"]))
    world.start("run", world.study(trials=1, parallel=1, pools=pools))
    world.end()
    check([line[3] for line in world.lines("rank")] == ["1", "1"], world.lines("rank"))


@case(PARALLEL)
def one_failing_replica_ends_its_gang(world):
    pools = ((1, ["sh", "-c", "sleep 60"]), (1, ["sh", "-c", "exit 3"]))
    world.start("run", world.study(trials=1, parallel=1, pools=pools))
    world.end(status=1)
    check("workerpool1-0" in world.log() and "status of 3" in world.log(), world.log())


@case(PARALLEL)
def a_gang_cancelled_by_hand_starts_again_as_a_whole(world):
    once = os.path.join(world.folder, "once")
    # The first attempt waits to be cancelled, the second finds the folder made and goes on.
    script = f'mkdir "{once}-$RANK" 2>/dev/null && sleep 100; exec python3 {GANG}'
    world.start("run", world.study(trials=1, parallel=1, pools=((1, ["sh", "-c", script]),) * 2))
    world.until(lambda: os.path.isdir(once + "-0") and os.path.isdir(once + "-1"), "the gang")
    tag = next(job[1] for job in world.cluster.jobs("R") if is_of(world, job))
    world.cluster.run("scancel", f"--name=assay-{tag}")
    world.end()
    check(sorted(line[3] for line in world.lines("rank")) == ["1", "1"], world.lines("rank"))


@case(PARALLEL)
def trials_run_as_steps_of_one_allocation_that_is_given_back(world):
    world.start("run", world.study(trials=10, parallel=4), "--slurm-allocation=1",
                "--slurm-option=--nice=7")
    world.end()
    world.check_ledger(10)
    held = world.cluster.run("squeue", "-h", "-t", "all", "-o", "%y %k").stdout.splitlines()
    check(any(line.startswith("7 hold-") for line in held), "not as nice as wished:", held)
    check_given_back(world)


def check_given_back(world):
    """All allocations of a state folder begin with the same words."""
    notes = glob.glob(os.path.join(world.state, "jobs/*/trials/*/*/step"))
    with open(notes[0], encoding="utf-8") as file:
        prefix = file.read().split()[3].rpartition("-")[0]
    held = [job for job in world.cluster.jobs("PD,R") if job[1].startswith(prefix)]
    check(not held, "still held:", held)


@case(PARALLEL)
def an_allocation_in_which_another_jobs_trial_runs_is_left_alone(world):
    """Job 1's engine is killed; job 2 goes with jobs of its own, job 3 in the same allocation."""
    world.start("run", world.study(trials=1, parallel=1, seconds=(0.9, 1)),
                "--slurm-allocation=1")
    world.until(world.running, "a running trial")
    world.kill()
    first = os.listdir(os.path.join(world.state, "jobs"))[0]
    for name, words in (("beside", []), ("inside", ["--slurm-allocation=1"])):
        other = world.another(name)
        other.state = world.state
        other.start("run", other.study(trials=1, parallel=1, seconds=(0, 0.01)), *words)
        other.end()
    world.start("resume", first)
    world.end()
    check(len(world.lines("start")) == len(world.lines("end")) == 1, world.lines("start"))
    check_given_back(world)


@case(PARALLEL)
def gangs_beside_an_allocation_take_their_nodes_by_themselves(world):
    pools = ((1, ["python3", GANG]),) * 2
    calls = os.path.join(world.folder, "calls")
    world.wrap("sbatch", f'echo "$*" >>"{calls}"')
    world.start("run", world.study(trials=2, parallel=1, pools=pools), "--slurm-allocation=2")
    world.end()
    with open(calls, encoding="utf-8") as file:
        check("hold-" not in file.read(), "an allocation was asked for")


@case(PARALLEL)
def what_slurm_does_not_cancel_in_time_the_next_engine_cancels(world):
    broken = os.path.join(world.folder, "broken")
    open(broken, "w", encoding="utf-8").close()
    world.wrap("scancel", f'[ ! -e "{broken}" ] || exec sleep 60')
    world.start("run", world.study(trials=1, parallel=1), "--slurm-option=--hold")
    waiting = lambda: [job for job in world.cluster.jobs("PD") if is_of(world, job)]  # noqa: E731
    world.until(waiting, "a job")
    subprocess.run([world.assay, "cancel", "last", "--state", world.state], check=True,
                   capture_output=True)
    world.end(status=1)
    check(waiting(), "cancelled by a broken scancel")
    check("has not cancelled what was stopped" in world.log(), world.log())
    os.remove(broken)
    world.start("run", world.study(trials=1, parallel=1))
    world.end()
    world.until(lambda: not waiting(), "an empty queue")
    check(not os.listdir(os.path.join(world.state, "slurm", "to-cancel")), "a debt is left")


@case(PARALLEL)
def a_submission_on_its_way_at_the_end_leaves_no_job(world):
    sent = os.path.join(world.folder, "sent")
    world.wrap("sbatch", f'[ "$1" = --version ] || {{ {shutil.which("sbatch")} "$@"; '
                         f'touch "{sent}"; sleep 1; exit; }}')
    world.start("run", world.study(trials=1, parallel=1), "--slurm-option=--hold")
    world.until(lambda: os.path.exists(sent), "sbatch")
    subprocess.run([world.assay, "cancel", "last", "--state", world.state], check=True,
                   capture_output=True)
    world.end(status=1)
    check(not [job for job in world.cluster.jobs("PD,R") if is_of(world, job)], "a job is left")


@case(PARALLEL)
def steps_outlive_the_engine_that_started_them(world):
    world.start("run", world.study(trials=6, parallel=2, seconds=(0.3, 0.4)),
                "--slurm-allocation=1")
    # The second engine goes on in the allocation, the third with jobs.
    for count, words in ((1, ["--slurm-allocation=1"]), (3, [])):
        world.until(lambda count=count: len(world.lines("start")) >= count, "a start")
        world.kill()
        world.start("resume", "last", *words)
    world.end()
    world.check_ledger(6)
    check_given_back(world)


@case(ALONE)
def a_trial_on_a_node_that_goes_down_is_started_again(world):
    world.start("run", world.study(trials=1, parallel=1, seconds=(0.6, 0.7)))
    world.until(world.running, "a running trial")
    victim = world.running()[0]
    node = next(job[2] for job in world.cluster.jobs("R") if job[1] == victim)
    world.cluster.run("scontrol", "update", f"node={node}", "state=down", "reason=test")
    try:
        world.end()
        world.check_ledger(1, again=[victim])
    finally:
        world.cluster.run("scontrol", "update", f"node={node}", "state=resume")


@case(ALONE)
def a_preempted_trial_is_started_again(world):
    world.start("run", world.study(trials=1, parallel=1, seconds=(0.6, 0.7)),
                "--slurm-partition=low", "--slurm-option=--nodelist=node4")
    world.until(world.running, "a running trial")
    victim = world.running()[0]
    said = world.cluster.run("sbatch", "--partition=main", "--nodelist=node4", "--exclusive",
                             "--chdir=/", "--output=/dev/null", "--wrap=sleep 0.1")
    check(said.returncode == 0, said.stderr)
    world.end()
    world.check_ledger(1, again=[victim])


@case(ALONE)
def a_trial_that_needs_more_memory_than_slurm_gives_is_out_of_memory(world):
    """On a cluster of its own, where Slurm enforces memory."""
    if os.getuid() != 0 or not os.access("/sys/fs/cgroup/memory", os.W_OK):
        raise Skipped("Slurm's limit of memory takes root and cgroup v1")
    world.cluster = world.cluster.another("strict", "-n", "1", "-C")
    try:
        eat = ["python3", "-c", "x = bytearray(400_000_000); x[::4096] = b'1' * len(x[::4096])"]
        world.start("run", world.study(trials=1, parallel=1, pools=((1, eat),)),
                    "--slurm-option=--mem=64M")
        world.end(status=1)
        check("out_of_memory" in world.log(), world.log())
    finally:
        world.cluster.down()


@case(ALONE)
def a_controller_that_dies_delays_what_waits_and_repeats_nothing(world):
    """Last: it may take finished jobs for running ones for a while, which then hold their nodes."""
    late = world.another("late")
    world.start("run", world.study(trials=6, parallel=3, seconds=(0.2, 0.4)))
    world.until(world.running, "a running trial")
    world.cluster.bed("kill-node", "slurmctld")
    late.start("run", late.study(trials=2, parallel=2))
    time.sleep(1)
    check(late.engine.poll() is None, "it gave up:", late.log())
    world.cluster.bed("start-node", "slurmctld")
    for one in (world, late):
        one.end()
    world.check_ledger(6)
    late.check_ledger(2)


@case(LONG)
def a_trial_past_its_jobs_time_has_timed_out(world):
    world.start("run", world.study(trials=1, parallel=1, seconds=(200, 200)), "--slurm-time=1")
    world.end(status=1, within=180)
    check("timeout" in world.log(), world.log())


@case(LONG)
def one_look_that_does_not_show_a_job_ends_no_trial(world):
    """By then looks are more than ten seconds apart."""
    empty = os.path.join(world.folder, "empty")
    world.wrap("squeue", f'[ ! -e "{empty}" ] || {{ rm "{empty}"; exit 0; }}')
    world.start("run", world.study(trials=1, parallel=1, seconds=(25, 25)))
    world.until(world.running, "a running trial")
    time.sleep(35)
    open(empty, "w", encoding="utf-8").close()
    world.end(within=180)
    check(not os.path.exists(empty), "no such look")
    world.check_ledger(1)


@case(LONG)
def a_trial_on_a_node_that_dies_is_started_again(world):
    world.start("run", world.study(trials=1, parallel=1, seconds=(5, 6)))
    world.until(world.running, "a running trial")
    victim = world.running()[0]
    node = next(job[2] for job in world.cluster.jobs("R") if job[1] == victim)
    world.cluster.bed("kill-node", node)
    try:
        world.end(within=180)
        world.check_ledger(1, again=[victim])
    finally:
        world.cluster.bed("start-node", node)


@case(LONG)
def an_engine_killed_again_and_again_loses_and_repeats_nothing(world):
    world.start("run", world.study(trials=150, parallel=8, seconds=(0.05, 0.3)))
    for _ in range(50):
        time.sleep(random.expovariate(1 / 0.6))
        if world.engine.poll() is not None:
            break
        world.kill()
        world.start("resume", "last")
    world.end(within=180)
    world.check_ledger(150)


@case(LONG)
def no_trial_is_cut_off_by_the_end_of_its_allocation(world):
    """Of a minute each, on the only node that is wished for; in the second half nothing is begun."""
    idle = lambda: world.cluster.run("sinfo", "-h", "-N", "-t", "idle",  # noqa: E731
                                     "-o", "%N").stdout.split()
    world.until(idle, "an idle node")
    world.start("run", world.study(trials=12, parallel=2, seconds=(2.9, 3)),
                "--slurm-allocation=1", "--slurm-time=1", f"--slurm-option=--nodelist={idle()[-1]}")
    waits = lambda: "ends too soon" in subprocess.run(  # noqa: E731
        [world.assay, "status", "--state", world.state], check=False, capture_output=True,
        text=True).stdout
    world.until(waits, "a trial that waits for the next allocation")
    world.end(within=300)
    world.check_ledger(12)


@case(LONG)
def an_allocation_without_an_engine_ends_after_its_last_step(world):
    os.makedirs(world.state)
    with open(os.path.join(world.state, "config.yaml"), "w", encoding="utf-8") as out:
        out.write('slurmLease: "60s"\n')
    world.start("run", world.study(trials=1, parallel=1, seconds=(1, 1)), "--slurm-allocation=1",
                "--slurm-option=--nice=8")
    world.until(world.running, "a running trial")
    world.kill()
    held = lambda: world.cluster.run(  # noqa: E731
        "squeue", "-h", "-t", "R", "-o", "%y").stdout.split().count("8")
    check(held() == 1, "not held")
    time.sleep(55)
    check(held() == 1, "given up too soon")
    time.sleep(40)
    check(held() == 0, "still held")
    world.start("resume", "last")
    world.end()


@case(LONG)
def a_trial_that_sees_no_engine_for_its_lease_ends(world):
    os.makedirs(world.state)
    with open(os.path.join(world.state, "config.yaml"), "w", encoding="utf-8") as out:
        out.write('slurmLease: "60s"\n')
    world.start("run", world.study(trials=1, parallel=1, seconds=(30, 30)))
    world.until(world.running, "a running trial")
    victim = world.running()[0]
    world.kill()
    time.sleep(75)
    check(not world.cluster.jobs("R"), "still running:", world.cluster.jobs("R"))
    world.start("resume", "last")
    world.end(within=180)
    world.check_ledger(1, again=[victim])
