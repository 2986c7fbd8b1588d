#!/usr/bin/env python3
"""Makes sobol_directions.c from SciPy's copy of Joe and Kuo's direction numbers.

usage: sobol_directions.py .../scipy/stats/_sobol_direction_numbers.npz > sobol_directions.c

The archive holds new-joe-kuo-6.21201: `poly`, the primitive polynomial of each dimension with its
leading and trailing bit, and `vinit`, its initial numbers m_1 .. m_s. Needs Python alone: the two
arrays are simple enough to be read without NumPy.
"""
import ast
import struct
import sys
import zipfile

DIMENSIONS = 1024

HEAD = """\
/*
 * search/sobol_directions.c - the direction numbers of Sobol's sequence; see sobol.h.
 *
 * Written by sobol_directions.py: do not edit. The numbers are the first %d dimensions of the set
 * new-joe-kuo-6.21201 of S. Joe and F. Y. Kuo, "Constructing Sobol sequences with better
 * two-dimensional projections", SIAM J. Sci. Comput. 30 (2008), 2635-2654, and come under this
 * licence:
 *
 * Copyright (c) 2008, Frances Y. Kuo and Stephen Joe
 * All rights reserved.
 *
 * Redistribution and use in source and binary forms, with or without modification, are permitted
 * provided that the following conditions are met:
 *
 * - Redistributions of source code must retain the above copyright notice, this list of conditions
 *   and the following disclaimer.
 *
 * - Redistributions in binary form must reproduce the above copyright notice, this list of
 *   conditions and the following disclaimer in the documentation and/or other materials provided
 *   with the distribution.
 *
 * - Neither the names of the copyright holders nor the names of the University of New South Wales
 *   and the University of Waikato and its contributors may be used to endorse or promote products
 *   derived from this software without specific prior written permission.
 *
 * THIS SOFTWARE IS PROVIDED BY THE COPYRIGHT HOLDERS ``AS IS'' AND ANY EXPRESS OR IMPLIED
 * WARRANTIES, INCLUDING, BUT NOT LIMITED TO, THE IMPLIED WARRANTIES OF MERCHANTABILITY AND FITNESS
 * FOR A PARTICULAR PURPOSE ARE DISCLAIMED. IN NO EVENT SHALL THE COPYRIGHT HOLDERS BE LIABLE FOR
 * ANY DIRECT, INDIRECT, INCIDENTAL, SPECIAL, EXEMPLARY, OR CONSEQUENTIAL DAMAGES (INCLUDING, BUT
 * NOT LIMITED TO, PROCUREMENT OF SUBSTITUTE GOODS OR SERVICES; LOSS OF USE, DATA, OR PROFITS; OR
 * BUSINESS INTERRUPTION) HOWEVER CAUSED AND ON ANY THEORY OF LIABILITY, WHETHER IN CONTRACT, STRICT
 * LIABILITY, OR TORT (INCLUDING NEGLIGENCE OR OTHERWISE) ARISING IN ANY WAY OUT OF THE USE OF THIS
 * SOFTWARE, EVEN IF ADVISED OF THE POSSIBILITY OF SUCH DAMAGE.
 */
#include "search/sobol.h"

/* clang-format off */
""" % DIMENSIONS


def load(archive, name):
    """The shape and the flat integers, row-major, of one array of the archive."""
    data = archive.read(name + ".npy")
    size = struct.unpack("<H", data[8:10])[0]
    header = ast.literal_eval(data[10:10 + size].decode())
    assert data[:8] == b"\x93NUMPY\x01\x00" and header["descr"] == "<i8", name
    flat = struct.unpack("<%dq" % ((len(data) - 10 - size) // 8), data[10 + size:])
    shape = header["shape"]
    if header["fortran_order"] and len(shape) == 2:
        rows, columns = shape
        flat = [flat[c * rows + r] for r in range(rows) for c in range(columns)]
    return shape, flat


def print_array(declaration, numbers):
    print(declaration + " = {")
    line = "   "
    for number in numbers:
        if len(line) + len(str(number)) + 2 > 100:
            print(line)
            line = "   "
        line += " %d," % number
    print(line)
    print("};")


def main():
    with zipfile.ZipFile(sys.argv[1]) as archive:
        _, polynomials = load(archive, "poly")
        (_, columns), initials = load(archive, "vinit")
    polynomials = polynomials[:DIMENSIONS]
    used = []
    for i, polynomial in enumerate(polynomials):
        degree = polynomial.bit_length() - 1
        used += initials[i * columns:i * columns + degree]
    print(HEAD, end="")
    print_array("const uint16_t sobol_polynomials[SOBOL_DIMENSIONS]", polynomials)
    print()
    print_array("const uint16_t sobol_initials[SOBOL_INITIALS]", used)
    print("/* clang-format on */")
    print("%d initial numbers" % len(used), file=sys.stderr)


main()
