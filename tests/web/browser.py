"""A browser that is looked over the shoulder: whatever it complains about, or asks of others, fails the test.

    class Pages(PageCase):
        def test_…(self):
            page = self.open("/jobs")
            self.check_axe(page)
"""

import os
import sys
import unittest
import urllib.parse

from playwright.sync_api import sync_playwright

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "../api")]
from service import Service  # noqa: E402  (the path comes first)

BIN = os.environ["ASSAY_BIN"]
PICTURES = os.environ.get("ASSAY_PICTURES", "")
SIZE = {"width": 1400, "height": 900}
PHONE = {"width": 375, "height": 740}
UNDO_MS = 8000  # so long a deletion can be taken back
PATIENCE_MS = 20_000  # a server under sanitizers on a busy machine


def launch(playwright):
    return playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-gpu"])


class PageCase(unittest.TestCase):
    """One server and one browser for all tests of a class; prepare() fills the server once."""

    words = ()  # further words for `assay serve`
    headers = {}  # that each page sends

    @classmethod
    def prepare(cls):
        """Of subclasses: what the tests look at, through cls.service."""

    @classmethod
    def setUpClass(cls):
        cls.service = Service(BIN, cls.words)
        cls.service.__enter__()
        cls.addClassCleanup(cls.service.__exit__, None, None, None)
        cls.playwright = sync_playwright().start()
        cls.addClassCleanup(cls.playwright.stop)
        cls.browser = launch(cls.playwright)
        cls.addClassCleanup(cls.browser.close)
        cls.prepare()

    def setUp(self):
        self.origin = self.service.url
        self.complaints = []
        self.expected = []  # parts of complaints that a test provokes
        self.context = self.browser.new_context(viewport=SIZE, reduced_motion="reduce", accept_downloads=True)
        self.context.set_default_timeout(PATIENCE_MS)
        self.addCleanup(self.check_quiet)
        self.addCleanup(self.context.close)

    def open(self, path="/", origin=None, **query):
        """A page at /web + path, loaded; all that it does is watched. `origin` is where the server is reached."""
        self.origin = origin or self.service.url
        page = self.context.new_page()
        page.on("console", lambda message: message.type in ("error", "warning") and
                self.complaints.append(f"{message.type}: {message.text} ({message.location.get('url')})"))
        page.on("pageerror", lambda error: self.complaints.append(f"exception: {error}"))
        page.on("request", self._note_request)
        page.goto(self.address(path, **query))
        self.settle(page)
        return page

    def settle(self, page):
        """What the view asked for has come. (The network is never idle: live views listen.)"""
        page.wait_for_selector("main h1")
        page.wait_for_function("() => !document.querySelector('main .loading')")
        page.wait_for_timeout(100)

    def address(self, path="/", **query):
        words = "?" + urllib.parse.urlencode(query) if query else ""
        return f"{self.origin}/web{path}{words}"

    def _note_request(self, request):
        url = request.url
        if not url.startswith((self.origin + "/", "data:", "blob:")):
            self.complaints.append(f"asked another host: {url}")

    def check_quiet(self):
        left = [said for said in self.complaints if not any(part in said for part in self.expected)]
        self.assertEqual(left, [])

    def check_axe(self, page, where=""):
        """No violation of what axe knows, in both themes."""
        for theme in ("light", "dark"):
            page.evaluate("theme => { document.documentElement.dataset.theme = theme }", theme)
            if not page.evaluate("() => 'axe' in window"):
                with open(os.environ["ASSAY_AXE"], encoding="utf-8") as file:
                    page.evaluate(file.read())
            found = page.evaluate("() => axe.run(document, {resultTypes: ['violations']})")["violations"]
            told = [f"{where} {theme}: {fault['id']}: {fault['help']}: " +
                    "; ".join(str(node["target"]) + " " + node.get("failureSummary", "") for node in fault["nodes"][:4])
                    for fault in found]
            self.assertEqual(told, [])
        page.evaluate("() => { document.documentElement.dataset.theme = 'light' }")

    def check_fits(self, page):
        """Nothing makes the page wider than its window."""
        wide = page.evaluate("() => document.documentElement.scrollWidth - document.documentElement.clientWidth")
        self.assertLessEqual(wide, 0, "the page scrolls sideways")

    def check_views(self, *views):
        """Each (path, words of its query): axe, then a phone's width."""
        for path, words in views:
            with self.subTest(path, **words):
                page = self.open(path, **words)
                self.check_axe(page, path)
                page.set_viewport_size(PHONE)
                self.check_fits(page)
                page.close()

    def picture(self, page, name):
        """For the documentation, when asked for."""
        if PICTURES:
            os.makedirs(PICTURES, exist_ok=True)
            page.wait_for_timeout(400)
            page.screenshot(path=os.path.join(PICTURES, name + ".png"))
