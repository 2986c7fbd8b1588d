/*
 * search/sobol.h - Sobol's low-discrepancy sequence, plain and scrambled after Owen.
 *
 * Points are computed from their index alone, in the Gray-code order of Antonov and Saleev (1979).
 * The first 2^m points, and every aligned block of as many, fill space evenly; scrambling keeps
 * that and makes each point uniform by itself. A struct sobol is immutable: any thread may read it.
 */
#ifndef SEARCH_SOBOL_H
#define SEARCH_SOBOL_H

#include <stddef.h>
#include <stdint.h>

/* SOBOL_BITS: a coordinate is a 64-bit binary fraction, an index may be any 64-bit number. */
enum { SOBOL_DIMENSIONS = 1024, SOBOL_BITS = 64, SOBOL_INITIALS = 12092 };

/*
 * The tables of sobol_directions.c: of each dimension its primitive polynomial (bit s is the
 * leading one, s the degree), and one after the other the s initial numbers m_1 .. m_s of each.
 * The first dimension has the polynomial 1 and no initial numbers.
 */
extern const uint16_t sobol_polynomials[SOBOL_DIMENSIONS];
extern const uint16_t sobol_initials[SOBOL_INITIALS];

struct sobol; /* opaque: sobol.c */

/* At most SOBOL_DIMENSIONS; may be 0. seed is the scrambling's. NULL for lack of memory. */
struct sobol *sobol_new(size_t dimension, uint64_t seed);
void sobol_free(struct sobol *sobol);

size_t sobol_dimension(const struct sobol *sobol);

/* One coordinate of point index as a 64-bit binary fraction, not scrambled. */
uint64_t sobol_plain(const struct sobol *sobol, uint64_t index, size_t dimension);

/* The same, scrambled, on the multiples of 2^-53 in [0, 1). */
double sobol_unit(const struct sobol *sobol, uint64_t index, size_t dimension);

/*
 * Owen's nested uniform scrambling of a binary fraction: each digit is flipped or not by a hash of
 * the key and all digits before it, one by one for 32 digits. The remaining digits are flipped by
 * one hash of the first 32, which is the same thing for the first 2^32 points: no two of them agree
 * in so many digits.
 */
uint64_t sobol_scramble(uint64_t fraction, uint64_t key);

#endif
