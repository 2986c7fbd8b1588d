/*
 * engine/emulate/emulated_engine.h - an engine in emulate mode: no threads, no processes, a clock
 * that stands still. What it does is a function of the seed, the script and the requests in order.
 *
 * A request is everything between engine_enter() and engine_leave(), which keep all others out, so
 * that what it sees is one moment. In an engine that is none of these the two do nothing.
 */
#ifndef ENGINE_EMULATE_EMULATED_ENGINE_H
#define ENGINE_EMULATE_EMULATED_ENGINE_H

#include "engine/emulate/emulation.h"
#include "engine/engine.h"

/* NULL: the engine is none in emulate mode. Only between enter and leave. */
struct emulation *engine_emulation(struct engine *engine);

void engine_enter(struct engine *engine);
void engine_leave(struct engine *engine);

/*
 * Moves the clock on; what happens until then happens at its moment, in order. At most
 * EMULATION_HAPPENINGS_MAX of them: then the clock stands before the moment that was wanted. False
 * and *err when the engine is broken.
 */
enum { EMULATION_HAPPENINGS_MAX = 1000000 };
bool engine_advance(struct engine *engine, int64_t by_us, struct assay_error *err);

/* As it was when it was opened: all is forgotten. seed NULL: the one it has. */
bool engine_reset(struct engine *engine, const uint64_t *seed, struct assay_error *err);

#endif
