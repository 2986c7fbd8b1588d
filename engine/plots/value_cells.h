/*
 * engine/plots/value_cells.h - how many values are how large, in fixed memory: true points of the
 * empirical distribution function.
 *
 * Values are counted in cells; a cell is all doubles with the same leading bits, as few bits as
 * VALUE_CELLS_MAX cells need. Of each cell the greatest value that came is kept, so that the number
 * of values up to there is exact. Depends on which values were added, not on when. Zeroed is empty;
 * value_cells_clear(). One thread at a time.
 */
#ifndef ENGINE_PLOTS_VALUE_CELLS_H
#define ENGINE_PLOTS_VALUE_CELLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Far more than a chart shows; the search for a value's cell is what adding it costs. */
enum { VALUE_CELLS_MAX = 1024 };

struct value_cell {
    uint64_t place; /* of its doubles in the order of all */
    int64_t count;
    double greatest;
};

struct value_cells {
    struct value_cell *items; /* by place */
    size_t count, capacity;
    int shift; /* of 64 bits so many are left out */
    int64_t total;
};

void value_cells_clear(struct value_cells *cells);

/* value is finite. False for lack of memory: nothing has changed. */
bool value_cells_add(struct value_cells *cells, double value);

/*
 * At most max points of the distribution function, rising: fractions[i] of all values are at most
 * values[i]. The last is 1. Where there are more cells, those nearest to equal fractions. Returns
 * how many.
 */
size_t value_cells_read(const struct value_cells *cells, size_t max, double *values,
                        double *fractions);

#endif
