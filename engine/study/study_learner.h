/*
 * engine/study/study_learner.h - what a study's sampler has learnt: the past, and the models made
 * from it one after the other, ahead of the suggestions that need them, on a thread of its own.
 *
 * The sequence of models is a function of the past alone: whether the thread was quick, was there
 * at all, or found a model in a store changes no suggestion. The functions are for one thread, the
 * study's; the thread that learns is nobody else's business. It starts with the first model that
 * can be learnt ahead, so a sampler that does not learn has none.
 */
#ifndef ENGINE_STUDY_STUDY_LEARNER_H
#define ENGINE_STUDY_STUDY_LEARNER_H

#include "search/sampler.h"

struct study_learner;

/* A model as it can be stored. */
struct study_model {
    struct study_model *next;
    size_t count;     /* of the trials it was learnt from */
    double numbers[]; /* study_learner_model_size() */
};

/* Borrows sampler. NULL for lack of memory. */
struct study_learner *study_learner_new(const struct sampler *sampler, size_t param_count,
                                        size_t metric_count);

void study_learner_free(struct study_learner *learner); /* stops it; NULL is fine */

/* The next trial that ended; copied. False for lack of memory. */
bool study_learner_append(struct study_learner *learner, const struct past_trial *trial);
const struct history *study_learner_history(const struct study_learner *learner);

/* Learns what can be learnt by now, while the caller goes on. */
void study_learner_go_ahead(struct study_learner *learner);

/* Ends the thread, once it has learnt what it is at: up to a second for hundreds of trials. */
void study_learner_stop(struct study_learner *learner);

/*
 * The model of a suggestion that is made now (NULL: with none), valid until the next call. Waits
 * where it is not learnt yet. False and *err for lack of memory; the next call tries again.
 */
bool study_learner_find(struct study_learner *learner, const struct sampler_model **model,
                        struct assay_error *err);

/* sampler_model_size() */
size_t study_learner_model_size(const struct study_learner *learner);

/* From now on models are also kept for study_learner_take_new(). */
void study_learner_record(struct study_learner *learner);

/* The models that were learnt since it was last called, in their order; NULL where there are none.
 * The caller owns them. */
struct study_model *study_learner_take_new(struct study_learner *learner);
void study_models_free(struct study_model *models); /* NULL is fine */

/*
 * Models that were stored, the newest first: those of them that are of use after the trials that
 * were appended are not learnt again. Before anything is learnt. What is no model is as if it were
 * not there.
 */
void study_learner_take_up(struct study_learner *learner, const struct study_model *newest);

#endif
