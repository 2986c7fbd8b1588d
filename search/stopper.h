/*
 * search/stopper.h - is a running trial worth finishing? One answer, and why.
 *
 * A stopper knows its rule and what the study has seen: it is told of each trial that completed
 * and, where stopper_observes(), of each measurement of any trial. Its answers are a function of
 * what it was told, in that order, and of nothing else; told the same again, after a restart, it
 * answers the same. A verdict to stop is final: the caller keeps it and asks no more for that
 * trial. Where it is worth asking: after each new measurement of a running trial, and for all
 * running trials after one has completed.
 *
 * Positions are what the study goes by: step counts, or seconds since the trial started. Values are
 * those of the study's first objective, in its own units, maximized or minimized. One thread at a
 * time. A verdict takes microseconds, with STOPPER_DECAY_CURVE up to half a millisecond; many and
 * long curves (the limits of stopper_append()) make it ten times as much.
 *
 * The rules (all but STOPPER_HALVING are those of the Vertex AI API):
 *
 * STOPPER_MEDIAN       the trial's best value so far is strictly worse than the median, over the
 *                      completed trials, of the running average of their values up to the trial's
 *                      last position. Completed trials count that had been measured by then, early
 *                      stopped ones too; there must be 5 of them.
 * STOPPER_DECAY_CURVE  from how the completed trials went on from where the trial is now, a
 *                      Gaussian process predicts its final value; the chance that this beats the
 *                      best one is below STOPPER_CHANCE, now and one measurement ago. Needs 5
 * trials that ran further than this one, and 3 own measurements. STOPPER_CONVEX       a learning
 * curve bends towards its end, so it stays below the line that goes on with its latest slope; even
 * that line ends worse than the best completed trial. Wrong where curves jump late, as under some
 * learning rate schedules. The final value is then predicted by autoregression. STOPPER_HALVING
 * asynchronous successive halving, its stopping variant (L. Li et al., "A system for massively
 * parallel hyperparameter tuning", MLSys 2020): rungs at grace · eta^k; a trial that reaches one
 * goes on when it is among the best 1/eta of those that came there before it, itself included, and
 * always when it is the best. A trial that jumps over rungs is judged at the highest.
 *
 * Median and decay curve leave a trial alone for the first tenth of what is usual: the median of
 * the last positions of the trials that ran to their end.
 */
#ifndef SEARCH_STOPPER_H
#define SEARCH_STOPPER_H

#include "assay/error.h"
#include "search/curve.h"

#include <stdint.h>

/* Part of what is stored: never renumber, only add. */
enum stopper_kind {
    STOPPER_MEDIAN = 1,
    STOPPER_DECAY_CURVE = 2,
    STOPPER_CONVEX = 3,
    STOPPER_HALVING = 4,
};

#define STOPPER_CHANCE 0.01 /* below it, hoping is over */

enum {
    STOPPER_TRIALS_MIN = 5,      /* completed ones, before median and decay curve begin */
    STOPPER_NUMBER_MAX = 1 << 27 /* trials with a higher number are never halved */
};

struct stopper_options {
    enum stopper_kind kind;
    bool is_maximized;
    bool is_elapsed; /* positions are seconds: for sentences only */
    /* STOPPER_CONVEX and STOPPER_HALVING; 0: the furthest that a completed trial came, as far as is
     * known. From there on nothing is left to save. */
    double max_position;
    /* STOPPER_CONVEX */
    double min_position;          /* no stop at or before it; 0: a tenth of max_position */
    size_t min_measurement_count; /* of a trial; one more completed trials are needed. 0: 5 */
    /* STOPPER_HALVING */
    double eta;   /* at least 2; 0: 3 */
    double grace; /* the first rung, above 0; 0: 1 */
};

/* A trial that completed; borrowed for the call. One that was infeasible is none. */
struct stopper_trial {
    struct curve curve;
    double final_value;   /* by which the study judges it; NaN: none. Not looked at when stopped */
    bool is_stopped;      /* early, by whatever rule: it shows how trials begin, not how they end */
    double learning_rate; /* NaN where no parameter is known to be one; STOPPER_CONVEX */
};

