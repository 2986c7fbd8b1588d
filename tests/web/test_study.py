"""A study's page: each tab, what happens while one looks, a table that is sorted by the server, a report."""

import os
import subprocess
import time

import studies
from browser import BIN, PHONE, PageCase
from cable import Cable

TABS = ("", "parameters", "objectives", "timeline", "trials", "document")


class Study(PageCase):
    @classmethod
    def prepare(cls):
        cls.job = studies.run(cls.service, studies.document(trials=16))

    def test_each_tab_has_no_violations_and_fits_a_phone(self):
        for tab in TABS:
            with self.subTest(tab):
                page = self.open(f"/jobs/{self.job}", **({"tab": tab} if tab else {}))
                page.wait_for_timeout(300)
                self.check_axe(page, tab)
                page.set_viewport_size(PHONE)
                self.check_fits(page)
                page.close()

    def test_the_trial_the_jobs_and_the_overview_have_no_violations(self):
        self.check_views((f"/jobs/{self.job}/trials/1", {}), ("/jobs", {}), ("/", {}), ("/compare", {"jobs": self.job}),
                         ("/start", {"from": self.job}))

    def test_trials_are_sorted_by_the_server(self):
        page = self.open(f"/jobs/{self.job}", tab="trials")
        with page.expect_response(lambda answer: "trials:window" in answer.url and "metrics.loss" in answer.url):
            page.get_by_role("button", name="loss").first.click()

    def test_a_plot_is_downloaded_as_picture_and_as_table(self):
        page = self.open(f"/jobs/{self.job}")
        for kind, first in (("SVG", b"<svg"), ("PNG", b"\x89PNG"), ("CSV", b"")):
            with page.expect_download() as download:
                page.get_by_role("button", name=kind, exact=True).first.click()
            with open(download.value.path(), "rb") as file:
                self.assertTrue(file.read().startswith(first), kind)

    def test_a_report_opens_from_the_disk_and_asks_nobody(self):
        path = os.path.join(self.service.folder, "report.html")
        subprocess.run([os.path.join(BIN, "assay"), "report", self.job, "--html", "--output", path, "--endpoint",
                        self.service.url], check=True, capture_output=True)
        page = self.context.new_page()
        page.on("console", lambda message: message.type == "error" and self.complaints.append(message.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("request", lambda request: request.url.startswith("http") and self.complaints.append(request.url))
        page.goto("file://" + path)
        page.wait_for_selector("h1")
        self.assertIn("tuned", page.inner_text("h1"))
        self.assertGreater(page.locator("canvas").count(), 3)
        self.assertLess(os.path.getsize(path), 1_300_000)


class Live(PageCase):
    def test_an_end_is_shown_within_a_second_and_after_a_lost_connection(self):
        job = studies.submit(self.service, studies.document("live", trials=60, parallel=1, pause=0.1))
        with Cable(self.service.port) as cable:
            page = self.open(f"/jobs/{job}", origin=f"http://127.0.0.1:{cable.port}")
            self.assertLess(min(self.lag(page, job) for _ in range(3)), 1)
            self.expected.append("ERR_")
            cable.pull()
            page.get_by_text("The connection is lost").wait_for()
            cable.plug()
            page.get_by_text("Live", exact=True).wait_for()
            self.assertLess(min(self.lag(page, job) for _ in range(3)), 1)
            self.service.ask("POST", f"/assay/v1/jobs/{job}:cancel")
            page.close()

    def test_a_curve_goes_on_with_what_is_told(self):
        job = studies.submit(self.service, studies.document("reporting", trials=1, parallel=1, pause=1.5))
        page = self.open(f"/jobs/{job}")
        card = page.locator("figure").filter(has=page.get_by_role("heading", name="Learning curves"))
        card.locator("canvas").wait_for()
        asked = []
        page.on("request", lambda request: asked.append(request.url) if "/plots/curves" in request.url else None)
        page.wait_for_timeout(3000)  # its questions about the trial's begin are over
        before = self.points(page, card)
        asked.clear()
        self.assertTrue(studies.comes_true(lambda: self.points(page, card) > before))
        self.assertEqual(asked, [])
        studies.wait(self.service, job)
        self.assertTrue(studies.comes_true(lambda: self.points(page, card) == 5))

    @staticmethod
    def points(page, card):
        page.wait_for_timeout(500)  # more downloads than a person asks for are held back
        with page.expect_download() as download:
            card.get_by_role("button", name="CSV").click()
        with open(download.value.path(), encoding="utf-8") as file:
            return len(file.readlines()) - 1

    def lag(self, page, job):
        """Seconds from the moment the server tells of an end until the page shows as many."""
        _, found = self.service.ask("GET", f"/assay/v1/jobs/{job}")
        wanted = found["trialCounts"]["ended"] + 1
        while found["trialCounts"]["ended"] < wanted:
            time.sleep(0.02)
            _, found = self.service.ask("GET", f"/assay/v1/jobs/{job}")
        begun = time.monotonic()
        page.wait_for_function(
            "wanted => Number(document.querySelector('main progress')?.value ?? 0) >= wanted", arg=wanted, polling=50)
        return time.monotonic() - begun


class Wizard(PageCase):
    def test_a_training_is_started_by_clicks_and_ends_with_a_model(self):
        page = self.open("/start")
        page.get_by_role("button", name="Tune a script").click()
        trials = page.get_by_label("Maximum number of trials")
        page.get_by_role("link", name="Hyperparameters").click()
        trials.fill("-2")
        page.locator("#main [aria-invalid=true]").wait_for()
        page.get_by_text("One fault", exact=True).wait_for()
        self.picture(page, "start")
        self.assertTrue(page.get_by_role("button", name="Start training").first.is_disabled())
        document = page.get_by_label("The document, in YAML")
        document.fill(studies.json.dumps(studies.document("by-hand", trials=3)))
        page.get_by_text("Nothing is wrong with it", exact=False).wait_for()
        self.assertEqual(trials.input_value(), "3")
        page.get_by_role("link", name="Summary").click()
        page.get_by_text("What the first trial would run").wait_for()
        page.get_by_role("button", name="Start training").first.click()
        page.wait_for_url("**/web/jobs/*")
        job = page.url.rsplit("/", 1)[1]
        found = studies.wait(self.service, job)
        self.assertEqual(found["state"], "JOB_STATE_SUCCEEDED", found)
        self.assertTrue(os.path.exists(os.path.join(found["modelDir"], "model/model.json")))

    def test_a_trial_is_cloned_with_its_parameters(self):
        job = studies.run(self.service, studies.document("cloned", trials=2))
        page = self.open(f"/start?from={job}&trial=2&step=container")
        page.get_by_text("Nothing is wrong with it").wait_for()
        _, trial = self.service.ask("GET", f"/assay/v1/jobs/{job}/trials/2")
        shown = page.locator("#main textarea").evaluate_all("areas => areas.map(area => area.value)")
        for name, value in trial["parameters"].items():
            self.assertTrue(any(word.startswith(f"--{name}={value}") for word in shown), (name, value, shown))
