"""Tables of real model tuning: make.py FOLDER [--force] [NAME…]

Trains every model of a complete grid, by k-fold cross-validation on scikit-learn's bundled data
sets, and writes FOLDER/NAME.table for each name, all of them without names; what is there already
is kept without --force. bench/tables/make runs this with the pinned releases that the tables in the
tree were made with; they take ten minutes of one core. Everything random has a fixed seed.

The format, read by bench/suite_tables.c:

    table svm-digits                       names the model family and the data set
    split development                      or held-out
    loss error rate, 3-fold, 360 rows      for people
    parameter C DISCRETE log 0.01 0.1 …    increasing; INTEGER gives both ends of its range,
    parameter kernel CATEGORICAL - rbf …   and linear, log or - for a scale
    cells 2187
    0.0472222                              one line per cell, six digits; the last parameter runs
    infeasible                             fastest. infeasible: training failed
"""

import argparse
import itertools
import math
import os
import sys
import warnings

# Before NumPy: threads that wait for each other cost far more than these small models.
os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1")

import numpy as np
from sklearn import datasets, ensemble, feature_selection, linear_model, model_selection
from sklearn import neural_network, preprocessing, svm, tree
from sklearn.decomposition import PCA
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import pairwise_distances

TABLES = {}
PROBABILITY_LEAST = 1e-6  # as in log loss: one sure mistake must not outweigh everything else


def discrete(name, scale, *values):
    return name, "DISCRETE", scale, list(values)


def integer(name, scale, low, high):
    return name, "INTEGER", scale, list(range(low, high + 1))


def categorical(name, *values):
    return name, "CATEGORICAL", "-", list(values)


def table(name, split, loss, folds, *parameters):
    """Registers a function (fold, settings of all parameters but the last) -> losses along the
    last parameter, NaN where training fails."""
    def register(function):
        TABLES[name] = (split, loss, folds, parameters, function)
        return function
    return register


class Fold:
    """Training and test rows of one data set."""

    def __init__(self, x, y, train, test):
        self.x, self.y = x[train], y[train]
        self.x_test, self.y_test = x[test], y[test]

    def scaled(self, how):
        scaler = {"none": preprocessing.FunctionTransformer(),
                  "standard": preprocessing.StandardScaler(),
                  "minmax": preprocessing.MinMaxScaler(),
                  "robust": preprocessing.RobustScaler(),
                  "rank": preprocessing.QuantileTransformer(n_quantiles=50, random_state=0)}[how]
        return scaler.fit_transform(self.x), scaler.transform(self.x_test)

    def error(self, predicted):
        return float(np.mean(predicted != self.y_test))

    def brier(self, probabilities):
        """Squared distance to the true class, halved: 0 is right, 1 is surely wrong."""
        return float(np.mean(np.sum((probabilities - self.truth(probabilities)) ** 2, axis=1)) / 2)

    def log_loss(self, probabilities):
        if not np.all(np.isfinite(probabilities)):
            return math.nan
        sure = np.clip(probabilities, PROBABILITY_LEAST, 1)
        return float(-np.mean(np.log(sure[np.arange(len(self.y_test)), self.y_test])))

    def truth(self, probabilities):
        return np.eye(probabilities.shape[1])[self.y_test]

    def unexplained(self, predicted):
        """Share of the variance that is left; above 1 it is worse than the mean."""
        with np.errstate(all="ignore"):
            return float(np.mean((predicted - self.y_test) ** 2) / np.var(self.y_test))


def folds_of(data, rows, count):
    """Classes are numbered from 0 and as frequent in each fold as in the whole."""
    x, y = getattr(datasets, "load_" + data)(return_X_y=True)
    if rows and rows < len(y):
        x, _, y, _ = model_selection.train_test_split(x, y, train_size=rows, stratify=y,
                                                      random_state=0)
    kind = (model_selection.KFold if data == "diabetes" else model_selection.StratifiedKFold)
    split = kind(count, shuffle=True, random_state=0)
    return [Fold(x, y, train, test) for train, test in split.split(x, y)]


def memoized(fold, key, make):
    """What several cells of a fold share."""
    cache = fold.__dict__.setdefault("cache", {})
    if key not in cache:
        cache[key] = make()
    return cache[key]


