/*
 * engine/study/study_change.h - what changes an open study: trials asked for, told and measured.
 *
 * Whoever says it, by lines (study_actions.c) or by plain structs (ask_tell.c), it is checked,
 * stored and done here, so both ways make the same suggestions and the same journal. What is stored
 * is on disk when a function returns true; after false nothing has changed, or the study is broken
 * and says so. The study must have begun; its mutex is the caller's.
 */
#ifndef ENGINE_STUDY_STUDY_CHANGE_H
#define ENGINE_STUDY_STUDY_CHANGE_H

#include "engine/study/study_private.h"

/* Takes up to count suggestions: the active trials from *first on. *is_done: there are no more. */
bool study_change_ask(struct assay_study *s, int64_t count, uint64_t *first, bool *is_done,
                      struct assay_error *err);

/* An active trial by its id; path is that of the id, for errors. */
bool study_change_find(const struct assay_study *s, int64_t id, const char *path,
                       struct study_trial *trial, struct assay_error *err);

/* How one trial ended. */
struct study_told {
    uint64_t number;        /* given by study_change_tell() to one that nobody asked for */
    bool is_added;          /* nobody asked for it */
    const char *infeasible; /* why it failed, or NULL; borrowed */
    struct study_end end;   /* its values, if any, are the following */
    double *values;         /* room for one per metric */
    double *point;          /* room for one per parameter, or NULL */
};

struct study_telling {
    struct study_told *items; /* owned, with their rooms */
    size_t count;
    double *numbers;
};

/* Items to be filled, zeroed; they have no points unless some will be added. False for lack of
 * memory; clear it either way. */
bool study_telling_init(struct study_telling *telling, const struct assay_study *s, size_t count,
                        bool has_added, struct assay_error *err);
void study_telling_clear(struct study_telling *telling);

/*
 * How a trial ends: infeasible, with its values (finite), or, where both are missing, as its
 * measurements have it. A fault of metrics where it was not measured.
 */
void study_told_end(struct assay_study *s, struct study_told *told, bool has_values);

/* All of it or nothing. The numbers of the items that were not asked for are active trials. */
bool study_change_tell(struct assay_study *s, struct study_telling *telling,
                       struct assay_error *err);

/* A measurement of an active trial, some of whose values are not NaN. */
bool study_change_measure(struct assay_study *s, uint64_t number,
                          const struct measurement *measurement, bool *should_stop,
                          struct assay_error *err);

#endif
