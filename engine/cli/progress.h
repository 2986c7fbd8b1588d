/*
 * engine/cli/progress.h - a running study on standard error: a line per ended trial, and on a
 * terminal one more below them, rewritten in place, that tells how far it is.
 *
 * The *_write functions are pure and make one line without its end; the others own the terminal.
 */
#ifndef ENGINE_CLI_PROGRESS_H
#define ENGINE_CLI_PROGRESS_H

#include "assay/json.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* What the status line tells. */
struct status_facts {
    int64_t max, ended, running, failed;
    int64_t waiting;    /* of those that run, so many have not begun: for a place, an image, … */
    const char *why;    /* one of them waits, where none has begun; NULL: not known */
    int64_t best_trial; /* 0: none yet */
    double best_value;
    const char *metric;  /* the objective's id */
    int64_t ended_since; /* trials that ended since the clock was started … */
    int64_t elapsed_us;  /* … and what it shows: the pace */
    bool is_stopping;
};

/* "12/20 done, 4 running, 2 waiting, 1 failed | best accuracy 0.98 (trial 9) | 1m20s left" */
void status_line_write(FILE *out, const struct status_facts *facts);

/*
 * One item of a list of trials: "trial 12  SUCCEEDED    accuracy=0.98  3.2s  lr=0.1 opt=adam";
 * in place of its state the class of a failed one, and of one that was stopped early the step it
 * had come to, where the item has measurements. number_width aligns the numbers.
 */
void trial_line_write(FILE *out, const cJSON *item, int number_width);

struct progress {
    FILE *out;
    bool is_quiet;
    bool is_terminal;
    bool has_colour;
    bool has_status; /* a status line stands on the screen */
    char last_status[1024];
};

/* Looks at standard error, TERM and NO_COLOR. */
void progress_init(struct progress *progress, bool is_quiet);

/* Prints a trial that ended, and under a failed one why: the first and the last line of that. */
void progress_trial(struct progress *progress, const cJSON *item, int number_width, bool is_best);

/* Rewrites the status line, on a terminal only. */
void progress_status(struct progress *progress, const struct status_facts *facts);

/* A sentence to the person, whole lines, also when quiet. */
void progress_say(struct progress *progress, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Removes the status line: what follows begins on a clean line. */
void progress_clear(struct progress *progress);

#endif
