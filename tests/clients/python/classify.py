"""A training application as users write them: scikit-learn on a table, its model left under AIP_MODEL_DIR.

The table is the one that a training pipeline hands over, and without one scikit-learn's irises. The accuracy
is reported as Google's cloudml-hypertune does.
"""

import argparse
import csv
import glob
import json
import os

import joblib
from sklearn.linear_model import LogisticRegression

SETS = ("TRAINING", "VALIDATION", "TEST")


def rows_of(pattern):
    found = []
    for path in sorted(glob.glob(pattern)):
        with open(path, newline="", encoding="utf-8") as file:
            found += csv.DictReader(file)
    return found


def tables():
    """Measures and kinds of each set."""
    if "AIP_TRAINING_DATA_URI" not in os.environ:
        from sklearn.datasets import load_iris
        measures, kinds = load_iris(return_X_y=True)
        return [(measures, kinds)] * len(SETS)
    found = [rows_of(os.environ[f"AIP_{name}_DATA_URI"]) for name in SETS]
    return [([[float(row["width"]), float(row["height"])] for row in rows], [row["kind"] for row in rows])
            for rows in found]


def report(accuracy):
    if path := os.environ.get("CLOUD_ML_HP_METRIC_FILE"):
        with open(path, "a", encoding="utf-8") as file:
            file.write(json.dumps({"accuracy": str(accuracy), "global_step": "1"}) + "\n")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--C", type=float, default=1.0)
    flags = parser.parse_args()
    training, validation, test = tables()
    model = LogisticRegression(C=flags.C, max_iter=1000).fit(*training)
    report(model.score(*validation))
    told = {"C": flags.C, "accuracy": model.score(*validation), "rows": [len(kinds) for _, kinds in
                                                                       (training, validation, test)],
            "format": os.environ.get("AIP_DATA_FORMAT"), "mode": os.environ.get("MODE")}
    os.makedirs(os.environ["AIP_MODEL_DIR"], exist_ok=True)
    joblib.dump(model, os.path.join(os.environ["AIP_MODEL_DIR"], "model.joblib"))
    with open(os.path.join(os.environ["AIP_MODEL_DIR"], "told.json"), "w", encoding="utf-8") as file:
        json.dump(told, file)
    print(json.dumps(told))


if __name__ == "__main__":
    main()
