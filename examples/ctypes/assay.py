"""libassay for Python by ctypes alone: copy this file beside your program.

    import assay
    with assay.Study(document) as study:
        for trial in study.ask(4):
            study.tell(trial.id, [value])

A document is a study as text, JSON or YAML. Any thread may call; a call that waits for the disk or
for a model lets the other threads run. What goes wrong raises assay.Error. docs/library.md is the
guide, include/assay.h the manual.
"""
import ctypes
import json
import os
from ctypes import POINTER, byref, c_bool, c_char, c_char_p, c_double, c_int, c_int64, c_size_t, c_void_p


class _Error(ctypes.Structure):
    _fields_ = [("code", c_int), ("field", c_char * 256), ("message", c_char * 2048)]


class _Options(ctypes.Structure):
    _fields_ = [("document", c_char_p), ("document_size", c_size_t), ("state_dir", c_char_p),
                ("is_verifying", c_bool), ("reserved", c_void_p * 4)]


class _Parameter(ctypes.Structure):
    _fields_ = [("id", c_char_p), ("text", c_char_p), ("number", c_double), ("type", c_int),
                ("index", c_int)]


class _Trial(ctypes.Structure):
    _fields_ = [("id", c_int64), ("state", c_int), ("is_suggested", c_bool), ("should_stop", c_bool),
                ("parameter_count", c_size_t), ("parameters", POINTER(_Parameter)),
                ("values", POINTER(c_double))]


class _Trials(ctypes.Structure):
    _fields_ = [("count", c_size_t), ("items", POINTER(_Trial)), ("is_done", c_bool)]


class _Metric(ctypes.Structure):
    _fields_ = [("id", c_char_p), ("goal", c_int), ("is_safety", c_bool),
                ("safety_threshold", c_double)]


_INTEGER, _CATEGORICAL = 1, 2
_STATES = ("ACTIVE", "SUCCEEDED", "STOPPED", "INFEASIBLE")

_FUNCTIONS = {
    "assay_version": (c_char_p, []),
    "assay_study_open": (c_void_p, [POINTER(_Options), POINTER(_Error)]),
    "assay_study_close": (None, [c_void_p]),
    "assay_study_metric": (POINTER(_Metric), [c_void_p, c_size_t]),
    "assay_study_ask": (c_bool, [c_void_p, c_size_t, POINTER(_Trials), POINTER(_Error)]),
    "assay_study_tell": (c_bool, [c_void_p, c_int64, POINTER(c_double), POINTER(_Error)]),
    "assay_study_tell_infeasible": (c_bool, [c_void_p, c_int64, c_char_p, POINTER(_Error)]),
    "assay_study_add": (c_bool, [c_void_p, POINTER(_Parameter), c_size_t, POINTER(c_double),
                                 POINTER(c_int64), POINTER(_Error)]),
    "assay_study_measure": (c_bool, [c_void_p, c_int64, c_int64, c_int64, POINTER(c_double),
                                     POINTER(c_bool), POINTER(_Error)]),
    "assay_study_best": (c_bool, [c_void_p, POINTER(_Trials), POINTER(_Error)]),
    "assay_study_pending": (c_bool, [c_void_p, POINTER(_Trials), POINTER(_Error)]),
    "assay_trials_clear": (None, [POINTER(_Trials)]),
}


def _load():
    # Its name has the version whose structs are declared above.
    library = ctypes.CDLL(os.environ.get("ASSAY_LIBRARY", "libassay.so.0.1"))
    for name, (result, arguments) in _FUNCTIONS.items():
        function = getattr(library, name)
        function.restype, function.argtypes = result, arguments
    return library


_library = _load()


class Error(Exception):
    """code: as in assay/error.h; field: what is at fault, or ""."""

    def __init__(self, error):
        super().__init__(error.message.decode())
        self.code = error.code
        self.field = error.field.decode()


class Trial:
    """id, state, parameters {name: float, int or str}, values (a list, or None)."""

    def __init__(self, trial, metric_count):
        self.id = trial.id
        self.state = _STATES[trial.state]
        self.should_stop = trial.should_stop
        self.parameters = {p.id.decode(): _value(p)
                           for p in trial.parameters[:trial.parameter_count]}
        self.values = trial.values[:metric_count] if trial.values else None


def _value(parameter):
    if parameter.type == _CATEGORICAL:
        return parameter.text.decode()
    return int(parameter.number) if parameter.type == _INTEGER else parameter.number


class Study:
    """A study, in memory, or in a folder where it is found again. Close it, or use `with`."""

    def __init__(self, document, state_dir=None):
        text = document if isinstance(document, str) else json.dumps(document)
        data, error = text.encode(), _Error()
        options = _Options(data, len(data), os.fsencode(state_dir) if state_dir else None)
        self._study = _library.assay_study_open(byref(options), byref(error))
        if not self._study:
            raise Error(error)
        self.metrics = []
        while metric := _library.assay_study_metric(self._study, len(self.metrics)):
            self.metrics.append(metric.contents.id.decode())
        self.is_done = False  # nothing more will be suggested

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        study, self._study = self._study, None
        _library.assay_study_close(study)

    def ask(self, count=1):
        """Up to count trials; fewer when the study is done."""
        trials, self.is_done = self._trials("ask", count)
        return trials

    def tell(self, trial, values=None):
        """The trial of this id has ended, with a value per metric; None: as it was measured."""
        self._call("tell", trial, self._values(values))

    def tell_infeasible(self, trial, why=""):
        self._call("tell_infeasible", trial, why.encode())

    def add(self, parameters, values):
        """A trial that nobody asked for, known from elsewhere. Its id."""
        given = (_Parameter * len(parameters))()
        for place, (name, value) in zip(given, parameters.items()):
            place.id = name.encode()
            if isinstance(value, str):
                place.text = value.encode()
            else:
                place.number = value
        trial = c_int64()
        self._call("add", given, len(given), self._values(values), byref(trial))
        return trial.value

    def measure(self, trial, step, values, seconds=0.0):
        """Values on the way, nan for what was not measured. True: it is hopeless, end it and tell."""
        should_stop = c_bool()
        self._call("measure", trial, step, round(seconds * 1e6), self._values(values),
                   byref(should_stop))
        return should_stop.value

    def best(self):
        """The best trial, as a list; with several objectives the Pareto front."""
        return self._trials("best")[0]

    def pending(self):
        """What was asked for and not told."""
        return self._trials("pending")[0]

    def _values(self, values):
        if values is None:
            return None
        if len(values) != len(self.metrics):
            raise ValueError(f"{len(values)} values for the metrics {self.metrics}")
        return (c_double * len(values))(*values)

    def _trials(self, name, *arguments):
        trials = _Trials()
        self._call(name, *arguments, byref(trials))
        made = [Trial(trial, len(self.metrics)) for trial in trials.items[:trials.count]]
        is_done = trials.is_done
        _library.assay_trials_clear(byref(trials))
        return made, is_done

    def _call(self, name, *arguments):
        if not self._study:
            raise ValueError("the study is closed")
        error = _Error()
        if not getattr(_library, "assay_study_" + name)(self._study, *arguments, byref(error)):
            raise Error(error)
