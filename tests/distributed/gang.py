"""A replica of a gang that must talk to finish: each worker asks every parameter server and evaluator for a
number and brings the sum to the primary, which ends when all have come, so that all have begun; servers and
evaluators never end.

The first word says how this run of it differs: "slow FILE" of workerpool1-1, which waits as long as FILE is
there before it does anything.
"""

import json
import os
import socket
import sys
import time

cluster = json.loads(os.environ["CLUSTER_SPEC"])
pools, task = cluster["cluster"], cluster["task"]
names = ["CLUSTER_SPEC", "TF_CONFIG", "MASTER_ADDR", "MASTER_PORT", "RANK", "WORLD_SIZE", "LOCAL_RANK"]
print(json.dumps({name: os.environ.get(name) for name in names}), flush=True)


def address(text):
    host, port = text.rsplit(":", 1)
    return host, int(port)


def serve():
    """The sockets of those that connect."""
    with socket.create_server(address(pools[task["type"]][task["index"]])) as server:
        while True:
            yield server.accept()[0]


def connect(text):
    while True:  # until the other one listens
        try:
            return socket.create_connection(address(text))
        except ConnectionRefusedError:
            time.sleep(0.02)


def ask(text):
    with connect(text) as peer:
        return int(peer.makefile().readline())


def main():
    if task["type"] == "workerpool0":
        total, waiting = 0, len(pools.get("workerpool1", []))
        for peer in serve():
            with peer:
                total += int(peer.makefile().readline())
            waiting -= 1
            if waiting == 0:
                break
        print("total", total)
    elif task["type"] == "workerpool1":
        while sys.argv[1:2] == ["slow"] and task["index"] == 1 and os.path.exists(sys.argv[2]):
            time.sleep(0.02)
        total = sum(ask(text) for text in pools.get("workerpool2", []) + pools.get("workerpool3", [])) + 1
        with connect(pools["workerpool0"][0]) as primary:
            primary.sendall(f"{total}\n".encode())
    else:
        for peer in serve():
            with peer:
                peer.sendall(b"10\n" if task["type"] == "workerpool2" else b"0\n")


main()
