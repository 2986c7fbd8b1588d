"""examples/vertex-client/tune.py, as it is."""

import os
import re
import subprocess
import sys
import unittest

EXAMPLE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../../examples/vertex-client/tune.py")


class Example(unittest.TestCase):
    def test_tunes_to_a_good_classifier(self):
        run = subprocess.run([sys.executable, "-W", "ignore", EXAMPLE], check=False, capture_output=True,
                             text=True, env={**os.environ, "ASSAY_ENDPOINT": os.environ["ASSAY_TEST_URL"]})
        self.assertEqual(run.returncode, 0, run.stderr)
        best = re.search(r"^best trial \d+: (0\.\d+) with ", run.stdout, re.M)
        self.assertIsNotNone(best, run.stdout)
        self.assertGreater(float(best.group(1)), 0.9)


if __name__ == "__main__":
    unittest.main()
