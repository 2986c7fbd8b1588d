#!/usr/bin/env python3
"""pycma: CMA-ES over the box, each coordinate scaled so that a sigma of 0.25 is a quarter of its
range, as its documentation recommends; linear integers, discrete indices and categories are its
integer variables. Its interface works in generations: while some of one are pending, further points
are drawn from the same distribution; the first popsize values that arrive are told together. An
infeasible point is drawn anew, as its own ask_and_eval() does."""

import pipe

INTEGER_CELLS_MAX = 1000


class Axis:
    """One coordinate: a number of cells 0 .. cells - 1, or [0, 1] without any."""

    def __init__(self, parameter):
        self.parameter = parameter
        self.cells = 0
        if parameter.values:
            self.cells = len(parameter.values)
        elif parameter.kind == "integer" and not parameter.is_log:
            cells = parameter.high - parameter.low + 1
            self.cells = cells if cells <= INTEGER_CELLS_MAX else 0

    @property
    def bounds(self):
        return (-0.5, self.cells - 0.5) if self.cells else (0, 1)

    def value(self, place):
        if not self.cells:
            return self.parameter.from_unit(place)
        index = min(max(round(place), 0), self.cells - 1)
        return self.parameter.values[index] if self.parameter.values else self.parameter.low + index


def load():
    import cma

    class Pycma:
        version = cma.__version__

        def __init__(self, study):
            self.axes = [Axis(parameter) for parameter in study.free]
            low, high = zip(*([axis.bounds for axis in self.axes] + [(0, 1)] * self.padding))
            options = {
                "seed": study.seed + 1,  # 0 would mean the clock
                "bounds": [list(low), list(high)],
                "CMA_stds": [b - a for a, b in zip(low, high)],
                "integer_variables": [i for i, axis in enumerate(self.axes) if axis.cells],
                "verbose": -9,
            }
            self.search = cma.CMAEvolutionStrategy(
                [(a + b) / 2 for a, b in zip(low, high)], 0.25, options)
            self.drawn = []
            self.points, self.values = [], []

        @property
        def padding(self):
            """It needs two coordinates."""
            return 1 if len(self.axes) < 2 else 0

        def ask(self):
            if not self.drawn:
                self.drawn = list(self.search.ask())
            point = self.drawn.pop(0)
            return point, {axis.parameter.key: axis.value(place)
                           for axis, place in zip(self.axes, point)}

        def tell(self, point, value):
            if value is None:
                return
            self.points.append(point)
            self.values.append(value)
            if len(self.values) >= self.search.popsize:
                self.search.tell(self.points, self.values)
                self.points, self.values, self.drawn = [], [], []

    return Pycma


pipe.serve("pycma", load)