/* Part of what is stored: never renumber, only add. */
enum stopper_why {
    STOPPER_WHY_EARLY = 0,         /* too few measurements, or too short a way yet */
    STOPPER_WHY_FEW = 1,           /* too few completed trials to compare with */
    STOPPER_WHY_FLAT = 2,          /* STOPPER_CONVEX: no slope, no prediction */
    STOPPER_WHY_LATE = 3,          /* at its end: nothing is left to save */
    STOPPER_WHY_GOOD = 4,          /* judged, and good enough */
    STOPPER_WHY_LEADING = 5,       /* STOPPER_DECAY_CURVE: as good as the best trial was here */
    STOPPER_WHY_UNCONFIRMED = 6,   /* STOPPER_DECAY_CURVE: hopeless for the first time */
    STOPPER_WHY_BETWEEN_RUNGS = 7, /* STOPPER_HALVING: no new rung was reached */
    STOPPER_WHY_HOPELESS = 8,      /* judged, and stopped */
};

/* A plain record, worth keeping with the trial. Numbers that a rule has no use for are NaN or 0. */
struct stopper_verdict {
    enum stopper_kind kind;
    bool should_stop;
    enum stopper_why why;
    bool is_maximized, is_elapsed;
    double position;      /* the trial's last one */
    double value;         /* its best value so far; STOPPER_HALVING: the one at the rung */
    uint64_t trial_count; /* completed trials it was compared with; arrivals at the rung */
    double bar;           /* what it was measured against: the median, the best final value */
    double mean, deviation, chance; /* STOPPER_DECAY_CURVE: of the final value; of beating bar */
    double estimate;                /* STOPPER_CONVEX: the over-estimate of the final value */
    double end;                     /* STOPPER_CONVEX: the position it is for */
    double final_value;             /* STOPPER_CONVEX, stopped: predicted, to be measured at end */
    double rung;                    /* STOPPER_HALVING: its position */
    uint64_t rank, kept_count; /* STOPPER_HALVING: from 1, ties share the best; how many go on */
};

enum { STOPPER_SENTENCE_MAX = 512 };

struct stopper; /* opaque: stopper_ops.h */

/* NULL and *err for lack of memory, or for options out of range. */
struct stopper *stopper_new(const struct stopper_options *options, struct assay_error *err);
void stopper_free(struct stopper *stopper); /* NULL is fine */

/*
 * Tells of a trial that completed; copies what it needs. An empty curve is fine. Memory is bounded:
 * past STOPPER_KEPT_MAX trials or STOPPER_POINTS_MAX measurements (stopper_past.h) every second
 * trial is forgotten, and from then on every second one (fourth, …) is kept. False for lack of
 * memory; the trial is forgotten then.
 */
bool stopper_append(struct stopper *stopper, const struct stopper_trial *trial);

/*
 * Judges a running trial by all its measurements so far; learning_rate as in struct stopper_trial.
 * Not for a rule that observes. False for lack of memory: no verdict.
 */
bool stopper_decide(const struct stopper *stopper, const struct curve *running,
                    double learning_rate, struct stopper_verdict *verdict);

/* True for STOPPER_HALVING: what matters is in which order trials came where. */
bool stopper_observes(const struct stopper *stopper);

/*
 * A measurement of a trial (its number, from 1) at a position: in the order of the events, each
 * trial's positions not decreasing (one that decreases is ignored). Judges that trial where it
 * comes to a new rung; a trial that goes on though it was stopped counts at the rungs it comes to.
 * Between different trials the order decides about the verdicts of these calls only: what is
 * remembered is the same in any order. False for lack of memory: the measurement is forgotten.
 */
bool stopper_observe(struct stopper *stopper, uint64_t trial, double position, double value,
                     struct stopper_verdict *verdict);

/*
 * STOPPER_CONVEX with updateAllStoppedTrials: the final value, predicted anew, of a trial that was
 * stopped; of its measured curve without an earlier prediction. *position is that of the predicted
 * measurement. False for lack of memory, or where nothing can be predicted.
 */
bool stopper_predict(const struct stopper *stopper, const struct curve *stopped,
                     double learning_rate, double *position, double *final_value);

/* One English sentence without its full stop: what the verdict is and which numbers made it so.
 * Returns text. */
char *stopper_sentence(const struct stopper_verdict *verdict, char text[STOPPER_SENTENCE_MAX]);

#endif
