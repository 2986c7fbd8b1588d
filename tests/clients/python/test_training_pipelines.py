"""Training pipelines through the SDK's classes: from a table or none, by scikit-learn, to a model."""

import json
import os
import unittest

from google.api_core import exceptions
from google.cloud import aiplatform
from google.cloud.aiplatform import hyperparameter_tuning as hpt
from google.cloud.aiplatform_v1.types import PipelineState

import table
from fixture import (CLASSIFIER, PARENT, PYTHON, SERVING_IMAGE, TRAINING_IMAGE, a_name, all_at_once,
                     files_below, pipelines, read, stored, until, violations)

SCHEMAS = "gs://google-cloud-aiplatform/schema/trainingjob/definition/"
COMMAND = [PYTHON, CLASSIFIER]
CONTAINER_IMAGE = os.environ.get("ASSAY_TEST_IMAGE")
ENDS = (PipelineState.PIPELINE_STATE_SUCCEEDED, PipelineState.PIPELINE_STATE_FAILED,
        PipelineState.PIPELINE_STATE_CANCELLED)


def told(model):
    """What the trainer wrote beside its model."""
    uri, = [uri for uri in files_below(model.uri) if uri.endswith("/told.json")]
    return json.loads(read(uri))


def own_folder():
    """The library names its own by the millisecond, and two tests at once would share it: one alone leaves it that."""
    return "gs://stage/" + a_name("out")


def container_job(*words, **members):
    return aiplatform.CustomContainerTrainingJob(
        display_name=a_name("container"), container_uri="host:", command=[*COMMAND, *words],
        model_serving_container_image_uri=SERVING_IMAGE, **members)


