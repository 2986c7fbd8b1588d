/*
 * launcher/python/pip_words.h - from all that pip says to the one line that tells why it failed.
 * Pure.
 */
#ifndef LAUNCHER_PYTHON_PIP_WORDS_H
#define LAUNCHER_PYTHON_PIP_WORDS_H

#include "assay/error.h"

#include <stdbool.h>

enum { PIP_LINE_TEXT = 512 };

/* Zeroed to start. */
struct pip_words {
    int status;               /* its exit status, or 128 + signal; set by who ran it */
    char last[PIP_LINE_TEXT]; /* the last line that is not empty */
    char reason[PIP_LINE_TEXT];
    bool is_built_reason; /* it is the last word of a package's own build, before which pip's own
                             words pale */
    bool is_own_fault;    /* the reason is pip's own "ERROR: Exception:", whose traceback follows */
    bool is_passing;      /* a line speaks of what may pass: the network, the disk */
    bool is_cut_off;      /* nothing came since pip's last try of a connection */
};

void pip_words_add(struct pip_words *words, const char *line);

/* ASSAY_UNAVAILABLE where it may go better another time, else ASSAY_NOT_FOUND. */
enum assay_code pip_words_code(const struct pip_words *words);

/* Why it failed, as far as a line says so; else the last one. Lives as long as words. */
const char *pip_words_reason(const struct pip_words *words);

#endif
