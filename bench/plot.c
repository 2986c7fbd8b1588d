#include "bench/plot.h"

#include <math.h>
#include <stdlib.h>

enum { TICKS_WANTED = 5, TICKS_MAX = 64 };

static const double name_height = 11.5; /* pixels: one line of the names' type */

/* Where a name begins, pixels. */
struct plot_place {
    double x;
    double y;
};

void plot_escape(FILE *out, const char *text)
{
    for (; *text; text++) {
        switch (*text) {
        case '<':
            (void)fputs("&lt;", out);
            break;
        case '>':
            (void)fputs("&gt;", out);
            break;
        case '&':
            (void)fputs("&amp;", out);
            break;
        case '"':
            (void)fputs("&quot;", out);
            break;
        default:
            (void)fputc(*text, out);
        }
    }
}

/* Where on the axis, 0 .. 1; off it at its ends. */
static double share_of(const struct axis *axis, double value)
{
    double share = 0;

    if (axis->is_log)
        share = value > 0 ? log(value / axis->low) / log(axis->high / axis->low) : 0;
    else
        share = (value - axis->low) / (axis->high - axis->low);
    return share < 0 ? 0 : (share > 1 ? 1 : share);
}

static double place_x(const struct plot *plot, double value)
{
    return plot->left + share_of(&plot->x, value) * (plot->width - plot->left - plot->right);
}

static double place_y(const struct plot *plot, double value)
{
    return plot->height - plot->bottom -
           share_of(&plot->y, value) * (plot->height - plot->top - plot->bottom);
}

/* 1, 2 or 5 times a power of ten, about TICKS_WANTED of them. */
static double tick_step(double range)
{
    double rough = range / TICKS_WANTED;
    double power = pow(10, floor(log10(rough)));
    double digit = rough / power;

    return power * (digit < 1.5 ? 1 : (digit < 3.5 ? 2 : (digit < 7.5 ? 5 : 10)));
}

static size_t linear_ticks(const struct axis *axis, double *ticks)
{
    double low = axis->low < axis->high ? axis->low : axis->high;
    double high = axis->low < axis->high ? axis->high : axis->low;
    double step = tick_step(high - low);
    size_t count = 0;

    for (double i = ceil(low / step - 1e-9); i * step <= high + 1e-9 * step; i++)
        if (count < TICKS_MAX)
            ticks[count++] = i * step;
    return count;
}

/* Powers of ten; where they are few, 2 and 5 times them as well; where they are many, some. */
static size_t log_ticks(const struct axis *axis, double *ticks)
{
    static const double digits[] = { 1, 2, 5 };
    double first = floor(log10(axis->low) + 1e-9);
    double decades = log10(axis->high / axis->low);
    double stride = decades > 6 ? 2 : 1;
    size_t digit_count = decades < 1.5 ? 3 : 1;
    size_t count = 0;

    for (double power = first; power <= log10(axis->high) + 1e-9; power += stride)
        for (size_t i = 0; i < digit_count; i++) {
            double tick = digits[i] * pow(10, power);

            if (tick >= axis->low * (1 - 1e-9) && tick <= axis->high * (1 + 1e-9) &&
                count < TICKS_MAX)
                ticks[count++] = tick;
        }
    return count;
}

static size_t axis_ticks(const struct axis *axis, double *ticks)
{
    return axis->is_log ? log_ticks(axis, ticks) : linear_ticks(axis, ticks);
}

/* On an axis of many decades powers of ten with raised digits, else in full. */
static void write_number(FILE *out, const struct axis *axis, double value)
{
    static const char *const raised[] = { "⁰", "¹", "²", "³", "⁴", "⁵", "⁶", "⁷", "⁸", "⁹" };
    bool is_wide = axis->is_log && (axis->low < 0.9e-3 || axis->high > 1.1e4);
    double power = is_wide ? log10(value) : 0;

    if (is_wide && fabs(power - round(power)) < 1e-9 && fabs(power) < 9.5)
        (void)fprintf(out, "10%s%s", power < -0.5 ? "⁻" : "", raised[(size_t)lround(fabs(power))]);
    else
        (void)fprintf(out, "%.6g", fabs(value) < 1e-12 ? 0 : value);
}

