"""Names, categories, reasons and logs that mean no good: they are shown as text, and the layout holds."""

import studies
from browser import PHONE, PageCase
from studies import MARKUP, TURNED

CATEGORIES = [MARKUP, "{a|b} {b0} \\{x}", TURNED, "🦊" * 20, "x" * 200]

# Prints a little of all that a log should not have, a line of 1 MB among it.
TRAINER = r"""
import json, os, sys
word = [word for word in sys.argv if word.startswith('--kind=')][0][7:]
print('<script>window.hacked=1</script><b>bold</b>')
print('\x1b[31mred\x1b[0m \x1b]0;title\x07 \x1b[2Jcleared', flush=True)
print('y' * 1000000)
print('\u202eevil ' + word)
sys.stdout.buffer.write(b'\xff\xfe not text \x00 nul\n')
print('the last line', flush=True)
if word.startswith('x'):
    sys.exit('<img src=x onerror="window.hacked=1"> ' + 'z' * 3000)
with open(os.environ['CLOUD_ML_HP_METRIC_FILE'], 'a') as metrics:
    metrics.write(json.dumps({'loss': len(word), 'step': 1}) + '\n')
os.makedirs(os.environ['AIP_MODEL_DIR'], exist_ok=True)
with open(os.path.join(os.environ['AIP_MODEL_DIR'], '<b>name.svg'), 'w') as file:
    file.write('<svg xmlns="http://www.w3.org/2000/svg"><script>parent.hacked=1</script></svg>')
"""


class Hostile(PageCase):
    @classmethod
    def prepare(cls):
        name = (MARKUP + TURNED + "🦊" + "w" * 200)[:128]
        cls.job = studies.run(cls.service, studies.document(
            name, trials=12, trainer=TRAINER, seed=3,
            parameters=[{"parameterId": "kind", "categoricalValueSpec": {"values": CATEGORIES}},
                        {"parameterId": "rate", "doubleValueSpec": {"minValue": 0, "maxValue": 1}}]))
        _, answer = cls.service.ask("GET", f"/assay/v1/jobs/{cls.job}/trials")
        failed = [trial["trial"]["id"] for trial in answer["trials"] if trial["trial"]["state"] == "INFEASIBLE"]
        assert 0 < len(failed) < 12, answer
        cls.trials = ["1", failed[0]]

    def addresses(self):
        yield from ("/", "/jobs")
        for tab in ("", "parameters", "objectives", "timeline", "trials", "document"):
            yield f"/jobs/{self.job}" + (f"?tab={tab}" if tab else "")
        for trial in self.trials:
            yield f"/jobs/{self.job}/trials/{trial}"
        yield f"/compare?jobs={self.job}"
        yield f"/start?from={self.job}"

    def test_nothing_that_was_named_is_run_or_breaks_the_layout(self):
        for path in self.addresses():
            with self.subTest(path):
                page = self.open(path)
                self.assertIsNone(page.evaluate("() => window.hacked ?? null"))
                self.assertEqual(page.evaluate("() => document.querySelectorAll('main img[src=x], main script').length"), 0)
                self.check_fits(page)
                page.set_viewport_size(PHONE)
                self.check_fits(page)
                page.close()

    def test_a_name_is_shown_letter_by_letter(self):
        page = self.open(f"/jobs/{self.job}")
        self.assertIn(MARKUP, page.inner_text("h1"))

    def test_a_log_is_text_without_what_moves_a_terminal(self):
        page = self.open(f"/jobs/{self.job}/trials/1", tab="logs")
        page.get_by_text("the last line").wait_for()
        shown = page.inner_text("main")
        self.assertIn("<script>window.hacked=1</script><b>bold</b>", shown)
        self.assertNotIn("\x1b", shown)
        self.assertNotIn("[31m", shown)
