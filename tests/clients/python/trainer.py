"""A trainer as users write them: flags by argparse, metrics by Google's cloudml-hypertune."""

import argparse

import hypertune

STEPS = 3


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--lr", type=float, required=True)
    parser.add_argument("--layers", type=int, default=1)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--opt", default="adam")
    parser.add_argument("--momentum", type=float)
    flags = parser.parse_args()
    if (flags.momentum is None) != (flags.opt != "sgd"):
        raise SystemExit("momentum comes with sgd, and with nothing else")
    reporter = hypertune.HyperTune()
    for step in range(1, STEPS + 1):
        loss = (flags.lr - 0.1) ** 2 + flags.layers / 10 + 1 / step
        reporter.report_hyperparameter_tuning_metric("loss", loss, step)
    print(f"loss {loss}")


if __name__ == "__main__":
    main()
