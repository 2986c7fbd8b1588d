/*
 * engine/pipelines/pipeline_runner.h - works on training pipelines: some threads that look, after
 * each commit, what the ones under way need next, and do it.
 *
 * What is to be done is derived from rows (pipeline_life.h), so nothing is lost with the engine. As
 * of jobs, an engine works on those that were made or resumed while it was open.
 */
#ifndef ENGINE_PIPELINES_PIPELINE_RUNNER_H
#define ENGINE_PIPELINES_PIPELINE_RUNNER_H

#include "engine/engine.h"

struct pipeline_runner;

/* engine is borrowed until pipeline_runner_free(). Of an emulation there are no threads:
 * pipeline_runner_step(). NULL and *err. */
struct pipeline_runner *pipeline_runner_new(struct engine *engine, struct assay_error *err);
/* Ends the threads, while there still is a controller; what is half done is left to the next
 * engine. engine_is_ending() must say so already. NULL is fine. */
void pipeline_runner_stop(struct pipeline_runner *runner);
/* After that. NULL is fine. */
void pipeline_runner_free(struct pipeline_runner *runner);

/* From now on the pipeline is worked on, to its end. Any thread; NULL is fine. */
void pipeline_runner_watch(struct pipeline_runner *runner, int64_t id);
/* Whether it is. */
bool pipeline_runner_has(struct pipeline_runner *runner, int64_t id);
/* All are gone, with the rows: of an emulation. */
void pipeline_runner_forget(struct pipeline_runner *runner);

/* Something was committed. Any thread, often; NULL is fine. */
void pipeline_runner_note(struct pipeline_runner *runner);

/* Does on the caller's thread what there is to do: of an emulation. */
void pipeline_runner_step(struct pipeline_runner *runner);

#endif
