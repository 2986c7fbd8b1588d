/*
 * search/box_minimize.h - a local minimum of a smooth function in a box.
 *
 * Limited-memory BFGS steps (J. Nocedal 1980) on the variables that are free, projected onto the
 * box (D. P. Bertsekas 1982), shortened until Armijo's condition holds. The same start gives the
 * same end. Any thread may call. Not L-BFGS-B itself: the library that every system has writes to
 * standard output when a line search goes wrong.
 */
#ifndef SEARCH_BOX_MINIMIZE_H
#define SEARCH_BOX_MINIMIZE_H

#include <stddef.h>

/* The value at x[0 .. dimension-1], and its gradient. A value that is not finite is a step too
 * far. */
typedef double (*box_function)(const double *x, double *gradient, void *context);

enum box_answer { BOX_DONE, BOX_NO_START, BOX_NO_MEMORY };

struct box_problem {
    size_t dimension;
    const double *lower, *upper; /* dimension each; may be equal */
    box_function function;
    void *context;
    size_t max_evaluations;
    double gradient_tolerance; /* ends when no component of the projected gradient is larger */
};

/*
 * Starts at x, clipped to the box. BOX_DONE: the best point seen is there, and its value in *value.
 * BOX_NO_START: the start's value is not finite.
 */
enum box_answer box_minimize(const struct box_problem *problem, double *x, double *value);

#endif
