"""Fits a forest to the table of a training pipeline, and leaves it under AIP_MODEL_DIR."""

import argparse
import csv
import glob
import os

import joblib
from sklearn.ensemble import RandomForestClassifier


def table(name):
    """Measures and kinds of one of the three sets; each is a pattern of CSV files."""
    rows = []
    for path in sorted(glob.glob(os.environ[f"AIP_{name}_DATA_URI"])):
        with open(path, newline="", encoding="utf-8") as file:
            rows += csv.DictReader(file)
    kinds = [row.pop("kind") for row in rows]
    return [[float(measure) for measure in row.values()] for row in rows], kinds


parser = argparse.ArgumentParser()
parser.add_argument("--trees", type=int, default=100)
flags = parser.parse_args()

model = RandomForestClassifier(flags.trees, random_state=0).fit(*table("TRAINING"))
print(f"accuracy {model.score(*table('VALIDATION')):.4f}")
os.makedirs(os.environ["AIP_MODEL_DIR"], exist_ok=True)
joblib.dump(model, os.path.join(os.environ["AIP_MODEL_DIR"], "model.joblib"))
