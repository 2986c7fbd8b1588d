#include "engine/plots/value_cells.h"

#include "engine/array.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void value_cells_clear(struct value_cells *cells)
{
    free(cells->items);
    *cells = (struct value_cells){ 0 };
}

/* The bits of doubles as numbers of the same order: negative ones turned round, positive ones above
 * them. */
static uint64_t place_of(double value)
{
    const uint64_t sign = UINT64_C(1) << 63;
    double plain = value + 0.0; /* -0 becomes 0 */
    uint64_t bits = 0;

    memcpy(&bits, &plain, sizeof bits);
    return bits & sign ? ~bits : bits | sign;
}

/* Where the place is, or would be. */
static size_t find(const struct value_cells *cells, uint64_t place)
{
    size_t low = 0, high = cells->count;

    while (low < high) {
        size_t middle = (low + high) / 2;

        if (cells->items[middle].place < place)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* One bit less: neighbours become one. */
static void coarsen(struct value_cells *cells)
{
    size_t kept = 0;

    cells->shift++;
    for (size_t i = 0; i < cells->count; i++) {
        struct value_cell cell = cells->items[i];

        cell.place >>= 1;
        if (kept > 0 && cells->items[kept - 1].place == cell.place) {
            cells->items[kept - 1].count += cell.count;
            cells->items[kept - 1].greatest = cell.greatest;
        } else {
            cells->items[kept++] = cell;
        }
    }
    cells->count = kept;
}

static bool insert(struct value_cells *cells, size_t at, const struct value_cell *cell)
{
    void *items = cells->items;

    if (!array_make_room(&items, cells->count, &cells->capacity, sizeof *cells->items))
        return false;
    cells->items = items;
    memmove(cells->items + at + 1, cells->items + at, (cells->count - at) * sizeof *cells->items);
    cells->items[at] = *cell;
    cells->count++;
    while (cells->count > VALUE_CELLS_MAX)
        coarsen(cells);
    return true;
}

bool value_cells_add(struct value_cells *cells, double value)
{
    struct value_cell cell = { .place = place_of(value) >> cells->shift,
                               .count = 1,
                               .greatest = value };
    size_t at = find(cells, cell.place);

    if (at < cells->count && cells->items[at].place == cell.place) {
        cells->items[at].count++;
        if (value > cells->items[at].greatest)
            cells->items[at].greatest = value;
    } else if (!insert(cells, at, &cell)) {
        return false;
    }
    cells->total++;
    return true;
}

size_t value_cells_read(const struct value_cells *cells, size_t max, double *values,
                        double *fractions)
{
    size_t count = 0;
    int64_t so_far = 0;
    double last = 0; /* the quantile, 1 .. max, of the last point */

    for (size_t i = 0; i < cells->count; i++) {
        double quantile = 0;

        so_far += cells->items[i].count;
        quantile = floor((double)so_far / (double)cells->total * (double)max);
        if (cells->count > max && quantile <= last)
            continue;
        last = quantile;
        values[count] = cells->items[i].greatest;
        fractions[count++] = (double)so_far / (double)cells->total;
    }
    return count;
}
