"""How tuning.py behaves when things go well and when they do not.

    assay emulate --script examples/emulator/script.yaml -- python3 examples/emulator/test_tuning.py

No job is ever run: see docs/emulator.md.
"""

import json
import os
import unittest
import urllib.request

from tuning import Tuner, TuningFailed

ENDPOINT = os.environ["ASSAY_ENDPOINT"]
DOCUMENT = {
    "maxTrialCount": 10, "parallelTrialCount": 2, "maxFailedTrialCount": 3,
    "studySpec": {
        "metrics": [{"metricId": "loss", "goal": "MINIMIZE"}],
        "parameters": [{"parameterId": "x", "doubleValueSpec": {"minValue": -5, "maxValue": 10}},
                       {"parameterId": "y", "doubleValueSpec": {"minValue": 0, "maxValue": 15}}]},
    "trialJobSpec": {"workerPoolSpecs": [{
        "replicaCount": 1, "machineSpec": {"machineType": "n1-standard-4"},
        "containerSpec": {"imageUri": "gcr.io/demo/train:latest"}}]},
}


def emulator(method, path, body=None):
    request = urllib.request.Request(f"{ENDPOINT}/assay/v1{path}", method=method,
                                     data=None if body is None else json.dumps(body).encode())
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


class TuningTest(unittest.TestCase):
    def setUp(self):
        emulator("POST", ":reset", {"seed": 1})
        self.tuner = Tuner(ENDPOINT, pause=0)

    def tune(self, name):
        return self.tuner.tune({"displayName": name, **DOCUMENT})

    def test_the_best_parameters_come_back_the_same_each_time(self):
        first = self.tune("good")
        self.assertEqual({"x", "y"}, set(first))
        emulator("POST", ":reset", {"seed": 1})
        self.assertEqual(first, self.tune("good"))

    def test_a_quota_that_comes_back_is_waited_for(self):
        self.assertEqual({"x", "y"}, set(self.tune("no-quota")))

    def test_a_job_that_fails_says_why(self):
        with self.assertRaisesRegex(TuningFailed, "Replica lost"):
            self.tune("unlucky")

    def test_a_job_that_never_starts_is_cancelled(self):
        self.tuner.patience = 20
        with self.assertRaisesRegex(TuningFailed, "took too long"):
            self.tune("stuck")
        jobs = self.tuner.ask("GET", f"{self.tuner.parent}/hyperparameterTuningJobs")
        self.assertEqual("JOB_STATE_CANCELLED", jobs["hyperparameterTuningJobs"][0]["state"])

    def test_a_trial_that_fails_is_no_reason_to_give_up(self):
        self.tune("good")
        jobs = self.tuner.ask("GET", f"{self.tuner.parent}/hyperparameterTuningJobs")
        trial = self.tuner.ask("GET", jobs["hyperparameterTuningJobs"][0]["name"])["trials"][1]
        self.assertEqual("INFEASIBLE", trial["state"])
        self.assertIn("the loss is nan", trial["infeasibleReason"])


if __name__ == "__main__":
    unittest.main()
