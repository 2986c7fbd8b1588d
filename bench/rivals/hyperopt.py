#!/usr/bin/env python3
"""hyperopt's TPE with its default settings. A parameter with conditional children is an hp.choice
whose options hold them; a DISCRETE one is the integer index of its values. An infeasible trial is
told as STATUS_FAIL."""

import math

import pipe


def load():
    import hyperopt
    import numpy as np
    from hyperopt import hp, tpe

    class Space:
        """The expression graph, made from the tree of parameters."""

        def __init__(self, study):
            self.parameters = study.free
            self.nodes = {}
            self.root = {parameter.key: self.node(parameter) for parameter in self.parameters
                         if parameter.parent is None or parameter.parent.is_constant}

        def node(self, parameter):
            """One node per parameter, also where several values of its parent select it."""
            if parameter.key not in self.nodes:
                children = [child for child in self.parameters if child.parent is parameter]
                self.nodes[parameter.key] = (self.choice(parameter, children) if children
                                             else leaf(parameter))
            return self.nodes[parameter.key]

        def choice(self, parameter, children):
            values = parameter.values or range(parameter.low, parameter.high + 1)
            return hp.choice(parameter.key, [
                {"value": value, **{child.key: self.node(child) for child in children
                                    if value in child.conditions}} for value in values])

    def leaf(parameter):
        key = parameter.key
        if parameter.kind == "categorical":
            return hp.choice(key, parameter.values)
        if parameter.kind == "discrete":
            return hp.uniformint(key, 0, len(parameter.values) - 1)
        if parameter.kind == "integer" and not parameter.is_log:
            return hp.uniformint(key, parameter.low, parameter.high)
        if not parameter.is_log:
            return hp.uniform(key, parameter.low, parameter.high)
        ends = math.log(parameter.low), math.log(parameter.high)
        if parameter.kind == "integer":
            return hp.qloguniform(key, *ends, 1)
        return hp.loguniform(key, *ends)

    class Tpe:
        version = hyperopt.__version__

        def __init__(self, study):
            self.by_key = {parameter.key: parameter for parameter in study.free}
            self.space = Space(study).root
            self.trials = hyperopt.Trials()
            self.domain = hyperopt.base.Domain(lambda point: 0, self.space)
            self.random = np.random.default_rng(study.seed)

        def ask(self):
            ids = self.trials.new_trial_ids(1)
            self.trials.refresh()
            documents = tpe.suggest(ids, self.domain, self.trials,
                                    int(self.random.integers(2**31 - 1)))
            self.trials.insert_trial_docs(documents)
            self.trials.refresh()
            chosen = {key: value[0] for key, value in documents[0]["misc"]["vals"].items() if value}
            values = {}
            self.read(hyperopt.space_eval(self.space, chosen), values)
            return ids[0], values

        def read(self, point, values):
            for key, value in point.items():
                if isinstance(value, dict):
                    children = dict(value)
                    values[key] = children.pop("value")
                    self.read(children, values)
                else:
                    values[key] = self.value(self.by_key[key], value)

        @staticmethod
        def value(parameter, value):
            if parameter.kind == "discrete":
                return parameter.values[int(value)]
            return value if parameter.values else parameter.mirror(value)

        def tell(self, trial_id, value):
            document = next(document for document in self.trials._dynamic_trials
                            if document["tid"] == trial_id)
            document["state"] = hyperopt.JOB_STATE_DONE
            document["result"] = ({"status": hyperopt.STATUS_FAIL} if value is None
                                  else {"status": hyperopt.STATUS_OK, "loss": value})
            self.trials.refresh()

    return Tpe


pipe.serve("hyperopt", load)
