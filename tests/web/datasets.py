"""Datasets and pipelines that tests look at: small, real, quick."""

import json
import os
import time

import studies

SCHEMA = "gs://google-cloud-aiplatform/schema"
OWN = "/v1/projects/0/locations/local/datasets"
WRITE = r"""
import os
folder = os.environ['AIP_MODEL_DIR']
os.makedirs(folder, exist_ok=True)
with open(os.path.join(folder, 'model.json'), 'w') as model:
    model.write('{}')
"""


def write_file(service, path, text):
    """An object of gs://data, of text or bytes; returns its URI."""
    file = os.path.join(service.folder, "state", "buckets", "data", path)
    os.makedirs(os.path.dirname(file), exist_ok=True)
    with open(file, "wb") as out:
        out.write(text if isinstance(text, bytes) else text.encode())
    return f"gs://data/{path}"


def finish(service, operation):
    """The operation, once it is done and did not fail."""
    end = time.monotonic() + studies.WAIT_SECONDS
    while not operation.get("done") and time.monotonic() < end:
        time.sleep(0.05)
        _, operation = service.ask("GET", f"/v1/{operation['name']}")
    assert operation.get("done") and "error" not in operation, operation
    return operation


def create(service, name, kind, uris=()):
    """A dataset's id."""
    metadata = {"inputConfig": {"gcsSource": {"uri": list(uris)}}} if uris else None
    status, operation = service.ask("POST", OWN, {
        "displayName": name, "metadataSchemaUri": f"{SCHEMA}/dataset/metadata/{kind}_1.0.0.yaml", "metadata": metadata})
    assert status == 200, operation
    return operation["response"]["name"].rsplit("/", 1)[1]


def table(service, name, rows=100):
    """A table of two files: `use` says training, validation or test, `kind` one of three words, `when` a time."""
    uses = ["training"] * 7 + ["validation"] * 2 + ["test"]
    for part in (0, 1):
        lines = ["size,kind,use,when"]
        lines += [f"{i},{'abc'[i % 3]},{uses[i % 10]},2024-01-01T00:{i // 60:02}:{i % 60:02}Z" for i in range(part, rows, 2)]
        write_file(service, f"{name}-{part}.csv", "\n".join(lines) + "\n")
    return create(service, name, "tabular", [f"gs://data/{name}-*.csv"])


def items(service, name, kind, lines):
    """A dataset of texts or images, each (text or URI, word, use); annotations are in the set `mine`."""
    dataset = create(service, name, kind)
    label = "aiplatform.googleapis.com/"
    member = {"text": "textContent", "image": "imageGcsUri"}[kind]
    uri = write_file(service, f"{kind}-{dataset}.jsonl", "".join(json.dumps({
        member: content,
        "classificationAnnotation": {"displayName": word, "annotationResourceLabels": {label + "annotation_set_name": "mine"}},
        "dataItemResourceLabels": {label + "ml_use": use}}) + "\n" for content, word, use in lines))
    status, operation = service.ask("POST", f"{OWN}/{dataset}:import", {"importConfigs": [{
        "gcsSource": {"uris": [uri]},
        "importSchemaUri": f"{SCHEMA}/dataset/ioformat/{kind}_classification_single_label_io_format_1.0.0.yaml"}]})
    assert status == 200, operation
    finish(service, operation)
    return dataset


def pipeline(service, name, dataset, split=None, tuning=None, trainer=WRITE, model=True):
    """The id of a pipeline that trains on the dataset; tuning: a document of studies.py that it tunes as."""
    out = {"outputUriPrefix": f"gs://data/out/{name}"}
    if tuning:
        inputs = {key: value for key, value in tuning.items() if key not in ("assay", "displayName")}
        inputs["trialJobSpec"]["baseOutputDirectory"] = out
    else:
        pool = {"containerSpec": {"imageUri": "host:", "command": ["/usr/bin/python3", "-c", trainer]}}
        inputs = {"workerPoolSpecs": [pool], "baseOutputDirectory": out}
    task = "hyperparameter_tuning_task" if tuning else "custom_task"
    document = {"displayName": name, "trainingTaskInputs": inputs, "assay": {"seed": 7},
                "trainingTaskDefinition": f"{SCHEMA}/trainingjob/definition/{task}_1.0.0.yaml",
                "inputDataConfig": {"datasetId": dataset, "gcsDestination": {"outputUriPrefix": f"gs://data/split/{name}"},
                                    **(split or {})}}
    if model:
        document["modelToUpload"] = {"displayName": f"{name}-model"}
    return studies.submit(service, document)


def wait_for_pipeline(service, wanted):
    """The pipeline, once it has ended."""
    end = time.monotonic() + studies.WAIT_SECONDS
    while time.monotonic() < end:
        _, found = service.ask("GET", f"/assay/v1/pipelines/{wanted}")
        if found.get("endTime"):
            return found
        time.sleep(0.1)
    raise AssertionError(f"pipeline {wanted} does not end: {found}")
