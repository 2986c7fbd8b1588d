"""Tables as a managed data set is exported: shards behind a wildcard, each with a header."""

import csv
import glob


def read(uri):
    """Features and labels of all shards."""
    features, labels = [], []
    for path in sorted(glob.glob(uri)):
        with open(path, newline="", encoding="utf-8") as file:
            for row in csv.DictReader(file):
                labels.append(row.pop("kind"))
                features.append([float(value) for value in row.values()])
    return features, labels
