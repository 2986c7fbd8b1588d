"""Judges recorded answers by Google's own generated types.

    decode.py [--every-method] RECORDING        (in the Python environment of the clients)

Each answer is read as the message that the service documents for its method and path, with unknown
members forbidden, and written again by protobuf. What it writes must be what was answered: so the
names are lowerCamelCase, zeros are left out, int64 are strings, enums are numbers or names as asked,
times are in their canonical form, and nothing is null. Operations must carry the types that
their method documents. Errors must be google.rpc.Status, their details known types of google.rpc.
Prints each kind of fault with an example; status 1 when there is one. With --every-method a method
of the table without a good answer in the recording is a fault, too. Answers of the storage API are
decode_storage.py's.
"""

import json
import re
import sys
import urllib.parse

from google.cloud import aiplatform_v1, aiplatform_v1beta1
from google.cloud.location import locations_pb2
from google.longrunning import operations_pb2
from google.protobuf import empty_pb2, json_format
from google.rpc import error_details_pb2, status_pb2  # noqa: F401  (Any needs the details' types)

import decode_storage

# Method, path after the location (* is one segment), message of a good answer, and in an operation
# the messages of its metadata and of its response.
ANSWERS = """
GET     *                                                   google.cloud.location.Location
POST    customJobs                                          CustomJob
GET     customJobs/*                                        CustomJob
GET     customJobs                                          ListCustomJobsResponse
DELETE  customJobs/*                                        google.longrunning.Operation  DeleteOperationMetadata google.protobuf.Empty
POST    customJobs/*:cancel                                 google.protobuf.Empty
POST    hyperparameterTuningJobs                            HyperparameterTuningJob
GET     hyperparameterTuningJobs/*                          HyperparameterTuningJob
GET     hyperparameterTuningJobs                            ListHyperparameterTuningJobsResponse
DELETE  hyperparameterTuningJobs/*                          google.longrunning.Operation  DeleteOperationMetadata google.protobuf.Empty
POST    hyperparameterTuningJobs/*:cancel                   google.protobuf.Empty
POST    studies                                             Study
GET     studies/*                                           Study
GET     studies                                             ListStudiesResponse
DELETE  studies/*                                           google.protobuf.Empty
POST    studies:lookup                                      Study
POST    studies/*/trials:suggest                            google.longrunning.Operation  SuggestTrialsMetadata SuggestTrialsResponse
POST    studies/*/trials                                    Trial
GET     studies/*/trials/*                                  Trial
GET     studies/*/trials                                    ListTrialsResponse
POST    studies/*/trials/*:addTrialMeasurement              Trial
POST    studies/*/trials/*:complete                         Trial
DELETE  studies/*/trials/*                                  google.protobuf.Empty
POST    studies/*/trials/*:checkTrialEarlyStoppingState     google.longrunning.Operation  CheckTrialEarlyStoppingStateMetatdata CheckTrialEarlyStoppingStateResponse
POST    studies/*/trials/*:stop                             Trial
POST    studies/*/trials:listOptimalTrials                  ListOptimalTrialsResponse
POST    trainingPipelines                                   TrainingPipeline
GET     trainingPipelines/*                                 TrainingPipeline
GET     trainingPipelines                                   ListTrainingPipelinesResponse
DELETE  trainingPipelines/*                                 google.longrunning.Operation  DeleteOperationMetadata google.protobuf.Empty
POST    trainingPipelines/*:cancel                          google.protobuf.Empty
POST    models:upload                                       google.longrunning.Operation  UploadModelOperationMetadata UploadModelResponse
POST    models:copy                                         google.longrunning.Operation  CopyModelOperationMetadata CopyModelResponse
GET     models/*                                            Model
GET     models                                              ListModelsResponse
PATCH   models/*                                            Model
DELETE  models/*                                            google.longrunning.Operation  DeleteOperationMetadata google.protobuf.Empty
POST    models/*:export                                     google.longrunning.Operation  ExportModelOperationMetadata ExportModelResponse
GET     models/*:listVersions                               ListModelVersionsResponse
GET     models/*:listCheckpoints                            ListModelVersionCheckpointsResponse
GET     models/*/evaluations                                ListModelEvaluationsResponse
DELETE  models/*:deleteVersion                              google.longrunning.Operation  DeleteOperationMetadata google.protobuf.Empty
POST    models/*:mergeVersionAliases                        Model
POST    datasets                                            google.longrunning.Operation  CreateDatasetOperationMetadata Dataset
GET     datasets/*                                          Dataset
GET     datasets                                            ListDatasetsResponse
PATCH   datasets/*                                          Dataset
DELETE  datasets/*                                          google.longrunning.Operation  DeleteOperationMetadata google.protobuf.Empty
POST    datasets/*:import                                   google.longrunning.Operation  ImportDataOperationMetadata ImportDataResponse
POST    datasets/*:export                                   google.longrunning.Operation  ExportDataOperationMetadata ExportDataResponse
GET     datasets/*/dataItems                                ListDataItemsResponse
GET     datasets/*:searchDataItems                          SearchDataItemsResponse
GET     datasets/*/dataItems/*/annotations                  ListAnnotationsResponse
GET     datasets/*/annotationSpecs/*                        AnnotationSpec
GET     datasets/*/savedQueries                             ListSavedQueriesResponse
DELETE  datasets/*/savedQueries/*                           google.longrunning.Operation  DeleteOperationMetadata google.protobuf.Empty
GET     **operations/*                                      google.longrunning.Operation
GET     **operations                                        google.longrunning.ListOperationsResponse
POST    **operations/*:wait                                 google.longrunning.Operation
POST    **operations/*:cancel                               google.protobuf.Empty
DELETE  **operations/*                                      google.protobuf.Empty
"""
# Operations are done at once here, so that none can be cancelled.
NEVER_GOOD = "POST **operations/*:cancel"
PLAIN = {"google.cloud.location.Location": locations_pb2.Location,
         "google.longrunning.Operation": operations_pb2.Operation,
         "google.longrunning.ListOperationsResponse": operations_pb2.ListOperationsResponse,
         "google.protobuf.Empty": empty_pb2.Empty}
