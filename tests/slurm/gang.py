"""A replica of a gang that must talk to finish: the primary adds up what the others send it.

Its objective is that sum, so that a gang of three that found itself ends with 1 + 2 = 3. With
`torch` as its argument it does so by PyTorch's gloo.
"""

import json
import os
import socket
import sys
import time

RANK = int(os.environ["RANK"])
WORLD = int(os.environ["WORLD_SIZE"])
ADDRESS = (os.environ["MASTER_ADDR"], int(os.environ["MASTER_PORT"]))


def sum_by_sockets():
    if RANK == 0:
        with socket.create_server(ADDRESS) as server:
            peers = [server.accept()[0] for _ in range(WORLD - 1)]
            total = sum(int(peer.recv(16)) for peer in peers)
            for peer in peers:
                peer.sendall(b"%d" % total)
            return total
    while True:
        try:
            with socket.create_connection(ADDRESS, timeout=20) as peer:
                peer.sendall(b"%d" % RANK)
                return int(peer.recv(16))
        except ConnectionRefusedError:
            time.sleep(0.05)  # the primary does not listen yet


def sum_by_torch():
    import torch
    import torch.distributed as dist

    dist.init_process_group("gloo")
    total = torch.tensor([RANK])
    dist.all_reduce(total)
    dist.destroy_process_group()
    return int(total)


def main():
    total = sum_by_torch() if "torch" in sys.argv else sum_by_sockets()
    with open(os.environ["LEDGER"], "a", encoding="utf-8") as ledger:
        ledger.write(f"rank {RANK} {os.environ['SLURMD_NODENAME']} {total}\n")
    if RANK == 0:
        with open(os.environ["CLOUD_ML_HP_METRIC_FILE"], "w", encoding="utf-8") as file:
            json.dump({"objective": str(total), "global_step": "1", "timestamp": time.time(),
                       "trial": os.environ["CLOUD_ML_TRIAL_ID"], "checkpoint_path": ""}, file)
            file.write("\n")


main()
