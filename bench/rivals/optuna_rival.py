"""What the Optuna scripts share: define-by-run through the ask-and-tell interface.

Conditional parameters are suggested where they are active, as an objective function with `if` does.
GPSampler and CmaEsSampler search only the parameters that every trial has and draw the others at
random; they are flat here: asked for all parameters in each trial, which serves them better. A
DISCRETE parameter is the integer index of its listed values, which keeps their order, as
suggest_categorical() would not. An infeasible trial is told as FAIL.
"""


class OptunaRival:
    is_flat = False

    def __init__(self, study):
        # Not at the top: pipe.serve() has yet to go into the environment when a script is read.
        import optuna

        optuna.logging.set_verbosity(optuna.logging.ERROR)
        self.version = optuna.__version__
        self.failed = optuna.trial.TrialState.FAIL
        self.parameters = study.parameters
        self.study = optuna.create_study(sampler=self.make_sampler(study))

    def make_sampler(self, study):
        raise NotImplementedError

    def ask(self):
        trial = self.study.ask()
        values = {}
        for parameter in self.parameters:
            if parameter.is_constant:
                if parameter.is_active(values):
                    values[parameter.key] = parameter.constant
            elif self.is_flat or parameter.is_active(values):
                values[parameter.key] = suggest(trial, parameter)
        return trial, values

    def tell(self, trial, value):
        if value is None:
            self.study.tell(trial, state=self.failed)
        else:
            self.study.tell(trial, value)


def suggest(trial, parameter):
    if parameter.kind == "categorical":
        return trial.suggest_categorical(parameter.key, parameter.values)
    if parameter.kind == "discrete":
        return parameter.values[trial.suggest_int(parameter.key, 0, len(parameter.values) - 1)]
    kind = trial.suggest_float if parameter.kind == "double" else trial.suggest_int
    number = kind(parameter.key, parameter.low, parameter.high, log=parameter.is_log)
    return parameter.legal(parameter.mirror(number))
