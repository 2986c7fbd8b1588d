"""The pipe between assay-bench and another optimizer: JSON lines in, JSON lines out.

A script of this folder hands serve() a class with

    Rival(study)            raises Refused("why") for a study that it cannot run
    version                 of the library
    ask() -> (handle, {key: value})   or ask_many(count) -> a list of those
    tell(handle, value)     value None: the trial was infeasible

where keys are those of study.parameters. Values of parameters that are inactive are dropped here,
so a library without conditional spaces may give all of them. The protocol itself:

    {"study":{…}}             {"ok":true,"name":"optuna-gp","version":"5.0.0"}
    {"ask":2}                 {"trials":[{"id":"1","parameters":{"x":0.1,"act":"relu"}},…]}
    {"tell":[{"id":"1","metrics":{"loss":0.3}}]}   {"ok":true}
    {"tell":[{"id":"2","infeasible":"why"}]}       {"ok":true}

Each answer is one line; {"error":{"message":…}} answers what could not be done. Whatever a library
prints goes to standard error.
"""

import json
import math
import os
import sys
import traceback
import warnings

FOLDER = os.environ.get("ASSAY_RIVALS") or os.path.join(
    os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "assay", "rivals")
# One thread each: assay-bench runs one study per core, and CPU times are compared. The switches are
# read when the libraries are loaded.
ONE_THREAD = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "NUMEXPR_NUM_THREADS": "1",
    "NPROC": "1",
    "XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1",
    "JAX_PLATFORMS": "cpu",
    "CUDA_VISIBLE_DEVICES": "",
    "PYTHONHASHSEED": "0",
    "PYTHONUNBUFFERED": "1",
}


class Refused(Exception):
    """The library cannot run this study; the text says why."""


class Parameter:
    """A parameter spec. Values: float, int, an item of `values` (DISCRETE, CATEGORICAL)."""

    def __init__(self, spec, parent, conditions, key):
        self.id = spec["parameterId"]
        self.key = key  # the id, numbered where branches of the tree use an id again
        self.parent = parent
        self.conditions = conditions  # values of the parent that make it active
        self.scale = {"UNIT_LOG_SCALE": "log", "UNIT_REVERSE_LOG_SCALE": "reverse-log"}.get(
            spec.get("scaleType"), "linear")
        self.values = None
        if "doubleValueSpec" in spec:
            self._set_range("double", spec["doubleValueSpec"], float)
        elif "integerValueSpec" in spec:
            self._set_range("integer", spec["integerValueSpec"], int)
        elif "discreteValueSpec" in spec:
            self._set_values("discrete", sorted(spec["discreteValueSpec"]["values"]))
        elif "categoricalValueSpec" in spec:
            self._set_values("categorical", list(spec["categoricalValueSpec"]["values"]))
        else:
            raise ValueError(f"parameter {self.id} has no value spec")

    def _set_range(self, kind, spec, number):
        self.kind = kind
        self.low, self.high = number(spec["minValue"]), number(spec["maxValue"])

    def _set_values(self, kind, values):
        self.kind = kind
        self.values = values

    @property
    def is_constant(self):
        return len(self.values) == 1 if self.values else self.low == self.high

    @property
    def constant(self):
        return self.values[0] if self.values else self.low

    @property
    def is_log(self):
        return self.scale != "linear"

    def mirror(self, number):
        """A reverse log scale is the log scale of the mirrored range; its own inverse."""
        return self.low + self.high - number if self.scale == "reverse-log" else number

    def legal(self, value):
        """The legal value nearest to what a library made of one."""
        if self.kind == "double":
            return min(max(float(value), self.low), self.high)
        if self.kind == "integer":
            return int(min(max(round(float(value)), self.low), self.high))
        if self.kind == "discrete":
            return min(self.values, key=lambda number: abs(number - value))
        if value not in self.values:
            raise ValueError(f"{value!r} is no category of {self.id}")
        return value

    def from_unit(self, unit):
        """The value at a place in [0, 1]; each listed value and integer owns a cell."""
        unit = min(max(float(unit), 0.0), 1.0)
        if self.values:
            return self.values[min(int(unit * len(self.values)), len(self.values) - 1)]
        low, high = float(self.low), float(self.high)
        if self.kind == "integer":
            low, high = low - 0.5, high + 0.5
        if self.is_log:
            return self.legal(self.mirror(low * (high / low) ** unit))
        return self.legal(low + unit * (high - low))

    def is_active(self, values):
        """Given the values of the parameters before it, inactive ones left out?"""
        if self.parent is None:
            return True
        return self.parent.key in values and values[self.parent.key] in self.conditions


