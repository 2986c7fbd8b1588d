"""What the Python tests share: the two layers of Google's library, pointed at $ASSAY_TEST_URL."""

import concurrent.futures
import functools
import os
import sys
import time
import uuid

from google.auth.credentials import AnonymousCredentials
from google.cloud import aiplatform, aiplatform_v1, aiplatform_v1beta1, storage

URL = os.environ["ASSAY_TEST_URL"]
PROJECT = "demo"
LOCATION = "us-central1"
PARENT = f"projects/{PROJECT}/locations/{LOCATION}"
HERE = os.path.dirname(os.path.abspath(__file__))
TRAINER = [sys.executable, os.path.join(HERE, "trainer.py")]
LIMIT_SECONDS = 60
# Trains with scikit-learn, which Debian's Python has.
CLASSIFIER = os.path.join(HERE, "classify.py")
PYTHON = "/usr/bin/python3"
# The service's prebuilt images: here one's own Python, and a name.
TRAINING_IMAGE = "us-docker.pkg.dev/vertex-ai/training/sklearn-cpu.1-0:latest"
SERVING_IMAGE = "us-docker.pkg.dev/vertex-ai/prediction/sklearn-cpu.1-0:latest"

# Whoever uploads a script, a table or a model's files needs this, too.
os.environ["STORAGE_EMULATOR_HOST"] = URL
# The whole of what a user's program needs.
aiplatform.init(project=PROJECT, location=LOCATION, staging_bucket="gs://stage",
                api_endpoint=URL, api_transport="rest", credentials=AnonymousCredentials())


def connected(client, url=URL, credentials=None):
    """A generated client, as they are what `aiplatform` is built on."""
    return client(credentials=credentials or AnonymousCredentials(), transport="rest",
                  client_options={"api_endpoint": url})


def jobs():
    return connected(aiplatform_v1.JobServiceClient)


def beta_jobs():
    return connected(aiplatform_v1beta1.JobServiceClient)


def vizier():
    return connected(aiplatform_v1.VizierServiceClient)


def beta_vizier():
    return connected(aiplatform_v1beta1.VizierServiceClient)


def pipelines():
    return connected(aiplatform_v1.PipelineServiceClient)


def models():
    return connected(aiplatform_v1.ModelServiceClient)


def datasets():
    return connected(aiplatform_v1.DatasetServiceClient)


def bucket():
    return storage.Client(project=PROJECT, credentials=AnonymousCredentials()).bucket("stage")


def stored(content, suffix=""):
    """The URI of a new file in a folder of its own in the bucket."""
    name = a_name("files") + "/file" + suffix
    bucket().blob(name).upload_from_string(content)
    return f"gs://stage/{name}"


def read(uri):
    """The bytes of a file in the bucket."""
    return bucket().blob(uri.removeprefix("gs://stage/")).download_as_bytes()


def files_below(uri):
    """The URIs of all files in a folder of the bucket."""
    prefix = uri.removeprefix("gs://stage/").rstrip("/") + "/"
    return [f"gs://stage/{blob.name}" for blob in bucket().list_blobs(prefix=prefix)]


def pools(*command):
    """One replica that runs a command straight on this machine."""
    return [{"machine_spec": {"machine_type": "n1-standard-4"}, "replica_count": 1,
             "container_spec": {"image_uri": "host:", "command": list(command)}}]


def a_name(what):
    """A display name that no other test has."""
    return f"{what}-{uuid.uuid4().hex[:8]}"


def violations(exception):
    """The fields that a BadRequest names. Over REST, details are plain dictionaries."""
    return [violation["field"] for detail in exception.details
            if detail["@type"] == "type.googleapis.com/google.rpc.BadRequest"
            for violation in detail["fieldViolations"]]


def until(ask, is_so):
    """What ask() gives as soon as is_so() says so."""
    end = time.monotonic() + LIMIT_SECONDS
    while True:
        found = ask()
        if is_so(found):
            return found
        if time.monotonic() > end:
            raise AssertionError(f"never came true; last seen: {found}")
        time.sleep(0.05)


def all_at_once(case):
    """Decorates a class of tests that begin together: in run() the library sleeps five seconds between two
    questions, which nobody has to wait for one after the other."""
    names = [name for name in vars(case) if name.startswith("test_")]
    started = {}
    set_up = case.setUpClass

    def set_up_and_start():
        set_up()
        pool = concurrent.futures.ThreadPoolExecutor(len(names))
        for name in names:
            started[name] = pool.submit(getattr(case, f"_{name}"), case(name))
        pool.shutdown(wait=False)

    for name in names:
        body = getattr(case, name)
        setattr(case, f"_{name}", body)

        @functools.wraps(body)
        def awaited(_, name=name):
            started[name].result()

        setattr(case, name, awaited)
    case.setUpClass = set_up_and_start
    return case
