"""Under `assay emulate`: what a service does that fails, is full or takes hours."""

import datetime
import json
import unittest
import urllib.request

from google.api_core import exceptions
from google.cloud import aiplatform
from google.cloud.aiplatform import hyperparameter_tuning as hpt
from google.cloud.aiplatform_v1.types import JobState, Trial

from fixture import PARENT, URL, a_name, jobs, pools

STUDY = {"metrics": [{"metric_id": "loss", "goal": "MINIMIZE"}],
         "parameters": [{"parameter_id": "lr", "double_value_spec": {"min_value": 0, "max_value": 1}}]}
# Exception of each code: the library chooses it by the HTTP status.
CLASSES = {"CANCELLED": exceptions.ClientError, "UNKNOWN": exceptions.InternalServerError,
           "INVALID_ARGUMENT": exceptions.BadRequest, "DEADLINE_EXCEEDED": exceptions.GatewayTimeout,
           "NOT_FOUND": exceptions.NotFound, "ALREADY_EXISTS": exceptions.Conflict,
           "PERMISSION_DENIED": exceptions.Forbidden, "RESOURCE_EXHAUSTED": exceptions.TooManyRequests,
           "FAILED_PRECONDITION": exceptions.BadRequest, "ABORTED": exceptions.Conflict,
           "OUT_OF_RANGE": exceptions.BadRequest, "UNIMPLEMENTED": exceptions.MethodNotImplemented,
           "INTERNAL": exceptions.InternalServerError, "UNAVAILABLE": exceptions.ServiceUnavailable}


def emulator(method, path, body):
    request = urllib.request.Request(URL + "/assay/v1" + path, json.dumps(body).encode(), method=method)
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


class Emulated(unittest.TestCase):
    def setUp(self):
        self.script({})
        emulator("POST", ":reset", {"seed": 1})
        self.client = jobs()

    def script(self, script):
        emulator("PUT", "/emulation", script)

    def tuning_job(self):
        return self.client.create_hyperparameter_tuning_job(parent=PARENT, hyperparameter_tuning_job={
            "display_name": "hours", "study_spec": STUDY, "max_trial_count": 4, "parallel_trial_count": 2,
            "trial_job_spec": {"worker_pool_specs": pools("train")}})

    def test_tuning_job_of_hours_ends_by_the_virtual_clock(self):
        self.script({"trials": [{"ends": "3600s", "steps": 3}]})
        job = self.tuning_job()
        emulator("POST", "/clock:advance", {"duration": "5400s"})
        job = self.client.get_hyperparameter_tuning_job(name=job.name)
        self.assertEqual(job.state, JobState.JOB_STATE_RUNNING)
        states = [trial.state for trial in job.trials]
        self.assertEqual(states, [Trial.State.SUCCEEDED] * 2 + [Trial.State.ACTIVE] * 2)
        emulator("POST", "/clock:advance", {"duration": "1800s"})
        job = self.client.get_hyperparameter_tuning_job(name=job.name)
        self.assertEqual(job.state, JobState.JOB_STATE_SUCCEEDED)
        self.assertEqual(len(job.trials), 4)
        for trial in job.trials:
            self.assertEqual(trial.end_time - trial.start_time, datetime.timedelta(hours=1))
            self.assertEqual(trial.final_measurement.metrics[0].metric_id, "loss")

    def test_same_seed_gives_the_same_job(self):
        first = self.tuning_job()
        emulator("POST", ":reset", {"seed": 1})
        self.assertEqual(self.tuning_job(), first)

    def test_each_code_is_the_exception_of_its_status(self):
        for code, kind in CLASSES.items():
            with self.subTest(code=code):
                self.script({"requests": [{"match": {"path": "*/customJobs"}, "code": code,
                                           "message": "as the script says"}]})
                with self.assertRaises(kind) as caught:
                    list(self.client.list_custom_jobs(parent=PARENT))
                self.assertIn("as the script says", caught.exception.message)
                self.assertEqual(caught.exception.response.json()["error"]["status"], code)

    def test_refused_job_can_be_made_later(self):
        self.script({"jobs": [{"refuse": {"code": "RESOURCE_EXHAUSTED", "first": 1}}]})
        with self.assertRaises(exceptions.TooManyRequests):
            self.tuning_job()
        self.tuning_job()

    def test_small_pages_are_followed(self):
        made = [self.tuning_job().name for _ in range(3)]
        self.script({"requests": [{"pageSize": 1}]})
        listed = self.client.list_hyperparameter_tuning_jobs(parent=PARENT)
        self.assertEqual(sorted(job.name for job in listed), sorted(made))  # all of the same moment

    def test_run_of_the_sdk_sees_the_end_of_a_day(self):
        self.script({"clock": {"perRequest": "43200s"}, "trials": [{"ends": "43200s"}]})
        job = aiplatform.HyperparameterTuningJob(
            display_name=a_name("hp"), metric_spec={"loss": "minimize"}, max_trial_count=1, parallel_trial_count=1,
            parameter_spec={"lr": hpt.DoubleParameterSpec(min=0.001, max=1.0, scale="log")},
            custom_job=aiplatform.CustomJob(display_name="trial", worker_pool_specs=pools("train"),
                                            base_output_dir="gs://stage/out"))
        job.run()
        self.assertEqual(job.state.name, "JOB_STATE_SUCCEEDED")


if __name__ == "__main__":
    unittest.main()
