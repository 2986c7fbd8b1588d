"""Shells beside trials that run, as a page has them: over HTTP, only where the job lets them."""

import base64
import json
import os
import time

import studies
from browser import PHONE, PageCase
from cable import Cable

WAITING = "import time; print('begun', flush=True); time.sleep(600)"


def start_jobs(service):
    """Two jobs whose trial waits: one that lets pages in, one that does not."""
    jobs = {}
    for name, is_open in (("open", True), ("closed", False)):
        wanted = studies.document(name, trials=1, parallel=1, trainer=WAITING)
        wanted["trialJobSpec"]["enableWebAccess"] = is_open
        # What the shell reads at its start is nobody's own.
        wanted["trialJobSpec"]["workerPoolSpecs"][0]["containerSpec"]["env"].append({"name": "HOME", "value": service.folder})
        jobs[name] = studies.submit(service, wanted)
    for job in jobs.values():
        studies.wait_for_log(service, job, 1, "begun")
    return jobs


class Shell(PageCase):
    @classmethod
    def prepare(cls):
        cls.jobs = start_jobs(cls.service)

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

    def test_what_is_sent_again_is_typed_once(self):
        shell = self.begin()
        line = base64.b64encode(b"echo again-$((1+1))\n").decode()
        for _ in range(3):
            status, answer = self.service.ask("POST", f"/assay/v1/shells/{shell}:write", {"data": line, "offset": 0})
            self.assertEqual(status, 200, answer)
        self.type(shell, "echo end-$((2+2))\n")
        seen, _ = self.read_until(shell, "end-4")
        self.assertEqual(seen.count(b"again-2"), 1)
        for offset in (1000, -1, "1"):
            status, answer = self.service.ask("POST", f"/assay/v1/shells/{shell}:write", {"data": line, "offset": offset})
            self.assertEqual(status, 400, answer)
        self.service.ask("DELETE", f"/assay/v1/shells/{shell}")

    def test_a_shell_that_is_deleted_takes_its_programs_along(self):
        shell = self.begin()
        seconds = f"987.{os.getpid()}"  # nobody else sleeps as long
        self.type(shell, f"sleep {seconds} & echo started-$((2+3))\n")
        self.read_until(shell, "started-5")
        self.assertTrue(studies.comes_true(lambda: studies.is_running(f"sleep\x00{seconds}")))
        self.assertEqual(self.service.ask("DELETE", f"/assay/v1/shells/{shell}")[0], 200)
        self.assertTrue(studies.comes_true(lambda: not studies.is_running(f"sleep\x00{seconds}")))

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


