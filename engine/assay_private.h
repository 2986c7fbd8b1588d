/*
 * engine/assay_private.h - what an opened state folder is, for the files that implement assay.h.
 */
#ifndef ENGINE_ASSAY_PRIVATE_H
#define ENGINE_ASSAY_PRIVATE_H

#include "assay.h"
#include "engine/engine.h"

struct assay {
    struct engine *engine;
    struct launcher_config *config; /* NULL where nothing is run */
};

#endif
