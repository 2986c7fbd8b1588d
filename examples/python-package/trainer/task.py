"""Boosted trees on scikit-learn's diabetes data: python -m trainer.task --learning-rate=0.1 …"""

import argparse
import os
import pickle

from sklearn import datasets, ensemble, model_selection

from trainer.report import report


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--learning-rate", type=float, default=0.1)
    parser.add_argument("--max-depth", type=int, default=3)
    parser.add_argument("--subsample", type=float, default=1)
    parser.add_argument("--trees", type=int, default=100)
    flags = parser.parse_args()

    features, target = datasets.load_diabetes(return_X_y=True)
    model = ensemble.GradientBoostingRegressor(
        learning_rate=flags.learning_rate, max_depth=flags.max_depth, subsample=flags.subsample,
        n_estimators=flags.trees, random_state=0)
    scores = model_selection.cross_val_score(model, features, target, cv=5, scoring="neg_mean_absolute_error")
    report("error", -scores.mean(), 1)
    print(f"mean absolute error {-scores.mean():.2f}")

    folder = os.environ.get("AIP_MODEL_DIR", "model")
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "model.pkl"), "wb") as out:
        pickle.dump(model.fit(features, target), out)


if __name__ == "__main__":
    main()
