/*
 * search/param_spec.h - one parameter: its legal values and their places in the unit interval.
 *
 * A plain record, read by any thread. All functions but param_spec_clear() need a spec in which
 * search_space_check() finds no fault.
 */
#ifndef SEARCH_PARAM_SPEC_H
#define SEARCH_PARAM_SPEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum param_type { PARAM_DOUBLE, PARAM_INTEGER, PARAM_CATEGORICAL, PARAM_DISCRETE };

/* In the order of the API's ScaleType; SCALE_NONE searches like SCALE_LINEAR. */
enum param_scale { SCALE_NONE, SCALE_LINEAR, SCALE_LOG, SCALE_REVERSE_LOG };

enum { PARAM_NO_PARENT = -1, DISCRETE_VALUES_MAX = 1000 };

/* The space that holds it owns all it points to. */
struct param_spec {
    char *id;
    enum param_type type;
    enum param_scale scale;
    double min, max;    /* DOUBLE and INTEGER, both ends inclusive */
    size_t value_count; /* DISCRETE and CATEGORICAL */
    double *numbers;    /* DISCRETE: value_count, increasing */
    char **categories;  /* CATEGORICAL: value_count */
    bool has_default;
    double default_value;   /* as in a point (no such category: NaN); DISCRETE: any number, taken
                               as the nearest value */
    int parent;             /* index in the space, or PARAM_NO_PARENT */
    size_t condition_count; /* of a child: the parent's values (as in a point) that select it; one
                               that the parent does not have: NaN */
    double *conditions;
    char *field; /* path in the document, for faults: "study_spec.parameters[0]"; of a
                    child "….conditional_parameter_specs[j].parameter_spec" */
    int line;
};

/* Frees what a spec points to; for one that was never added to a space. NULL is fine. */
void param_spec_clear(struct param_spec *spec);

/*
 * One coordinate in [0, 1]. DOUBLEs lie by their scale, both ends included; the others own cells.
 * Cells follow the scale, and the first and last value own full ones, for the range is widened by
 * half a step on each side: an INTEGER draw maps through the scale and is rounded to the nearest
 * integer; a DISCRETE draw goes to the value nearest on the scale (between 0.01 and 0.1 on a log
 * scale the border is at 0.0316), since absolute distance would let the gap above a small
 * value dwarf that below it. CATEGORICAL cells are equal.
 *
 * A coordinate is read to the nearest of 2^53 + 1 places k / 2^53, which is what a random draw
 * yields; decoding is monotonic in it (falling nowhere), 0 gives the least and 1 the greatest
 * value. What comes back:
 *
 * - decode(encode(v)) == v, bit for bit, for every v that decode() can yield. These are all
 *   CATEGORICAL values, every INTEGER and DISCRETE value whose cell is at least 2^-53 wide (any
 *   range that does not come near 2^47 steps), the ends of every range, and all DOUBLEs wherever
 *   a place is narrower than the gaps between doubles (all of 0.5 .. 1 on a linear scale).
 * - Any other legal v comes back as the nearest value that decode() can yield: on a linear scale
 *   within 2^-53 (max - min), on a log scale within the factor (max / min)^(2^-53).
 *
 * encode() of the only value of a parameter is 0.5. NaN (inactive) encodes and decodes as NaN.
 */
double param_spec_encode(const struct param_spec *spec, double value);
double param_spec_decode(const struct param_spec *spec, double unit);

/* Is value (as in a point) one that an active parameter may have? NaN is not. */
bool param_spec_is_legal(const struct param_spec *spec, double value);

/* DISCRETE: the index of the number nearest to value, the smaller one of two. */
size_t param_spec_nearest(const struct param_spec *spec, double value);

/* How many values there are; 0 for a DOUBLE, which has no list of them. */
uint64_t param_spec_value_total(const struct param_spec *spec);

/* What a tuner tries first: the default, else the middle of the unit interval. */
double param_spec_first_value(const struct param_spec *spec);

/*
 * The value as text, shortest exact form, categories as they are. value must be active. The result
 * points into buffer (ASSAY_NUMBER_TEXT bytes) or into the spec.
 */
const char *param_spec_value_text(const struct param_spec *spec, double value, char *buffer);

#endif
