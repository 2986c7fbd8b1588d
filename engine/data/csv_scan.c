#include "engine/data/csv_scan.h"

#include <string.h>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

/* What the byte before was, for the first of the next 64: bits of csv_scan.was. */
enum { WAS_FIELD_END = 1, WAS_CLOSING = 2, WAS_CR = 4 };

/* Of 64 bytes: which are this. Bit 0 is the first. */
struct csv_masks {
    uint64_t lf;
    uint64_t cr;
    uint64_t comma;
    uint64_t quote;
};

#if defined(__SSE2__)
static inline uint64_t bytes_like(const __m128i part[4], char byte)
{
    __m128i wanted = _mm_set1_epi8(byte);
    uint64_t mask = 0;

    for (int i = 0; i < 4; i++)
        mask |= (uint64_t)(uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(part[i], wanted)) << (16 * i);
    return mask;
}

static inline void read_masks(const char *text, struct csv_masks *masks)
{
    __m128i part[4];

    memcpy(part, text, sizeof part);
    masks->lf = bytes_like(part, '\n');
    masks->cr = bytes_like(part, '\r');
    masks->comma = bytes_like(part, ',');
    masks->quote = bytes_like(part, '"');
}
#else
static inline void read_masks(const char *text, struct csv_masks *masks)
{
    *masks = (struct csv_masks){ 0 };
    for (int i = 0; i < 64; i++) {
        masks->lf |= (uint64_t)(text[i] == '\n') << i;
        masks->cr |= (uint64_t)(text[i] == '\r') << i;
        masks->comma |= (uint64_t)(text[i] == ',') << i;
        masks->quote |= (uint64_t)(text[i] == '"') << i;
    }
}
#endif

/* Bit i is the parity of the bits 0 .. i. */
static inline uint64_t parity_up_to(uint64_t bits)
{
    for (int step = 1; step < 64; step *= 2)
        bits ^= bits << step;
    return bits;
}

/* The bits below the lowest that is set. */
static inline uint64_t below_lowest(uint64_t bits)
{
    return (bits & -bits) - 1;
}

/* The bits, each one place up; the first by what was before the 64. */
static inline uint64_t behind(uint64_t bits, bool was)
{
    return bits << 1 | (uint64_t)was;
}

/* What the quotes of 64 bytes mean. */
struct csv_quotes {
    uint64_t closing;
    uint64_t hidden_lf; /* line ends inside quotes */
    uint64_t wrong;     /* quotes, and bytes behind them, that are against the rules */
};

/*
 * Takes out of the masks what quotes hide. An opening quote begins a field, or stands behind a
 * closing one: the two are a doubled quote. Behind a closing one the field ends.
 */
static inline struct csv_quotes hide_quoted(struct csv_scan *scan, struct csv_masks *masks)
{
    uint64_t inside = parity_up_to(masks->quote) ^ (scan->is_quoted ? ~(uint64_t)0 : 0);
    struct csv_quotes quotes = { .closing = masks->quote & ~inside,
                                 .hidden_lf = masks->lf & inside };
    uint64_t ends = 0;

    masks->lf &= ~inside;
    masks->cr &= ~inside;
    masks->comma &= ~inside;
    ends = masks->lf | masks->comma;
    quotes.wrong = masks->quote & inside &
                   ~behind(ends | quotes.closing, scan->was & (WAS_FIELD_END | WAS_CLOSING));
    quotes.wrong |=
        behind(quotes.closing, scan->was & WAS_CLOSING) & ~(ends | masks->cr | masks->quote);
    scan->is_quoted = inside >> 63;
    return quotes;
}

/* Counts the row's commas among the bits and notes the one that the key's field stands behind. */
static inline void take_commas(struct csv_scan *scan, uint64_t commas)
{
    uint32_t count = (uint32_t)__builtin_popcountll(commas);
    uint32_t before = scan->key - 1 - scan->commas; /* commas before that one; else wraps around */

    if (before < count) {
        for (uint32_t i = 0; i < before; i++)
            commas &= commas - 1;
        scan->key_at = scan->at + (uint32_t)__builtin_ctzll(commas) + 1;
    }
    scan->commas += count;
}

/* The row ends with the LF at the offset. False: its fields are too many or too few. */
static inline bool end_row(struct csv_scan *scan, const char *text, uint32_t lf,
                           struct csv_row *rows, size_t *count)
{
    uint32_t end = lf > scan->begin && text[lf - 1] == '\r' ? lf - 1 : lf;

