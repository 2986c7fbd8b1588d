/*
 * engine/models/model_document.h - a Model as clients send it: checked, and what is kept of it.
 *
 * Output-only fields are ignored, whatever they hold: clients send back what they were given. Pure.
 */
#ifndef ENGINE_MODELS_MODEL_DOCUMENT_H
#define ENGINE_MODELS_MODEL_DOCUMENT_H

#include "assay/json.h"

enum { MODEL_ID_SIZE = 64, MODEL_ALIAS_SIZE = 129 };

/* What stands in a Model that can be written; zero it to start, clear it. Texts are NULL where
 * absent. */
struct model_document {
    char *display_name;
    char *description;
    char *version_description;
    char *artifact_uri;
    char *etag;
    char **aliases;
    size_t alias_count;
    cJSON *labels; /* object, or NULL */
    cJSON *kept;   /* containerSpec and whatever else never changes, in the API's spelling */
};

/*
 * Faults go to faults with paths below prefix ("model", "model_to_upload"). is_patch: nothing is
 * required, since a mask says what counts. False for lack of memory; after faults too, the document
 * is to be cleared.
 */
bool model_document_read(const cJSON *model, const char *prefix, bool is_patch,
                         struct model_document *document, struct assay_faults *faults);
void model_document_clear(struct model_document *document);

/* 1 to 63 of [a-z0-9_-], the first no digit and no hyphen. */
bool model_id_is_valid(const char *id);
/* [a-z][a-zA-Z0-9-]{0,126}[a-z0-9] */
bool model_alias_is_valid(const char *alias);

/* The parts of "projects/P/locations/L/models/ID[@VERSION]"; version is "" without one. False for
 * what is no such name. */
struct model_name {
    char parent[288];
    char id[MODEL_ID_SIZE];
    char version[128];
};
bool model_name_parse(const char *text, struct model_name *name);
/* "ID[@VERSION]" */
bool model_word_parse(const char *word, struct model_name *name);

#endif
