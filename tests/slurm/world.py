"""The cluster that the cases run on, and a folder of each case's own with a study in it."""

import collections
import json
import os
import shutil
import signal
import subprocess
import time

HERE = os.path.dirname(os.path.abspath(__file__))
TRAINER = os.path.join(HERE, "../crash/trainer.sh")
GANG = os.path.join(HERE, "gang.py")
LIMIT_SECONDS = 60
PORTS = range(27817, 32000, 20)  # slurmctld's; its nodes' come next
STUDY = """
maxTrialCount: {trials}
parallelTrialCount: {parallel}
maxFailedTrialCount: {trials}
studySpec:
  metrics: [{{metricId: objective, goal: MAXIMIZE}}]
  parameters:
  - {{parameterId: x, doubleValueSpec: {{minValue: 0, maxValue: 1}}}}
  - {{parameterId: seconds, doubleValueSpec: {{minValue: {low}, maxValue: {high}}}}}
trialJobSpec:
  workerPoolSpecs: {pools}
assay:
  algorithm: random
  seed: 1
  grace: 2s
  env: {{LEDGER: {ledger}}}
"""
POOL = "\n  - {replicaCount: %d, containerSpec: {imageUri: 'host:', command: %s}}"


class Failure(Exception):
    """What a case found wrong."""


class Skipped(Exception):
    """Why a case cannot be run here."""


def check(is_good, *words):
    if not is_good:
        raise Failure(" ".join(str(word) for word in words))


class Cluster:
    """A test bed, started once and shared by the cases. reason: why it is not there."""

    def __init__(self, folder, name, *options):
        self.folder = folder
        self.command = [os.path.join(HERE, "testbed")]
        self.where = ["-d", os.path.join(folder, name)]
        self.environment = dict(os.environ, SLURM_CONF=os.path.join(folder, name, "slurm.conf"))
        for port in PORTS:  # other clusters may be at the first ones
            said = subprocess.run([*self.command, "up", *self.where, "-p", str(port), *options],
                                  capture_output=True, text=True, check=False)
            if "in use" not in said.stderr:
                break
        self.reason = said.stderr.strip() if said.returncode else None
        self.is_missing = said.returncode == 3

    def another(self, name, *options):
        cluster = Cluster(self.folder, name, *options)
        check(not cluster.reason, cluster.reason)
        return cluster

    def bed(self, verb, *names):
        subprocess.run([*self.command, verb, *self.where, *names], check=True, timeout=60)

    def down(self):
        self.bed("down")

    def run(self, *words):
        return subprocess.run(words, env=self.environment, capture_output=True, text=True,
                              check=False, timeout=60)

    def jobs(self, states="all"):
        """(state, tag) of all jobs of ours."""
        lines = self.run("squeue", "-h", "-t", states, "-o", "%T %k %N %i").stdout.splitlines()
        return [line.split() for line in lines]


class World:
    """A folder of a case's own, and the program in it."""

    def __init__(self, folder, assay, cluster):
        os.makedirs(folder)
        self.folder = folder
        self.assay = assay
        self.cluster = cluster
        self.state = os.path.join(folder, "state")
        self.ledger = os.path.join(folder, "ledger")
        open(self.ledger, "w", encoding="utf-8").close()
        self.engine = None
        self.others = []
        self.environment = cluster.environment

    def study(self, trials=6, parallel=3, seconds=(0.05, 0.2), pools=((1, [TRAINER]),)):
        text = "".join(POOL % (count, json.dumps(command)) for count, command in pools)
        path = os.path.join(self.folder, "study.yaml")
        with open(path, "w", encoding="utf-8") as out:
            out.write(STUDY.format(trials=trials, parallel=parallel, low=seconds[0],
                                   high=seconds[1], pools=text, ledger=self.ledger))
        return path

    def start(self, *words):
        with open(os.path.join(self.folder, "engine.log"), "ab") as log:
            self.engine = subprocess.Popen(
                [self.assay, *words, "--state", self.state, "--launcher", "slurm"], stdout=log,
                stderr=log, stdin=subprocess.DEVNULL, env=self.environment)

    def wrap(self, command, words):
        """From now on engines run these words of a shell in front of the command."""
        folder = os.path.join(self.folder, "wrapped")
        os.makedirs(folder, exist_ok=True)
        path = os.path.join(folder, command)
        with open(path, "w", encoding="utf-8") as out:
            out.write(f'#!/bin/sh\n{words}\nexec {shutil.which(command)} "$@"\n')
        os.chmod(path, 0o755)
        self.environment = dict(self.cluster.environment,
                                PATH=folder + os.pathsep + os.environ["PATH"])

    def kill(self):
        self.engine.send_signal(signal.SIGKILL)
        self.engine.wait()

    def end(self, status=0, within=LIMIT_SECONDS):
        try:
            self.engine.wait(timeout=within)
        except subprocess.TimeoutExpired:
            self.engine.kill()
            raise Failure(f"not done after {within} s: {self.log()}") from None
        check(self.engine.returncode == status, "exit status", self.engine.returncode, self.log())

    def another(self, name):
        """Closed with this one."""
        self.others.append(World(os.path.join(self.folder, name), self.assay, self.cluster))
        return self.others[-1]

    def close(self):
        for other in self.others:
            other.close()
        if self.engine and self.engine.poll() is None:
            self.kill()

    def log(self):
        """What the program said, on its terminal and in its log."""
        said = ""
        for path in (os.path.join(self.folder, "engine.log"), os.path.join(self.state, "assay.log")):
            if os.path.exists(path):
                with open(path, encoding="utf-8") as file:
                    said += file.read()
        return said

    def until(self, fact, what):
        end = time.monotonic() + LIMIT_SECONDS
        while not fact():
            check(time.monotonic() < end, "never came true:", what, self.log())
            time.sleep(0.02)

    def lines(self, word):
        with open(self.ledger, encoding="utf-8") as file:
            return [line.split() for line in file if line.startswith(word + " ")]

    def running(self):
        """Tags of the attempts that have started and not ended."""
        ended = {line[2] for line in self.lines("end")}
        return [line[2] for line in self.lines("start") if line[2] not in ended]

    def trials(self):
        said = subprocess.run([self.assay, "trials", "last", "--format", "json", "--state",
                               self.state], check=True, capture_output=True).stdout
        return json.loads(said)

    def check_ledger(self, trials, again=()):
        """Each attempt once, no trial without an end, and none twice but those in again."""
        starts = collections.Counter(line[2] for line in self.lines("start"))
        ends = collections.Counter(line[2] for line in self.lines("end"))
        check(all(count == 1 for count in starts.values()), "an attempt ran twice:", starts)
        check(all(count == 1 for count in ends.values()), "an attempt ended twice:", ends)
        for line in self.lines("start"):
            check(line[2] in ends or line[2] in again, "never ended:", line)
        check(len(starts) == trials + len(again), len(starts), "attempts of", trials, "trials")
        states = [trial["state"] for trial in self.trials()]
        check(states == ["SUCCEEDED"] * trials, states, self.log())
