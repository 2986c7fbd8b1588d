"""What is around every view: ways to go, themes, a small screen, a server that is not there."""

from browser import PageCase


class Frame(PageCase):
    PATHS = ("/", "/jobs", "/pipelines", "/models", "/datasets", "/start")

    def test_each_section_is_reached_by_its_link_and_by_its_address(self):
        page = self.open("/")
        for name, path in (("Jobs", "/jobs"), ("Pipelines", "/pipelines"), ("Models", "/models"), ("Datasets", "/datasets"), ("Overview", "/")):
            page.get_by_role("link", name=name, exact=True).first.click()
            page.wait_for_url(self.address(path))
        page.get_by_role("link", name="New training").first.click()
        page.wait_for_url(self.address("/start"))
        page.go_back()
        page.wait_for_url(self.address("/"))

    def test_empty_sections_have_no_violations_and_fit_a_phone(self):
        self.check_views(*((path, {}) for path in self.PATHS))

    def test_the_theme_is_kept(self):
        page = self.open("/")
        page.get_by_role("button", name="Switch to dark colours").click()
        page.reload()
        page.wait_for_selector("main h1")
        self.assertEqual(page.evaluate("() => document.documentElement.dataset.theme"), "dark")

    def test_an_unknown_address_says_so(self):
        page = self.open("/nothing/here")
        self.assertIn("no such page", page.inner_text("main"))
