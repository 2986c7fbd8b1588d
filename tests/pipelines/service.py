"""assay serve as a process that may be killed and started anew, and the program at the command line."""

import json
import os
import signal
import subprocess
import time
import urllib.error
import urllib.request

LIMIT_SECONDS = 60
L = "/v1/projects/demo/locations/us-central1"
TASKS = "gs://google-cloud-aiplatform/schema/trainingjob/definition/"
CUSTOM_TASK = TASKS + "custom_task_1.0.0.yaml"
TUNING_TASK = TASKS + "hyperparameter_tuning_task_1.0.0.yaml"


class Failure(Exception):
    """What was found wrong."""


class Gone(Exception):
    """Nobody answered."""


def check(is_good, *words):
    if not is_good:
        raise Failure(" ".join(str(word) for word in words))


def until(fact, what, seconds=LIMIT_SECONDS):
    end = time.monotonic() + seconds
    while True:
        value = fact()
        if value:
            return value
        check(time.monotonic() < end, "never came true:", what)
        time.sleep(0.02)


class Service:
    def __init__(self, folder, assay):
        self.folder = folder
        self.state = os.path.join(folder, "state")
        self.assay = assay
        self.process = None
        self.url = None

    def start(self, *words):
        out = open(os.path.join(self.folder, "serve.out"), "a+", encoding="utf-8")
        out.seek(0, os.SEEK_END)
        begin = out.tell()
        self.process = subprocess.Popen(
            [self.assay, "serve", "--listen", "127.0.0.1:0", "--state", self.state, *words],
            stdout=out, stderr=subprocess.STDOUT, cwd=self.folder)

        def listening():
            check(self.process.poll() is None, "the server is gone:", open(out.name, encoding="utf-8").read())
            out.seek(begin)
            return [line for line in out.read().splitlines() if line.startswith("listening on ")]

        self.url = until(listening, "the server listens")[0].removeprefix("listening on ")
        out.close()

    def stop(self, how=signal.SIGTERM):
        if self.process:
            self.process.send_signal(how)
            self.process.wait()
        self.process = None

    def ask(self, method, path, body=None):
        """Status and answer."""
        request = urllib.request.Request(self.url + path, method=method,
                                         data=None if body is None else json.dumps(body).encode())
        request.add_header("content-type", "application/json")
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            return error.code, json.load(error)
        except OSError as error:
            raise Gone() from error

    def get(self, path):
        status, answer = self.ask("GET", path)
        check(status == 200, path, status, answer)
        return answer

    def post(self, path, body):
        status, answer = self.ask("POST", path, body)
        check(status == 200, path, status, answer)
        return answer

    def done(self, operation):
        """The response of an operation, once it is done."""
        answer = until(lambda: (lambda one: one if one.get("done") else None)(self.get("/v1/" + operation["name"])),
                       operation["name"])
        check("error" not in answer, answer)
        return answer["response"]

    def end_of(self, name):
        return until(lambda: (lambda one: one if "endTime" in one else None)(self.get("/v1/" + name)), name)

    def run(self, *words, status=0, **more):
        """The program with these words; its output. Fails unless it exits with the status."""
        done = subprocess.run([self.assay, *words, "--state", self.state], cwd=self.folder, text=True,
                              capture_output=True, timeout=LIMIT_SECONDS, **more)
        check(done.returncode == status, words, "exit", done.returncode, done.stdout, done.stderr)
        return done.stdout + done.stderr
