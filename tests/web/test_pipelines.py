"""Training pipelines: the list, and one with its steps, to the model that it leaves."""

import datasets
import studies
from browser import PHONE, PageCase


class Pipelines(PageCase):
    @classmethod
    def prepare(cls):
        cls.wine = datasets.table(cls.service, "wine", 100)
        cls.failed = datasets.pipeline(cls.service, "unlucky", cls.wine, trainer="raise SystemExit('there is no such column: colour')")
        datasets.wait_for_pipeline(cls.service, cls.failed)

    def start(self, name, **tuning):
        return datasets.pipeline(self.service, name, self.wine, {"stratifiedSplit": {"key": "kind"}},
                                 tuning=studies.document(**tuning))

    def step(self, page, name):
        return page.locator(".flow > li", has=page.get_by_role("heading", name=name))

    def test_a_pipeline_is_followed_to_its_model(self):
        pipeline = self.start("nightly", trials=5, parallel=2, pause=0.1)
        page = self.open("/pipelines")
        page.get_by_role("link", name="nightly").click()
        page.wait_for_url(f"**/web/pipelines/{pipeline}")
        training = self.step(page, "Training")
        training.get_by_text("under way").wait_for()
        training.get_by_text("of 5 trials").wait_for()
        page.locator("h1 + .badge", has_text="Succeeded").or_(page.locator("h1 + .badge", has_text="Failed")).wait_for()
        ended = datasets.wait_for_pipeline(self.service, pipeline)
        job = self.service.ask("GET", f"/assay/v1/jobs/{ended['job']}")[1]
        self.assertIn("5 of 5 trials", training.inner_text())
        self.assertEqual(sum(int(count) for count in self.step(page, "Data").locator("strong").all_inner_texts()), 100)
        for step, target in (("Data", f"/datasets/{self.wine}"), ("Training", f"/jobs/{job['id']}/trials/{job['bestTrial']['id']}"),
                             ("Model", f"/models/{ended['model'].rsplit('/', 1)[1]}")):
            self.assertEqual(self.step(page, step).locator(f"a[href='/web{target}']").count(), 1, step)
        self.check_axe(page)
        self.picture(page, "pipeline")
        page.set_viewport_size(PHONE)
        self.check_fits(page)
        self.step(page, "Training").get_by_role("link").first.click()
        page.wait_for_url(f"**/web/jobs/{job['id']}")

    def test_the_end_of_a_trial_is_shown_within_a_second(self):
        pipeline = self.start("slow", trials=2, parallel=1, pause=0.4)
        page = self.open(f"/pipelines/{pipeline}")
        training = self.step(page, "Training")
        training.get_by_text("1 of 2 trials").wait_for()
        job = self.service.ask("GET", f"/assay/v1/pipelines/{pipeline}")[1]["job"]
        self.assertEqual(self.service.ask("GET", f"/assay/v1/jobs/{job}")[1]["trialCounts"]["ended"], 1)
        studies.wait(self.service, job)
        training.get_by_text("2 of 2 trials").wait_for(timeout=1000)

    def test_a_failure_says_why_and_what_was_not_reached(self):
        page = self.open(f"/pipelines/{self.failed}")
        self.assertIn("there is no such column: colour", page.inner_text("main > .error-box"))
        self.assertIn("Failed", self.step(page, "Training").inner_text())
        self.assertIn("not reached", self.step(page, "Model").inner_text())
        self.check_axe(page)
        self.step(page, "Training").get_by_role("link", name="Its log and files").click()
        page.wait_for_url("**/trials/1")
        page.get_by_text("user_error").first.wait_for()
