#!/usr/bin/env python3
"""SMAC's facade for black boxes: a Gaussian process and expected improvement."""

import pipe
from smac_rival import SmacRival


def load():
    import smac  # noqa: F401, tells whether it is installed

    class SmacBlackBox(SmacRival):
        def make_facade(self, smac, scenario):
            return smac.BlackBoxFacade(
                scenario, lambda config, seed=0: 0.0, logging_level=False, overwrite=True)

    return SmacBlackBox


pipe.serve("smac-bb", load)
