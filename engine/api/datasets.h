/* engine/api/datasets.h - what the page asks of a dataset beyond Vertex AI's methods. */
#ifndef ENGINE_API_DATASETS_H
#define ENGINE_API_DATASETS_H

#include "engine/api/api_private.h"

/* GET /assay/v1/datasets/{dataset}/table. ASSAY_PRECONDITION: it is no table. */
bool api_get_table(struct api_call *call, struct assay_error *err);

#endif
