"""Models: the list, and one with its versions, what made them, and what differs."""

import os
import subprocess

import datasets
import studies
from browser import BIN, UNDO_MS, PageCase

OWN = "/v1/projects/0/locations/local/models"


class Models(PageCase):
    @classmethod
    def prepare(cls):
        cls.jobs = [studies.run(cls.service, studies.document("tuned", trials=4, seed=seed)) for seed in (1, 2)]
        for job in (*cls.jobs, cls.jobs[0]):
            cls.register(job, "iris")
        wine = datasets.table(cls.service, "wine", 20)
        cls.pipeline = datasets.pipeline(cls.service, "nightly", wine, tuning=studies.document(trials=2))
        cls.made = datasets.wait_for_pipeline(cls.service, cls.pipeline)
        cls.register(cls.jobs[0], "odd", "--name", studies.HOSTILE)

    @classmethod
    def register(cls, job, model, *words):
        subprocess.run([os.path.join(BIN, "assay"), "models", "register", job, model, *words, "--endpoint", cls.service.url],
                       check=True, capture_output=True)

    def version(self, version):
        return self.service.ask("GET", f"/assay/v1/models/iris@{version}")[1]

    def test_the_list_is_searched_and_leads_to_a_model(self):
        page = self.open("/")
        page.get_by_role("link", name="Models", exact=True).first.click()
        page.wait_for_url("**/web/models")
        page.get_by_role("link", name="nightly-model").wait_for()
        self.assertIn(studies.HOSTILE.split()[0], page.inner_text("main"))
        self.assertIsNone(page.evaluate("() => window.hacked ?? null"))
        page.get_by_label("Search in names").fill("tuned")
        page.wait_for_function("() => document.querySelectorAll('main tbody tr').length === 1")
        page.get_by_role("link", name="tuned").click()
        page.wait_for_url("**/web/models/iris")
        page.wait_for_function("() => document.querySelectorAll('[aria-label=Versions] tbody tr').length === 3")

    def test_what_made_a_version_is_a_link_each(self):
        model = self.made["model"].rsplit("/", 1)[1]
        page = self.open(f"/models/{model}")
        page.get_by_role("heading", name="What made it").wait_for()
        card = page.locator("section", has=page.get_by_role("heading", name="What made it"))
        found = [link.get_attribute("href") for link in card.get_by_role("link").all()]
        self.assertEqual([address.split("/")[2] for address in found], ["datasets", "pipelines", "jobs", "jobs"])
        for address in found:
            page.goto(self.service.url + address)
            self.settle(page)
            self.assertNotIn("no such page", page.inner_text("main"))
            self.assertEqual(page.locator("main [role=alert]").count(), 0)

    def test_two_versions_are_compared(self):
        page = self.open("/models/iris", version="2")
        page.get_by_label("with").select_option("1")
        rows = page.get_by_role("region", name="Differences").locator("tbody tr")
        rows.first.wait_for()
        self.picture(page, "models")
        first, second = (self.version(version)["lineage"] for version in (1, 2))
        different = sum(first["parameters"][name] != value for name, value in second["parameters"].items())
        different += sum(first["metrics"][name] != value for name, value in second["metrics"].items()) + 1
        self.assertGreater(different, 2)
        self.assertEqual(rows.locator(".badge", has_text="differs").count(), different)
        page.reload()
        rows.first.wait_for()
        page.get_by_role("radio", name="3").check()
        page.wait_for_function("() => !document.querySelector('[aria-label=Differences] .badge')")

    def test_an_alias_is_given_taken_and_refused(self):
        page = self.open("/models/iris", version="2")
        page.get_by_label("One more alias").fill("gold")
        page.get_by_role("button", name="Add the alias").click()
        page.get_by_role("button", name="Take the alias gold away").wait_for()
        page.reload()
        page.get_by_role("button", name="Take the alias gold away").click()
        page.get_by_role("button", name="Take the alias gold away").wait_for(state="detached")
        self.assertNotIn("versionAliases", self.version(2)["model"])
        self.expected.append("400")
        page.get_by_label("One more alias").fill("Not one!")
        page.get_by_role("button", name="Add the alias").click()
        page.locator(".toast.tone-bad").wait_for()

    def test_files_are_listed_and_verified(self):
        page = self.open("/models/iris", version="1")
        page.get_by_role("region", name="Files").get_by_text("model.json").wait_for()
        page.locator("summary", has_text="Actions").click()
        page.get_by_role("button", name="Verify the files").click()
        page.get_by_text("The files of version 1 are as they were.").wait_for()

    def test_all_views_have_no_violations_and_fit_a_phone(self):
        self.check_views(("/models", {}), ("/models/iris", {"version": "2", "with": "1"}), ("/models/odd", {}))

    def test_what_is_not_there_is_said_in_the_servers_words(self):
        self.expected.append("404")
        page = self.open("/models/nothing")
        self.assertIn("does not exist", page.inner_text("main [role=alert]"))

    def test_a_deletion_is_undone_or_done(self):
        for _ in range(2):
            self.register(self.jobs[1], "gone")
        self.context.clock.install()
        page = self.open("/models/gone", version="2")
        actions = page.locator("summary", has_text="Actions")
        actions.click()
        page.get_by_role("button", name="Delete version 2").click()
        page.wait_for_function("() => document.querySelectorAll('[aria-label=Versions] tbody tr').length === 1")
        page.get_by_role("button", name="Undo").click()
        page.wait_for_function("() => document.querySelectorAll('[aria-label=Versions] tbody tr').length === 2")
        page.get_by_role("radio", name="1").check()
        actions.click()
        page.get_by_role("button", name="Delete version 1").and_(page.locator("[aria-disabled=true]")).wait_for()
        page.get_by_role("button", name="Delete the model").click()
        page.wait_for_url("**/web/models")
        with page.expect_response(lambda answer: answer.request.method == "DELETE"):
            page.clock.fast_forward(UNDO_MS + 500)
        self.assertEqual(self.service.ask("GET", f"{OWN}/gone")[0], 404)
