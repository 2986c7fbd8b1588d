/*
 * engine/api/trial_files/trial_files.h - what a trial has left on the disk, and what it was started
 * with: handlers.
 */
#ifndef ENGINE_API_TRIAL_FILES_TRIAL_FILES_H
#define ENGINE_API_TRIAL_FILES_TRIAL_FILES_H

#include "engine/api/api_private.h"

enum { FILE_PIECE_MAX = 4 << 20 }; /* bytes of an answer of files:read */

/* GET …/jobs/{job}/document: as it was received, and as it is run. */
bool api_get_document(struct api_call *call, struct assay_error *err);

/* GET …/trials/{trial}/logs:stat?stream=&attempt=&replica= */
bool api_stat_logs(struct api_call *call, struct assay_error *err);
/* GET …/trials/{trial}/logs:search?text=&offset=&limit=, and as of logs:stat */
bool api_search_logs(struct api_call *call, struct assay_error *err);

/* GET …/trials/{trial}/files */
bool api_list_files(struct api_call *call, struct assay_error *err);
/* GET …/trials/{trial}/files:read?path=&offset= */
bool api_read_file(struct api_call *call, struct assay_error *err);

/* GET …/trials/{trial}:launch */
bool api_get_launch(struct api_call *call, struct assay_error *err);

#endif
