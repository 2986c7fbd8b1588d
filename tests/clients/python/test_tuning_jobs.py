"""HyperparameterTuningJob through the SDK's class and the generated client, on real trials."""

import unittest

from google.api_core import exceptions
from google.cloud import aiplatform
from google.cloud.aiplatform import hyperparameter_tuning as hpt
from google.cloud.aiplatform_v1.types import JobState, Trial

from fixture import PARENT, TRAINER, a_name, jobs, pools, until, violations

ENDS = (JobState.JOB_STATE_SUCCEEDED, JobState.JOB_STATE_FAILED, JobState.JOB_STATE_CANCELLED)


class Sdk(unittest.TestCase):
    def a_job(self, command, **members):
        parameters = {
            "lr": hpt.DoubleParameterSpec(min=0.001, max=1.0, scale="log"),
            "layers": hpt.IntegerParameterSpec(min=1, max=4, scale="linear"),
            "batch": hpt.DiscreteParameterSpec(values=[16, 32, 64], scale="linear"),
            "opt": hpt.CategoricalParameterSpec(values=["adam", "sgd"], conditional_parameter_spec={
                "momentum": hpt.DoubleParameterSpec(min=0, max=0.99, scale="linear", parent_values=["sgd"])}),
        }
        members = {"max_trial_count": 8, "parallel_trial_count": 2, **members}
        return aiplatform.HyperparameterTuningJob(
            display_name=a_name("hp"), metric_spec={"loss": "minimize"}, parameter_spec=parameters,
            custom_job=aiplatform.CustomJob(display_name=a_name("trial"), worker_pool_specs=pools(*command),
                                            base_output_dir="gs://stage/" + a_name("hp")), **members)

    def check_trials(self, job, count):
        self.assertEqual(sorted(int(trial.id) for trial in job.trials), list(range(1, count + 1)))
        for trial in job.trials:
            values = {parameter.parameter_id: parameter.value for parameter in trial.parameters}
            self.assertEqual(trial.state, Trial.State.SUCCEEDED)
            self.assertTrue(0.001 <= values["lr"] <= 1)
            self.assertIn(values["layers"], (1, 2, 3, 4))
            self.assertIn(values["batch"], (16, 32, 64))
            self.assertEqual("momentum" in values, values["opt"] == "sgd")
            wanted = (values["lr"] - 0.1) ** 2 + values["layers"] / 10 + 1 / 3
            self.assertEqual(trial.final_measurement.metrics[0].metric_id, "loss")
            self.assertAlmostEqual(trial.final_measurement.metrics[0].value, wanted, places=9)
            self.assertEqual(trial.final_measurement.step_count, 3)
            self.assertLessEqual(trial.start_time, trial.end_time)

    def test_job_runs_to_its_end_and_trials_are_read_back(self):
        job = self.a_job(TRAINER)
        job.run()
        self.assertEqual(job.state.name, "JOB_STATE_SUCCEEDED")
        self.check_trials(job, 8)
        best = min(job.trials, key=lambda trial: trial.final_measurement.metrics[0].value)
        self.assertTrue(best.id)

    def test_failed_trials_are_infeasible_and_fail_the_job(self):
        job = self.a_job(["sh", "-c", "echo the data is gone >&2; exit 1"], search_algorithm="random",
                         max_failed_trial_count=2)
        with self.assertRaises(RuntimeError) as caught:
            job.run()
        self.assertIn("failed", str(caught.exception))
        self.assertEqual({trial.state for trial in job.trials}, {Trial.State.INFEASIBLE})
        self.assertTrue(all(trial.infeasible_reason for trial in job.trials))

    def test_get_list_cancel_and_delete(self):
        job = self.a_job(["sh", "-c", "sleep 600"])
        job.run(sync=False)
        job.wait_for_resource_creation()
        until(lambda: job.state.name, lambda state: state == "JOB_STATE_RUNNING")
        again = aiplatform.HyperparameterTuningJob.get(job.resource_name)
        self.assertEqual(again.display_name, job.display_name)
        listed = aiplatform.HyperparameterTuningJob.list(filter=f'display_name="{job.display_name}"')
        self.assertEqual([seen.resource_name for seen in listed], [job.resource_name])
        job.cancel()
        until(lambda: again.state.name, lambda state: state == "JOB_STATE_CANCELLED")
        with self.assertRaises(RuntimeError):
            job.wait()
        again.delete()
        with self.assertRaises(exceptions.NotFound):
            aiplatform.HyperparameterTuningJob.get(job.resource_name)


