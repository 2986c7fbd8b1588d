"""Studies that tests look at: small, real, quick."""

import json
import os
import time

WAIT_SECONDS = 60

# What a name or a text should not do to a page that shows it.
MARKUP = "<img src=x onerror=\"window.hacked=1\"><script>window.hacked=1</script>"
TURNED = "\u202eright to left \u05e9\u05dc\u05d5\u05dd"
HOSTILE = (MARKUP + TURNED + "🦊" + "w" * 200)[:128]  # as long as a name may be

# Five steps towards a value that depends on the parameters; every fifth trial or so fails.
TRAINER = r"""
import json, os, sys, time
words = dict(word[2:].split('=', 1) for word in sys.argv[1:])
rate, depth = float(words['rate']), int(words['depth'])
print('starting with', words, flush=True)
if depth == 6 and rate > 0.01:
    sys.exit('the loss is not finite')
loss = (rate - 0.003) ** 2 * 1e4 + (depth - 4) ** 2 / 20 + (words['optimizer'] == 'sgd') * 0.3 + 0.1
with open(os.environ['CLOUD_ML_HP_METRIC_FILE'], 'a') as metrics:
    for step in range(1, 6):
        now = loss * (1 + 2 / step)
        print(f'step {step}: loss {now:.4f}', flush=True)
        metrics.write(json.dumps({'loss': now, 'step': step}) + '\n')
        metrics.flush()
        time.sleep(float(os.environ.get('PAUSE', 0)))
os.makedirs(os.environ['AIP_MODEL_DIR'], exist_ok=True)
with open(os.path.join(os.environ['AIP_MODEL_DIR'], 'model.json'), 'w') as model:
    json.dump(words, model)
"""

PARAMETERS = [
    {"parameterId": "rate", "scaleType": "UNIT_LOG_SCALE", "doubleValueSpec": {"minValue": 1e-4, "maxValue": 0.1}},
    {"parameterId": "depth", "integerValueSpec": {"minValue": 2, "maxValue": 6}},
    {"parameterId": "optimizer", "categoricalValueSpec": {"values": ["adam", "sgd"]}},
]


def document(name="tuned", trials=12, parallel=4, pause=0, trainer=TRAINER, parameters=None, metrics=None, **assay):
    """A HyperparameterTuningJob that runs `trainer` with the system's Python."""
    return {
        "displayName": name, "maxTrialCount": trials, "parallelTrialCount": parallel, "maxFailedTrialCount": trials,
        "studySpec": {"metrics": metrics or [{"metricId": "loss", "goal": "MINIMIZE"}],
                      "parameters": parameters or PARAMETERS},
        "trialJobSpec": {"workerPoolSpecs": [{"containerSpec": {
            "imageUri": "host:", "command": ["/usr/bin/python3", "-c", trainer],
            "env": [{"name": "PAUSE", "value": str(pause)}]}}]},
        "assay": {"seed": 1, "algorithm": "random", **assay},
    }


def submit_source(service, source, folder):
    status, job = service.ask("POST", "/assay/v1/jobs", {"source": source, "sourceDir": folder})
    assert status == 200, job
    return job["id"]


def submit(service, wanted):
    return submit_source(service, json.dumps(wanted), service.folder)


def wait(service, job, seconds=WAIT_SECONDS):
    """The job, once it has ended."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        _, found = service.ask("GET", f"/assay/v1/jobs/{job}")
        if found.get("endTime"):
            return found
        time.sleep(0.1)
    raise AssertionError(f"job {job} does not end: {found}")


def run(service, wanted):
    job = submit(service, wanted)
    wait(service, job)
    return job


def wait_for_log(service, job, trial, text):
    """Until the trial has printed `text`."""
    end = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < end:
        _, said, _ = service.exchange("GET", f"/assay/v1/jobs/{job}/trials/{trial}/logs")
        if text in said:
            return
        time.sleep(0.1)
    raise AssertionError(f"trial {trial} of {job} does not print {text}")


def is_running(words):
    """Whether a process has these words, each ended by NUL but the last, in its command line."""
    for name in os.listdir("/proc"):
        try:
            with open(f"/proc/{name}/cmdline", encoding="utf-8", errors="replace") as file:
                if name.isdigit() and words in file.read():
                    return True
        except OSError:
            pass
    return False


def comes_true(is_so, seconds=10):
    """Whether it becomes so in time."""
    end = time.monotonic() + seconds
    while not is_so() and time.monotonic() < end:
        time.sleep(0.05)
    return is_so()
