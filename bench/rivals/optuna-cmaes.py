#!/usr/bin/env python3
"""Optuna's CmaEsSampler with its default settings: categories are drawn at random, as it says."""

import pipe
from optuna_rival import OptunaRival


def load():
    import cmaes  # noqa: F401, Optuna itself does so only when it first samples
    import optuna

    class CmaEs(OptunaRival):
        is_flat = True

        def make_sampler(self, study):
            return optuna.samplers.CmaEsSampler(seed=study.seed)

    return CmaEs


pipe.serve("optuna-cmaes", load)
