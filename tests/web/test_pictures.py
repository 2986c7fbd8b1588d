"""What the documents show: the first study of README, run longer. Only for `tests/web/run --pictures DIR pictures`."""

import os
import unittest

import studies
from browser import HERE, PICTURES, PageCase

DIGITS = os.path.join(HERE, "../../examples/digits")
TABS = ("", "parameters", "timeline", "trials")


def load_tests(_loader, tests, _pattern):
    return tests if PICTURES else unittest.TestSuite()


class Pictures(PageCase):
    @classmethod
    def prepare(cls):
        with open(os.path.join(DIGITS, "study.yaml"), encoding="utf-8") as file:
            source = file.read()
        source = source.replace("maxTrialCount: 24", "maxTrialCount: 60")
        source = source.replace("machineType: n1-standard-4", "machineType: n1-standard-1")
        source = source.replace("studySpec:\n", "studySpec:\n  medianAutomatedStoppingSpec: {useElapsedDuration: false}\n")
        cls.job = studies.submit_source(cls.service, source, DIGITS)
        studies.submit_source(cls.service, source.replace("seed: 1", "seed: 2").replace("digits", "digits, once more"), DIGITS)
        cls.ended = studies.wait(cls.service, cls.job, 600)

    def test_views_of_a_study(self):
        for tab in TABS:
            page = self.open(f"/jobs/{self.job}", **({"tab": tab} if tab else {}))
            page.wait_for_timeout(1000)
            self.picture(page, f"study-{tab or 'overview'}")
            page.close()

    def test_a_trial_and_what_is_under_way(self):
        best = self.ended["bestTrial"]["id"]
        for name, path in (("overview", "/"), ("trial", f"/jobs/{self.job}/trials/{best}"), ("jobs", "/jobs")):
            page = self.open(path)
            self.picture(page, name)
            page.close()
