"""Reads a server's mind: it must understand a request as Google's own parser does.

    agreement.py URL [--count N] [--seed S] [COLLECTION…]

(in the Python environment of the clients)

Good documents are changed at random places: other types, other spellings, nulls, zeros, members that
do not exist, enums by name and number. Each is sent, and parsed by protobuf too. What protobuf refuses,
the server must refuse with 400. What the server takes, it must show again with exactly the content
that protobuf sees. (It may refuse more, as a range that is none is good protobuf; and what only the service sets
may have any content.) Prints each kind of
disagreement with an example and closes with `N passed, N failed`. The same seed asks the same.
"""

import argparse
import copy
import json
import random
import re
import sys

import requests
from google.cloud import aiplatform_v1
from google.protobuf import json_format

PARENT = "/v1/projects/demo/locations/us-central1/"
POOL = {"machineSpec": {"machineType": "n1-standard-4", "acceleratorType": "NVIDIA_TESLA_T4",
                        "acceleratorCount": 1},
        "replicaCount": "1", "diskSpec": {"bootDiskType": "pd-ssd", "bootDiskSizeGb": 100},
        "containerSpec": {"imageUri": "host:", "command": ["true"], "args": ["--a=1"],
                          "env": [{"name": "A", "value": "b"}]}}
SPEC = {"workerPoolSpecs": [POOL], "scheduling": {"timeout": "600s", "restartJobOnWorkerRestart": True},
        "baseOutputDirectory": {"outputUriPrefix": "gs://stage/out"}}
STUDY = {"metrics": [{"metricId": "loss", "goal": "MINIMIZE"},
                     {"metricId": "size", "goal": 2, "safetyConfig": {"safetyThreshold": 3.5}}],
         "algorithm": "RANDOM_SEARCH", "measurementSelectionType": "BEST_MEASUREMENT",
         "observationNoise": "LOW", "medianAutomatedStoppingSpec": {"useElapsedDuration": True},
         "parameters": [
             {"parameterId": "lr", "scaleType": "UNIT_LOG_SCALE",
              "doubleValueSpec": {"minValue": 0.001, "maxValue": 1}},
             {"parameterId": "n", "integerValueSpec": {"minValue": "1", "maxValue": 5, "defaultValue": "3"}},
             {"parameterId": "b", "discreteValueSpec": {"values": [16, 32.5]}},
             {"parameterId": "opt", "categoricalValueSpec": {"values": ["adam", "sgd"]},
              "conditionalParameterSpecs": [
                  {"parentCategoricalValues": {"values": ["sgd"]},
                   "parameterSpec": {"parameterId": "m", "doubleValueSpec": {"maxValue": 0.9}}}]}]}
CUSTOM = {"displayName": "agreement", "labels": {"k": "v"}, "jobSpec": SPEC}
TUNING = {"displayName": "agreement", "labels": {"k": "v"}, "studySpec": STUDY, "maxTrialCount": 1,
          "parallelTrialCount": 1, "maxFailedTrialCount": 1, "trialJobSpec": SPEC}
VIZIER = {"displayName": "agreement", "studySpec": STUDY}
# Collection, a good document, its message, and what only the service sets.
KINDS = [("customJobs", CUSTOM, aiplatform_v1.CustomJob),
         ("hyperparameterTuningJobs", TUNING, aiplatform_v1.HyperparameterTuningJob),
         ("studies", VIZIER, aiplatform_v1.Study)]
OUTPUT_ONLY = ("name", "state", "create_time", "start_time", "end_time", "update_time", "error",
               "web_access_uris", "trials", "satisfies_pzs", "satisfies_pzi", "inactive_reason")
VALUES = [None, 0, 1, 2, 3, -1, 1.0, 1.5, 1e300, 2 ** 31, 2 ** 53 + 1, 2 ** 64, True, False, "",
          "abc", "1", "1.0", "1.5", " 1", "1e0", "0x1", "NaN", "Infinity", "-Infinity", "true", "MINIMIZE", "minimize", "LOW",
          "3s", "3.5s", "1.5000000001s", "-1s", "s", "2026-01-31T10:00:00Z", [], {}, [None], [[]], ["a"], [1],
          {"a": 1}, {"": ""}]