static void write_x_axis(const struct plot *plot)
{
    double ticks[TICKS_MAX];
    size_t count = axis_ticks(&plot->x, ticks);
    double bottom = plot->height - plot->bottom;

    for (size_t i = 0; i < count; i++) {
        double x = place_x(plot, ticks[i]);

        (void)fprintf(plot->out, "<path class=grid d='M%.1f %.1fV%.1f'/>", x, bottom, plot->top);
        (void)fprintf(plot->out, "<text x='%.1f' y='%.1f' text-anchor=middle>", x, bottom + 14);
        write_number(plot->out, &plot->x, ticks[i]);
        (void)fputs("</text>", plot->out);
    }
    if (plot->x.label)
        (void)fprintf(plot->out, "<text class=axis x='%.1f' y='%.1f' text-anchor=middle>%s</text>",
                      (plot->left + plot->width - plot->right) / 2, bottom + 30, plot->x.label);
}

static void write_y_axis(const struct plot *plot)
{
    double ticks[TICKS_MAX];
    size_t count = plot->y.label ? axis_ticks(&plot->y, ticks) : 0;
    double middle = (plot->top + plot->height - plot->bottom) / 2;

    for (size_t i = 0; i < count; i++) {
        double y = place_y(plot, ticks[i]);

        (void)fprintf(plot->out, "<path class=grid d='M%.1f %.1fH%.1f'/>", plot->left, y,
                      plot->width - plot->right);
        (void)fprintf(plot->out, "<text x='%.1f' y='%.1f' text-anchor=end>", plot->left - 5,
                      y + 3.5);
        write_number(plot->out, &plot->y, ticks[i]);
        (void)fputs("</text>", plot->out);
    }
    if (plot->y.label)
        (void)fprintf(plot->out,
                      "<text class=axis transform='translate(11 %.1f)rotate(-90)' "
                      "text-anchor=middle>%s</text>",
                      middle, plot->y.label);
}

void plot_begin(const struct plot *plot, const char *title)
{
    (void)fprintf(plot->out,
                  "<svg viewBox='0 0 %g %g' width='%g' height='%g' role=img aria-label=\"",
                  plot->width, plot->height, plot->width, plot->height);
    plot_escape(plot->out, title);
    (void)fprintf(plot->out, "\"><text class=title x='%.1f' y='14'>", plot->left);
    plot_escape(plot->out, title);
    (void)fputs("</text>", plot->out);
    write_x_axis(plot);
    write_y_axis(plot);
    (void)fprintf(plot->out, "<path class=frame d='M%.1f %.1fV%.1fH%.1f'/>\n", plot->left,
                  plot->top, plot->height - plot->bottom, plot->width - plot->right);
}

void plot_end(const struct plot *plot)
{
    (void)fputs("</svg>\n", plot->out);
}

void plot_arm_begin(const struct plot *plot, const char *arm)
{
    (void)fprintf(plot->out, "<g class='arm a-%s'>", arm);
}

void plot_arm_end(const struct plot *plot)
{
    (void)fputs("</g>\n", plot->out);
}

/* A point of a path; whole runs of equal y would only make the page longer. */
static void write_point(const struct plot *plot, size_t index, double y, bool *has_begun)
{
    (void)fprintf(plot->out, "%s%.1f %.1f", *has_begun ? "L" : "M",
                  place_x(plot, (double)(index + 1)), place_y(plot, y));
    *has_begun = true;
}

static bool is_between_equals(const double *y, size_t index, size_t count)
{
    return index > 0 && index + 1 < count && y[index - 1] == y[index] && y[index] == y[index + 1];
}

void plot_curve(const struct plot *plot, const double *y, size_t count)
{
    bool has_begun = false;

    (void)fputs("<path class=line d='", plot->out);
    for (size_t i = 0; i < count; i++)
        if (isfinite(y[i]) && !is_between_equals(y, i, count))
            write_point(plot, i, y[i], &has_begun);
    (void)fputs("'/>", plot->out);
}

void plot_band(const struct plot *plot, const double *low, const double *high, size_t count)
{
    bool has_begun = false;

    (void)fputs("<path class=band d='", plot->out);
    for (size_t i = 0; i < count; i++)
        if (isfinite(low[i]) && !is_between_equals(low, i, count))
            write_point(plot, i, low[i], &has_begun);
    for (size_t i = count; has_begun && i-- > 0;)
        if (isfinite(low[i]) && !is_between_equals(high, i, count))
            write_point(plot, i, high[i], &has_begun);
    (void)fputs(has_begun ? "Z'/>" : "'/>", plot->out);
}

void plot_dot(const struct plot *plot, double x, double y, double low, double high)
{
    if (low < high)
        (void)fprintf(plot->out, "<path class=whisker d='M%.1f %.1fH%.1f'/>", place_x(plot, low),
                      place_y(plot, y), place_x(plot, high));
    (void)fprintf(plot->out, "<circle class=dot cx='%.1f' cy='%.1f' r='4'/>", place_x(plot, x),
                  place_y(plot, y));
}

