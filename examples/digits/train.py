"""Trains a support vector machine on scikit-learn's handwritten digits.

An ordinary trainer: flags in, model saved under AIP_MODEL_DIR, accuracy reported the way Google's
cloudml-hypertune does (with the package itself when it is installed).
"""

import argparse
import json
import os
import pickle
import time

from sklearn import datasets, decomposition, model_selection, pipeline, preprocessing, svm

FOLDS = 4


def report(accuracy, fold):
    """One report per fold, so that the run can be followed."""
    try:
        import hypertune
    except ImportError:
        report_by_hand(accuracy, fold)
        return
    report.client = getattr(report, "client", None) or hypertune.HyperTune()
    report.client.report_hyperparameter_tuning_metric("accuracy", accuracy, fold)


def report_by_hand(accuracy, fold):
    path = os.environ.get("CLOUD_ML_HP_METRIC_FILE", "/tmp/hypertune/output.metrics")
    os.makedirs(os.path.dirname(path), exist_ok=True)
    line = {
        "accuracy": str(accuracy),
        "checkpoint_path": "",
        "global_step": str(fold),
        "timestamp": time.time(),
        "trial": os.environ.get("CLOUD_ML_TRIAL_ID", "0"),
    }
    with open(path, "a", encoding="utf-8") as out:
        out.write(json.dumps(line, sort_keys=True) + "\n")


def make_model(flags):
    steps = [preprocessing.StandardScaler() if flags.scaler == "standard"
             else preprocessing.MinMaxScaler()]
    if flags.components < 64:
        steps.append(decomposition.PCA(flags.components, random_state=0))
    steps.append(svm.SVC(C=flags.C, gamma=flags.gamma, degree=int(flags.degree), kernel="poly"
                         if flags.degree > 1 else "rbf"))
    return pipeline.make_pipeline(*steps)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--C", type=float, default=1.0)
    parser.add_argument("--gamma", type=float, default=0.01)
    parser.add_argument("--components", type=int, default=64)
    parser.add_argument("--degree", type=float, default=1)
    parser.add_argument("--scaler", choices=["standard", "minmax"], default="standard")
    flags = parser.parse_args()

    images, labels = datasets.load_digits(return_X_y=True)
    train_x, test_x, train_y, test_y = model_selection.train_test_split(
        images, labels, test_size=0.3, random_state=7, stratify=labels)
    folds = model_selection.StratifiedKFold(FOLDS, shuffle=True, random_state=7)
    total = 0.0
    for fold, (fit, check) in enumerate(folds.split(train_x, train_y), start=1):
        model = make_model(flags).fit(train_x[fit], train_y[fit])
        total += model.score(train_x[check], train_y[check])
        report(total / fold, fold)
        print(f"fold {fold}: mean accuracy {total / fold:.4f}")

    model = make_model(flags).fit(train_x, train_y)
    print(f"held out: accuracy {model.score(test_x, test_y):.4f}")
    folder = os.environ.get("AIP_MODEL_DIR", "model")
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "model.pkl"), "wb") as out:
        pickle.dump(model, out)


if __name__ == "__main__":
    main()
