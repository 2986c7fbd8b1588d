"""The code under test: starts a tuning job, sees it through, and gives the best parameters."""

import json
import time
import urllib.error
import urllib.request

ENDED = ("JOB_STATE_SUCCEEDED", "JOB_STATE_FAILED", "JOB_STATE_CANCELLED")


class TuningFailed(Exception):
    pass


class Tuner:
    def __init__(self, endpoint, pause=5, patience=200):
        self.endpoint = endpoint
        self.parent = "projects/demo/locations/us-central1"
        self.pause = pause  # seconds between two looks
        self.patience = patience  # so many looks at most

    def ask(self, method, path, body=None):
        request = urllib.request.Request(f"{self.endpoint}/v1/{path}", method=method,
                                         data=None if body is None else json.dumps(body).encode())
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)

    def create(self, document):
        """Asks again while there is no quota."""
        for _ in range(3):
            try:
                return self.ask("POST", f"{self.parent}/hyperparameterTuningJobs", document)
            except urllib.error.HTTPError as error:
                if error.code != 429:
                    raise
                time.sleep(self.pause)
        raise TuningFailed("there is no quota")

    def wait(self, name):
        for _ in range(self.patience):
            job = self.ask("GET", name)
            if job["state"] in ENDED:
                return job
            time.sleep(self.pause)
        self.ask("POST", f"{name}:cancel", {})
        raise TuningFailed("it took too long, and was cancelled")

    def tune(self, document):
        job = self.wait(self.create(document)["name"])
        if job["state"] != "JOB_STATE_SUCCEEDED":
            raise TuningFailed(job["error"]["message"])
        ended = [trial for trial in job["trials"] if "finalMeasurement" in trial]
        best = min(ended, key=lambda trial: trial["finalMeasurement"]["metrics"][0]["value"])
        return {parameter["parameterId"]: parameter["value"] for parameter in best["parameters"]}
