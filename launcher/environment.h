/*
 * launcher/environment.h - the environment of a trial while it is being built: names are unique, a
 * later value takes the place of an earlier one, $(NAME) is replaced from what is there.
 */
#ifndef LAUNCHER_ENVIRONMENT_H
#define LAUNCHER_ENVIRONMENT_H

#include <stdbool.h>
#include <stddef.h>

/* Zero it to start; owns its entries. */
struct environment {
    char **entries;   /* "NAME=value", terminated by NULL as soon as there is one */
    unsigned *hashes; /* of the names: most comparisons end there */
    size_t count;
    size_t capacity;
};

void environment_clear(struct environment *environment);

/* False for lack of memory, as all below. */
bool environment_set(struct environment *environment, const char *name, const char *value);

/* NULL when it is not set. */
const char *environment_get(const struct environment *environment, const char *name);

/*
 * text with each $(NAME) replaced; $$(NAME) becomes $(NAME); a name that is not set, and every
 * other dollar sign, stays as it is. The caller frees it; NULL for lack of memory.
 */
char *environment_expand(const struct environment *environment, const char *text);

#endif
