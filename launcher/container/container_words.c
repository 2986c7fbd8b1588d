#include "launcher/container/container_words.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void add_owned(struct container_words *words, char *word)
{
    if (word && words->count + 1 >= words->capacity) {
        size_t capacity = words->capacity ? words->capacity * 2 : 64;
        char **items = realloc(words->items, capacity * sizeof *items);

        if (items) {
            words->items = items;
            words->capacity = capacity;
        } else {
            free(word);
            word = NULL;
        }
    }
    if (!word) {
        words->is_failed = true;
        return;
    }
    words->items[words->count++] = word;
    words->items[words->count] = NULL;
}

void container_words_add(struct container_words *words, const char *word)
{
    add_owned(words, strdup(word));
}

void container_words_add_all(struct container_words *words, char *const *list)
{
    for (; list && *list; list++)
        container_words_add(words, *list);
}

void container_words_addf(struct container_words *words, const char *format, ...)
{
    char *word = NULL;
    va_list args;

    va_start(args, format);
    if (vasprintf(&word, format, args) < 0)
        word = NULL;
    va_end(args);
    add_owned(words, word);
}

void container_words_free(char **words)
{
    for (char **word = words; word && *word; word++)
        free(*word);
    free(words);
}
