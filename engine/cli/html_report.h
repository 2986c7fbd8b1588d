/*
 * engine/cli/html_report.h - a study as one HTML file that needs no server: the page's plots, and
 * in place of a server the answers that it would have given.
 *
 * They stand in <script id="assay-report" type="application/json">, by what was asked below the
 * job: {"version": "0.1.0", "job": "7", "answers": {"": {…}, "/plots/sample": {…},
 * "/plots/history?metric=loss": {…}, …}}. Where the engine refused an answer, its error stands
 * there as {"error": {"status": "NOT_FOUND", "message": "…"}}.
 */
#ifndef ENGINE_CLI_HTML_REPORT_H
#define ENGINE_CLI_HTML_REPORT_H

#include "assay/json.h"
#include "engine/cli/client.h"

#include <stdio.h>

/* False and *err: the engine cannot be asked, or this program has no page (ASSAY_UNIMPLEMENTED). */
bool html_report_write(FILE *out, struct client *client, const cJSON *job, struct assay_error *err);

#endif
