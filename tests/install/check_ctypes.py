"""Every method of examples/ctypes/assay.py against the library: check_ctypes.py FOLDER."""
import math
import sys

import assay

DOCUMENT = {
    "studySpec": {
        "metrics": [{"metricId": "loss", "goal": "MINIMIZE"}, {"metricId": "size", "goal": "MINIMIZE"}],
        "parameters": [
            {"parameterId": "rate", "doubleValueSpec": {"minValue": 0, "maxValue": 1}},
            {"parameterId": "depth", "integerValueSpec": {"minValue": 1, "maxValue": 12}},
            {"parameterId": "kind", "categoricalValueSpec": {"values": ["plain", "wide"]}},
            {"parameterId": "batch", "discreteValueSpec": {"values": [16, 32]}},
        ],
    },
    "maxTrialCount": 4,
    "seed": 1,
    "algorithm": "random",
}


def refused(call, *words):
    try:
        call()
    except (assay.Error, ValueError) as error:
        assert all(word in str(error) + getattr(error, "field", "") for word in words), error
    else:
        raise AssertionError(words)


def check(study):
    assert study.metrics == ["loss", "size"]
    one, two, three = study.ask(3)
    assert [one.id, two.id, three.id] == [1, 2, 3] and one.state == "ACTIVE" and one.values is None
    kinds = {name: type(value) for name, value in one.parameters.items()}
    assert kinds == {"rate": float, "depth": int, "kind": str, "batch": float}, kinds
    assert not study.measure(1, 1, [0.5, math.nan], seconds=1.5) and not study.measure(1, 2, [0.4, 3])
    study.tell(1)
    study.tell_infeasible(2, "größer")
    refused(lambda: study.tell(2, [1, 2]), "told already", "id")
    refused(lambda: study.tell(3, [math.nan, 2]), "NaN", "metrics.loss")
    refused(lambda: study.tell(3, [1]), "1 values")
    refused(lambda: study.add({"rate": 2, "depth": 1, "kind": "plain", "batch": 16}, [1, 1]),
            "parameters.rate", "from 0 to 1")
    assert study.add({"rate": 0.5, "depth": 1, "kind": "wide", "batch": 32}, [9, 1]) == 4
    assert [trial.id for trial in study.pending()] == [3]
    front = study.best()
    assert [(trial.id, trial.values) for trial in front] == [(1, [0.4, 3]), (4, [9, 1])], front
    assert front[1].parameters == {"rate": 0.5, "depth": 1, "kind": "wide", "batch": 32}
    assert len(study.ask(9)) == 1 and study.is_done


refused(lambda: assay.Study({"studySpec": {}}), "study_spec.metrics")
with assay.Study(DOCUMENT) as memory, assay.Study(DOCUMENT, sys.argv[1]) as kept:
    check(memory)
    check(kept)
    refused(lambda: assay.Study(DOCUMENT, sys.argv[1]), "in use by process")
refused(memory.pending, "closed")
with assay.Study(DOCUMENT, sys.argv[1]) as again:
    assert [trial.id for trial in again.pending()] == [3, 5]
