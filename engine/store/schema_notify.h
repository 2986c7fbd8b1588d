/*
 * engine/store/schema_notify.h - tables of notify. Private to engine/store/.
 *
 * notice: what changed, oldest first, until each hook has been told (notice_rows.h). The newest row
 * stays for ever, so that no id is ever given twice. notice_hook: how far each hook has come.
 */
#ifndef ENGINE_STORE_SCHEMA_NOTIFY_H
#define ENGINE_STORE_SCHEMA_NOTIFY_H

#define STORE_NOTIFY_TABLES                                                                        \
    "CREATE TABLE notice ("                                                                        \
    " id INTEGER PRIMARY KEY, kind INTEGER NOT NULL, resource INTEGER NOT NULL,"                   \
    " job_kind INTEGER NOT NULL, state INTEGER NOT NULL, old_state INTEGER NOT NULL,"              \
    " time_us INTEGER NOT NULL, error_code INTEGER NOT NULL, parent TEXT NOT NULL,"                \
    " display_name TEXT NOT NULL, error_message TEXT NOT NULL) STRICT;"                            \
    "CREATE TABLE notice_hook (hook TEXT PRIMARY KEY, done INTEGER NOT NULL) STRICT;"

#endif
