/* engine/store/schema_models.h - tables of models. Private to engine/store/. */
#ifndef ENGINE_STORE_SCHEMA_MODELS_H
#define ENGINE_STORE_SCHEMA_MODELS_H

#define STORE_MODELS_TABLES                                                                        \
    "CREATE TABLE registered_model ("                                                              \
    " number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, parent TEXT NOT NULL,"                  \
    " display_name TEXT NOT NULL, description TEXT NOT NULL, labels TEXT NOT NULL,"                \
    " create_us INTEGER NOT NULL, update_us INTEGER NOT NULL, revision INTEGER NOT NULL,"          \
    " last_version INTEGER NOT NULL) STRICT;"                                                      \
    "CREATE TABLE model_version ("                                                                 \
    " model INTEGER NOT NULL, version INTEGER NOT NULL, description TEXT NOT NULL,"                \
    " labels TEXT NOT NULL, document TEXT NOT NULL, artifact_uri TEXT NOT NULL,"                   \
    " pipeline TEXT NOT NULL, source TEXT NOT NULL, lineage TEXT NOT NULL,"                        \
    " artifact TEXT NOT NULL, file_count INTEGER NOT NULL, size_bytes INTEGER NOT NULL,"           \
    " create_us INTEGER NOT NULL, update_us INTEGER NOT NULL, push_state INTEGER NOT NULL,"        \
    " push_tries INTEGER NOT NULL, push_due_us INTEGER NOT NULL, push_error TEXT NOT NULL,"        \
    " PRIMARY KEY (model, version)) STRICT;"                                                       \
    "CREATE INDEX model_version_to_push ON model_version (push_due_us) WHERE push_state = 1;"      \
    "CREATE TABLE model_alias ("                                                                   \
    " model INTEGER NOT NULL, alias TEXT NOT NULL, version INTEGER NOT NULL,"                      \
    " PRIMARY KEY (model, alias)) STRICT, WITHOUT ROWID;"

#endif
