#include "assay/buckets.h"

#include <stdbool.h>
#include <string.h>

/*
 * CRC-32C (G. Castagnoli, S. Bräuer, M. Herrmann, 1993), reflected: what iSCSI (RFC 3720) and
 * storage services use. With the processor's instruction where it has one; else by eight tables at
 * a time (M. Kounavis, F. Berry, 2005: slicing-by-8).
 */
static const uint32_t polynomial = 0x82f63b78;

enum { SLICES = 8 };

#if defined(__x86_64__)
__attribute__((target("sse4.2"))) static uint32_t crc_by_instruction(uint32_t crc,
                                                                     const uint8_t *at, size_t size)
{
    uint64_t wide = crc;

    for (; size >= 8; size -= 8, at += 8) {
        uint64_t word = 0;

        memcpy(&word, at, sizeof word);
        wide = __builtin_ia32_crc32di(wide, word);
    }
    crc = (uint32_t)wide;
    for (; size > 0; size--)
        crc = __builtin_ia32_crc32qi(crc, *at++);
    return crc;
}

static bool has_instruction(void)
{
    return __builtin_cpu_supports("sse4.2");
}
#else
static uint32_t crc_by_instruction(uint32_t crc, const uint8_t *at, size_t size)
{
    (void)at;
    (void)size;
    return crc;
}

static bool has_instruction(void)
{
    return false;
}
#endif

static uint32_t shift_byte(uint32_t crc)
{
    for (int bit = 0; bit < 8; bit++)
        crc = (crc >> 1) ^ (crc & 1 ? polynomial : 0);
    return crc;
}

static void fill_tables(uint32_t tables[SLICES][256])
{
    for (uint32_t byte = 0; byte < 256; byte++)
        tables[0][byte] = shift_byte(byte);
    for (int slice = 1; slice < SLICES; slice++)
        for (int byte = 0; byte < 256; byte++) {
            uint32_t before = tables[slice - 1][byte];

            tables[slice][byte] = (before >> 8) ^ tables[0][before & 0xff];
        }
}

/* The tables are made each time: 8 KiB of sums beside pieces of 32 KiB and more. */
static uint32_t crc_by_tables(uint32_t crc, const uint8_t *at, size_t size)
{
    uint32_t tables[SLICES][256];

    fill_tables(tables);
    for (; size >= SLICES; size -= SLICES, at += SLICES) {
        uint32_t low = crc ^ ((uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 |
                              (uint32_t)at[3] << 24);

        crc = tables[7][low & 0xff] ^ tables[6][low >> 8 & 0xff] ^ tables[5][low >> 16 & 0xff] ^
              tables[4][low >> 24] ^ tables[3][at[4]] ^ tables[2][at[5]] ^ tables[1][at[6]] ^
              tables[0][at[7]];
    }
    for (; size > 0; size--)
        crc = (crc >> 8) ^ tables[0][(crc ^ *at++) & 0xff];
    return crc;
}

uint32_t object_crc32c(uint32_t crc, const void *bytes, size_t size)
{
    return ~(has_instruction() ? crc_by_instruction(~crc, bytes, size)
                               : crc_by_tables(~crc, bytes, size));
}
