/*
 * engine/api/plots/plots.h - what a page draws of a study, as columns of numbers: the answers below
 * /assay/v1/jobs/{job}/plots/.
 *
 * All but curves and timeline are made from the study's digest (engine/plots/study_digest.h), and
 * say as their version the last end order that it has counted.
 */
#ifndef ENGINE_API_PLOTS_PLOTS_H
#define ENGINE_API_PLOTS_PLOTS_H

#include "engine/api/api_private.h"

/* plot_history.c: values over time, their distribution, the Pareto front */
bool api_plot_history(struct api_call *call, struct assay_error *err);
bool api_plot_edf(struct api_call *call, struct assay_error *err);
bool api_plot_pareto(struct api_call *call, struct assay_error *err);

/* plot_sample.c: some trials with all their numbers */
bool api_plot_sample(struct api_call *call, struct assay_error *err);

/* plot_curves.c: how values came about while trials ran */
bool api_plot_curves(struct api_call *call, struct assay_error *err);

/* plot_timeline.c: when and where trials ran */
bool api_plot_timeline(struct api_call *call, struct assay_error *err);

/* plot_forest.c: what the parameters do, by a forest of the sample */
bool api_plot_importance(struct api_call *call, struct assay_error *err);
bool api_plot_slice(struct api_call *call, struct assay_error *err);
bool api_plot_contour(struct api_call *call, struct assay_error *err);

#endif
