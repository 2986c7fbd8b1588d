/*
 * launcher/container/container_words.h - a command line as it grows.
 */
#ifndef LAUNCHER_CONTAINER_CONTAINER_WORDS_H
#define LAUNCHER_CONTAINER_CONTAINER_WORDS_H

#include <stdbool.h>
#include <stddef.h>

/* Zero it to start. Once it has failed for lack of memory it stays so, and goes on taking words. */
struct container_words {
    char **items; /* NULL-terminated as soon as there is one; container_words_free() */
    size_t count;
    size_t capacity;
    bool is_failed;
};

void container_words_add(struct container_words *words, const char *word);
void container_words_addf(struct container_words *words, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void container_words_add_all(struct container_words *words, char *const *list); /* NULL is fine */

/* The words and their list; NULL is fine. */
void container_words_free(char **words);

#endif
