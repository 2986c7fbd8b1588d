/*
 * tests/unit/search/gp_study.h - a study by the default sampler on one machine: asks, measures,
 * tells. Whatever is wrong with an answer in any case ends the test.
 */
#ifndef TESTS_UNIT_SEARCH_GP_STUDY_H
#define TESTS_UNIT_SEARCH_GP_STUDY_H

#include "gp_support.h"

#include "search/model_chain.h"

enum { STUDY_PARAMS = 128, STUDY_PENDING = 8 };

/* Small and fixed: what is tested with them holds whatever the constants are. */
extern const char *const gp_quick;
extern const char *const gp_careful;

struct gp_study {
    const struct search_space *space; /* borrowed */
    struct sampler *sampler;
    struct model_chain *chain;
    struct history *history;
    double pending[STUDY_PENDING * STUDY_PARAMS]; /* pending_count x param_count: the caller's */
    size_t pending_count;
    uint64_t next;                /* trial number */
    struct provenance provenance; /* of the last answer */
};

/* One metric, minimized. */
struct sampler_options gp_study_options(const char *settings);

void gp_study_init(struct gp_study *study, const struct search_space *space,
                   const struct sampler_options *options);
void gp_study_clear(struct gp_study *study);

/* What gp_study_ask() asks. */
struct sampler_query gp_study_query(const struct gp_study *study);

/* A legal point with a provenance that fits, or the end. */
enum sampler_answer gp_study_ask(struct gp_study *study, double *point);

void gp_study_tell(struct gp_study *study, uint64_t number, enum past_state state,
                   const double *point, const double *values);

/* That the next trial has ended well, with one value. */
void gp_study_tell_value(struct gp_study *study, const double *point, double value);

#endif
