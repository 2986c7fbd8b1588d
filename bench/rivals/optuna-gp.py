#!/usr/bin/env python3
"""Optuna's GPSampler with its default settings."""

import pipe
from optuna_rival import OptunaRival


def load():
    import optuna
    import torch

    torch.set_num_threads(1)

    class Gp(OptunaRival):
        is_flat = True

        def make_sampler(self, study):
            return optuna.samplers.GPSampler(seed=study.seed)

    return Gp


pipe.serve("optuna-gp", load)
