#!/usr/bin/env python3
"""Optuna's default sampler, TPE. On conditional spaces with group=True, as its documentation shows
for them; everything else is the default, among that multivariate and constant_liar."""

import pipe
from optuna_rival import OptunaRival


def load():
    import optuna

    class Tpe(OptunaRival):
        def make_sampler(self, study):
            return optuna.samplers.TPESampler(seed=study.seed, group=study.is_conditional)

    return Tpe


pipe.serve("optuna-tpe", load)
