/* engine/store/schema_notify.h - tables of notify. Private to engine/store/. */
#ifndef ENGINE_STORE_SCHEMA_NOTIFY_H
#define ENGINE_STORE_SCHEMA_NOTIFY_H

#define STORE_NOTIFY_TABLES ""

#endif