# k nearest neighbours


def knn(fold, settings):
    """All numbers of neighbours at once, from the votes of the nearest ones summed up."""
    def nearest():
        x, x_test = fold.scaled(settings["scaling"])
        if settings["components"] < 1:
            pca = PCA(max(1, round(settings["components"] * x.shape[1])), random_state=0).fit(x)
            x, x_test = pca.transform(x), pca.transform(x_test)
        distances = pairwise_distances(x_test, x, metric=settings["metric"])
        order = np.argsort(distances, axis=1, kind="stable")[:, :NEIGHBORS_MAX]
        return np.take_along_axis(distances, order, axis=1), fold.y[order]

    distances, classes = memoized(
        fold, tuple(settings[key] for key in ("scaling", "components", "metric")), nearest)
    weights = np.ones_like(distances)
    if settings["weights"] == "distance":
        weights = 1 / np.maximum(distances, 1e-12)
    votes = weights[:, :, None] * np.eye(1 + max(fold.y))[classes]
    shares = np.cumsum(votes, axis=1) / np.cumsum(weights, axis=1)[:, :, None]
    return [fold.brier(shares[:, i]) for i in range(NEIGHBORS_MAX)]


NEIGHBORS_MAX = 24
KNN = (categorical("scaling", "none", "standard", "minmax", "rank"),
       categorical("metric", "euclidean", "manhattan", "chebyshev", "canberra", "cosine"),
       discrete("components", "log", 0.25, 0.5, 1),
       categorical("weights", "uniform", "distance"),
       integer("neighbors", "log", 1, NEIGHBORS_MAX))
table("knn-wine", "development", "Brier score", ("wine", 0, 5), *KNN)(knn)
table("knn-digits", "held-out", "Brier score", ("digits", 400, 3), *KNN)(knn)


# Support vector machines: past the limit of iterations they count as failed.

SVM_ITERATIONS_MAX = 20000


def svm_fit(fold, settings):
    x, x_test = fold.scaled(settings["scaling"])
    losses = []
    for gamma in SVM_GAMMAS:
        model = svm.SVC(C=settings["C"], kernel=settings["kernel"], gamma=gamma / x.shape[1],
                        coef0=settings["coef0"], max_iter=SVM_ITERATIONS_MAX)
        with warnings.catch_warnings():
            warnings.simplefilter("error", ConvergenceWarning)
            try:
                losses.append(fold.error(model.fit(x, fold.y).predict(x_test)))
            except ConvergenceWarning:
                losses.append(math.nan)
    return losses


SVM_GAMMAS = (1e-3, 1e-2, 0.03, 0.1, 0.3, 1, 3, 10, 100)
SVM = (categorical("scaling", "none", "standard", "minmax"),
       categorical("kernel", "rbf", "poly", "sigmoid"),
       discrete("coef0", "linear", -1, 0, 1),
       discrete("C", "log", 0.01, 0.03, 0.1, 0.3, 1, 3, 10, 100, 1000),
       discrete("gamma", "log", *SVM_GAMMAS))
table("svm-digits", "development", "error rate", ("digits", 240, 3), *SVM)(svm_fit)
table("svm-breast_cancer", "held-out", "error rate", ("breast_cancer", 360, 3), *SVM)(svm_fit)


# One tree


def tree_fit(fold, settings):
    is_regression = settings["criterion"] in ("squared_error", "absolute_error")
    kind = tree.DecisionTreeRegressor if is_regression else tree.DecisionTreeClassifier
    losses = []
    for depth in range(1, TREE_DEPTH_MAX + 1):
        model = kind(max_depth=depth, random_state=0, **settings).fit(fold.x, fold.y)
        losses.append(fold.unexplained(model.predict(fold.x_test)) if is_regression
                      else fold.brier(model.predict_proba(fold.x_test)))
    return losses


TREE_DEPTH_MAX = 8
TREE = (categorical("splitter", "best", "random"),
        discrete("min_samples_split", "log", 2, 4, 8, 16, 32),
        discrete("min_samples_leaf", "log", 1, 2, 4, 8, 16),
        discrete("max_features", "linear", 0.25, 0.5, 0.75, 1),
        integer("max_depth", "linear", 1, TREE_DEPTH_MAX))
