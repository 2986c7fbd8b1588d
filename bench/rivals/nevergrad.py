#!/usr/bin/env python3
"""Nevergrad's NGOpt. Conditional spaces are flat: it is asked for all parameters. An infeasible
trial is told as infinity, which it clips to a very high value."""

import pipe


def load():
    import nevergrad as ng
    import numpy as np

    def instrument(parameter):
        if parameter.kind == "categorical":
            return ng.p.Choice(parameter.values)
        if parameter.kind == "discrete":
            return ng.p.TransitionChoice(parameter.values)
        kind = ng.p.Log if parameter.is_log else ng.p.Scalar
        scalar = kind(lower=parameter.low, upper=parameter.high)
        return scalar.set_integer_casting() if parameter.kind == "integer" else scalar

    class NgOpt:
        version = ng.__version__

        def __init__(self, study):
            self.parameters = study.free
            np.random.seed(study.seed)
            space = ng.p.Dict(**{parameter.key: instrument(parameter)
                                 for parameter in self.parameters})
            space.random_state = np.random.RandomState(study.seed)
            self.optimizer = ng.optimizers.NGOpt(space, budget=study.max_trials,
                                                 num_workers=study.parallel)

        def ask(self):
            candidate = self.optimizer.ask()
            values = candidate.value
            return candidate, {
                parameter.key: values[parameter.key] if parameter.values
                else parameter.mirror(values[parameter.key]) for parameter in self.parameters}

        def tell(self, candidate, value):
            self.optimizer.tell(candidate, float("inf") if value is None else value)

    return NgOpt


pipe.serve("nevergrad", load)