class GeneratedClient(unittest.TestCase):
    STUDY = {"metrics": [{"metric_id": "loss", "goal": "MINIMIZE"}],
             "parameters": [{"parameter_id": "lr", "double_value_spec": {"min_value": 0, "max_value": 1}}]}

    @classmethod
    def setUpClass(cls):
        cls.client = jobs()

    def create(self, *command, **members):
        return self.client.create_hyperparameter_tuning_job(parent=PARENT, hyperparameter_tuning_job={
            "display_name": a_name("hp"), "study_spec": self.STUDY,
            "max_trial_count": 2, "parallel_trial_count": 1,
            "trial_job_spec": {"worker_pool_specs": pools(*command)}, **members})

    def get(self, job):
        return self.client.get_hyperparameter_tuning_job(name=job.name)

    def ended(self, job):
        return until(lambda: self.get(job), lambda seen: seen.state in ENDS)

    def test_range_from_zero_survives_the_wire(self):
        job = self.create("true")
        self.assertEqual(job.study_spec.parameters[0].double_value_spec.min_value, 0)
        self.assertEqual(job.study_spec.parameters[0].double_value_spec.max_value, 1)

    def test_get_has_the_trials_and_list_leaves_them_out(self):
        job = self.ended(self.create(*TRAINER))
        self.assertEqual(job.state, JobState.JOB_STATE_SUCCEEDED)
        self.assertEqual(len(job.trials), 2)
        found = list(self.client.list_hyperparameter_tuning_jobs(
            request={"parent": PARENT, "filter": f'display_name="{job.display_name}"'}))
        self.assertEqual([seen.name for seen in found], [job.name])
        self.assertFalse(found[0].trials)

    def test_list_follows_pages_newest_first(self):
        name = a_name("page")
        made = [self.create("true", display_name=name).name for _ in range(5)]
        pager = self.client.list_hyperparameter_tuning_jobs(
            request={"parent": PARENT, "filter": f'display_name="{name}"', "page_size": 2})
        pages = [[job.name for job in page.hyperparameter_tuning_jobs] for page in pager.pages]
        self.assertEqual([len(page) for page in pages], [2, 2, 1])
        self.assertEqual(sum(pages, []), made[::-1])

    def test_deleted_job_is_gone(self):
        job = self.ended(self.create(*TRAINER))
        self.client.delete_hyperparameter_tuning_job(name=job.name).result(timeout=30)
        with self.assertRaises(exceptions.NotFound):
            self.client.get_hyperparameter_tuning_job(name=job.name)

    def test_cancelled_job_keeps_its_trials(self):
        job = self.create("sh", "-c", "sleep 600")
        until(lambda: self.get(job), lambda seen: len(seen.trials) == 1)
        self.client.cancel_hyperparameter_tuning_job(name=job.name)
        job = self.ended(job)
        self.assertEqual((job.state, job.error.code), (JobState.JOB_STATE_CANCELLED, 1))
        self.assertEqual([trial.state for trial in job.trials], [Trial.State.INFEASIBLE])

    def test_invalid_study_tells_the_field(self):
        with self.assertRaises(exceptions.BadRequest) as caught:
            self.create("true", study_spec={"metrics": [{"metric_id": "loss"}], "parameters": [
                {"parameter_id": "x", "double_value_spec": {"min_value": 2, "max_value": 1}}]})
        self.assertRegex(violations(caught.exception)[0], r"parameters\[0\]")


if __name__ == "__main__":
    unittest.main()