LOCATION = re.compile(r"/(v1|v1beta1|ui)/projects/[^/]+/locations/[^/]+(?:/(.*))?$")
# HTTP status of each google.rpc.Code. 401 is not among them: clients do not show it (docs/clients.md).
STATUSES = {"CANCELLED": 499, "UNKNOWN": 500, "INVALID_ARGUMENT": 400, "FAILED_PRECONDITION": 400, "OUT_OF_RANGE": 400,
            "PERMISSION_DENIED": 403, "NOT_FOUND": 404, "ALREADY_EXISTS": 409, "ABORTED": 409,
            "RESOURCE_EXHAUSTED": 429, "INTERNAL": 500, "UNIMPLEMENTED": 501, "UNAVAILABLE": 503,
            "DEADLINE_EXCEEDED": 504}
# What HTTP itself refuses: a body, path, encoding or header that is not read at all.
OF_HTTP = (413, 414, 415, 431)


def patterns():
    for line in ANSWERS.strip().split("\n"):
        method, path, message, *inside = line.split()
        if path == "*":
            path = ""  # the location itself
        shape = re.escape(path).replace(r"\*\*", "(?:.*/)?").replace(r"\*", "[^/:]+")
        yield method, re.compile(shape + "$"), message, inside, f"{method} {line.split()[1]}"


PATTERNS = list(patterns())
seen_methods = set()  # lines of the table that had a good answer


def message_of(method, path):
    """(an empty protobuf message for the answer, full names of the types inside it), or (None, []) where
    the table has none."""
    match = LOCATION.match(path)
    if not match:
        return None, []
    is_beta = match.group(1) == "v1beta1"
    package = aiplatform_v1beta1 if is_beta else aiplatform_v1
    for wanted, shape, name, inside, line in PATTERNS:
        if wanted == method and shape.match(match.group(2) or ""):
            seen_methods.add(line)
            message = PLAIN[name]() if name in PLAIN else getattr(package, name).pb()()
            prefix = "google.cloud.aiplatform.v1beta1." if is_beta else "google.cloud.aiplatform.v1."
            return message, [one if "." in one else prefix + one for one in inside]
    return None, []


def wrong_types(operation, inside):
    """What is wrong with the types that an operation of a method carries, or None."""
    if not inside:
        return None
    found = [operation.metadata.TypeName()]
    if operation.done and not operation.HasField("error"):
        found.append(operation.response.TypeName())
    return None if found == inside[:len(found)] else f"it carries {found}, not {inside}"


def different(given, again, path=""):
    """The first place where two JSON values differ, as text; None where they are alike."""
    if isinstance(given, dict) and isinstance(again, dict):
        for key in sorted(given.keys() | again.keys()):
            if key not in again:
                return f"{path}.{key} = {json.dumps(given[key])[:200]} should not be there in this form"
            if key not in given:
                return f"{path}.{key} should be there: {json.dumps(again[key])[:200]}"
            if fault := different(given[key], again[key], f"{path}.{key}"):
                return fault
        return None
    if isinstance(given, list) and isinstance(again, list) and len(given) == len(again):
        for index, pair in enumerate(zip(given, again)):
            if fault := different(*pair, f"{path}[{index}]"):
                return fault
        return None
    if given == again and isinstance(given, str) == isinstance(again, str):
        return None
    return f"{path} is {json.dumps(given)[:200]}, and protobuf writes {json.dumps(again)[:200]}"


