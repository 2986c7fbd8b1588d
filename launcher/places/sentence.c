#include "launcher/places/sentence.h"

#include <stdio.h>

void sentence_add_list(struct sentence *sentence, const char *fmt, va_list args)
{
    size_t left = sentence->size - sentence->used;
    int size = vsnprintf(sentence->text + sentence->used, left, fmt, args);

    if (size > 0)
        sentence->used += (size_t)size < left ? (size_t)size : left - 1;
}

void sentence_add(struct sentence *sentence, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    sentence_add_list(sentence, fmt, args);
    va_end(args);
}
