"""Tells the tuner how good it is, as Google's cloudml-hypertune does."""

import json
import os
import time


def report(metric, value, step):
    path = os.environ.get("CLOUD_ML_HP_METRIC_FILE", "/tmp/hypertune/output.metrics")
    line = {metric: str(value), "global_step": str(step), "timestamp": time.time(), "checkpoint_path": "",
            "trial": os.environ.get("CLOUD_ML_TRIAL_ID", "0")}
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "a", encoding="utf-8") as out:
        out.write(json.dumps(line) + "\n")
