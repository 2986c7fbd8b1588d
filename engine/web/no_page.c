/* In place of the page, where it was not built (ASSAY_WEB=OFF). */

#include "engine/web/web_assets.h"

static const char text[] =
    "<!DOCTYPE html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<title>assay</title>\n"
    "<p>This assay was built without its page. To have it, install Node.js 18 or newer with npm "
    "and "
    "build again with <code>cmake -DASSAY_WEB=ON</code>.</p>\n</html>\n";

const struct web_asset web_asset_list[] = {
    { .path = "index.html",
      .content_type = "text/html; charset=utf-8",
      .etag = "W/\"none\"",
      .bytes = text,
      .size = sizeof text - 1 },
};
const size_t web_asset_count = 1;
