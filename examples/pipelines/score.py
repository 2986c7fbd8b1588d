"""Loads a model version and scores it on a test set: score.py FOLDER 'test-*.csv'"""

import glob
import pickle
import sys

from table import read

(path,) = glob.glob(sys.argv[1] + "/**/model.pkl", recursive=True)
with open(path, "rb") as file:
    model = pickle.load(file)
features, labels = read(sys.argv[2])
accuracy = model.score(features, labels)
print(f"accuracy on the {len(labels)} rows of the test set: {accuracy:.3f}")
if accuracy < 0.8:
    sys.exit("that is too little")
