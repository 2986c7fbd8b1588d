#!/usr/bin/env python3
"""HEBO with its default settings. Conditional spaces are flat: it is asked for all parameters. It
knows nothing of pending trials. A DISCRETE parameter is the integer index of its values. It drops
values that are not finite: so an infeasible trial is told as infinity."""

import pipe


def load():
    import importlib.metadata
    import logging
    import random

    import numpy as np
    import torch
    from pymoo.config import Config

    Config.warnings["not_compiled"] = False
    from hebo.design_space.design_space import DesignSpace
    from hebo.optimizers.hebo import HEBO

    torch.set_num_threads(1)
    logging.disable(logging.CRITICAL)

    def column(parameter):
        if parameter.kind == "categorical":
            return {"name": parameter.key, "type": "cat", "categories": parameter.values}
        if parameter.kind == "discrete":
            return {"name": parameter.key, "type": "int", "lb": 0, "ub": len(parameter.values) - 1}
        kind = {("double", False): "num", ("double", True): "pow", ("integer", False): "int",
                ("integer", True): "pow_int"}[parameter.kind, parameter.is_log]
        return {"name": parameter.key, "type": kind, "lb": parameter.low, "ub": parameter.high}

    class Hebo:
        version = importlib.metadata.version("HEBO")

        def __init__(self, study):
            random.seed(study.seed)
            np.random.seed(study.seed)
            torch.manual_seed(study.seed)
            self.parameters = study.free
            space = DesignSpace().parse([column(parameter) for parameter in self.parameters])
            self.optimizer = HEBO(space, scramble_seed=study.seed)

        def ask_many(self, count):
            table = self.optimizer.suggest(n_suggestions=count)
            rows = [table.iloc[[i]] for i in range(len(table))]
            return [(row, {parameter.key: self.value(parameter, row[parameter.key].iloc[0])
                           for parameter in self.parameters}) for row in rows]

        @staticmethod
        def value(parameter, value):
            if parameter.kind == "discrete":
                return parameter.values[int(value)]
            return str(value) if parameter.kind == "categorical" else parameter.mirror(value)

        def tell(self, row, value):
            self.optimizer.observe(row, np.array([[np.inf if value is None else value]]))

    return Hebo


pipe.serve("hebo", load, environment="hebo")