table("tree-breast_cancer", "development", "Brier score", ("breast_cancer", 0, 3),
      categorical("criterion", "gini", "entropy"), *TREE)(tree_fit)
table("tree-diabetes", "held-out", "unexplained variance", ("diabetes", 0, 3),
      categorical("criterion", "squared_error", "absolute_error"), *TREE)(tree_fit)


# Random forests: one of the largest size holds the smaller ones.


def forest(fold, settings):
    settings = dict(settings, bootstrap=settings["bootstrap"] == "true")
    is_regression = settings["criterion"] in ("squared_error", "friedman_mse")
    kind = (ensemble.RandomForestRegressor if is_regression else ensemble.RandomForestClassifier)
    model = kind(FOREST_SIZES[-1], random_state=0, **settings).fit(fold.x, fold.y)
    if is_regression:
        votes = [one.predict(fold.x_test) for one in model.estimators_]
    else:
        votes = [one.predict_proba(fold.x_test) for one in model.estimators_]
    judge = fold.unexplained if is_regression else fold.brier
    return [judge(np.mean(votes[:size], axis=0)) for size in FOREST_SIZES]


FOREST_SIZES = (1, 2, 4, 8, 16)
FOREST = (categorical("bootstrap", "true", "false"),
          discrete("max_features", "log", 0.1, 0.2, 0.4, 0.7, 1),
          discrete("min_samples_leaf", "log", 1, 2, 4, 8),
          discrete("max_depth", "log", 2, 4, 6, 8, 12),
          discrete("trees", "log", *FOREST_SIZES))
table("forest-diabetes", "development", "unexplained variance", ("diabetes", 0, 3),
      categorical("criterion", "squared_error", "friedman_mse"), *FOREST)(forest)
table("forest-digits", "held-out", "Brier score", ("digits", 240, 3),
      categorical("criterion", "gini", "entropy"), *FOREST)(forest)


# Neural networks: partial_fit() is one epoch. Weights that are not finite make a failed trial.

EPOCHS = (2, 5, 12)


def network(fold, settings, **more):
    x, x_test = memoized(fold, "standard", lambda: fold.scaled("standard"))
    model = neural_network.MLPClassifier(
        hidden_layer_sizes=(settings["units"],) * settings["layers"],
        activation=settings["activation"], batch_size=min(settings["batch_size"], len(x)),
        learning_rate_init=settings["learning_rate"], random_state=0, **more)
    losses = []
    with np.errstate(all="ignore"):
        for epoch in range(EPOCHS[-1]):
            try:
                model.partial_fit(x, fold.y, classes=np.unique(fold.y))
            except ValueError as problem:
                if "non-finite" not in str(problem):
                    raise
                return losses + [math.nan] * (len(EPOCHS) - len(losses))
            if epoch + 1 in EPOCHS:
                losses.append(fold.log_loss(model.predict_proba(x_test)))
    return losses


def network_adam(fold, settings):
    return network(fold, settings, solver="adam")


ADAM = (categorical("activation", "relu", "tanh", "logistic"),
        integer("layers", "linear", 1, 2),
        discrete("units", "log", 4, 16, 64),
        discrete("batch_size", "log", 16, 64),
        discrete("learning_rate", "log", 1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2, 1e-1),
        discrete("epochs", "log", *EPOCHS))
table("mlp-adam-wine", "development", "log loss", ("wine", 0, 3), *ADAM)(network_adam)
table("mlp-adam-digits", "held-out", "log loss", ("digits", 240, 3), *ADAM)(network_adam)


def network_sgd(fold, settings):
    return network(fold, dict(settings, layers=1), solver="sgd", momentum=settings["momentum"],
                   learning_rate=settings["schedule"])


SGD = (categorical("activation", "relu", "tanh"),
       categorical("schedule", "constant", "invscaling"),
       discrete("units", "log", 8, 32),
       discrete("batch_size", "log", 32, 128),
       discrete("momentum", "linear", 0, 0.5, 0.9, 0.97),
       discrete("learning_rate", "log", 3e-3, 0.01, 0.03, 0.1, 0.3, 1, 10, 100),
       discrete("epochs", "log", *EPOCHS))
