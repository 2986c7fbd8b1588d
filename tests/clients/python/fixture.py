"""What the Python tests share: the two layers of Google's library, pointed at $ASSAY_TEST_URL."""

import os
import sys
import time
import uuid

from google.auth.credentials import AnonymousCredentials
from google.cloud import aiplatform, aiplatform_v1, aiplatform_v1beta1

URL = os.environ["ASSAY_TEST_URL"]
PROJECT = "demo"
LOCATION = "us-central1"
PARENT = f"projects/{PROJECT}/locations/{LOCATION}"
TRAINER = [sys.executable, os.path.join(os.path.dirname(os.path.abspath(__file__)), "trainer.py")]
LIMIT_SECONDS = 60

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
