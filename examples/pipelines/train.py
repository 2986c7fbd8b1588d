"""Trains a classifier on the tables that AIP_TRAINING_DATA_URI and AIP_VALIDATION_DATA_URI name.

An ordinary trainer of Vertex AI: wildcards expanded, model saved under AIP_MODEL_DIR, accuracy on the validation set
reported as cloudml-hypertune does.
"""

import argparse
import json
import os
import pickle
import time

from sklearn import decomposition, linear_model, pipeline, preprocessing

from table import read


def report(accuracy):
    with open(os.environ["CLOUD_ML_HP_METRIC_FILE"], "a", encoding="utf-8") as out:
        out.write(json.dumps({"accuracy": str(accuracy), "global_step": "1", "timestamp": time.time()}) + "\n")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--C", type=float, default=1.0)
    parser.add_argument("--components", type=int, default=13)
    flags = parser.parse_args()
    model = pipeline.make_pipeline(preprocessing.StandardScaler(), decomposition.PCA(flags.components, random_state=0),
                                   linear_model.LogisticRegression(C=flags.C, max_iter=1000))
    model.fit(*read(os.environ["AIP_TRAINING_DATA_URI"]))
    report(model.score(*read(os.environ["AIP_VALIDATION_DATA_URI"])))
    os.makedirs(os.environ["AIP_MODEL_DIR"], exist_ok=True)
    with open(os.path.join(os.environ["AIP_MODEL_DIR"], "model.pkl"), "wb") as out:
        pickle.dump(model, out)


if __name__ == "__main__":
    main()