def places(value, path=()):
    """All paths of a JSON value."""
    yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield from places(item, path + (key,))


def changed(document, dice):
    """A copy with one to three changes."""
    document = copy.deepcopy(document)
    for _ in range(dice.choice((1, 1, 1, 2, 3))):
        path = dice.choice([place for place in places(document) if place])
        inside = document
        for key in path[:-1]:
            inside = inside[key]
        key = path[-1]
        how = dice.randrange(9)
        if how == 0:
            del inside[key]
        elif how == 1 and isinstance(key, str):
            inside[re.sub("[A-Z]", lambda match: "_" + match.group().lower(), key)] = inside.pop(key)
        elif how == 2 and isinstance(inside, dict):
            inside[dice.choice(("colour", "Name", "display_name_", "state", "name", "labels", "trials",
                                "createTime", "error"))] = copy.deepcopy(dice.choice(VALUES))
        elif how == 3:
            inside[key] = type(inside[key])() if inside[key] is not None else {}  # zero, or empty
        elif how == 4 and isinstance(inside[key], (int, float)) and not isinstance(inside[key], bool):
            inside[key] = dice.choice((str(inside[key]), float(inside[key])))
        elif how == 5 and isinstance(inside, dict):
            inside[key] = None
        else:
            inside[key] = copy.deepcopy(dice.choice(VALUES))
    return document


def input_of(message):
    """The message without what only the service sets."""
    for field in OUTPUT_ONLY:
        if field in message.DESCRIPTOR.fields_by_name:
            message.ClearField(field)
    return message


def judge(status, answer, document, kind):
    """None, or what is wrong."""
    document = {key: value for key, value in document.items()
                if re.sub("[A-Z]", lambda match: "_" + match.group().lower(), key) not in OUTPUT_ONLY}
    try:
        wanted = input_of(json_format.ParseDict(document, kind.pb()()))
    except (json_format.ParseError, ValueError, TypeError, AttributeError, OverflowError) as error:
        return None if status == 400 else f"protobuf refuses it ({error}), the server answers {status}"
    if status != 200:
        return None if status in (400, 409) else f"the server answers {status}"
    try:
        got = input_of(json_format.ParseDict(answer, kind.pb()()))
    except json_format.ParseError as error:
        return f"the answer cannot be parsed: {error}"
    if got == wanted:
        return None
    got, wanted = ([json.dumps(line) for line in str(message).split("\n")] for message in (got, wanted))
    extra = [line for line in got if line not in wanted][:4]
    lost = [line for line in wanted if line not in got][:4]
    return f"the server shows {extra}, protobuf reads {lost}"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("url")
    parser.add_argument("--count", type=int, default=1500)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("collections", nargs="*", default=[])
    options = parser.parse_args()
    kinds = [kind for kind in KINDS if not options.collections or kind[0] in options.collections]
    dice = random.Random(options.seed)
    session = requests.Session()
    faults, taken = {}, 0
    for number in range(options.count):
        collection, good, kind = kinds[number % len(kinds)]
        document = changed(good, dice) if number >= len(kinds) else copy.deepcopy(good)
        if isinstance(document.get("displayName"), str) and document["displayName"]:
            document["displayName"] = f"agreement-{number}"
        answer = session.post(options.url + PARENT + collection, json.dumps(document),
                              headers={"content-type": "application/json"}, timeout=60)
        taken += answer.status_code == 200
        if fault := judge(answer.status_code, answer.json(), document, kind):
            like = re.sub(r"\d+", "N", fault)[:60]
            faults.setdefault(like, []).append((fault, document, answer.text))
    for group in faults.values():
        fault, document, answer = group[0]
        print(f"FAILED {len(group)} times: {fault}\n    asked:    {json.dumps(document)}\n"
              "    answered: " + re.sub(r"\s+", " ", answer)[:1500])
    failed = sum(map(len, faults.values()))
    print(f"{taken} of {options.count} documents were taken; the seed was {options.seed}")
    print(f"{options.count - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