table("mlp-sgd-breast_cancer", "development", "log loss", ("breast_cancer", 240, 3),
      *SGD)(network_sgd)
table("mlp-sgd-iris", "held-out", "log loss", ("iris", 0, 3), *SGD)(network_sgd)


# AdaBoost: the first rounds of a long run are the shorter runs.


def adaboost(fold, settings):
    base = tree.DecisionTreeClassifier(
        max_depth=settings["max_depth"], min_samples_leaf=settings["min_samples_leaf"],
        max_features=settings["max_features"], splitter=settings["splitter"])
    model = ensemble.AdaBoostClassifier(base, n_estimators=BOOST_ROUNDS[-1], random_state=0,
                                        learning_rate=settings["learning_rate"])
    staged = [fold.brier(probabilities) for probabilities
              in model.fit(fold.x, fold.y).staged_predict_proba(fold.x_test)]
    # A perfect fit ends the rounds early: further ones would change nothing.
    return [staged[min(rounds, len(staged)) - 1] for rounds in BOOST_ROUNDS]


BOOST_ROUNDS = (1, 2, 4, 8, 16)
ADABOOST = (categorical("splitter", "best", "random"),
            integer("max_depth", "linear", 1, 4),
            discrete("min_samples_leaf", "log", 1, 8),
            discrete("max_features", "log", 0.25, 0.5, 1),
            discrete("learning_rate", "log", 0.03, 0.1, 0.25, 0.5, 1, 1.5),
            discrete("rounds", "log", *BOOST_ROUNDS))
table("adaboost-wine", "development", "Brier score", ("wine", 0, 3), *ADABOOST)(adaboost)
table("adaboost-breast_cancer", "held-out", "Brier score", ("breast_cancer", 300, 3),
      *ADABOOST)(adaboost)


# Gradient boosting


def boosting(fold, settings):
    is_regression = "loss" in settings
    kind = (ensemble.HistGradientBoostingRegressor if is_regression
            else ensemble.HistGradientBoostingClassifier)
    model = kind(max_iter=BOOSTING_ROUNDS[-1], early_stopping=False, random_state=0,
                 **settings).fit(fold.x, fold.y)
    if is_regression:
        staged = [fold.unexplained(predicted) for predicted in model.staged_predict(fold.x_test)]
    else:
        staged = [fold.brier(predicted) for predicted in model.staged_predict_proba(fold.x_test)]
    return [staged[rounds - 1] for rounds in BOOSTING_ROUNDS]


BOOSTING_ROUNDS = (2, 4, 8, 16)
BOOSTING = (discrete("max_leaf_nodes", "log", 3, 7, 15),
            discrete("min_samples_leaf", "log", 2, 8, 24),
            discrete("l2_regularization", "log", 0.01, 1, 30),
            discrete("learning_rate", "log", 0.03, 0.06, 0.12, 0.25, 0.5, 1),
            discrete("rounds", "log", *BOOSTING_ROUNDS))
table("boosting-breast_cancer", "development", "Brier score", ("breast_cancer", 300, 3),
      discrete("max_bins", "log", 8, 32), *BOOSTING)(boosting)
table("boosting-diabetes", "held-out", "unexplained variance", ("diabetes", 0, 3),
      categorical("loss", "squared_error", "absolute_error", "poisson"), *BOOSTING)(boosting)


# Linear models


def selected(fold, settings, score):
    """Scaled, with products of features where wanted, the best ones kept."""
    def make():
        x, x_test = fold.scaled(settings["scaling"])
        powers = preprocessing.PolynomialFeatures(settings.get("degree", 1), include_bias=False)
        x, x_test = powers.fit_transform(x), powers.transform(x_test)
        best = feature_selection.SelectKBest(score, k=min(settings["features"], x.shape[1]))
        return best.fit_transform(x, fold.y), best.transform(x_test)

    return memoized(fold, tuple(settings.get(key) for key in ("scaling", "degree", "features")),
                    make)


