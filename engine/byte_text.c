#include "engine/byte_text.h"

#include <stddef.h>
#include <stdio.h>

char *byte_text(int64_t bytes, char text[BYTE_TEXT])
{
    static const char *const units[] = { "kB", "MB", "GB", "TB" };
    double amount = (double)bytes / 1000;
    size_t unit = 0;

    for (; amount >= 1000 && unit + 1 < sizeof units / sizeof units[0]; unit++)
        amount /= 1000;
    (void)snprintf(text, BYTE_TEXT, "%.1f %s", amount, units[unit]);
    return text;
}
