"""Tunes the digits classifier with Google's own library, as one would in the cloud.

The server is at $ASSAY_ENDPOINT; ./run starts one and this.
"""

import os

from google.auth.credentials import AnonymousCredentials
from google.cloud import aiplatform
from google.cloud.aiplatform import hyperparameter_tuning as hpt

TRAINER = os.path.abspath(os.path.join(os.path.dirname(__file__), "../digits/train.py"))

aiplatform.init(project="demo", location="us-central1", staging_bucket="gs://stage",
                api_endpoint=os.environ["ASSAY_ENDPOINT"], api_transport="rest",
                credentials=AnonymousCredentials())

train = aiplatform.CustomJob(display_name="digits", worker_pool_specs=[{
    "machine_spec": {"machine_type": "n1-standard-4"},
    "replica_count": 1,
    "container_spec": {"image_uri": "host:", "command": ["/usr/bin/python3", TRAINER]},
}])

job = aiplatform.HyperparameterTuningJob(
    display_name="digits", custom_job=train, metric_spec={"accuracy": "maximize"},
    max_trial_count=12, parallel_trial_count=2, parameter_spec={
        "C": hpt.DoubleParameterSpec(min=0.01, max=1000, scale="log"),
        "gamma": hpt.DoubleParameterSpec(min=1e-5, max=1, scale="log"),
    })
job.run()

best = max(job.trials, key=lambda trial: trial.final_measurement.metrics[0].value)
values = {parameter.parameter_id: parameter.value for parameter in best.parameters}
print(f"best trial {best.id}: {best.final_measurement.metrics[0].value:.4f} with {values}")
