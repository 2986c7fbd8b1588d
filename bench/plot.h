/*
 * bench/plot.h - a figure as inline SVG: a frame with axes, and in it curves, bands and points,
 * each arm with its colour and its name beside it.
 *
 * Colours come from the page's style sheet by the class "a-NAME" of an arm, so a figure follows the
 * reader's light or dark scheme. Errors of the stream stay with the stream.
 */
#ifndef BENCH_PLOT_H
#define BENCH_PLOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct axis {
    const char *label;
    double low, high; /* data values at the ends; low at the left or bottom, also when larger */
    bool is_log;
};

struct plot {
    FILE *out;
    double width, height;            /* of the whole, pixels */
    double left, right, top, bottom; /* margins */
    struct axis x, y;
};

/* The frame, its grid and ticks. title stands above it and names it to screen readers. */
void plot_begin(const struct plot *plot, const char *title);
void plot_end(const struct plot *plot);

/* What belongs to an arm stands between these two. */
void plot_arm_begin(const struct plot *plot, const char *arm);
void plot_arm_end(const struct plot *plot);

/* y[i] at x = i + 1; values off the axis are drawn on its edge, those that are not finite left out.
 */
void plot_curve(const struct plot *plot, const double *y, size_t count);
void plot_band(const struct plot *plot, const double *low, const double *high, size_t count);

/* A dot, with whiskers along x where low < high. */
void plot_dot(const struct plot *plot, double x, double y, double low, double high);

/* A line across the frame at x. */
void plot_mark_x(const struct plot *plot, double x);

/* Dots with their names beside them, moved where they would overlap. */
struct plot_named_dot {
    const char *arm;
    double x;
    double y;
};
void plot_named_dots(const struct plot *plot, const struct plot_named_dot *dots, size_t count);

/* A text left of the frame, at the height of y. */
void plot_text_left(const struct plot *plot, double y, const char *text);

/* Names right of the frame, as near to their values as they can stand without overlap. y is in data
 * units. */
struct plot_name {
    const char *arm;
    double y;
};
void plot_names(const struct plot *plot, struct plot_name *names, size_t count);

/* Text with what HTML and SVG need escaped. */
void plot_escape(FILE *out, const char *text);

#endif