void plot_mark_x(const struct plot *plot, double x)
{
    (void)fprintf(plot->out, "<path class=mark d='M%.1f %.1fV%.1f'/>", place_x(plot, x),
                  plot->height - plot->bottom, plot->top);
}

/* Do two names lie over one another? Longer ones than name_width do not occur. */
static bool is_overlapping(const struct plot_place *a, const struct plot_place *b)
{
    const double name_width = 72;

    return fabs(a->y - b->y) < name_height && fabs(a->x - b->x) < name_width;
}

/* A free place near the dot, within the frame: beside it, else higher or lower, step by step. */
static void find_place(struct plot_place *places, size_t index, double lowest)
{
    struct plot_place wanted = places[index];

    for (size_t attempt = 0; attempt <= 2 * index + 1; attempt++) {
        size_t steps = (attempt + 1) / 2;
        bool is_free = false;

        places[index].y = wanted.y + (attempt % 2 ? -1 : 1) * name_height * (double)steps;
        is_free = places[index].y < lowest;
        for (size_t i = 0; i < index; i++)
            is_free = is_free && !is_overlapping(&places[i], &places[index]);
        if (is_free)
            return;
    }
}

void plot_named_dots(const struct plot *plot, const struct plot_named_dot *dots, size_t count)
{
    struct plot_place *places = calloc(count + 1, sizeof *places);

    for (size_t i = 0; places && i < count; i++) {
        double x = place_x(plot, dots[i].x);
        double y = place_y(plot, dots[i].y);

        places[i] = (struct plot_place){ .x = x + 9, .y = y };
        find_place(places, i, plot->height - plot->bottom);
        plot_arm_begin(plot, dots[i].arm);
        plot_dot(plot, dots[i].x, dots[i].y, 0, 0);
        if (fabs(places[i].y - y) > 1)
            (void)fprintf(plot->out, "<path class=leader d='M%.1f %.1fL%.1f %.1f'/>", x, y,
                          places[i].x - 1, places[i].y);
        (void)fprintf(plot->out, "<text class=name x='%.1f' y='%.1f'>", places[i].x,
                      places[i].y + 3.5);
        plot_escape(plot->out, dots[i].arm);
        (void)fputs("</text>", plot->out);
        plot_arm_end(plot);
    }
    free(places);
}

void plot_text_left(const struct plot *plot, double y, const char *text)
{
    (void)fprintf(plot->out, "<text class=name x='%.1f' y='%.1f' text-anchor=end>", plot->left - 8,
                  place_y(plot, y) + 3.5);
    plot_escape(plot->out, text);
    (void)fputs("</text>", plot->out);
}

/* y in pixels from here on: downwards. */
static int compare_names(const void *a, const void *b)
{
    const struct plot_name *left = a;
    const struct plot_name *right = b;

    return (left->y > right->y) - (left->y < right->y);
}

/*
 * Names in order of height: each pushes the next one down as far as it needs, then, from the bottom
 * up, those that left the frame push back.
 */
static void spread_names(const struct plot *plot, double *places, const struct plot_name *names,
                         size_t count)
{
    double lowest = plot->height - plot->bottom + 4;

    for (size_t i = 0; i < count; i++) {
        places[i] = names[i].y;
        if (i > 0 && places[i] < places[i - 1] + name_height)
            places[i] = places[i - 1] + name_height;
    }
    for (size_t i = count; i-- > 0;) {
        if (places[i] > lowest)
            places[i] = lowest;
        lowest = places[i] - name_height;
    }
}

void plot_names(const struct plot *plot, struct plot_name *names, size_t count)
{
    double *places = calloc(count + 1, sizeof *places);
    double x = plot->width - plot->right;

    if (!places)
        return; /* a figure without names is still a figure */
    for (size_t i = 0; i < count; i++)
        names[i].y = place_y(plot, names[i].y);
    qsort(names, count, sizeof *names, compare_names);
    spread_names(plot, places, names, count);
    for (size_t i = 0; i < count; i++) {
        plot_arm_begin(plot, names[i].arm);
        (void)fprintf(plot->out, "<path class=leader d='M%.1f %.1fL%.1f %.1f'/>", x + 1, names[i].y,
                      x + 9, places[i]);
        (void)fprintf(plot->out, "<text class=name x='%.1f' y='%.1f'>", x + 12, places[i] + 3.5);
        plot_escape(plot->out, names[i].arm);
        (void)fputs("</text>", plot->out);
        plot_arm_end(plot);
    }
    free(places);
}
