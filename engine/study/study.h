/*
 * engine/study/study.h - a study that somebody else evaluates: trials asked for, told and measured.
 *
 * All in memory and without words: study_line.h reads the words, study_journal.h keeps them, and
 * engine/study/assay_study.c puts the three together. Trials are numbered from 1 in the order in
 * which they came to be; what ends goes into the sampler's history in the order in which it does.
 * A suggestion depends on the document, the seed and the events so far, never on how they were
 * grouped: asking for k gives what asking k times for one gives. One thread at a time.
 */
#ifndef ENGINE_STUDY_STUDY_H
#define ENGINE_STUDY_STUDY_H

#include "engine/spec/job_spec.h"
#include "search/sampler.h"

struct study;
struct study_learner;

enum study_trial_state { STUDY_ACTIVE, STUDY_COMPLETED, STUDY_STOPPED, STUDY_INFEASIBLE };

/* A trial as it is now. What it points to lives until the study changes. */
struct study_trial {
    uint64_t number;
    enum study_trial_state state;
    bool is_suggested;    /* else a caller added it */
    bool should_stop;     /* active: a measurement was answered with "stop" */
    const double *point;  /* as in search_space.h */
    const double *values; /* one per metric once it has completed or was stopped; else NULL */
};

/* How a trial ended. */
struct study_end {
    enum study_trial_state state; /* not STUDY_ACTIVE */
    double progress;              /* of a stopped one: above 0, at most 1 */
    const double *values;         /* one per metric; NULL for an infeasible one */
};

/* Borrows spec, whose seed counts. NULL and *err: an algorithm that cannot search the space, no
 * memory. */
struct study *study_new(const struct job_spec *spec, struct assay_error *err);
void study_free(struct study *study); /* NULL is fine */

/*
 * From now on models are learnt on another thread as soon as enough trials have ended for them;
 * before, by study_suggest() when it needs them. Which one it is changes no suggestion.
 */
void study_learn_ahead(struct study *study);

/* What it has learnt: for those who store models. */
struct study_learner *study_get_learner(struct study *study);

/* The sampler's name: "gp" where the document says "default". */
const char *study_algorithm(const struct study *study);

/*
 * The next suggestion, without taking it: point is filled (param_count), and provenance.
 * SAMPLER_EXHAUSTED also once maxTrialCount suggestions were taken.
 */
enum sampler_answer study_suggest(struct study *study, double *point, struct provenance *provenance,
                                  struct assay_error *err);

/* A new active trial with the next number; NULL provenance: it is not the sampler's. Copies both.
 * False for lack of memory. */
bool study_add(struct study *study, const double *point, const struct provenance *provenance,
               struct assay_error *err);

/* Undoes the newest study_add(); the trial must be active. */
void study_drop_last(struct study *study);

uint64_t study_trial_count(const struct study *study);

/* False: there is none of that number. */
bool study_get(const struct study *study, uint64_t number, struct study_trial *trial);

/* Why the sampler suggested it. False for a trial that a caller added. */
bool study_get_provenance(const struct study *study, uint64_t number,
                          struct provenance *provenance);

size_t study_active_count(const struct study *study);

/* The active trial with the least number above this one; 0: there is none. */
uint64_t study_next_active(const struct study *study, uint64_t number);

/* Ends an active trial. False for lack of memory. */
bool study_end(struct study *study, uint64_t number, const struct study_end *end,
               struct assay_error *err);

/*
 * A measurement of an active trial, values with NaN where not reported. *should_stop: is the rest
 * of it not worth the time? What the stopping rule said once stays. False for lack of memory.
 */
bool study_measure(struct study *study, uint64_t number, const struct measurement *measurement,
                   bool *should_stop, struct assay_error *err);

/* What a journal remembers of study_measure()'s answer, which counts. */
void study_set_stop(struct study *study, uint64_t number, bool should_stop);

/*
 * The end of an active trial as its measurements have it, by measurementSelectionType: fills
 * values (one per metric) and *end, which points to them. False where some metric was never
 * measured.
 */
bool study_final(const struct study *study, uint64_t number, double *values, struct study_end *end);

/* The end of an active trial with these values: stopped, and how far, when it should have been. */
struct study_end study_end_with(const struct study *study, uint64_t number, const double *values);

/*
 * The numbers of the best trials, in their order: for one objective the best one, of several that
 * are equal that which ended first; for several all that no other dominates. Trials that miss a
 * safety threshold are none of them. The caller frees *numbers. False for lack of memory.
 */
bool study_best(const struct study *study, uint64_t **numbers, size_t *count,
                struct assay_error *err);

#endif
