"""What Optuna takes for a trial: optuna_random.py FOLDER TRIALS ROUNDS

Random sampler, SQLite storage with its default settings in FOLDER, the five parameters of
bench/job_text.c, an objective that costs nothing. Prints VERSION,MIN,MEDIAN,MAX in milliseconds.
"""

import os
import statistics
import sys
import time

import optuna


def objective(trial):
    rate = trial.suggest_float("rate", 1e-5, 1, log=True)
    momentum = trial.suggest_float("momentum", 0, 1)
    layers = trial.suggest_int("layers", 1, 100)
    width = trial.suggest_categorical("width", [16, 32, 64, 128])
    trial.suggest_categorical("activation", ["relu", "tanh", "gelu"])
    return rate + momentum + layers + width


def run_round(path, trials):
    study = optuna.create_study(
        storage=f"sqlite:///{path}", sampler=optuna.samplers.RandomSampler(seed=1)
    )
    start = time.perf_counter()
    study.optimize(objective, n_trials=trials)
    return (time.perf_counter() - start) * 1e3 / trials


def main():
    folder, trials, rounds = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    times = []
    for i in range(rounds):
        path = os.path.join(folder, f"optuna-{os.getpid()}-{i}.db")
        try:
            times.append(run_round(path, trials))
        finally:
            os.remove(path)
    median = statistics.median(times)
    print(f"{optuna.__version__},{min(times):.3f},{median:.3f},{max(times):.3f}")


main()
