/*
 * engine/web/web_assets.h - the page's files, which are part of the program: bundled from page/ by
 * bundle.mjs, embedded by the assembler.
 *
 * All is constant and lives as long as the program. Any thread.
 */
#ifndef ENGINE_WEB_WEB_ASSETS_H
#define ENGINE_WEB_WEB_ASSETS_H

#include <stdbool.h>
#include <stddef.h>

struct web_asset {
    const char *path; /* below /web/: "index.html", "app.js" */
    const char *content_type;
    const char *etag;  /* as in the header; weak: the same for both encodings */
    bool is_immutable; /* its name changes with what is in it */
    const void *bytes;
    size_t size;
    const void *gzip; /* the same, compressed; NULL where that is no smaller */
    size_t gzip_size;
};

/* NULL: there is no such file. Of a program that was built without the page there is only
 * "index.html", which says so. */
const struct web_asset *web_asset_find(const char *path);

/* All, sorted by path: web_list.c, which is generated, or no_page.c. */
extern const struct web_asset web_asset_list[];
extern const size_t web_asset_count;

#endif