    if (end > scan->begin && scan->columns && scan->commas + 1 != scan->columns) {
        scan->fault = CSV_FIELDS;
        scan->found_columns = scan->commas + 1;
        return false;
    }
    if (end > scan->begin)
        rows[(*count)++] =
            (struct csv_row){ .begin = scan->begin, .end = end, .key = scan->key_at };
    scan->begin = lf + 1;
    scan->key_at = scan->begin;
    scan->commas = 0;
    scan->line += 1 + scan->lines_inside;
    scan->lines_inside = 0;
    return true;
}

/* Ends the rows of the bytes before the first wrong one. Returns how many; sees to the fault. */
static inline size_t end_rows(struct csv_scan *scan, const char *text, struct csv_masks *masks,
                              uint64_t hidden_lf, uint64_t fine, struct csv_row *rows)
{
    uint64_t passed = 0;
    size_t count = 0;

    for (uint64_t lf = masks->lf & fine; lf; lf &= lf - 1) {
        uint64_t part = below_lowest(lf) & ~passed;

        take_commas(scan, masks->comma & part);
        scan->lines_inside += hidden_lf ? __builtin_popcountll(hidden_lf & part) : 0;
        if (!end_row(scan, text, scan->at + (uint32_t)__builtin_ctzll(lf), rows, &count))
            return count;
        passed |= part;
    }
    take_commas(scan, masks->comma & ~passed);
    scan->lines_inside += hidden_lf ? __builtin_popcountll(hidden_lf & ~passed) : 0;
    return count;
}

/* The next 64 bytes, or as many of them as there are (at least one). */
static inline __attribute__((always_inline)) size_t step(struct csv_scan *scan, const char *text,
                                                         uint32_t size, struct csv_row *rows)
{
    uint32_t bytes = size - scan->at < 64 ? size - scan->at : 64;
    uint64_t there = ~(uint64_t)0 >> (64 - bytes);
    uint64_t last = (uint64_t)1 << (bytes - 1);
    struct csv_quotes quotes = { 0 };
    struct csv_masks masks;
    uint64_t bare_cr = 0;
    uint64_t fine = ~(uint64_t)0;
    size_t count = 0;

    read_masks(text + scan->at, &masks);
    masks.lf &= there;
    masks.cr &= there;
    masks.comma &= there;
    masks.quote &= there;
    if (masks.quote || scan->is_quoted || scan->was & WAS_CLOSING)
        quotes = hide_quoted(scan, &masks);
    quotes.wrong &= there;
    bare_cr = behind(masks.cr, scan->was & WAS_CR) & ~masks.lf & there;
    if (quotes.wrong | bare_cr)
        fine = below_lowest(quotes.wrong | bare_cr);
    count = end_rows(scan, text, &masks, quotes.hidden_lf, fine, rows);
    if (fine != ~(uint64_t)0 && scan->fault == CSV_FINE)
        scan->fault = bare_cr & (fine + 1) ? CSV_BARE_CR : CSV_BARE_QUOTE;
    scan->was = ((masks.lf | masks.comma) & last ? WAS_FIELD_END : 0) |
                (quotes.closing & last ? WAS_CLOSING : 0) | (masks.cr & last ? WAS_CR : 0);
    scan->at += bytes;
    return count;
}

/* Inlined twice below. */
static inline __attribute__((always_inline)) size_t
steps(struct csv_scan *scan, const char *text, uint32_t size, struct csv_row *rows, size_t room)
{
    size_t count = 0;

    while (scan->at < size && room - count >= CSV_SCAN_ROOM && scan->fault == CSV_FINE)
        count += step(scan, text, size, rows + count);
    return count;
}

#if defined(__x86_64__)
/* Counting bits by one instruction, which all but the oldest of these machines have. */
__attribute__((target("popcnt,bmi"))) static size_t steps_counting(struct csv_scan *scan,
                                                                   const char *text, uint32_t size,
                                                                   struct csv_row *rows,
                                                                   size_t room)
{
    return steps(scan, text, size, rows, room);
}
#endif

size_t csv_scan_rows(struct csv_scan *scan, const char *text, uint32_t size, struct csv_row *rows,
                     size_t room)
{
#if defined(__x86_64__)
    if (__builtin_cpu_supports("popcnt") && __builtin_cpu_supports("bmi"))
        return steps_counting(scan, text, size, rows, room);
#endif
    return steps(scan, text, size, rows, room);
}

void csv_scan_begin(struct csv_scan *scan, uint32_t columns, uint32_t key)
{
    *scan = (struct csv_scan){ .columns = columns, .key = key, .was = WAS_FIELD_END, .line = 1 };
}

void csv_scan_shift(struct csv_scan *scan, uint32_t bytes)
{
    scan->at -= bytes;
    scan->begin -= bytes;
    scan->key_at -= bytes;
}