class Study:
    """What the first line says."""

    def __init__(self, document):
        spec = document["studySpec"]
        metrics = spec["metrics"]
        if len(metrics) != 1:
            raise Refused("the bench asks rivals for one metric only")
        self.metric = metrics[0]["metricId"]
        self.is_maximizing = metrics[0].get("goal") == "MAXIMIZE"
        self.is_noisy = spec.get("observationNoise") == "HIGH"
        self.max_trials = int(document.get("maxTrialCount", 100))
        self.parallel = int(document.get("parallelTrialCount", 1))
        self.seed = int(document.get("seed", 0)) % 2**31
        self.parameters = []  # parents before their children
        self._add(spec["parameters"], None, None)

    def _add(self, specs, parent, conditions):
        for spec in specs:
            taken = sum(other.id == spec["parameterId"] for other in self.parameters)
            key = spec["parameterId"] + (f"__{taken + 1}" if taken else "")
            parameter = Parameter(spec, parent, conditions, key)
            self.parameters.append(parameter)
            for child in spec.get("conditionalParameterSpecs", []):
                self._add([child["parameterSpec"]], parameter, parent_values(child))

    @property
    def free(self):
        """The parameters that have something to choose."""
        return [parameter for parameter in self.parameters if not parameter.is_constant]

    @property
    def is_conditional(self):
        return any(parameter.parent for parameter in self.parameters)

    def active(self, given):
        """Of all values given, those that a trial gets, legal; constants need not be given."""
        chosen = {}
        for parameter in self.parameters:
            if not parameter.is_active(chosen):
                continue
            if parameter.is_constant:
                chosen[parameter.key] = parameter.constant
            else:
                chosen[parameter.key] = parameter.legal(given[parameter.key])
        return chosen


def parent_values(condition):
    for name, number in (("parentCategoricalValues", str), ("parentIntValues", int),
                         ("parentDiscreteValues", float)):
        if name in condition:
            return [number(value) for value in condition[name]["values"]]
    raise ValueError("a conditional parameter has no condition")


class Server:
    def __init__(self, name, load):
        self.name = name
        self.load = load
        self.study = None
        self.rival = None
        self.handles = {}
        self.count = 0

    def answer(self, request):
        if "study" in request:
            return self.start(request["study"])
        if self.rival is None:
            raise Refused("the first line must be the study")
        if "ask" in request:
            return {"trials": self.ask(int(request["ask"]))}
        if "tell" in request:
            for trial in request["tell"]:
                self.tell(trial)
            return {"ok": True}
        raise Refused("unknown request: study, ask or tell")

    def start(self, document):
        self.study = Study(document)
        try:
            rival = self.load()
        except ImportError as problem:
            raise Refused(f"not installed: {problem}") from problem
        self.rival = rival(self.study)
        return {"ok": True, "name": self.name, "version": str(self.rival.version)}

    def ask(self, count):
        if hasattr(self.rival, "ask_many"):
            points = self.rival.ask_many(count)
        else:
            points = [self.rival.ask() for _ in range(count)]
        return [self.remember(handle, given) for handle, given in points]

    def remember(self, handle, given):
        chosen = self.study.active(given)
        self.count += 1
        self.handles[str(self.count)] = handle
        parameters = {parameter.id: chosen[parameter.key]
                      for parameter in self.study.parameters if parameter.key in chosen}
        return {"id": str(self.count), "parameters": parameters}

    def tell(self, trial):
        if trial["id"] not in self.handles:
            raise Refused(f"no such trial is pending: {trial['id']}")
        value = None
        if "infeasible" not in trial:
            value = float(trial["metrics"][self.study.metric])
            value = None if not math.isfinite(value) else value
        if value is not None and self.study.is_maximizing:
            value = -value
        self.rival.tell(self.handles.pop(trial["id"]), value)


def enter_environment(environment):
    """Goes on in the virtual environment's Python, unless the caller has chosen one."""
    python = os.path.join(FOLDER, environment, "bin", "python")
    if os.environ.get("ASSAY_RIVALS_ENTERED") == python or os.environ.get("ASSAY_RIVALS_PYTHON"):
        return
    if os.path.exists(python):
        os.environ.update(ONE_THREAD, ASSAY_RIVALS_ENTERED=python)
        os.execv(python, [python] + sys.argv)


def serve(name, load, environment="main"):
    """Answers until the input ends. load() imports the library and returns the class."""
    enter_environment(environment)
    os.environ.update(ONE_THREAD)
    warnings.simplefilter("ignore")
    # This folder's hebo.py must not hide the library of the same name.
    sys.path.remove(os.path.dirname(os.path.abspath(__file__)))
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    server = Server(name, load)
    for line in sys.stdin:
        try:
            answer = server.answer(json.loads(line))
        except Refused as refusal:
            answer = {"error": {"message": str(refusal)}}
        except Exception as problem:  # the library's: the bench marks the run as failed
            traceback.print_exc()
            answer = {"error": {"message": f"{type(problem).__name__}: {problem}"}}
        answers.write(json.dumps(answer) + "\n")
        answers.flush()
    # Libraries that leave threads or temporary folders behind must not keep the bench waiting.
    if hasattr(server.rival, "close"):
        server.rival.close()
    os._exit(0)
