#include "gp_study.h"

#include "gp_support.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <math.h>

const char *const gp_quick = "trust_from=0,endgame_share=0,start_count=4,candidates=48,climbs=2,"
                             "leaders=2,evaluations=20,refit_share=0.1";
const char *const gp_careful =
    "start_count=4,candidates=256,climbs=4,leaders=3,evaluations=60,refit_share=0.04";

struct sampler_options gp_study_options(const char *settings)
{
    return (struct sampler_options){ .algorithm = "gp", .seed = 11, .settings = settings };
}

void gp_study_init(struct gp_study *study, const struct search_space *space,
                   const struct sampler_options *options)
{
    struct assay_error err = { 0 };

    *study = (struct gp_study){ .space = space, .next = 1 };
    study->sampler = sampler_new(options, space, &err);
    cr_assert(study->sampler != NULL, "%s", err.message);
    study->chain = model_chain_new(study->sampler);
    study->history =
        history_new(space->param_count, options->metric_count > 0 ? options->metric_count : 1);
}

void gp_study_clear(struct gp_study *study)
{
    model_chain_free(study->chain);
    sampler_free(study->sampler);
    history_free(study->history);
}

struct sampler_query gp_study_query(const struct gp_study *study)
{
    return (struct sampler_query){ .trial_number = study->next,
                                   .history = study->history,
                                   .past_count = history_count(study->history),
                                   .pending = study->pending,
                                   .pending_count = study->pending_count };
}

/* What must hold of any provenance. */
static void check_provenance(const struct gp_study *study)
{
    const struct provenance *provenance = &study->provenance;
    bool is_modelled = provenance->acquisition != ACQUISITION_NONE;
    bool is_plain = provenance->stage == STAGE_FIRST || provenance->stage == STAGE_START ||
                    provenance->stage == STAGE_FALLBACK;

    cr_assert(eq(u64, provenance->past_count, history_count(study->history)));
    cr_assert(eq(u64, provenance->pending_count, study->pending_count));
    cr_assert(provenance->fallback == FALLBACK_SOBOL ? provenance->stage == STAGE_FALLBACK
                                                     : provenance->stage != STAGE_FALLBACK);
    for (size_t i = 0; i < PROVENANCE_NEAREST; i++) {
        cr_assert(provenance->nearest[i] < study->next);
        cr_assert(is_modelled || provenance->nearest[i] == 0);
        cr_assert(provenance->similarity[i] >= 0 && provenance->similarity[i] <= 1);
        cr_assert(i == 0 || provenance->similarity[i] <= provenance->similarity[i - 1]);
    }
    if (!is_modelled) {
        cr_assert(isnan(provenance->acquisition_value));
        cr_assert(isnan(provenance->mean) && isnan(provenance->deviation));
        cr_assert(ne(int, (int)provenance->stage, STAGE_MODEL));
        return;
    }
    cr_assert(not(is_plain));
    cr_assert(not(isnan(provenance->acquisition_value)));
    cr_assert(provenance->nearest[0] > 0 || history_count(study->history) == 0);
}

enum sampler_answer gp_study_ask(struct gp_study *study, double *point)
{
    struct sampler_query query = gp_study_query(study);
    struct assay_error err = { 0 };
    enum sampler_answer answer =
        model_chain_suggest(study->chain, &query, point, &study->provenance, &err);

    cr_assert(ne(int, (int)answer, SAMPLER_FAILED), "%s", err.message);
    if (answer == SAMPLER_POINT) {
        cr_assert(search_space_is_legal(study->space, point), "trial %zu", (size_t)study->next);
        check_provenance(study);
    }
    return answer;
}

void gp_study_tell(struct gp_study *study, uint64_t number, enum past_state state,
                   const double *point, const double *values)
{
    struct past_trial trial = { .number = number,
                                .state = state,
                                .progress = state == PAST_STOPPED ? 0.5 : 1,
                                .point = point,
                                .values = values };
    bool is_appended = history_append(study->history, &trial);

    cr_assert(is_appended);
}

void gp_study_tell_value(struct gp_study *study, const double *point, double value)
{
    gp_study_tell(study, study->next++, PAST_COMPLETED, point, &value);
}
