#include "launcher/shim/late_words.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MARK "@ASSAY_"

enum word_kind { WORD_HOST, WORD_PORT, WORD_OPEN_PORT, WORD_KINDS };

static const char *const beginnings[WORD_KINDS] = {
    [WORD_HOST] = MARK "HOST_",
    [WORD_PORT] = MARK "PORT_",
    [WORD_OPEN_PORT] = MARK "OPEN_PORT_",
};

/* Nine digits and less: no overflow, and more replicas than there will ever be. */
enum { DIGITS_MAX = 9 };

struct word {
    enum word_kind kind;
    size_t replica;
    size_t size; /* of its text; 0: there is none */
};

static struct word word_at(const char *text)
{
    for (int kind = 0; kind < WORD_KINDS; kind++) {
        size_t size = strlen(beginnings[kind]);
        size_t digits = 0;

        if (strncmp(text, beginnings[kind], size) != 0)
            continue;
        digits = strspn(text + size, "0123456789");
        if (digits == 0 || digits > DIGITS_MAX || text[size + digits] != '@')
            continue;
        return (struct word){ (enum word_kind)kind, strtoul(text + size, NULL, 10),
                              size + digits + 1 };
    }
    return (struct word){ 0 };
}

bool late_words_are_in(char *const *strings)
{
    for (; *strings; strings++) {
        for (const char *at = strings[0]; (at = strstr(at, MARK)); at++) {
            if (word_at(at).size)
                return true;
        }
    }
    return false;
}

static void put_word(FILE *out, const struct word *word, const struct replica_address *address)
{
    if (word->kind == WORD_HOST)
        (void)fputs(address->host, out);
    else
        (void)fprintf(out, "%d", word->kind == WORD_PORT ? address->port : address->open_port);
}

static void put_filled(FILE *out, const char *text, const struct replica_address *addresses,
                       size_t count)
{
    while (*text) {
        size_t plain = strcspn(text, "@");
        struct word word = { 0 };

        (void)fwrite(text, 1, plain, out);
        text += plain;
        if (!*text)
            break;
        word = word_at(text);
        if (word.size && word.replica < count)
            put_word(out, &word, &addresses[word.replica]);
        else
            (void)fwrite(text, 1, word.size ? word.size : 1, out);
        text += word.size ? word.size : 1;
    }
    (void)fputc('\0', out);
}

char **late_words_fill(char *const *strings, const struct replica_address *addresses, size_t count)
{
    char *block = NULL;
    size_t block_size = 0;
    size_t string_count = 0;
    FILE *out = NULL;
    char **filled = NULL;
    char *at = NULL;

    while (strings[string_count])
        string_count++;
    out = open_memstream(&block, &block_size);
    if (!out)
        return NULL;
    /* The pointers stand in front of the texts that they point to. */
    for (size_t i = 0; i <= string_count; i++)
        (void)fwrite(&at, 1, sizeof at, out);
    for (size_t i = 0; i < string_count; i++)
        put_filled(out, strings[i], addresses, count);
    if (ferror(out) | fclose(out)) {
        free(block);
        return NULL;
    }
    filled = (char **)(void *)block;
    at = block + (string_count + 1) * sizeof at;
    for (size_t i = 0; i < string_count; i++) {
        filled[i] = at;
        at += strlen(at) + 1;
    }
    filled[string_count] = NULL;
    return filled;
}