def details_inside(value, path=""):
    """Where an `error` inside a good answer has details, which clients cannot decode."""
    if isinstance(value, dict):
        if isinstance(value.get("error"), dict) and "details" in value["error"]:
            return path + ".error.details"
        value = {f".{key}": item for key, item in value.items()}
    elif isinstance(value, list):
        value = {f"[{index}]": item for index, item in enumerate(value)}
    else:
        return None
    return next(filter(None, (details_inside(item, path + key) for key, item in value.items())), None)


def judge_good(exchange, method, path, query):
    message, inside = message_of(method, path)
    if message is None:
        return "the table of messages does not know this method and path"
    try:
        answer = json.loads(exchange["answer"])
        json_format.ParseDict(answer, message, ignore_unknown_fields=False)
    except (ValueError, json_format.ParseError) as error:
        return f"no {message.DESCRIPTOR.full_name}: {error}"
    as_numbers = any("enum-encoding=int" in value for value in query.get("$alt", []))
    again = json_format.MessageToDict(message, use_integers_for_enums=as_numbers)
    if fault := different(answer, again):
        return fault
    if fault := details_inside(answer):
        return f"{fault} is there"
    return wrong_types(message, inside)


def judge_bad(exchange):
    try:
        answer = json.loads(exchange["answer"])
        error = answer["error"]
        if set(answer) != {"error"} or not set(error) <= {"code", "message", "status", "details"}:
            return "the error has other members than code, message, status and details"
        if error["code"] != exchange["status"]:
            return f"HTTP status {exchange['status']}, code {error['code']}"
        if STATUSES.get(error["status"]) != exchange["status"] and exchange["status"] not in OF_HTTP:
            return f"HTTP status {exchange['status']}, status {error['status']}"
        if not isinstance(error["message"], str) or not error["message"]:
            return "the error has no message"
        status = {key: value for key, value in error.items() if key != "status"}  # which only REST has
        read = json_format.ParseDict(status, status_pb2.Status(), ignore_unknown_fields=False)
        if fault := different(status, json_format.MessageToDict(read)):
            return fault
    except (ValueError, KeyError, TypeError, json_format.ParseError) as fault:
        return f"no google.rpc.Status: {fault!r}"
    return None


def is_googles(exchange):
    """Whether the answer has a body, and Google a type for it: our own paths and streams are ours."""
    path = exchange["target"].split("?")[0]
    is_stream = path.endswith(":watch") and exchange["status"] < 400
    return exchange["method"] not in ("HEAD", "OPTIONS") and not path.startswith("/assay/") and not is_stream


def judge(exchange):
    """None, or what is wrong with an answer."""
    target = urllib.parse.urlsplit(exchange["target"])
    if decode_storage.is_storage(target.path):
        return decode_storage.judge(exchange)
    if not exchange["headers"].get("content-type", "").startswith("application/json"):
        return f"content-type {exchange['headers'].get('content-type')}"
    if exchange["status"] >= 400:
        return judge_bad(exchange)
    # Google's clients may tunnel a method through POST.
    method = exchange.get("requestHeaders", {}).get("x-http-method-override", exchange["method"])
    return judge_good(exchange, method, target.path, urllib.parse.parse_qs(target.query))


def main():
    kinds, faults = set(), {}
    with open(sys.argv[-1], encoding="utf-8") as file:
        exchanges = list(filter(is_googles, map(json.loads, file)))
    for exchange in exchanges:
        path = exchange["target"].split("?")[0]
        kind = exchange["method"] + " " + re.sub(r"[0-9]{3,}|(?<=trials/)\d+", "N", path)
        kinds.add(kind)
        if fault := judge(exchange):
            like = re.sub(r"\d+", "N", f"{kind} {exchange['status']} {fault}")
            faults.setdefault(like, []).append((exchange, fault))
    for group in faults.values():
        exchange, fault = group[0]
        print(f"FAILED {len(group)} times: {exchange['method']} {exchange['target']} answers "
              f"{exchange['status']}: {fault}\n    asked:    {exchange['request'][:1500]}\n"
              f"    answered: {exchange['answer'][:1500]}")
    count = sum(map(len, faults.values()))
    if "--every-method" in sys.argv:
        for line in [line for *_, line in PATTERNS if line not in seen_methods | {NEVER_GOOD}]:
            print(f"FAILED: no good answer to {line} was seen")
            count += 1
    print(f"{len(exchanges)} answers decoded strictly, {count} faults, {len(kinds)} kinds of request")
    return 1 if count or not exchanges else 0


if __name__ == "__main__":
    sys.exit(main())
