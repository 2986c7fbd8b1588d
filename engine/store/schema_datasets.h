/* engine/store/schema_datasets.h - tables of datasets. Private to engine/store/. */
#ifndef ENGINE_STORE_SCHEMA_DATASETS_H
#define ENGINE_STORE_SCHEMA_DATASETS_H

/* What is in a dataset is found by its id, and ordered within it by ids that its content makes. */
#define STORE_DATASETS_TABLES                                                                      \
    "CREATE TABLE dataset ("                                                                       \
    " id INTEGER PRIMARY KEY, parent TEXT NOT NULL, display_name TEXT NOT NULL,"                   \
    " description TEXT NOT NULL, schema_uri TEXT NOT NULL, metadata TEXT NOT NULL,"                \
    " labels TEXT NOT NULL, encryption TEXT NOT NULL, item_count INTEGER NOT NULL,"                \
    " revision INTEGER NOT NULL, create_us INTEGER NOT NULL, update_us INTEGER NOT NULL"           \
    ") STRICT;"                                                                                    \
    "CREATE TABLE data_item ("                                                                     \
    " dataset INTEGER NOT NULL, id INTEGER NOT NULL, payload TEXT NOT NULL, labels TEXT NOT NULL," \
    " create_us INTEGER NOT NULL, update_us INTEGER NOT NULL, PRIMARY KEY (dataset, id)"           \
    ") STRICT, WITHOUT ROWID;"                                                                     \
    "CREATE TABLE annotation ("                                                                    \
    " dataset INTEGER NOT NULL, item INTEGER NOT NULL, id INTEGER NOT NULL,"                       \
    " schema_uri TEXT NOT NULL, payload TEXT NOT NULL, labels TEXT NOT NULL,"                      \
    " create_us INTEGER NOT NULL, update_us INTEGER NOT NULL, PRIMARY KEY (dataset, item, id)"     \
    ") STRICT, WITHOUT ROWID;"                                                                     \
    "CREATE TABLE annotation_spec ("                                                               \
    " dataset INTEGER NOT NULL, id INTEGER NOT NULL, display_name TEXT NOT NULL,"                  \
    " create_us INTEGER NOT NULL, PRIMARY KEY (dataset, id)) STRICT, WITHOUT ROWID;"               \
    "CREATE TABLE saved_query ("                                                                   \
    " dataset INTEGER NOT NULL, id INTEGER NOT NULL, display_name TEXT NOT NULL,"                  \
    " problem_type TEXT NOT NULL, annotation_filter TEXT NOT NULL, create_us INTEGER NOT NULL,"    \
    " PRIMARY KEY (dataset, id)) STRICT, WITHOUT ROWID;"

#endif
