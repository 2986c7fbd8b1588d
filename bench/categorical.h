/*
 * bench/categorical.h - the combinatorial problems of suite S3, one file per formula.
 *
 * Each function makes one instance and finds its optimum by itself: by enumeration that cuts off
 * what cannot win, or by dynamic programming. NULL for lack of memory.
 */
#ifndef BENCH_CATEGORICAL_H
#define BENCH_CATEGORICAL_H

#include "bench/problem.h"

/* Where along a chain of stages to act: yes or no, at a cost (categorical_contamination.c). */
struct problem *contamination_problem(size_t stages, unsigned instance);

/* With which of four pesticides, or none (categorical_pest.c). */
struct problem *pest_problem(size_t stages, unsigned instance);

/* Which couplings of an Ising model can be left out (categorical_ising.c): 17 yes or no. */
struct problem *ising_problem(unsigned instance);

/* Which of three Ising models to take each coupling from: 12 x 3. */
struct problem *centroid_problem(unsigned instance);

/* Weighted maximum satisfiability, three variables to a clause (categorical_sat.c). */
struct problem *sat_problem(size_t variables, unsigned instance);

/* Kauffman's NK landscape: n letters of an alphabet, each interacting with k others
 * (categorical_nk.c). */
struct problem *nk_problem(size_t n, size_t k, size_t letters, unsigned instance);

/* A BBOB function on a grid (categorical_levels.c) whose levels are DISCRETE numbers, or
 * CATEGORICAL labels that say nothing about their order. */
struct problem *levels_problem(unsigned function, size_t n, size_t levels, bool is_labelled,
                               unsigned instance);

/* count CATEGORICALs "x1" … with values "a", "b" …: letters of them. NULL for lack of memory. */
struct search_space *letter_space(size_t count, size_t letters);

#endif
