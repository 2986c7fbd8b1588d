"""Vizier through the SDK's classes and through the generated client."""

import concurrent.futures
import unittest

from google.api_core import exceptions
from google.cloud.aiplatform.vizier import Study, pyvizier
from google.cloud.aiplatform_v1.types import Study as StudyMessage
from google.cloud.aiplatform_v1.types import Trial

from fixture import PARENT, a_name, beta_vizier, vizier


def problem():
    config = pyvizier.StudyConfig()
    config.algorithm = pyvizier.Algorithm.RANDOM_SEARCH
    config.metric_information.append(
        pyvizier.MetricInformation(name="loss", goal=pyvizier.ObjectiveMetricGoal.MINIMIZE))
    root = config.search_space.select_root()
    root.add_float_param("lr", 0.0, 1.0, scale_type=pyvizier.ScaleType.LINEAR)
    root.add_int_param("layers", 1, 4)
    root.add_discrete_param("batch", [16, 32, 64])
    root.add_categorical_param("opt", ["adam", "sgd"])
    return config


def measurement(loss, steps):
    return pyvizier.Measurement(metrics={"loss": loss}, steps=steps)


class Sdk(unittest.TestCase):
    def test_a_study_from_its_creation_to_its_optimum(self):
        study = Study.create_or_load(display_name=a_name("study"), problem=problem())
        for _ in range(3):
            for trial in study.suggest(count=2, worker="w1"):
                lr = trial.parameters.get_value("lr")
                self.assertTrue(0 <= lr <= 1)
                self.assertIn(trial.parameters.get_value("opt"), ("adam", "sgd"))
                for step in (1, 2):
                    trial.add_measurement(measurement(lr + 1 / step, step))
                self.assertIs(trial.should_stop(), False)
                final = trial.complete(measurement(lr, 3))
                self.assertAlmostEqual(final.metrics["loss"].value, lr)
        trials = study.trials()
        self.assertEqual(sorted(trial.uid for trial in trials), [1, 2, 3, 4, 5, 6])
        least = min(trial.materialize().final_measurement.metrics["loss"].value for trial in trials)
        best = [trial.materialize().final_measurement for trial in study.optimal_trials()]
        self.assertEqual([final.metrics["loss"].value for final in best], [least])
        self.assertEqual(trials[0].status, pyvizier.TrialStatus.COMPLETED)
        study.delete()
        with self.assertRaises(exceptions.NotFound):
            Study(study.resource_name)

    def test_the_same_worker_gets_its_trials_again(self):
        study = Study.create_or_load(display_name=a_name("study"), problem=problem())
        first = [trial.uid for trial in study.suggest(count=2, worker="w1")]
        self.assertEqual([trial.uid for trial in study.suggest(count=2, worker="w1")], first)
        self.assertFalse(set(first) & {trial.uid for trial in study.suggest(count=2, worker="w2")})
        study.delete()

    def test_a_trial_without_a_result_is_infeasible(self):
        study = Study.create_or_load(display_name=a_name("study"), problem=problem())
        trial, other = study.suggest(count=2, worker="w1")
        trial.complete(infeasible_reason="it diverged")
        self.assertTrue(trial.materialize().infeasible)
        self.assertEqual(trial.materialize().infeasibility_reason, "it diverged")
        other.delete()
        self.assertEqual([seen.uid for seen in study.trials()], [trial.uid])
        study.delete()

    def test_an_existing_name_is_a_conflict_and_can_be_looked_up(self):
        """create_or_load() catches AlreadyExists, which no answer over REST can raise: docs/clients.md."""
        name = a_name("study")
        study = Study.create_or_load(display_name=name, problem=problem())
        with self.assertRaises(exceptions.Conflict):
            Study.create_or_load(display_name=name, problem=problem())
        found = vizier().lookup_study(request={"parent": PARENT, "display_name": name})
        self.assertEqual(found.name, study.resource_name)
        self.assertEqual(Study.from_uid(found.name.rsplit("/", 1)[1]).resource_name, study.resource_name)
        study.delete()


