"""Prints scikit-learn's table of wines as CSV: 13 measures and the kind of each."""

import csv
import sys

from sklearn.datasets import load_wine

wines = load_wine()
writer = csv.writer(sys.stdout, lineterminator="\n")
writer.writerow([*wines.feature_names, "kind"])
for measures, kind in zip(wines.data, wines.target):
    writer.writerow([*measures, wines.target_names[kind]])
