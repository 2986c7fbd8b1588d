#!/usr/bin/env python3
"""Ax with the generation strategy that it chooses itself. Conditional parameters are its dependent
parameters; where several values of a parent select one, which it refuses, the space is flat. A
DISCRETE parameter is an ordered choice. An infeasible trial is marked as abandoned, for a failed one
may be suggested again."""

import pipe


def load():
    import importlib.metadata
    import logging

    import torch
    from ax.api.client import Client
    from ax.api.configs import ChoiceParameterConfig, RangeParameterConfig

    torch.set_num_threads(1)
    logging.disable(logging.CRITICAL)

    def listed(parameter):
        """What is a choice: also an integer with children, for a range cannot have any."""
        return parameter.values or list(range(parameter.low, parameter.high + 1))

    def config(parameter, children):
        if parameter.values or children:
            kind = {"categorical": "str", "discrete": "float", "integer": "int"}[parameter.kind]
            number = {"str": str, "float": float, "int": int}[kind]
            dependents = {number(value): [child.key for child in children
                                          if value in child.conditions]
                          for value in listed(parameter)} if children else None
            return ChoiceParameterConfig(
                name=parameter.key, values=[number(value) for value in listed(parameter)],
                parameter_type=kind, is_ordered=parameter.kind != "categorical",
                dependent_parameters=dependents)
        return RangeParameterConfig(
            name=parameter.key, bounds=(parameter.low, parameter.high),
            parameter_type="float" if parameter.kind == "double" else "int",
            scaling="log" if parameter.is_log else "linear")

    class Ax:
        version = importlib.metadata.version("ax-platform")

        def __init__(self, study):
            torch.manual_seed(study.seed)
            self.by_key = {parameter.key: parameter for parameter in study.free}
            self.metric = "objective"
            self.client = Client(random_seed=study.seed)
            is_tree = all(len(parameter.conditions) == 1 for parameter in study.free
                          if parameter.parent)
            self.client.configure_experiment(parameters=[
                config(parameter, [child for child in study.free
                                   if is_tree and child.parent is parameter])
                for parameter in study.free])
            self.client.configure_optimization(objective=f"-{self.metric}")
            self.client.configure_generation_strategy(initialization_random_seed=study.seed)

        def ask_many(self, count):
            points = []
            while len(points) < count:  # it may give fewer than it was asked for
                trials = self.client.get_next_trials(max_trials=count - len(points))
                if not trials:
                    raise RuntimeError("Ax suggests no further trial")
                points += [(index, {key: self.value(key, value) for key, value in chosen.items()})
                           for index, chosen in trials.items()]
            return points

        def value(self, key, value):
            parameter = self.by_key[key]
            return value if parameter.values else parameter.mirror(value)

        def tell(self, index, value):
            if value is None:
                self.client.mark_trial_abandoned(index)
            else:
                self.client.complete_trial(index, raw_data={self.metric: value})

    return Ax


pipe.serve("ax", load)
