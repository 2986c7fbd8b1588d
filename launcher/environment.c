#include "launcher/environment.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void environment_clear(struct environment *environment)
{
    if (!environment)
        return;
    for (size_t i = 0; i < environment->count; i++)
        free(environment->entries[i]);
    free(environment->entries);
    free(environment->hashes);
    *environment = (struct environment){ 0 };
}

static bool reserve(struct environment *environment)
{
    size_t capacity = environment->capacity ? environment->capacity * 2 : 64;
    char **entries = NULL;
    unsigned *hashes = NULL;

    if (environment->count + 1 < environment->capacity) /* one more for the NULL */
        return true;
    entries = realloc(environment->entries, capacity * sizeof *entries);
    if (!entries)
        return false;
    environment->entries = entries;
    hashes = realloc(environment->hashes, capacity * sizeof *hashes);
    if (!hashes)
        return false;
    environment->hashes = hashes;
    environment->capacity = capacity;
    return true;
}

/* Fowler, Noll and Vo's FNV-1a, 32 bits. */
static unsigned hash_name(const char *name, size_t size)
{
    unsigned hash = 2166136261u;

    for (size_t i = 0; i < size; i++)
        hash = (hash ^ (unsigned char)name[i]) * 16777619u;
    return hash;
}

/* The index, or count. */
static size_t find(const struct environment *environment, const char *name, size_t size,
                   unsigned hash)
{
    size_t i = 0;

    for (; i < environment->count; i++) {
        if (environment->hashes[i] == hash && strncmp(environment->entries[i], name, size) == 0 &&
            environment->entries[i][size] == '=')
            break;
    }
    return i;
}

bool environment_set(struct environment *environment, const char *name, const char *value)
{
    size_t name_size = strlen(name);
    size_t value_size = strlen(value);
    unsigned hash = hash_name(name, name_size);
    size_t at = find(environment, name, name_size, hash);
    char *entry = NULL;

    if (!reserve(environment))
        return false;
    entry = malloc(name_size + value_size + 2);
    if (!entry)
        return false;
    memcpy(entry, name, name_size);
    entry[name_size] = '=';
    memcpy(entry + name_size + 1, value, value_size + 1);
    if (at < environment->count)
        free(environment->entries[at]);
    else
        environment->entries[++environment->count] = NULL;
    environment->entries[at] = entry;
    environment->hashes[at] = hash;
    return true;
}

static const char *get(const struct environment *environment, const char *name, size_t size)
{
    size_t at = find(environment, name, size, hash_name(name, size));

    return at < environment->count ? environment->entries[at] + size + 1 : NULL;
}

const char *environment_get(const struct environment *environment, const char *name)
{
    return get(environment, name, strlen(name));
}

/* A reference "$(NAME)" at text: its length, 0 for none. */
static size_t reference_size(const char *text)
{
    const char *end = text[0] == '$' && text[1] == '(' ? strchr(text + 2, ')') : NULL;

    return end ? (size_t)(end + 1 - text) : 0;
}

char *environment_expand(const struct environment *environment, const char *text)
{
    char *expanded = NULL;
    size_t expanded_size = 0;
    FILE *out = NULL;

    if (!strstr(text, "$("))
        return strdup(text);
    out = open_memstream(&expanded, &expanded_size);
    if (!out)
        return NULL;
    while (*text) {
        bool is_escaped = text[0] == '$' && text[1] == '$';
        size_t size = reference_size(text + is_escaped);
        const char *value = NULL;

        if (size && !is_escaped)
            value = get(environment, text + 2, size - 3);
        if (value)
            (void)fputs(value, out);
        else if (size)
            (void)fwrite(text + is_escaped, 1, size, out);
        else
            (void)fputc(*text, out);
        text += size ? size + is_escaped : 1;
    }
    if (ferror(out) | fclose(out)) {
        free(expanded);
        return NULL;
    }
    return expanded;
}
