/*
 * engine/life/explain.h - why a trial has the parameters it has, and what became of it, in
 * sentences. Pure.
 */
#ifndef ENGINE_LIFE_EXPLAIN_H
#define ENGINE_LIFE_EXPLAIN_H

#include "engine/life/suggestion.h"
#include "engine/spec/job_spec.h"

/* An ended trial that was near the one explained. */
struct explain_neighbour {
    uint64_t number; /* 0: none */
    double value;    /* its objective; NaN: it has none */
};

/* All borrowed. */
struct explain_facts {
    const struct job_spec *spec;
    const struct trial_row *row;         /* without its point */
    const struct suggestion *suggestion; /* NULL: of a sampler that does not learn */
    int64_t ordinal;                     /* as which one a sampler that does not learn counted it */
    int64_t retry_of;                    /* the trial that it is, run again; 0: it was suggested */
    struct explain_neighbour nearest[PROVENANCE_NEAREST]; /* as in the suggestion */
    const char *why_stopped; /* a sentence without its full stop; NULL: not stopped early */
    double progress;         /* how far it had come by then; NaN: not known */
};

typedef void (*explain_fn)(void *context, const char *sentence);

/* Calls fn with each sentence, in the order in which they are to be read. */
void explain_trial(const struct explain_facts *facts, explain_fn fn, void *context);

#endif
