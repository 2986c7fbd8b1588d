/*
 * engine/api/route.h - which function answers a method on a path, and what the path names.
 *
 * The paths of Vertex AI begin with a version: v1 and v1beta1 are the same here, and so is ui,
 * where the official clients look for operations and locations. Pure; any thread may call.
 */
#ifndef ENGINE_API_ROUTE_H
#define ENGINE_API_ROUTE_H

#include "assay/error.h"

struct api_call;

typedef bool (*api_handler)(struct api_call *call, struct assay_error *err);

/* What stands in a path for {project}, {location}, … */
enum route_word {
    ROUTE_PROJECT,
    ROUTE_LOCATION,
    ROUTE_JOB, /* an id; of our own paths also a prefix of one, or "last" */
    ROUTE_TRIAL,
    ROUTE_STUDY,
    ROUTE_OPERATION,
    ROUTE_PIPELINE,
    ROUTE_MODEL, /* an id, or id@version, id@alias */
    ROUTE_DATASET,
    ROUTE_ITEM,       /* of a dataset */
    ROUTE_ANNOTATION, /* a spec's */
    ROUTE_QUERY,      /* a saved one */
    ROUTE_VERSION,    /* of a dataset */
    ROUTE_WORDS,
};

enum { ROUTE_WORD_SIZE = 128 }; /* longer ones name nothing */

struct route_match {
    api_handler handler;
    char words[ROUTE_WORDS][ROUTE_WORD_SIZE]; /* "" where absent */
};

/*
 * False and *err: ASSAY_NOT_FOUND for an unknown path, ASSAY_UNIMPLEMENTED for a method that is not
 * possible there, or a collection of Vertex AI that is not here.
 */
bool route_find(const char *method, const char *path, struct route_match *match,
                struct assay_error *err);

#endif
