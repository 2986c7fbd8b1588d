"""What the SMAC scripts share: a facade with its default settings through ask and tell.

Conditions are ConfigSpace's own, a DISCRETE parameter is an OrdinalHyperparameter, an infeasible
trial is told as CRASHED, with the worst cost so far: its own default, infinity, makes its model
fail. A study that is declared noisy is not deterministic for it: then it asks
for a promising point again, with another seed.
"""

import shutil
import tempfile


class SmacRival:
    def __init__(self, study):
        # Not at the top: pipe.serve() has yet to go into the environment when a script is read.
        import smac
        from smac.runhistory import StatusType, TrialValue

        self.version = smac.version
        self.status = StatusType
        self.value_type = TrialValue
        self.by_key = {parameter.key: parameter for parameter in study.parameters}
        self.worst, self.has_values = 0.0, False
        self.folder = tempfile.mkdtemp(prefix="assay-smac-")
        scenario = smac.Scenario(
            config_space(study), output_directory=self.folder, seed=study.seed,
            deterministic=not study.is_noisy, n_trials=study.max_trials, n_workers=1)
        self.facade = self.make_facade(smac, scenario)

    def make_facade(self, smac, scenario):
        raise NotImplementedError

    def ask(self):
        info = self.facade.ask()
        return info, {key: self.value(self.by_key[key], value)
                      for key, value in dict(info.config).items()}

    @staticmethod
    def value(parameter, value):
        if parameter.values:
            return value.item() if hasattr(value, "item") else value
        return parameter.mirror(value)

    def tell(self, info, value):
        if value is None:
            result = self.value_type(cost=self.worst, status=self.status.CRASHED)
        else:
            self.worst = max(self.worst, value) if self.has_values else value
            self.has_values = True
            result = self.value_type(cost=value, status=self.status.SUCCESS)
        self.facade.tell(info, result)

    def close(self):
        shutil.rmtree(self.folder, ignore_errors=True)


def hyperparameter(parameter):
    import ConfigSpace as cs

    if parameter.is_constant:
        return cs.Constant(parameter.key, parameter.constant)
    if parameter.kind == "categorical":
        return cs.CategoricalHyperparameter(parameter.key, parameter.values)
    if parameter.kind == "discrete":
        return cs.OrdinalHyperparameter(parameter.key, parameter.values)
    kind = (cs.UniformFloatHyperparameter if parameter.kind == "double"
            else cs.UniformIntegerHyperparameter)
    return kind(parameter.key, parameter.low, parameter.high, log=parameter.is_log)


def config_space(study):
    import ConfigSpace as cs

    space = cs.ConfigurationSpace(seed=study.seed)
    nodes = {parameter.key: hyperparameter(parameter) for parameter in study.parameters}
    space.add(*nodes.values())
    space.add(*[cs.InCondition(nodes[parameter.key], nodes[parameter.parent.key],
                               parameter.conditions)
                for parameter in study.parameters if parameter.parent])
    return space
