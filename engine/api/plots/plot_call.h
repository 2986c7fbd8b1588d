/*
 * engine/api/plots/plot_call.h - a call for a plot: the job, its digest and what the query asks
 * for; shared by the files of this folder.
 */
#ifndef ENGINE_API_PLOTS_PLOT_CALL_H
#define ENGINE_API_PLOTS_PLOT_CALL_H

#include "engine/api/job_view.h"
#include "engine/api/plots/plots.h"
#include "engine/plots/plot_cache.h"
#include "engine/plots/study_digest.h"

/* What a plot needs of a job. */
enum plot_need { PLOT_NEEDS_NOTHING, PLOT_NEEDS_METRIC };

struct plot_call {
    struct api_call *call;
    int64_t job;
    const struct job_view *view;
    const struct study_spec *study; /* the view's; without metrics and parameters: a custom job's */
    size_t metric;                  /* that of ?metric=, else the first objective */
    struct plot_place *place;       /* of the digest */
    const struct study_digest *digest; /* NULL until plot_take_digest() */
};

/*
 * The path's job and the query's metric; plot_end() also after a failure. ASSAY_NOT_FOUND,
 * ASSAY_INVALID for a metric that the study has not, ASSAY_PRECONDITION for a job that has none of
 * what the plot needs.
 */
bool plot_begin(struct plot_call *plot, struct api_call *call, enum plot_need need,
                struct assay_error *err);
/* The digest as of now, in this thread's hands until plot_end(). */
bool plot_take_digest(struct plot_call *plot, struct assay_error *err);
/* Gives it back before; for who goes on for long without it. */
void plot_put_digest(struct plot_call *plot);
void plot_end(struct plot_call *plot);

/* A number from 1 to most; fallback where it is absent, most where it is above. */
bool plot_query_count(const struct api_call *call, const char *name, int64_t fallback, int64_t most,
                      int64_t *count, struct assay_error *err);

/* The answer's first members: version, and, where the plot is of one metric, metricId and goal. */
void plot_write_version(struct plot_call *plot);
void plot_write_metric(struct plot_call *plot);
/* [{"metricId": "loss", "goal": "MINIMIZE"}]: all, or only objectives. */
void plot_write_metrics(struct plot_call *plot, bool only_objectives);

/* Members and items; what is not finite is null. */
void plot_write_int(struct json_writer *w, const char *key, int64_t value);
void plot_write_bool(struct json_writer *w, const char *key, bool value);
void plot_write_number(struct json_writer *w, double value);
void plot_write_numbers(struct json_writer *w, const char *key, const double *values, size_t count);

/* The parameter's value as a plot's axis has it: a category's name, or the number. */
void plot_write_value(struct json_writer *w, const struct param_spec *param, double value);

#endif
