/*
 * engine/life/study_sampler.h - the sampler that a job's document asks for.
 */
#ifndef ENGINE_LIFE_STUDY_SAMPLER_H
#define ENGINE_LIFE_STUDY_SAMPLER_H

#include "engine/spec/job_spec.h"
#include "search/sampler.h"

/* The study's first count metrics, as samplers and fronts see them. */
void study_sampler_metrics(const struct study_spec *study, size_t count,
                           struct sampler_metric *metrics);

/* Borrows spec, of a tuning job. NULL and *err as of sampler_new(). */
struct sampler *study_sampler_new(const struct job_spec *spec, uint64_t seed,
                                  struct assay_error *err);

#endif
