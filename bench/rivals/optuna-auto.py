#!/usr/bin/env python3
"""OptunaHub's AutoSampler, which is in no PyPI package: optunahub downloads the code of its samplers
from a source forge when they are first used. A bench must not, so this runs it only from a copy of
the registry that somebody laid into the folder of the environments, as optunahub-registry/."""

import os

import pipe
from optuna_rival import OptunaRival


def load():
    registry = os.path.join(pipe.FOLDER, "optunahub-registry", "package")
    if not os.path.isdir(os.path.join(registry, "samplers", "auto_sampler")):
        raise ImportError("no PyPI package carries AutoSampler: optunahub downloads it from a "
                          f"source forge, and there is no copy at {registry}")
    import optuna
    import optunahub
    import torch

    torch.set_num_threads(1)
    module = optunahub.load_local_module("samplers/auto_sampler", registry_root=registry)

    class Auto(OptunaRival):

        def make_sampler(self, study):
            return module.AutoSampler(seed=study.seed)

    return Auto


pipe.serve("optuna-auto", load)
