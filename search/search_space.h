/*
 * search/search_space.h - parameter specs, the space they span, and points in it.
 *
 * A search space is the flattened tree of parameter specs: parents stand before their children,
 * siblings in the order of the document. A *point* is an array of param_count doubles, one per
 * spec: the value of a DOUBLE, INTEGER or DISCRETE parameter, the index of the category of a
 * CATEGORICAL one, NaN for a parameter that is inactive because its parent's value does not select
 * it. Immutable once built; any thread may read it.
 */
#ifndef SEARCH_SEARCH_SPACE_H
#define SEARCH_SEARCH_SPACE_H

#include "assay/error.h"
#include "search/param_spec.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct search_space {
    size_t param_count;
    struct param_spec *params;
    size_t capacity;
};

struct search_space *search_space_new(void); /* NULL for lack of memory */
void search_space_free(struct search_space *space);

/*
 * Appends a spec (its parent must be in already) and returns its index, or -1 for lack of memory.
 * Takes what *spec points to, also on failure. Conditions that are within 1e-10 of a number of a
 * DISCRETE parent become that number, as the API matches them.
 */
int search_space_add(struct search_space *space, const struct param_spec *spec);

/*
 * Adds every fault of the space: all rules of a StudySpec's parameters (names, ranges, lists,
 * scales, defaults, conditions, names that clash because both can be active in one trial).
 * Field paths end as the API's do: "….double_value_spec", "….scale_type",
 * "….conditional_parameter_specs[j]" (of a child, whose own path goes on ".parameter_spec").
 * What the records cannot hold (no parameter at all, no value spec, a condition of the wrong kind)
 * is their reader's to find. The other functions of this header need a space that has none.
 */
void search_space_check(const struct search_space *space, struct assay_faults *faults);

/* Given the values of the specs before it in the point, is params[index] active? */
bool search_space_is_active(const struct search_space *space, const double *point, size_t index);

/* Every active value legal, every inactive one NaN, none missing. */
bool search_space_is_legal(const struct search_space *space, const double *point);

/*
 * The unit cube: one coordinate in [0, 1] per spec, as param_spec_decode() reads it. Decodes
 * unit[0 .. param_count-1] into point, parents first, leaving inactive parameters NaN, whatever
 * their coordinate; they encode as NaN. unit and point may be the same array.
 */
void search_space_decode(const struct search_space *space, const double *unit, double *point);
void search_space_encode(const struct search_space *space, const double *point, double *unit);

/*
 * Gives a legal point the values of fixed (param_count; NaN: free) where these parameters are
 * active. What turns inactive by that is NaN, what turns active takes its value from unit(), a
 * coordinate in [0, 1].
 */
typedef double (*search_unit_fn)(const void *context, size_t index);
void search_space_fix(const struct search_space *space, const double *fixed, search_unit_fn unit,
                      const void *context, double *point);

/*
 * The point that a tuner tries first: each default, else the middle of the unit interval.
 */
void search_space_first_point(const struct search_space *space, double *point);

#endif
