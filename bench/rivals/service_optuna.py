"""What Optuna's storages take for an ask and its tell: service_optuna.py FOLDER PROCESSES SECONDS

PROCESSES processes ask one study for a trial, take its four parameters and tell its value, as fast
as they can: through SQLite (RDBStorage with its default settings) and through the gRPC storage proxy
in front of the same SQLite. Random sampler. Prints VERSION,SQLITE,PROXY: round trips a second; a
storage that cannot be had here counts 0.
"""

import multiprocessing
import os
import socket
import sys
import time
import warnings

import optuna

warnings.filterwarnings("ignore", category=optuna.exceptions.ExperimentalWarning)



def round_trip(study):
    trial = study.ask()
    rate = trial.suggest_float("rate", 1e-5, 1, log=True)
    momentum = trial.suggest_float("momentum", 0, 1)
    layers = trial.suggest_int("layers", 1, 100)
    trial.suggest_categorical("activation", ["relu", "tanh", "gelu"])
    study.tell(trial, rate + momentum + layers)


def work(make_storage, argument, name, start, seconds, counts, index):
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    study = optuna.load_study(
        study_name=name,
        storage=make_storage(argument),
        sampler=optuna.samplers.RandomSampler(),
    )
    start.wait()
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            round_trip(study)
            counts[index] += 1
        except Exception:  # SQLite's "database is locked": tried again, as its users do
            continue


def measure(make_storage, argument, processes, seconds):
    name = "bench"
    optuna.create_study(study_name=name, storage=make_storage(argument))
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["optuna"])  # which takes a second to read, once for all
    counts = context.Array("l", processes, lock=False)
    start = context.Barrier(processes + 1)
    workers = [
        context.Process(
            target=work, args=(make_storage, argument, name, start, seconds, counts, i)
        )
        for i in range(processes)
    ]
    for worker in workers:
        worker.start()
    start.wait()
    began = time.monotonic()
    for worker in workers:
        worker.join()
    return sum(counts) / (time.monotonic() - began)


def rdb_storage(path):
    return optuna.storages.RDBStorage(f"sqlite:///{path}")


def proxy_storage(port):
    return optuna.storages.GrpcStorageProxy(host="localhost", port=port)


def serve_proxy(path, port):
    optuna.storages.run_grpc_proxy_server(rdb_storage(path), host="localhost", port=port)


def free_port():
    with socket.socket() as probe:
        probe.bind(("localhost", 0))
        return probe.getsockname()[1]


def measure_proxy(path, processes, seconds):
    try:
        import grpc  # noqa: F401, an extra of Optuna's
    except ImportError:
        return 0
    port = free_port()
    server = multiprocessing.get_context("spawn").Process(
        target=serve_proxy, args=(path, port), daemon=True
    )
    server.start()
    try:
        proxy_storage(port).wait_server_ready(timeout=60)
        return measure(proxy_storage, port, processes, seconds)
    finally:
        server.terminate()
        server.join()


def main():
    folder, processes, seconds = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    rates = []
    for measure_storage in (
        lambda path: measure(rdb_storage, path, processes, seconds),
        lambda path: measure_proxy(path, processes, seconds),
    ):
        path = os.path.join(folder, f"optuna-{len(rates)}.db")
        try:
            rates.append(measure_storage(path))
        finally:
            for ending in ("", "-journal", "-wal", "-shm"):
                if os.path.exists(path + ending):
                    os.remove(path + ending)
    print(f"{optuna.__version__},{rates[0]:.3f},{rates[1]:.3f}")


if __name__ == "__main__":
    main()
