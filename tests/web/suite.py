"""Runs the tests that tests/web/run names, within its Python, and says how they went."""

import os
import sys
import time
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))


class Told(unittest.TextTestResult):
    """Keeps each test's verdict, in their order, and how long it took."""

    def __init__(self, *args, **words):
        super().__init__(*args, **words)
        self.verdicts = []
        self.began = 0.0

    def startTest(self, test):
        self.began = time.monotonic()
        super().startTest(test)

    def stopTest(self, test):
        super().stopTest(test)
        is_good = not any(test is failed for failed, _ in self.failures + self.errors)
        self.verdicts.append((test.id(), is_good))
        self.stream.writeln(f"    {time.monotonic() - self.began:.1f} s")


def main(names):
    loader = unittest.TestLoader()
    if names:
        suite = loader.loadTestsFromNames([f"test_{name}" for name in names])
    else:
        suite = loader.discover(HERE)
    result = unittest.TextTestRunner(resultclass=Told, verbosity=2).run(suite)
    verdicts = result.verdicts
    # What fails outside of a test (a fixture) has no verdict of its own.
    outside = len(result.failures + result.errors) - sum(not is_good for _, is_good in verdicts)
    verdicts += [("fixture", False)] * outside
    if os.environ["ASSAY_TAP"]:
        with open(os.environ["ASSAY_TAP"], "w", encoding="utf-8") as file:
            for number, (name, is_good) in enumerate(verdicts, 1):
                file.write(f"{'ok' if is_good else 'not ok'} {number} - web {name}\n")
            file.write(f"1..{len(verdicts)}\n")
    failed = sum(not is_good for _, is_good in verdicts)
    print(f"{len(verdicts) - failed} passed, {failed} failed")
    return 1 if failed or not verdicts else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
