"""One of several processes that fit a small network to a curve: each has a part of the points, and after
every step the gradients are averaged over all of them.

Nothing here knows where the others are: init_process_group() reads MASTER_ADDR, MASTER_PORT, RANK and
WORLD_SIZE from the environment, on one machine as on Vertex AI or Slurm.
"""

import argparse
import json
import math
import os

import torch
import torch.distributed as dist

STEPS = 100
POINTS = 300


def average_gradients(model):
    for parameter in model.parameters():
        dist.all_reduce(parameter.grad)
        parameter.grad /= dist.get_world_size()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--lr", type=float, required=True)
    parser.add_argument("--hidden", type=int, required=True)
    options = parser.parse_args()

    dist.init_process_group("gloo")
    rank, size = dist.get_rank(), dist.get_world_size()
    print(f"rank {rank} in a world of {size}", flush=True)

    torch.manual_seed(0)  # the same first weights everywhere
    x = torch.linspace(-1, 1, POINTS).unsqueeze(1)
    y = torch.sin(math.pi * x)
    model = torch.nn.Sequential(torch.nn.Linear(1, options.hidden), torch.nn.Tanh(),
                                torch.nn.Linear(options.hidden, 1))
    optimizer = torch.optim.Adam(model.parameters(), lr=options.lr)
    for _ in range(STEPS):
        optimizer.zero_grad()
        torch.nn.functional.mse_loss(model(x[rank::size]), y[rank::size]).backward()
        average_gradients(model)
        optimizer.step()

    with torch.no_grad():
        loss = torch.nn.functional.mse_loss(model(x), y).item()
    if rank == 0:  # the primary's metric file is the trial's
        with open(os.environ["CLOUD_ML_HP_METRIC_FILE"], "a", encoding="utf-8") as file:
            file.write(json.dumps({"loss": loss, "step": STEPS}) + "\n")
    print(f"loss {loss:.9f}")  # the same in every process
    dist.destroy_process_group()


main()
