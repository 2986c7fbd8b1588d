"""Shells beside trials that run, as a page has them: over HTTP, only where the job lets them."""

import base64
import json
import os
import time

import studies
from browser import PageCase

WAITING = "import time; print('begun', flush=True); time.sleep(600)"


class Shell(PageCase):
    @classmethod
    def prepare(cls):
        cls.jobs = {}
        for name, is_open in (("open", True), ("closed", False)):
            wanted = studies.document(name, trials=1, parallel=1, trainer=WAITING)
            wanted["trialJobSpec"]["enableWebAccess"] = is_open
            cls.jobs[name] = studies.submit(cls.service, wanted)
        for job in cls.jobs.values():
            studies.wait_for_log(cls.service, job, 1, "begun")

    def begin(self):
        status, answer = self.service.ask("POST", "/assay/v1/shells",
                                          {"job": self.jobs["open"], "trial": "1", "rows": 30, "columns": 100})
        self.assertEqual(status, 200, answer)
        return answer["id"]

    def type(self, shell, text):
        status, answer = self.service.ask("POST", f"/assay/v1/shells/{shell}:write",
                                          {"data": base64.b64encode(text.encode()).decode()})
        self.assertEqual(status, 200, answer)

    def read_until(self, shell, text, after=0):
        """What was printed from `after` on, up to `text`, and where it ends."""
        seen, end = b"", time.monotonic() + 30
        while text.encode() not in seen and time.monotonic() < end:
            status, answer = self.service.ask("GET", f"/assay/v1/shells/{shell}?after={after}")
            self.assertEqual(status, 200, answer)
            new = base64.b64decode(answer["data"])
            seen, after = seen + new, int(answer["offset"]) + len(new)
            if answer["isOver"]:
                break
        self.assertIn(text, seen.decode(errors="replace"))
        return seen, after

    def test_what_is_typed_is_run_in_the_trials_environment(self):
        shell = self.begin()
        self.type(shell, "echo trial=$CLOUD_ML_TRIAL_ID; stty size; tty\n")
        seen, _ = self.read_until(shell, "/dev/pts/")
        self.assertIn(b"trial=1", seen)
        self.assertIn(b"30 100", seen)
        status, _ = self.service.ask("POST", f"/assay/v1/shells/{shell}:resize", {"rows": 41, "columns": 99})
        self.assertEqual(status, 200)
        self.type(shell, "stty size\n")
        self.read_until(shell, "41 99")
        self.type(shell, "exit\n")
        self.read_until(shell, "exit")
        self.assertEqual(self.service.ask("DELETE", f"/assay/v1/shells/{shell}")[0], 200)
        self.assertEqual(self.service.ask("GET", f"/assay/v1/shells/{shell}?after=0")[0], 404)

    def test_who_comes_back_reads_from_where_it_was(self):
        shell = self.begin()
        self.type(shell, "echo one-$((1+1))\n")
        _, after = self.read_until(shell, "one-2")
        self.type(shell, "echo two-$((1+2))\n")
        seen, _ = self.read_until(shell, "two-3", after)
        self.assertNotIn(b"one-2", seen)
        self.service.ask("DELETE", f"/assay/v1/shells/{shell}")

    def test_a_shell_that_is_deleted_takes_its_programs_along(self):
        shell = self.begin()
        seconds = f"987.{os.getpid()}"  # nobody else sleeps as long
        self.type(shell, f"sleep {seconds} & echo started-$((2+3))\n")
        self.read_until(shell, "started-5")
        end = time.monotonic() + 10
        while not studies.is_running(f"sleep\x00{seconds}") and time.monotonic() < end:
            time.sleep(0.05)
        self.assertTrue(studies.is_running(f"sleep\x00{seconds}"))
        self.assertEqual(self.service.ask("DELETE", f"/assay/v1/shells/{shell}")[0], 200)
        end = time.monotonic() + 10
        while studies.is_running(f"sleep\x00{seconds}") and time.monotonic() < end:
            time.sleep(0.1)
        self.assertFalse(studies.is_running(f"sleep\x00{seconds}"))

    def test_a_job_that_does_not_let_pages_in_has_no_shell(self):
        status, answer = self.service.ask("POST", "/assay/v1/shells", {"job": self.jobs["closed"], "trial": "1"})
        self.assertEqual(status, 400)
        self.assertIn("enableWebAccess", answer["error"]["message"])
        self.assertIn("assay exec", answer["error"]["message"])

    def test_bad_requests_are_refused(self):
        for body in ({}, {"job": self.jobs["open"]}, {"job": "../x", "trial": "1"}, {"job": "1", "trial": "1\n"},
                     {"job": self.jobs["open"], "trial": "1", "rows": 0}, {"job": self.jobs["open"], "trial": "9"}):
            status, answer = self.service.ask("POST", "/assay/v1/shells", body)
            self.assertIn(status, (400, 404), json.dumps(body))
            self.assertTrue(answer["error"]["message"])
        for method, path in (("GET", "/s00"), ("POST", "/s00:write"), ("DELETE", "/s00"), ("PUT", "")):
            status, _ = self.service.ask(method, "/assay/v1/shells" + path)
            self.assertIn(status, (404, 501), path)

    def test_a_page_of_another_site_gets_none(self):
        status, _ = self.service.ask("POST", "/assay/v1/shells", {"job": self.jobs["open"], "trial": "1"},
                                     {"Origin": "http://elsewhere.example"})
        self.assertEqual(status, 403)
