#include "launcher/python/pip_words.h"

#include <stdio.h>
#include <string.h>

/* So in pip 20 to 25, and what the C library and the kernel say through it. */
static const char *const passing[] = {
    "No space left on device",
    "Disk quota exceeded",
    "Temporary failure in name resolution",
    "Network is unreachable",
    "Connection reset by peer",
    "Read timed out",
    "Cannot allocate memory",
    "MemoryError",
};

/*
 * "Retrying (Retry(total=4, …)) after connection broken by …": pip tries again by itself, and only
 * a last try counts, after which it says nothing of a file. False: the line is about another thing.
 */
static bool look_for_connection(struct pip_words *words, const char *text)
{
    static const char *const reached[] = { "Collecting ", "Downloading ", "Using cached " };

    for (size_t i = 0; i < sizeof reached / sizeof reached[0]; i++) {
        if (strncmp(text, reached[i], strlen(reached[i])) == 0)
            words->is_cut_off = false;
    }
    if (!strstr(text, "connection broken by"))
        return false;
    words->is_cut_off =
        words->is_cut_off || !strstr(text, "(total=") || strstr(text, "(total=0") != NULL;
    return true;
}

/* A line without the frame and the indentation that pip puts before another program's words. */
static const char *bare(const char *line)
{
    static const char bar[] = "\u2502"; /* "│" */

    for (;;) {
        if (*line == ' ' || *line == '\t')
            line++;
        else if (strncmp(line, bar, sizeof bar - 1) == 0)
            line += sizeof bar - 1;
        else
            return line;
    }
}

static void set_line(char line[PIP_LINE_TEXT], const char *text)
{
    (void)snprintf(line, PIP_LINE_TEXT, "%s", text);
}

/* A build's own last word stands before "[end of output]", pip's own reason after "ERROR:". */
static void look_for_reason(struct pip_words *words, const char *text)
{
    static const char error[] = "ERROR: ";
    bool is_error = strncmp(text, error, sizeof error - 1) == 0;

    if (strcmp(text, "[end of output]") == 0 && !words->is_built_reason) {
        const char *last = words->last;

        if (strncmp(last, error, sizeof error - 1) == 0) /* of a pip that a build has run */
            last += sizeof error - 1;
        set_line(words->reason, last);
        words->is_built_reason = true;
        words->is_own_fault = false;
    } else if (is_error && !words->reason[0]) {
        set_line(words->reason, text + sizeof error - 1);
        words->is_own_fault = strcmp(words->reason, "Exception:") == 0;
    }
}

void pip_words_add(struct pip_words *words, const char *line)
{
    const char *text = bare(line);

    if (!*text)
        return;
    if (!look_for_connection(words, text)) {
        for (size_t i = 0; i < sizeof passing / sizeof passing[0]; i++)
            words->is_passing = words->is_passing || strstr(text, passing[i]) != NULL;
    }
    look_for_reason(words, text);
    set_line(words->last, text);
}

enum assay_code pip_words_code(const struct pip_words *words)
{
    /* By a signal: for lack of memory, or by someone's hand. */
    return words->is_passing || words->is_cut_off || words->status > 128 ? ASSAY_UNAVAILABLE
                                                                         : ASSAY_NOT_FOUND;
}

const char *pip_words_reason(const struct pip_words *words)
{
    if (words->reason[0] && !words->is_own_fault)
        return words->reason;
    if (words->last[0])
        return words->last;
    return words->status > 128 ? "it was killed" : "it does not say why";
}
