"""A small table to learn from, and how good a model is that has learnt from it."""

import csv
import io
import os
import random
import subprocess
import tempfile

from fixture import PYTHON, files_below, read

ROWS = 400
KINDS = {"daisy": (1.0, 1.0), "rose": (4.0, 1.5), "tulip": (2.0, 5.0)}
COLUMNS = ["width", "height", "kind", "part", "seen"]
PARTS = ["training"] * 5 + ["validation"] * 2 + ["test"] * 2 + ["unused"]
SCORE = """\
import csv, sys
import joblib
model = joblib.load(sys.argv[1])
rows = list(csv.DictReader(sys.stdin))
print(model.score([[float(row["width"]), float(row["height"])] for row in rows], [row["kind"] for row in rows]))
"""


def table(seed=1):
    """CSV: two measures of a flower, its kind, a column that assigns rows to sets, and a time."""
    stream = random.Random(seed)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for number in range(ROWS):
        kind = stream.choice(list(KINDS))
        measures = [f"{stream.gauss(middle, 0.5):.3f}" for middle in KINDS[kind]]
        seen = f"2026-{1 + number // 28 % 12:02}-{1 + number % 28:02}T12:00:00Z"
        writer.writerow([*measures, kind, PARTS[number % len(PARTS)], seen])
    return text.getvalue()


def score(folder_uri):
    """The accuracy of the model in a folder of the bucket, on rows that it has not seen."""
    uri, = [uri for uri in files_below(folder_uri) if uri.endswith("/model.joblib")]
    with tempfile.TemporaryDirectory(prefix="assay-model-") as folder:
        path = os.path.join(folder, "model.joblib")
        with open(path, "wb") as file:
            file.write(read(uri))
        return float(subprocess.run([PYTHON, "-c", SCORE, path], input=table(seed=2), text=True, check=True,
                                    stdout=subprocess.PIPE).stdout)
