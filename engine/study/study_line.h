/*
 * engine/study/study_line.h - one line of the protocol, or of a journal, as records.
 *
 * By tables, as documents are read (engine/spec/fields.h): a member that is not known is a fault
 * with the name that may have been meant. Whether ids and values fit a study is not asked here.
 */
#ifndef ENGINE_STUDY_STUDY_LINE_H
#define ENGINE_STUDY_STUDY_LINE_H

#include "engine/spec/fields.h"

/* One item of "tell"; and of a journal's "ask", which has id, parameters and why. */
struct study_entry {
    bool has_id;
    int64_t id;
    const cJSON *parameters; /* objects of the line's tree, or NULL; here and below */
    const cJSON *metrics;
    const char *infeasible; /* NULL, or why */
    double progress;        /* journal: of a trial that was stopped; else 0 */
    const cJSON *why;       /* journal: the suggestion's provenance */
};

/* "measure" */
struct study_report {
    bool has_id;
    int64_t id;
    int64_t step;
    int64_t elapsed_us;
    const cJSON *metrics;
    bool should_stop; /* journal: what was answered */
};

struct study_line {
    const cJSON *study;
    bool has_ask;
    int64_t ask;
    struct study_entry *asked; /* journal: the suggestions themselves; owned */
    size_t asked_count;
    bool has_tell;
    struct study_entry *told; /* owned */
    size_t told_count;
    bool has_measure;
    struct study_report measure;
    bool wants_pending;
    bool wants_best;
    bool has_explain;
    int64_t explain;
};

/*
 * Reads root, an object, into *line, which borrows root; clear it either way. False after faults
 * (in fields->faults), or for lack of memory (fields->is_short_of_memory). fields is used afresh.
 */
bool study_line_read(struct fields *fields, const cJSON *root, struct study_line *line);

/* The same of a line of a journal. */
bool study_line_read_event(struct fields *fields, const cJSON *root, struct study_line *line);

void study_line_clear(struct study_line *line); /* a zeroed one is fine */

#endif
