"""Trains train.py on a table with Google's own library, as one would in the cloud, to a registered model.

    pipeline.py TABLE.csv

The server is at $ASSAY_ENDPOINT; ./run starts one and this.
"""

import os
import sys

from google.auth.credentials import AnonymousCredentials
from google.cloud import aiplatform, storage

SCRIPT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "train.py")

os.environ["STORAGE_EMULATOR_HOST"] = os.environ["ASSAY_ENDPOINT"]
aiplatform.init(project="demo", location="us-central1", staging_bucket="gs://stage",
                api_endpoint=os.environ["ASSAY_ENDPOINT"], api_transport="rest",
                credentials=AnonymousCredentials())

bucket = storage.Client(project="demo", credentials=AnonymousCredentials()).bucket("stage")
bucket.blob("tables/wine.csv").upload_from_filename(sys.argv[1])
dataset = aiplatform.TabularDataset.create(display_name="wine", gcs_source="gs://stage/tables/wine.csv")

job = aiplatform.CustomTrainingJob(
    display_name="wine", script_path=SCRIPT,
    container_uri="us-docker.pkg.dev/vertex-ai/training/sklearn-cpu.1-0:latest",
    model_serving_container_image_uri="us-docker.pkg.dev/vertex-ai/prediction/sklearn-cpu.1-0:latest")
model = job.run(dataset=dataset, model_display_name="wine", args=["--trees=50"],
                training_fraction_split=0.7, validation_fraction_split=0.15, test_fraction_split=0.15)

print(f"model {model.name} version {model.version_id}, files in {model.uri}")