def elastic_net(fold, settings):
    x, x_test = selected(fold, settings, feature_selection.f_regression)
    is_log = settings["target"] == "log"
    y = np.log(fold.y) if is_log else fold.y
    losses = []
    for alpha in LINEAR_ALPHAS:
        model = linear_model.ElasticNet(alpha=alpha * np.std(y), l1_ratio=settings["l1_ratio"],
                                        max_iter=300)
        predicted = model.fit(x, y).predict(x_test)
        losses.append(fold.unexplained(np.exp(np.minimum(predicted, 10)) if is_log else predicted))
    return losses


LINEAR_ALPHAS = (1e-4, 3e-4, 1e-3, 3e-3, 0.01, 0.03, 0.1, 0.3, 1)
table("linear-diabetes", "development", "unexplained variance", ("diabetes", 0, 3),
      categorical("scaling", "standard", "robust", "rank"),
      categorical("target", "plain", "log"),
      integer("degree", "linear", 1, 2),
      discrete("features", "log", 2, 4, 8, 16, 32, 64),
      discrete("l1_ratio", "linear", 0.1, 0.5, 0.9, 1),
      discrete("alpha", "log", *LINEAR_ALPHAS))(elastic_net)


def logistic(fold, settings):
    x, x_test = selected(fold, settings, feature_selection.f_classif)
    losses = []
    for strength in LOGISTIC_STRENGTHS:
        model = linear_model.LogisticRegression(
            C=strength, penalty="elasticnet", l1_ratio=settings["l1_ratio"], solver="saga",
            class_weight=None if settings["class_weight"] == "none" else "balanced",
            max_iter=50, random_state=0)
        losses.append(fold.log_loss(model.fit(x, fold.y).predict_proba(x_test)))
    return losses


LOGISTIC_STRENGTHS = (1e-3, 0.01, 0.03, 0.1, 0.3, 1, 10, 100)
table("linear-wine", "held-out", "log loss", ("wine", 0, 3),
      categorical("scaling", "none", "standard", "minmax", "rank"),
      categorical("class_weight", "none", "balanced"),
      integer("features", "log", 2, 13),
      discrete("l1_ratio", "linear", 0, 0.5, 1),
      discrete("C", "log", *LOGISTIC_STRENGTHS))(logistic)


def cells_of(folds, parameters, function):
    """The mean loss over the folds, cell by cell."""
    *outer, _ = parameters
    for values in itertools.product(*(values for _, _, _, values in outer)):
        settings = dict(zip((name for name, _, _, _ in outer), values))
        yield from np.mean([function(fold, settings) for fold in folds], axis=0)


def parameter_line(name, kind, scale, values):
    shown = (values[0], values[-1]) if kind == "INTEGER" else values
    return " ".join(["parameter", name, kind, scale] + [
        value if isinstance(value, str) else f"{value:.6g}" for value in shown])


def write(path, name):
    split, loss, (data, rows, fold_count), parameters, function = TABLES[name]
    folds = folds_of(data, rows, fold_count)
    count = math.prod(len(values) for _, _, _, values in parameters)
    row_count = len(folds[0].y) + len(folds[0].y_test)
    lines = [f"table {name}", f"split {split}",
             f"loss {loss}, {fold_count}-fold, {row_count} rows",
             *(parameter_line(*parameter) for parameter in parameters), f"cells {count}"]
    cells = [f"{cell:.6g}" if math.isfinite(cell) else "infeasible"
             for cell in cells_of(folds, parameters, function)]
    assert len(cells) == count
    with open(path + ".new", "w", encoding="ascii") as file:
        file.write("\n".join(lines + cells) + "\n")
    os.replace(path + ".new", path)
    print(f"{name}: {count} cells, {cells.count('infeasible')} infeasible, "
          f"{os.times().user:.0f} s of CPU so far", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder")
    parser.add_argument("--force", action="store_true")
    parser.add_argument("names", nargs="*", metavar="NAME")
    options = parser.parse_args()
    unknown = set(options.names) - set(TABLES)
    if unknown:
        sys.exit(f"no such table: {', '.join(sorted(unknown))}; there are {', '.join(TABLES)}")
    warnings.simplefilter("ignore")
    for name in options.names or TABLES:
        path = os.path.join(options.folder, name + ".table")
        if options.force or not os.path.exists(path):
            write(path, name)


main()
