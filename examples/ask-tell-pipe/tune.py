#!/usr/bin/python3
"""Tunes a function of this process with `assay suggest`, over a pipe: tune.py [ASSAY]."""
import json
import math
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))


def loss(rate, depth):
    return (math.log10(rate) + 1.3) ** 2 + (depth - 4) ** 2 / 10


assay = subprocess.Popen([*(sys.argv[1:] or ["assay"]), "suggest", os.path.join(HERE, "study.yaml")],
                         stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)


def call(**request):
    print(json.dumps(request), file=assay.stdin)
    answer = json.loads(assay.stdout.readline())
    if "error" in answer:
        sys.exit(answer["error"]["message"])
    return answer


while trials := call(ask=1)["trials"]:
    call(tell=[{"id": t["id"], "metrics": {"loss": loss(**t["parameters"])}} for t in trials])
best = call(best=True)["trials"][0]
print(f"trial {best['id']}: loss {best['metrics']['loss']:.4f} at {best['parameters']}")