class ShellView(PageCase):
    @classmethod
    def prepare(cls):
        cls.jobs = start_jobs(cls.service)

    def setUp(self):
        super().setUp()
        self.path = f"/jobs/{self.jobs['open']}/trials/1"

    def run_in(self, page, text, answer):
        """Types a line and waits for what it prints."""
        page.keyboard.type(text + "\n")
        if not studies.comes_true(lambda: answer in page.inner_text(".xterm-rows"), 20):
            self.fail(f"no {answer} in:\n" + page.inner_text("main"))

    def open_shell(self, origin=None):
        page = self.open(self.path + "/shell", origin=origin)
        page.get_by_text("Connected", exact=True).wait_for()
        return page

    def test_one_gets_there_types_and_leaves(self):
        page = self.open(self.path)
        page.get_by_role("link", name="Open a shell").click()
        page.wait_for_url("**/shell")
        page.get_by_text("Connected", exact=True).wait_for()
        self.run_in(page, "echo trial-$CLOUD_ML_TRIAL_ID-$((40+2))", "trial-1-42")
        before = int(page.evaluate("() => document.querySelectorAll('.xterm-rows > div').length"))
        self.run_in(page, "echo rows-$(stty size | cut -d' ' -f1)", f"rows-{before}")
        page.set_viewport_size({"width": 900, "height": 600})
        page.wait_for_function("before => document.querySelectorAll('.xterm-rows > div').length < before", arg=before)
        now = int(page.evaluate("() => document.querySelectorAll('.xterm-rows > div').length"))
        self.run_in(page, "echo rows-$(stty size | cut -d' ' -f1)", f"rows-{now}")
        seconds = f"985.{os.getpid()}"
        page.keyboard.type(f"sleep {seconds}\n")
        self.assertTrue(studies.comes_true(lambda: studies.is_running(f"sleep\x00{seconds}")))
        page.keyboard.press("Control+c")
        self.run_in(page, "echo after-$((1+1))", "after-2")
        self.run_in(page, "printf '\\033[31mr\\303\\266t\\033[0m \\342\\202\\254%s\\n' $((5+5))", "röt €10")
        page.keyboard.press("Shift+F6")
        self.assertEqual(page.evaluate("() => document.activeElement.textContent"), "Trial 1")
        self.check_axe(page)
        self.picture(page, "shell")
        page.locator(".shell-box").click()
        page.keyboard.type("exit\n")
        page.get_by_text("The shell has ended").wait_for()
        page.get_by_role("button", name="Open another one").click()
        page.get_by_text("Connected", exact=True).wait_for()
        page.set_viewport_size(PHONE)
        self.check_fits(page)

    def test_a_lost_connection_loses_and_doubles_nothing(self):
        with Cable(self.service.port) as cable:
            page = self.open_shell(f"http://127.0.0.1:{cable.port}")
            self.run_in(page, "echo first-$((1+1))", "first-2")
            page.keyboard.type("sleep 1; seq 901 903; echo $((1+2))-done\n")
            self.expected.append("ERR_")
            cable.pull()
            page.get_by_text("The connection is lost").wait_for()
            cable.plug()
            page.get_by_text("Connected", exact=True).wait_for()
            page.wait_for_function("() => document.querySelector('.xterm-rows').innerText.includes('3-done')")
            shown = page.inner_text(".xterm-rows")
            for number in ("901", "902", "903"):
                self.assertEqual([line.strip() for line in shown.split("\n")].count(number), 1, shown)
            page.close()

    def test_much_output_is_drawn_to_its_end(self):
        page = self.open_shell()
        self.run_in(page, "seq 1 300000; echo all-$((2+2))", "all-4")

    def test_a_long_text_is_pasted_whole(self):
        page = self.open_shell()
        # Once it says that it is ready, the terminal is no longer the shell's own line editor.
        self.run_in(page, "echo ready-$((2+1)); cat | wc -c; echo counted-$((3+3))", "ready-3")
        page.evaluate("""lines => {
          const data = new DataTransfer();
          data.setData('text/plain', ('x'.repeat(79) + '\\n').repeat(lines));
          document.querySelector('.xterm-helper-textarea').dispatchEvent(new ClipboardEvent('paste', {clipboardData: data, bubbles: true}));
        }""", 2000)
        page.keyboard.press("Control+d")
        self.assertTrue(studies.comes_true(lambda: "counted-6" in page.inner_text(".xterm-rows"), 30), page.inner_text("main"))
        self.assertIn("160000", page.inner_text(".xterm-rows"))

    def test_its_view_alone_has_the_looser_policy_and_leaves_it_behind(self):
        loose = "style-src 'self' 'unsafe-inline'"
        for path, is_loose in ((self.path, False), (self.path + "/shell", True), ("/jobs", False)):
            _, _, headers = self.service.exchange("GET", "/web" + path)
            told = {name.lower(): value for name, value in dict(headers).items()}["content-security-policy"]
            self.assertEqual(loose in told, is_loose, path)
        page = self.open_shell()
        page.evaluate("() => { window.isSameDocument = true }")
        page.get_by_role("link", name="Trial 1").click()
        page.get_by_role("heading", name="Trial 1", exact=True).wait_for()
        self.assertIsNone(page.evaluate("() => window.isSameDocument ?? null"))

    def test_who_leaves_ends_the_shell(self):
        page = self.open_shell()
        seconds = f"986.{os.getpid()}"
        self.run_in(page, f"sleep {seconds} & echo started-$((2+3))", "started-5")
        page.close(run_before_unload=True)
        self.assertTrue(studies.comes_true(lambda: not studies.is_running(f"sleep\x00{seconds}")))

    def test_a_job_that_lets_nobody_in_says_what_to_do(self):
        self.expected.append("400")
        page = self.open(f"/jobs/{self.jobs['closed']}/trials/1")
        self.assertEqual(page.get_by_role("link", name="Open a shell").count(), 0)
        page.goto(self.address(f"/jobs/{self.jobs['closed']}/trials/1/shell"))
        page.locator("main [role=alert]", has_text="enableWebAccess").wait_for()
        self.assertEqual(page.get_by_text("Connecting").count(), 0)
