"""Gradient descent with momentum through Rosenbrock's valley: how far from its end after so many steps?"""

import argparse
import json
import math
import os
import time


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--steps", type=int, default=100)
    parser.add_argument("--learning-rate", type=float, default=1e-3)
    parser.add_argument("--momentum", type=float, default=0.5)
    flags = parser.parse_args()

    x, y, pace_x, pace_y = -1.2, 1.0, 0.0, 0.0
    for _ in range(flags.steps):
        slope_x = -400 * x * (y - x * x) - 2 * (1 - x)
        slope_y = 200 * (y - x * x)
        # A step too long leaves the valley for good.
        norm = max(1.0, math.hypot(slope_x, slope_y) / 100)
        pace_x = flags.momentum * pace_x - flags.learning_rate * slope_x / norm
        pace_y = flags.momentum * pace_y - flags.learning_rate * slope_y / norm
        x, y = x + pace_x, y + pace_y
    loss = 100 * (y - x * x) ** 2 + (1 - x) ** 2

    # As Google's cloudml-hypertune writes it.
    with open(os.environ["CLOUD_ML_HP_METRIC_FILE"], "a", encoding="utf-8") as out:
        out.write(json.dumps({"loss": str(loss), "global_step": str(flags.steps), "timestamp": time.time(),
                              "trial": os.environ["CLOUD_ML_TRIAL_ID"], "checkpoint_path": ""}) + "\n")
    os.makedirs(os.environ["AIP_MODEL_DIR"], exist_ok=True)
    with open(os.path.join(os.environ["AIP_MODEL_DIR"], "end.json"), "w", encoding="utf-8") as out:
        json.dump({"x": x, "y": y}, out)
    print(f"({x:.3f}, {y:.3f}), loss {loss:.3g}")


if __name__ == "__main__":
    main()
