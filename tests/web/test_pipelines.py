"""Training pipelines: the list, and one with its steps, to the model that it leaves."""

import studies
from browser import PHONE, PageCase

TASK = "gs://google-cloud-aiplatform/schema/trainingjob/definition/custom_task_1.0.0.yaml"
TRAINER = ("import os; folder = os.environ['AIP_MODEL_DIR'].replace('gs://', '/gcs/'); "
           "os.makedirs(folder, exist_ok=True); open(os.path.join(folder, 'model.txt'), 'w').write('1')")


class Pipelines(PageCase):
    @classmethod
    def prepare(cls):
        pool = {"containerSpec": {"imageUri": "host:", "command": ["/usr/bin/python3", "-c", TRAINER]}}
        cls.pipeline = studies.submit(cls.service, {
            "displayName": "nightly", "trainingTaskDefinition": TASK,
            "trainingTaskInputs": {"workerPoolSpecs": [pool],
                                   "baseOutputDirectory": {"outputUriPrefix": "gs://nightly/out"}},
            "modelToUpload": {"displayName": "nightly-model"}})

    def test_a_pipeline_is_followed_to_its_end(self):
        page = self.open("/pipelines")
        page.get_by_role("link", name="nightly").click()
        page.wait_for_url(f"**/web/pipelines/{self.pipeline}")
        page.locator("h1 + .badge", has_text="Succeeded").or_(page.locator("h1 + .badge", has_text="Failed")).wait_for()
        self.assertEqual(page.locator(".flow > li").count(), 2)
        self.check_axe(page)
        self.picture(page, "pipeline")
        page.set_viewport_size(PHONE)
        self.check_fits(page)
        page.locator(".flow a").first.click()
        page.wait_for_url("**/web/jobs/*")
