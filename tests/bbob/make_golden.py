#!/usr/bin/env python3
"""Values of the BBOB functions as COCO computes them, for tests/unit/bench/test_bbob.c.

    make_golden.py > golden.csv

Needs PyPI's coco-experiment; tests/bbob/run brings it. Each line holds the function, the dimension,
the instance, and the values at POINTS points that depend on these three only: coordinates are drawn
by splitmix64 (Steele, Lea, Flood 2014), the last OUTSIDE points partly from outside the box.
"""

import cocoex

DIMENSIONS = (2, 3, 5, 10, 20, 40)
INSTANCES = (1, 2, 3)
POINTS, OUTSIDE = 22, 2
MASK = (1 << 64) - 1


def units(seed):
    """Numbers in [0, 1), the same for the same seed."""
    state = seed
    while True:
        state = (state + 0x9E3779B97F4A7C15) & MASK
        x = state
        x = ((x ^ x >> 30) * 0xBF58476D1CE4E5B9) & MASK
        x = ((x ^ x >> 27) * 0x94D049BB133111EB) & MASK
        yield ((x ^ x >> 31) >> 11) * 2.0**-53


def values(function, dimension, instance):
    problem = cocoex.BareProblem("bbob", function, dimension, instance)
    source = units(function * 1000000 + dimension * 1000 + instance)
    for number in range(POINTS):
        edge = 5 if number < POINTS - OUTSIDE else 6
        yield problem([edge * (2 * next(source) - 1) for _ in range(dimension)])


def main():
    print(f"# COCO {cocoex.__version__}: function, dimension, instance, values; see make_golden.py")
    for function in range(1, 25):
        for dimension in DIMENSIONS:
            for instance in INSTANCES:
                row = [repr(float(value)) for value in values(function, dimension, instance)]
                print(f"{function},{dimension},{instance}," + ",".join(row))


if __name__ == "__main__":
    main()
