#!/usr/bin/env python3
"""Makes sobol_scipy.txt: unscrambled points of another program, scipy.stats.qmc.Sobol.

Lines of index, dimension (both from 0) and the coordinate as a 32-bit binary fraction in hex.
"""
from scipy.stats import qmc

print("# scipy.stats.qmc.Sobol(1024, scramble=False, bits=32): index, dimension, coordinate")
points = qmc.Sobol(1024, scramble=False, bits=32).random(4096)
for index in list(range(1, 17)) + [100, 1000, 2047, 2048, 4095]:
    for dimension in list(range(0, 40)) + list(range(40, 1024, 41)) + [1022, 1023]:
        print(index, dimension, "%08x" % int(points[index][dimension] * 2**32))