@all_at_once
class Sdk(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.dataset = aiplatform.TabularDataset.create(
            display_name=a_name("flowers"), gcs_source=[stored(table.table())])

    def check_model(self, model, job):
        self.assertEqual(job.state, PipelineState.PIPELINE_STATE_SUCCEEDED)
        self.assertEqual(model.gca_resource.training_pipeline, job.resource_name)
        self.assertGreater(table.score(model.uri), 0.9)

    def test_script_is_packed_uploaded_and_trained_on_fractions(self):
        job = aiplatform.CustomTrainingJob(
            display_name=a_name("script"), script_path=CLASSIFIER, requirements=["joblib"],
            container_uri=TRAINING_IMAGE, model_serving_container_image_uri=SERVING_IMAGE, labels={"suite": "scripts"})
        model = job.run(dataset=self.dataset, model_display_name="flowers", model_labels={"of": "script"},
                        args=["--C=2"], environment_variables={"MODE": "fast"}, training_fraction_split=0.6,
                        validation_fraction_split=0.2, test_fraction_split=0.2, enable_web_access=True)
        self.check_model(model, job)
        said = told(model)
        self.assertEqual((said["C"], said["mode"], said["format"]), (2, "fast", "csv"))
        self.assertEqual(sum(said["rows"]), table.ROWS)
        for count, share in zip(said["rows"], (0.6, 0.2, 0.2)):
            self.assertAlmostEqual(count / table.ROWS, share, delta=0.05)
        self.assertEqual((model.display_name, model.labels), ("flowers", {"of": "script"}))
        self.assertEqual((model.version_id, list(model.version_aliases)), ("1", ["default"]))
        self.assertEqual(model.container_spec.image_uri or SERVING_IMAGE, SERVING_IMAGE)
        again = aiplatform.CustomTrainingJob.get(job.resource_name)
        self.assertEqual(again.get_model().resource_name, model.resource_name)
        listed = aiplatform.CustomTrainingJob.list(filter='labels.suite="scripts"')
        self.assertIn(job.resource_name, [seen.resource_name for seen in listed])

    def test_second_run_makes_a_second_version(self):
        model_id = a_name("by-part")
        first = container_job().run(
            dataset=self.dataset, predefined_split_column_name="part", model_id=model_id, machine_type="n1-standard-4",
            base_output_dir=own_folder())
        self.assertEqual(first.name, model_id)
        share = table.ROWS // len(table.PARTS)
        self.assertEqual(told(first)["rows"], [5 * share, 2 * share, 2 * share])
        job = container_job("--C", "0.5")
        second = job.run(dataset=self.dataset, timestamp_split_column_name="seen", training_fraction_split=0.5,
                         validation_fraction_split=0.25, test_fraction_split=0.25, parent_model=model_id,
                         model_version_aliases=["newest"], model_version_description="by time",
                         base_output_dir="gs://stage/" + model_id)
        self.check_model(second, job)
        self.assertEqual(second.uri.rstrip("/"), f"gs://stage/{model_id}/model")
        self.assertEqual(told(second)["rows"], [table.ROWS // 2, table.ROWS // 4, table.ROWS // 4])
        self.assertEqual((second.name, second.version_id), (model_id, "2"))
        self.assertEqual(sorted(second.version_aliases), ["default", "newest"])
        self.assertEqual(list(aiplatform.Model(model_id, version="1").version_aliases), [])

    def test_package_runs_as_custom_job_tuning_job_and_pipeline(self):
        custom = aiplatform.CustomJob.from_local_script(
            display_name=a_name("local"), script_path=CLASSIFIER, container_uri=TRAINING_IMAGE,
            environment_variables={"MODE": "local"}, base_output_dir="gs://stage/" + a_name("local"))
        package = custom.job_spec.worker_pool_specs[0].python_package_spec
        tuning = aiplatform.HyperparameterTuningJob(
            display_name=a_name("tune"), custom_job=custom, metric_spec={"accuracy": "maximize"},
            parameter_spec={"C": hpt.DoubleParameterSpec(min=0.01, max=100, scale="log")},
            max_trial_count=3, parallel_trial_count=2)
        pipeline = aiplatform.CustomPythonPackageTrainingJob(
            display_name=a_name("package"), python_package_gcs_uri=package.package_uris[0],
            python_module_name=package.python_module, container_uri=TRAINING_IMAGE,
            model_serving_container_image_uri=SERVING_IMAGE)
        model = pipeline.run(sync=False, args=["--C", 3], base_output_dir=own_folder())
        tuning.run(sync=False)
        custom.run()
        self.assertEqual(custom.state.name, "JOB_STATE_SUCCEEDED")
        tuning.wait()
        self.assertEqual(len(tuning.trials), 3)
        self.assertGreater(max(trial.final_measurement.metrics[0].value for trial in tuning.trials), 0.9)
        folder = custom.job_spec.base_output_directory.output_uri_prefix
        self.assertEqual(sorted(uri.removeprefix(folder + "/") for uri in files_below(folder)), sorted(
            f"{trial}model/{file}" for trial in ("", "1/", "2/", "3/") for file in ("model.joblib", "told.json")))
        self.assertEqual(json.loads(read(folder + "/model/told.json"))["mode"], "local")
        model.wait()
        self.assertEqual(told(model)["C"], 3)
        self.assertEqual(model.version_id, "1")

    @unittest.skipUnless(CONTAINER_IMAGE, "no container engine here")
    def test_container_reads_its_data_below_gcs(self):
        script = ("import glob, os; lines = sum(len(open(p).readlines()) for p in "
                  "glob.glob(os.environ['AIP_TRAINING_DATA_URI'])); os.makedirs(os.environ['AIP_MODEL_DIR']); "
                  "open(os.environ['AIP_MODEL_DIR'] + '/lines', 'w').write(str(lines))")
        job = aiplatform.CustomContainerTrainingJob(
            display_name=a_name("image"), container_uri=CONTAINER_IMAGE, command=["python3", "-c", script],
            model_serving_container_image_uri=SERVING_IMAGE)
        model = job.run(dataset=self.dataset, predefined_split_column_name="part", base_output_dir=own_folder())
        self.assertEqual(read(model.uri.rstrip("/") + "/lines"), str(1 + table.ROWS // 2).encode())

    def test_pipeline_without_serving_image_makes_no_model(self):
        job = aiplatform.CustomContainerTrainingJob(
            display_name=a_name("no-model"), container_uri="host:", command=["true"])
        self.assertIsNone(job.run())
        self.assertEqual(job.state, PipelineState.PIPELINE_STATE_SUCCEEDED)

    def test_failed_training_fails_the_pipeline_and_says_why(self):
        job = aiplatform.CustomContainerTrainingJob(
            display_name=a_name("fails"), container_uri="host:", command=["sh", "-c", "exit 7"],
            model_serving_container_image_uri=SERVING_IMAGE)
        with self.assertRaises(RuntimeError) as caught:
            job.run()
        self.assertRegex(str(caught.exception), r"\b7\b")
        self.assertEqual(job.state, PipelineState.PIPELINE_STATE_FAILED)

    def test_cancelled_pipeline_stops_its_job_and_can_be_deleted(self):
        job = aiplatform.CustomContainerTrainingJob(
            display_name=a_name("long"), container_uri="host:", command=["sleep", "600"],
            model_serving_container_image_uri=SERVING_IMAGE)
        job.run(sync=False)
        job.wait_for_resource_creation()
        until(lambda: job.state, lambda state: state == PipelineState.PIPELINE_STATE_RUNNING)
        until(lambda: (job._sync_gca_resource(), job._gca_resource.training_task_metadata)[1], bool)
        backing = job._gca_resource.training_task_metadata["backingCustomJob"]
        job.cancel()
        until(lambda: job.state, lambda state: state == PipelineState.PIPELINE_STATE_CANCELLED)
        self.assertEqual(aiplatform.CustomJob.get(backing).state.name, "JOB_STATE_CANCELLED")
        with self.assertRaises(RuntimeError):
            job.wait()
        again = aiplatform.CustomContainerTrainingJob.get(job.resource_name)
        again.delete()
        with self.assertRaises(exceptions.NotFound):
            aiplatform.CustomContainerTrainingJob.get(job.resource_name)


@all_at_once
class GeneratedClient(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.client = pipelines()

    def create(self, inputs, definition="custom_task_1.0.0.yaml", **members):
        return self.client.create_training_pipeline(parent=PARENT, training_pipeline={
            "display_name": a_name("pipeline"), "training_task_definition": SCHEMAS + definition,
            "training_task_inputs": inputs, **members})

    def ended(self, pipeline):
        return until(lambda: self.client.get_training_pipeline(name=pipeline.name),
                     lambda seen: seen.state in ENDS)

    def inputs(self, *command):
        return {"workerPoolSpecs": [{"machineSpec": {"machineType": "n1-standard-4"}, "replicaCount": 1,
                                     "containerSpec": {"imageUri": "host:", "command": list(command)}}],
                "baseOutputDirectory": {"outputUriPrefix": own_folder()}}

    def test_tuning_pipeline_uploads_the_model_of_the_best_trial(self):
        dataset = aiplatform.TabularDataset.create(
            display_name=a_name("flowers"), gcs_source=[stored(table.table())])
        inputs = {"studySpec": {
            "metrics": [{"metricId": "accuracy", "goal": "MAXIMIZE"}],
            "parameters": [{"parameterId": "C", "scaleType": "UNIT_LOG_SCALE",
                            "doubleValueSpec": {"minValue": 1e-3, "maxValue": 100}}]},
                  "maxTrialCount": 3, "parallelTrialCount": 2, "trialJobSpec": self.inputs(*COMMAND)}
        pipeline = self.ended(self.create(
            inputs, "hyperparameter_tuning_task_1.0.0.yaml", labels={"team": "a"},
            input_data_config={"dataset_id": dataset.name, "stratified_split": {
                "training_fraction": 0.8, "validation_fraction": 0.1, "test_fraction": 0.1, "key": "kind"},
                "gcs_destination": {"output_uri_prefix": "gs://stage/data"}},
            model_to_upload={"display_name": "m", "predict_schemata": {}, "labels": {"env": "prod"},
                             "container_spec": {"image_uri": SERVING_IMAGE}}, model_id=a_name("best")))
        self.assertEqual(pipeline.state, PipelineState.PIPELINE_STATE_SUCCEEDED, pipeline.error)
        job = aiplatform.HyperparameterTuningJob.get(
            pipeline.training_task_metadata["backingHyperparameterTuningJob"])
        best = max(job.trials, key=lambda trial: (trial.final_measurement.metrics[0].value, -int(trial.id)))
        model = aiplatform.Model(pipeline.model_to_upload.name, version=pipeline.model_to_upload.version_id)
        self.assertRegex(model.uri.rstrip("/"), rf"/{best.id}/model$")
        self.assertEqual((model.name, model.labels), (pipeline.model_id, {"env": "prod"}))
        self.assertAlmostEqual(told(model)["accuracy"], best.final_measurement.metrics[0].value)
        self.assertEqual(sum(told(model)["rows"]), table.ROWS)
        self.assertGreater(table.score(model.uri), 0.9)

    def test_list_filters_and_follows_pages_newest_first(self):
        label = a_name("page")
        made = [self.create(self.inputs("true"), labels={"suite": label}).name for _ in range(3)]
        pager = self.client.list_training_pipelines(request={
            "parent": PARENT, "filter": f'labels.suite="{label}"', "page_size": 2})
        pages = [[one.name for one in page.training_pipelines] for page in pager.pages]
        self.assertEqual(pages, [made[:0:-1], made[:1]])

    def test_invalid_pipeline_tells_each_fault_with_its_field(self):
        with self.assertRaises(exceptions.BadRequest) as caught:
            self.create({"workerPoolSpecs": [{"replicaCount": 2.5}]}, input_data_config={
                "dataset_id": "1", "fraction_split": {"training_fraction": 0.9, "validation_fraction": 0.9}})
        fields = " ".join(violations(caught.exception))
        self.assertRegex(fields, r"training_task_inputs\.worker_pool_specs\[0\]")
        self.assertRegex(fields, r"input_data_config")

    def test_automl_is_refused(self):
        with self.assertRaises(exceptions.BadRequest) as caught:
            self.create({}, "automl_tabular_1.0.0.yaml")
        self.assertIn("training_task_definition", violations(caught.exception))


if __name__ == "__main__":
    unittest.main()
