/*
 * engine/array.h - arrays that grow by doubling.
 */
#ifndef ENGINE_ARRAY_H
#define ENGINE_ARRAY_H

#include <stdbool.h>
#include <stddef.h>

/* Room for one more item after count; *items may move. False for lack of memory: nothing changed.
 */
bool array_make_room(void **items, size_t count, size_t *capacity, size_t item_size);

#endif
