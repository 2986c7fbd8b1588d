/*
 * engine/byte_text.h - a number of bytes for a person: "1.2 GB".
 */
#ifndef ENGINE_BYTE_TEXT_H
#define ENGINE_BYTE_TEXT_H

#include <stdint.h>

enum { BYTE_TEXT = 32 };

/* Returns text. */
char *byte_text(int64_t bytes, char text[BYTE_TEXT]);

#endif
