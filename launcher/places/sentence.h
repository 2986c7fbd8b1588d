/*
 * launcher/places/sentence.h - a sentence for a person, put together in room of a known size, and
 * cut where it is too long.
 */
#ifndef LAUNCHER_PLACES_SENTENCE_H
#define LAUNCHER_PLACES_SENTENCE_H

#include <stdarg.h>
#include <stddef.h>

struct sentence {
    char *text; /* the caller's; terminated from the first addition on */
    size_t size;
    size_t used;
};

void sentence_add(struct sentence *sentence, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
void sentence_add_list(struct sentence *sentence, const char *fmt, va_list args)
    __attribute__((format(printf, 2, 0)));

#endif
