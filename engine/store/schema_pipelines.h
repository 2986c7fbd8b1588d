/* engine/store/schema_pipelines.h - tables of training pipelines. Private to engine/store/. */
#ifndef ENGINE_STORE_SCHEMA_PIPELINES_H
#define ENGINE_STORE_SCHEMA_PIPELINES_H

/* The index is of those that have not ended: few, and looked for at each start. */
#define STORE_PIPELINES_TABLES                                                                     \
    "CREATE TABLE pipeline ("                                                                      \
    " id INTEGER PRIMARY KEY, state INTEGER NOT NULL, seed INTEGER NOT NULL,"                      \
    " create_us INTEGER NOT NULL, start_us INTEGER NOT NULL, end_us INTEGER NOT NULL,"             \
    " update_us INTEGER NOT NULL, error_code INTEGER NOT NULL, job INTEGER NOT NULL,"              \
    " best_trial INTEGER NOT NULL, training_count INTEGER NOT NULL,"                               \
    " validation_count INTEGER NOT NULL, test_count INTEGER NOT NULL, parent TEXT NOT NULL,"       \
    " display_name TEXT NOT NULL, definition TEXT NOT NULL, document TEXT NOT NULL,"               \
    " source_dir TEXT NOT NULL, error_message TEXT NOT NULL, data_format TEXT NOT NULL,"           \
    " data_uri TEXT NOT NULL, model TEXT NOT NULL, version TEXT NOT NULL) STRICT;"                 \
    "CREATE INDEX pipeline_by_age ON pipeline (create_us, id);"                                    \
    "CREATE INDEX pipeline_by_job ON pipeline (job) WHERE job <> 0;"                               \
    "CREATE INDEX pipeline_unended ON pipeline (id) WHERE end_us = 0;"

#endif