class GeneratedClient(unittest.TestCase):
    SPEC = {"metrics": [{"metric_id": "loss", "goal": "MINIMIZE"}],
            "parameters": [{"parameter_id": "lr", "double_value_spec": {"min_value": 0, "max_value": 1}}]}

    def setUp(self):
        self.client = vizier()
        self.study = self.client.create_study(parent=PARENT, study={"display_name": a_name("s"),
                                                                    "study_spec": self.SPEC})

    def tearDown(self):
        self.client.delete_study(name=self.study.name)

    def suggest(self, count, worker="w"):
        operation = self.client.suggest_trials(
            request={"parent": self.study.name, "suggestion_count": count, "client_id": worker})
        return operation.result(timeout=30)

    def complete(self, trial, loss):
        return self.client.complete_trial(request={"name": trial.name, "final_measurement": {
            "step_count": 1, "metrics": [{"metric_id": "loss", "value": loss}]}})

    def test_study_is_read_and_listed(self):
        self.assertEqual(self.study.state, StudyMessage.State.ACTIVE)
        self.assertEqual(self.client.get_study(name=self.study.name).display_name, self.study.display_name)
        self.assertIn(self.study.name, [seen.name for seen in self.client.list_studies(parent=PARENT)])

    def test_studies_follow_pages(self):
        made = [self.client.create_study(parent=PARENT, study={"display_name": a_name("page"),
                                                               "study_spec": self.SPEC}) for _ in range(3)]
        pages = list(self.client.list_studies(request={"parent": PARENT, "page_size": 2}).pages)
        self.assertLessEqual({study.name for study in made},
                             {seen.name for page in pages for seen in page.studies})
        self.assertEqual({len(page.studies) for page in pages[:-1]}, {2})
        for study in made:
            self.client.delete_study(name=study.name)

    def test_beta_client_does_as_well(self):
        beta = beta_vizier()
        trial = beta.suggest_trials(request={"parent": self.study.name, "suggestion_count": 1,
                                             "client_id": "w"}).result(timeout=30).trials[0]
        verdict = beta.check_trial_early_stopping_state(request={"trial_name": trial.name})
        self.assertIs(verdict.result(timeout=30).should_stop, False)
        self.assertEqual(self.complete(trial, 0.5).state, Trial.State.SUCCEEDED)

    def test_suggested_trials_are_active_and_belong_to_the_client(self):
        answer = self.suggest(3, "me")
        self.assertEqual(answer.study_state, StudyMessage.State.ACTIVE)
        self.assertEqual([trial.state for trial in answer.trials], [Trial.State.ACTIVE] * 3)
        self.assertEqual({trial.client_id for trial in answer.trials}, {"me"})
        self.assertEqual([trial.id for trial in answer.trials], ["1", "2", "3"])

    def test_measurement_of_zero_counts(self):
        trial = self.complete(self.suggest(1).trials[0], 0.0)
        self.assertEqual(trial.state, Trial.State.SUCCEEDED)
        self.assertEqual([(m.metric_id, m.value) for m in trial.final_measurement.metrics], [("loss", 0.0)])
        best = self.client.list_optimal_trials(request={"parent": self.study.name})
        self.assertEqual([seen.name for seen in best.optimal_trials], [trial.name])

    def test_completed_trial_cannot_be_completed_again(self):
        trial = self.complete(self.suggest(1).trials[0], 0.5)
        with self.assertRaises(exceptions.BadRequest):
            self.complete(trial, 0.4)
        with self.assertRaises(exceptions.BadRequest):
            self.client.add_trial_measurement(request={"trial_name": trial.name, "measurement": {
                "step_count": 9, "metrics": [{"metric_id": "loss", "value": 1}]}})

    def test_trial_of_the_users_own_is_handed_out_first(self):
        made = self.client.create_trial(parent=self.study.name, trial={
            "parameters": [{"parameter_id": "lr", "value": 0.25}]})
        self.assertEqual(made.state, Trial.State.REQUESTED)
        answer = self.suggest(1)
        self.assertEqual([trial.name for trial in answer.trials], [made.name])
        self.assertEqual(answer.trials[0].parameters[0].value, 0.25)

    def test_stopped_trial_is_stopping_until_completed(self):
        trial = self.suggest(1).trials[0]
        self.assertEqual(self.client.stop_trial(request={"name": trial.name}).state, Trial.State.STOPPING)
        self.assertEqual(self.complete(trial, 0.5).state, Trial.State.SUCCEEDED)

    def test_many_workers_never_get_the_same_trial(self):
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(lambda n: self.suggest(2, f"w{n}"), range(8)))
        ids = [trial.id for answer in answers for trial in answer.trials]
        self.assertEqual(sorted(map(int, ids)), list(range(1, 17)))

    def test_trials_follow_pages(self):
        self.suggest(5)
        pager = self.client.list_trials(request={"parent": self.study.name, "page_size": 2})
        pages = [len(page.trials) for page in pager.pages]
        self.assertEqual(pages, [2, 2, 1])

    def test_missing_and_invalid(self):
        with self.assertRaises(exceptions.NotFound):
            self.client.get_trial(name=self.study.name + "/trials/77")
        with self.assertRaises(exceptions.NotFound):
            self.client.lookup_study(request={"parent": PARENT, "display_name": a_name("nobody")})
        with self.assertRaises(exceptions.BadRequest):
            self.suggest(0)
        with self.assertRaises(exceptions.BadRequest):
            self.suggest(1, "")


if __name__ == "__main__":
    unittest.main()
