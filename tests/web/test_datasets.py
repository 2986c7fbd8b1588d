"""Datasets: the list, a table and its splits, items with their annotations, deletion, names that mean no good."""

import base64
import re

import datasets
from browser import PHONE, UNDO_MS, PageCase
from studies import HOSTILE, MARKUP, TURNED

USES = ("training", "training", "training", "validation", "test")
ML_USE = "labels.aiplatform.googleapis.com/ml_use"
DOT = base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==")


class Datasets(PageCase):
    @classmethod
    def prepare(cls):
        service = cls.service
        for i in range(52):
            datasets.create(service, f"older {i:02}", "video")
        cls.wine = datasets.table(service, "wine", 100)
        cls.films = datasets.items(service, "films", "text", [
            (f"Film {i}: a story about {'love' if i % 2 else 'war'}", "good" if i % 2 else "bad", USES[i % 5]) for i in range(60)])
        cls.hostile = datasets.items(service, HOSTILE, "text", [(MARKUP + TURNED + "z" * 100_000, HOSTILE, "test"), ("{a|b}", TURNED, "training")])
        head = ",".join('"' + name.replace('"', '""') + '"' for name in (MARKUP, TURNED, "c" * 300))
        cls.columns = datasets.create(service, "odd columns", "tabular", [datasets.write_file(service, "odd.csv", head + "\n1,2,3\n")])
        pictures = [datasets.write_file(service, name, content) for name, content in (("red dot.png", DOT), ("none.png", "no picture"))]
        cls.pictures = datasets.items(service, "pictures", "image", [(uri, "dot", "test") for uri in pictures])
        cls.gone = datasets.create(service, "moved away", "tabular", ["gs://data/nowhere.csv"])
        shares = {"trainingFraction": 0.6, "validationFraction": 0.2, "testFraction": 0.2}
        cls.pipelines = [datasets.pipeline(service, name, dataset, split, model=False) for name, dataset, split in (
            ("at random", cls.wine, {}),
            ("as given", cls.wine, {"predefinedSplit": {"key": "use"}}),
            ("by time", cls.wine, {"timestampSplit": {"key": "when", **shares}}),
            ("mirrored", cls.wine, {"stratifiedSplit": {"key": "kind", **shares}}),
            ("by filters", cls.films, {"filterSplit": {f"{use}Filter": f"{ML_USE}={use}" for use in ("training", "validation")}
                                       | {"testFilter": "-"}}),
        )]
        cls.ended = [datasets.wait_for_pipeline(service, pipeline) for pipeline in cls.pipelines]
        assert all(pipeline["state"] == "PIPELINE_STATE_SUCCEEDED" for pipeline in cls.ended), cls.ended
        _, operation = service.ask("POST", f"{datasets.OWN}/{cls.films}:export",
                                   {"exportConfig": {"gcsDestination": {"outputUriPrefix": "gs://data/export"}}})
        datasets.finish(service, operation)

    def rows(self, page):
        return page.locator("main tbody tr")

    def test_the_list_is_searched_sorted_and_paged(self):
        page = self.open("/")
        page.get_by_role("link", name="Datasets", exact=True).first.click()
        page.wait_for_url("**/web/datasets")
        page.get_by_text("Page 1").wait_for()
        self.assertEqual(self.rows(page).count(), 50)
        page.get_by_role("button", name="Next").click()
        page.get_by_text("older 00").wait_for()
        self.assertEqual(self.rows(page).count(), 8)
        page.reload()
        page.get_by_text("older 00").wait_for()
        page.get_by_role("button", name="Previous").click()
        page.get_by_text("moved away").wait_for()
        page.get_by_role("button", name=re.compile("^Name")).click()
        page.wait_for_function("() => document.querySelectorAll('main tbody .name')[1]?.textContent === 'films'")
        page.get_by_label("Search in names").fill("wine")
        page.wait_for_function("() => document.querySelectorAll('main tbody tr').length === 1")
        self.assertIn("gs://data/wine-*.csv", self.rows(page).inner_text())
        page.get_by_label("Kind").select_option("text")
        page.get_by_text("No dataset is like this.").wait_for()
        page.get_by_role("link", name="Show all").click()
        page.get_by_text("Page 1").wait_for()

    def test_a_table_has_columns_files_and_the_splits_that_were_made_of_it(self):
        page = self.open(f"/datasets/{self.wine}")
        self.assertEqual(page.locator(".column-names li").all_inner_texts(), ["size", "kind", "use", "when"])
        self.assertEqual(page.get_by_role("region", name="Files").locator("tbody tr").count(), 2)
        self.assertIn("100, as at random split it", page.inner_text(".facts"))
        for pipeline in self.ended[:4]:
            split = page.locator(".splits > li", has_text=pipeline["displayName"])
            counts = [int(word) for word in split.locator("strong").all_inner_texts()]
            self.assertEqual(counts, [pipeline["data"][name] for name in ("training", "validation", "test")])
        self.assertEqual([self.ended[1]["data"][name] for name in ("training", "validation", "test")], [70, 20, 10])
        self.assertIn("newest for training: 60 : 20 : 20", page.locator(".splits > li", has_text="by time").inner_text())
        self.picture(page, "datasets")
        page.get_by_role("link", name="mirrored").click()
        page.wait_for_url(f"**/pipelines/{self.pipelines[3]}")
        page.get_by_role("link", name="wine", exact=True).click()
        page.wait_for_url(f"**/datasets/{self.wine}")

    def test_items_come_in_pages_with_their_annotations(self):
        page = self.open(f"/datasets/{self.films}")
        items = page.get_by_role("region", name="Items").locator("tbody tr")
        self.assertEqual(items.count(), 25)
        first = items.first.inner_text()
        self.assertRegex(first, r"Film \d+: a story about (love|war)")
        self.assertRegex(first, "(good|bad) in mine")
        page.get_by_role("button", name="Next").click()
        page.get_by_text("Page 2").wait_for()
        page.wait_for_function("text => document.querySelector('main tbody tr')?.innerText !== text", arg=first)
        second = items.first.inner_text()
        page.reload()
        page.get_by_text(second.split("\n")[0]).wait_for()
        page.get_by_role("button", name="Next").click()
        page.wait_for_function("() => document.querySelectorAll('[aria-label=Items] tbody tr').length === 10")
        page.get_by_label("Set", exact=True).select_option("validation")
        page.wait_for_function("() => document.querySelectorAll('[aria-label=Items] tbody tr').length === 12")
        page.get_by_label("Annotation set").select_option("mine")
        page.get_by_label("Annotated as").fill("good")
        page.wait_for_function("() => document.querySelectorAll('[aria-label=Items] tbody tr').length === 6")
        self.assertNotIn("bad", items.all_inner_texts())
        split = page.locator(".splits > li", has_text="by filters").inner_text()
        self.assertRegex(split, r"Training\s36\s75 %")
        self.assertIn("ml_use=validation", split)
        self.assertIn("gs://data/export/export-data-films-", page.inner_text("main"))

    def test_images_are_shown_where_they_are_some(self):
        page = self.open(f"/datasets/{self.pictures}")
        self.assertEqual(page.get_by_role("region", name="Items").locator("tbody tr").count(), 2)
        page.wait_for_function("() => [...document.querySelectorAll('.thumbnail')].map((image) => image.naturalWidth).join() === '1'")
        self.assertIn("gs://data/none.png", page.inner_text("main"))

    def test_all_views_have_no_violations_and_fit_a_phone(self):
        self.check_views(("/datasets", {}), (f"/datasets/{self.wine}", {}), (f"/datasets/{self.films}", {}))

    def test_what_was_named_badly_is_text(self):
        for path in ("/datasets", f"/datasets/{self.hostile}", f"/datasets/{self.columns}"):
            with self.subTest(path):
                page = self.open(path)
                self.assertIn(MARKUP, page.inner_text("main"))
                self.assertIsNone(page.evaluate("() => window.hacked ?? null"))
                self.assertEqual(page.locator("main img[src=x], main script").count(), 0)
                self.check_fits(page)
                page.set_viewport_size(PHONE)
                self.check_fits(page)
                page.close()

    def test_what_is_not_there_is_said_in_the_servers_words(self):
        self.expected = ["404"]
        page = self.open(f"/datasets/{self.gone}")
        page.get_by_text("gs://data/nowhere.csv").first.wait_for()
        self.assertIn("nowhere.csv", page.inner_text("main [role=alert]"))
        page = self.open("/datasets/1234567890")
        self.assertIn("the Dataset 1234567890 does not exist", page.inner_text("main [role=alert]"))

    def test_a_deletion_is_undone_or_done(self):
        self.context.clock.install()
        names = ("to keep", "to lose", "to lose, too")
        ids = [datasets.create(self.service, name, "image") for name in names]
        self.addCleanup(self.service.ask, "DELETE", f"{datasets.OWN}/{ids[0]}")
        page = self.open(f"/datasets/{ids[0]}")
        page.locator("summary", has_text="Actions").click()
        page.get_by_role("button", name="Delete").click()
        page.wait_for_url("**/web/datasets")
        page.get_by_role("link", name="wine").wait_for()
        self.assertEqual(page.get_by_role("link", name="to keep").count(), 0)
        page.get_by_role("button", name="Undo").click()
        page.wait_for_url(f"**/web/datasets/{ids[0]}")
        page.clock.fast_forward(UNDO_MS + 500)
        page.get_by_role("link", name="Datasets", exact=True).first.click()
        page.get_by_role("link", name="to keep").wait_for()
        for name in names[1:]:
            page.get_by_label(f"Choose {name}", exact=True).check()
        page.get_by_role("button", name="Delete").click()
        page.get_by_role("link", name="to lose").first.wait_for(state="detached")
        self.assertEqual(self.service.ask("GET", f"{datasets.OWN}/{ids[1]}")[0], 200)
        with page.expect_response(lambda answer: answer.request.method == "DELETE" and ids[1] in answer.url):
            page.clock.fast_forward(UNDO_MS + 500)
        self.assertEqual([self.service.ask("GET", f"{datasets.OWN}/{one}")[0] for one in ids], [200, 404, 404])
        page.get_by_role("link", name="to keep").wait_for()
        self.assertEqual(page.get_by_role("link", name="to lose").count(), 0)
