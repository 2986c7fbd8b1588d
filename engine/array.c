#include "engine/array.h"

#include <stdlib.h>

bool array_make_room(void **items, size_t count, size_t *capacity, size_t item_size)
{
    size_t wanted = *capacity ? *capacity * 2 : 16;
    void *grown = NULL;

    if (count < *capacity)
        return true;
    grown = realloc(*items, wanted * item_size);
    if (!grown)
        return false;
    *items = grown;
    *capacity = wanted;
    return true;
}
