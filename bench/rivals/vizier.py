#!/usr/bin/env python3
"""The open source Vizier's default algorithm (GP_UCB_PE). Conditional spaces are flat: it is asked
for all parameters. Infeasible trials are completed as infeasible, pending ones are its active
trials. One designer lives as long as the study: its service makes a new one at each suggestion,
which costs more and suggests the same.

Its service computes in 64 bits and says so to jax when it starts; a designer by itself does not.
In 32 bits the model is soon NaN, and the suggestion lacks the parameters that are."""

import os

import pipe


def load():
    import importlib.metadata
    import logging
    import random

    import jax
    import numpy as np
    from vizier import algorithms as vza
    from vizier import pyvizier as vz
    from vizier._src.algorithms.designers.gp_ucb_pe import VizierGPUCBPEBandit

    logging.disable(logging.CRITICAL)
    jax.config.update("jax_enable_x64", True)
    # Each number of trials is compiled anew, which is most of its time: studies share what was
    # compiled. The machine code is the same, and so are the suggestions.
    cache = os.path.join(pipe.FOLDER, "jax-cache")
    os.makedirs(cache, exist_ok=True)
    jax.config.update("jax_compilation_cache_dir", cache)
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0)
    jax.config.update("jax_persistent_cache_min_entry_size_bytes", -1)

    def add(root, parameter):
        scale = {"linear": vz.ScaleType.LINEAR, "log": vz.ScaleType.LOG,
                 "reverse-log": vz.ScaleType.REVERSE_LOG}[parameter.scale]
        if parameter.kind == "categorical":
            root.add_categorical_param(parameter.key, parameter.values)
        elif parameter.kind == "discrete":
            root.add_discrete_param(parameter.key, parameter.values, scale_type=scale)
        elif parameter.kind == "integer":
            root.add_int_param(parameter.key, parameter.low, parameter.high, scale_type=scale)
        else:
            root.add_float_param(parameter.key, parameter.low, parameter.high, scale_type=scale)

    class Vizier:
        version = importlib.metadata.version("google-vizier")

        def __init__(self, study):
            random.seed(study.seed)
            np.random.seed(study.seed)
            problem = vz.ProblemStatement()
            for parameter in study.free:
                add(problem.search_space.root, parameter)
            problem.metric_information.append(vz.MetricInformation(
                name="objective", goal=vz.ObjectiveMetricGoal.MINIMIZE))
            self.designer = VizierGPUCBPEBandit(problem, rng=jax.random.PRNGKey(study.seed))
            self.completed = []
            self.active = {}
            self.count = 0

        def ask_many(self, count):
            self.designer.update(vza.CompletedTrials(self.completed),
                                 vza.ActiveTrials(list(self.active.values())))
            self.completed = []
            points = []
            for suggestion in self.designer.suggest(count):
                self.count += 1
                self.active[self.count] = suggestion.to_trial(self.count)
                points.append((self.count, suggestion.parameters.as_dict()))
            return points

        def tell(self, number, value):
            trial = self.active.pop(number)
            if value is None:
                trial.complete(vz.Measurement(), infeasibility_reason="infeasible")
            else:
                trial.complete(vz.Measurement(metrics={"objective": value}))
            self.completed.append(trial)

    return Vizier


pipe.serve("vizier", load, environment="vizier")
