#!/usr/bin/python3
"""Tunes a function of this process with libassay, from four threads: tune.py [STATE_DIR].

Python's standard library is all it needs; assay.py beside it has the declarations. Where libassay
is not in the linker's path, ASSAY_LIBRARY says where: ASSAY_LIBRARY=/opt/assay/lib/libassay.so
"""
import math
import sys
import threading

import assay

DOCUMENT = {
    "studySpec": {
        "metrics": [{"metricId": "loss", "goal": "MINIMIZE"}],
        "parameters": [
            {"parameterId": "rate", "scaleType": "UNIT_LOG_SCALE",
             "doubleValueSpec": {"minValue": 1e-4, "maxValue": 1}},
            {"parameterId": "depth", "integerValueSpec": {"minValue": 1, "maxValue": 12}},
            {"parameterId": "kind", "categoricalValueSpec": {"values": ["plain", "wide"]}},
        ],
    },
    "maxTrialCount": 40,
    "parallelTrialCount": 4,
    "seed": 1,
}


def loss(rate, depth, kind):
    if kind == "wide" and depth > 10:
        raise ArithmeticError("does not fit")
    return (math.log10(rate) + 1.3) ** 2 + (depth - 4) ** 2 / 10 + (kind == "wide") / 2


def work(study):
    while trials := study.ask():
        for trial in trials:
            try:
                study.tell(trial.id, [loss(**trial.parameters)])
            except ArithmeticError as why:
                study.tell_infeasible(trial.id, str(why))


with assay.Study(DOCUMENT, *sys.argv[1:]) as study:
    threads = [threading.Thread(target=work, args=[study]) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    best = study.best()[0]
    print(f"trial {best.id}: loss {best.values[0]:.4f} at {best.parameters}")
