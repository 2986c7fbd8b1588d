"""The programs of examples/vertex-client, as they are."""

import os
import re
import subprocess
import sys
import tempfile
import unittest

from fixture import HERE, PYTHON, all_at_once

FOLDER = os.path.join(HERE, "../../../examples/vertex-client")


@all_at_once
class Example(unittest.TestCase):
    def said(self, program, *words):
        run = subprocess.run([sys.executable, "-W", "ignore", os.path.join(FOLDER, program), *words],
                             check=False, capture_output=True, text=True,
                             env={**os.environ, "ASSAY_ENDPOINT": os.environ["ASSAY_TEST_URL"]})
        self.assertEqual(run.returncode, 0, run.stderr)
        return run.stdout

    def test_tunes_to_a_good_classifier(self):
        said = self.said("tune.py")
        best = re.search(r"^best trial \d+: (0\.\d+) with ", said, re.M)
        self.assertIsNotNone(best, said)
        self.assertGreater(float(best.group(1)), 0.9)

    def test_trains_from_a_table_to_a_model(self):
        with tempfile.NamedTemporaryFile(suffix=".csv") as file:
            subprocess.run([PYTHON, os.path.join(FOLDER, "wine.py")], check=True, stdout=file)
            said = self.said("pipeline.py", file.name)
        self.assertRegex(said, r"(?m)^model \d+ version 1, files in gs://stage/.+$")


if __name__ == "__main__":
    unittest.main()
