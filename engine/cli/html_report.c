#include "engine/cli/html_report.h"

#include "engine/cli/text.h"
#include "engine/cli/view.h"
#include "engine/web/web_assets.h"

#include <nettle/base64.h>
#include <nettle/sha2.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

/* Of so many objectives, each has plots of its own; of so many parameters, the effect is shown. */
enum { METRICS_MAX = 4, PARAMETERS_MAX = 4 };
/* How many of the best trials of each objective are there, and how many of the first ones: two
 * windows, each as large as the engine gives them. */
enum { BEST_TRIALS = 100, WINDOW = 500, WINDOWS = 2 };

struct html_report {
    struct client *client;
    const char *job; /* its id */
    cJSON *answers;  /* by what was asked below the job */
};

/* What the engine refuses is an answer, too, but not when nobody answers at all. */
static bool is_answer(const struct assay_error *err)
{
    return err->code == ASSAY_INVALID || err->code == ASSAY_NOT_FOUND ||
           err->code == ASSAY_PRECONDITION || err->code == ASSAY_RANGE ||
           err->code == ASSAY_UNIMPLEMENTED;
}

static cJSON *refusal(const struct assay_error *err)
{
    cJSON *answer = cJSON_CreateObject();
    cJSON *error = cJSON_AddObjectToObject(answer, "error");

    (void)cJSON_AddStringToObject(error, "status", assay_code_info(err->code)->name);
    (void)cJSON_AddStringToObject(error, "message", err->message);
    return answer;
}

static cJSON *get(struct html_report *report, const char *target, struct assay_error *err)
{
    struct assay_error denied = { 0 };
    cJSON *answer = client_get(report->client, &denied, "/assay/v1/jobs/%s%s", report->job, target);

    if (!answer && is_answer(&denied))
        answer = refusal(&denied);
    if (!answer)
        *err = denied;
    return answer;
}

/* Asks for what stands below the job, and keeps the answer, which stays the report's. NULL and
 * *err. */
static const cJSON *add(struct html_report *report, struct assay_error *err, const char *target)
{
    cJSON *answer = get(report, target, err);

    if (answer && cJSON_AddItemToObject(report->answers, target, answer))
        return answer;
    cJSON_Delete(answer);
    if (err->code == ASSAY_OK)
        (void)assay_fail_memory(err);
    return NULL;
}

/* The same for a path with names in it, which end with NULL: each pair is a word of the query and
 * its value, encoded. */
static const cJSON *add_about(struct html_report *report, struct assay_error *err, const char *path,
                              ...)
{
    char *target = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&target, &size);
    const cJSON *answer = NULL;
    const char *word = NULL;
    char mark = '?';
    va_list args;

    if (!out) {
        (void)assay_fail_memory(err);
        return NULL;
    }
    (void)fputs(path, out);
    va_start(args, path);
    while ((word = va_arg(args, const char *))) {
        (void)fprintf(out, "%c%s=", mark, word);
        text_write_url(out, va_arg(args, const char *));
        mark = '&';
    }
    va_end(args);
    if (fclose(out) == 0)
        answer = add(report, err, target);
    else
        (void)assay_fail_memory(err);
    free(target);
    return answer;
}

/* Which parameters matter most, by the forest; what is no text is not counted. */
static int find_important(const cJSON *importance, const char *names[PARAMETERS_MAX])
{
    const cJSON *parameter = NULL;
    int count = 0;

    cJSON_ArrayForEach(parameter, json_get(importance, "parameters"))
    {
        const char *name = view_text(parameter, "parameterId");

        if (count < PARAMETERS_MAX && *name)
            names[count++] = name;
    }
    return count;
}

static bool add_effects(struct html_report *report, const char *metric, const cJSON *importance,
                        struct assay_error *err)
{
    const char *names[PARAMETERS_MAX];
    int count = find_important(importance, names);

    for (int i = 0; i < count; i++) {
        if (!add_about(report, err, "/plots/slice", "parameter", names[i], "metric", metric, NULL))
            return false;
        for (int j = i + 1; j < count; j++)
            if (!add_about(report, err, "/plots/contour", "x", names[i], "y", names[j], "metric",
                           metric, NULL))
                return false;
    }
    return true;
}

/* The best trials of an objective, best first. */
static bool add_best(struct html_report *report, const char *metric, const char *goal,
                     struct assay_error *err)
{
    char count[16];
    char *order = NULL;
    const cJSON *answer = NULL;

    if (asprintf(&order, "metrics.%s%s", metric, strcmp(goal, "MAXIMIZE") == 0 ? " desc" : "") < 0)
        return assay_fail_memory(err);
    (void)snprintf(count, sizeof count, "%d", BEST_TRIALS);
    answer = add_about(report, err, "/trials:window", "orderBy", order, "offset", "0", "limit",
                       count, NULL);
    free(order);
    return answer != NULL;
}

static bool add_metric(struct html_report *report, const char *metric, struct assay_error *err)
{
    const cJSON *history = add_about(report, err, "/plots/history", "metric", metric, NULL);
    const cJSON *importance = NULL;

    if (!history || !add_about(report, err, "/plots/curves", "metric", metric, NULL) ||
        !add_about(report, err, "/plots/edf", "metric", metric, NULL) ||
        !add_best(report, metric, view_text(history, "goal"), err))
        return false;
    importance = add_about(report, err, "/plots/importance", "metric", metric, NULL);
    return importance && add_effects(report, metric, importance, err);
}

static bool add_first_trials(struct html_report *report, struct assay_error *err)
{
    for (int i = 0; i < WINDOWS; i++) {
        char offset[16];
        char limit[16];

        (void)snprintf(offset, sizeof offset, "%d", i * WINDOW);
        (void)snprintf(limit, sizeof limit, "%d", WINDOW);
        if (!add_about(report, err, "/trials:window", "orderBy", "number", "offset", offset,
                       "limit", limit, NULL))
            return false;
    }
    return true;
}

static bool collect(struct html_report *report, const cJSON *job, struct assay_error *err)
{
    static const char *const once[] = {
        "", "/document", "/optimalTrials", "/plots/sample", "/plots/pareto", "/plots/timeline"
    };
    const cJSON *metric = NULL;
    int metrics = 0;

    report->answers = cJSON_CreateObject();
    if (!report->answers)
        return assay_fail_memory(err);
    for (size_t i = 0; i < sizeof once / sizeof once[0]; i++)
        if (!add(report, err, once[i]))
            return false;
    cJSON_ArrayForEach(metric, json_get(job, "metricIds"))
    {
        if (cJSON_IsString(metric) && metrics++ < METRICS_MAX &&
            !add_metric(report, metric->valuestring, err))
            return false;
    }
    return add_first_trials(report, err);
}

/* JSON in which no element of HTML can begin or end. The caller frees it. */
static char *make_data(const struct html_report *report)
{
    struct json_writer w;
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    bool is_whole = false;

    if (!out)
        return NULL;
    json_writer_init(&w, out, 0);
    json_begin_object(&w);
    json_key(&w, "version");
    json_string(&w, ASSAY_VERSION);
    json_key(&w, "job");
    json_string(&w, report->job);
    json_key(&w, "answers");
    json_node(&w, report->answers);
    json_end_object(&w);
    is_whole = json_writer_finish(&w);
    if (fclose(out) == 0 && is_whole)
        return text;
    free(text);
    return NULL;
}

static void write_data(FILE *out, const char *data)
{
    (void)fputs("<script id=\"assay-report\" type=\"application/json\">", out);
    for (const char *at = data; *at; at++)
        if (*at == '<')
            (void)fputs("\\u003c", out);
        else
            (void)fputc(*at, out);
    (void)fputs("</script>\n", out);
}

static void write_html(FILE *out, const char *text, size_t size)
{
    for (size_t i = 0; i < size; i++)
        switch (text[i]) {
        case '<':
            (void)fputs("&lt;", out);
            break;
        case '>':
            (void)fputs("&gt;", out);
            break;
        case '&':
            (void)fputs("&amp;", out);
            break;
        case '"':
            (void)fputs("&quot;", out);
            break;
        default:
            (void)fputc(text[i], out);
        }
}

/* 'sha256-…': what a policy calls the one script or style that may run. */
static void write_hash(FILE *out, const struct web_asset *asset)
{
    uint8_t digest[SHA256_DIGEST_SIZE];
    char text[BASE64_ENCODE_RAW_LENGTH(SHA256_DIGEST_SIZE) + 1] = "";
    struct sha256_ctx sha;

    sha256_init(&sha);
    sha256_update(&sha, asset->size, asset->bytes);
    sha256_digest(&sha, sizeof digest, digest);
    base64_encode_raw(text, sizeof digest, digest);
    (void)fprintf(out, " 'sha256-%s'", text);
}

static void write_asset(FILE *out, const char *begin, const struct web_asset *asset,
                        const char *end)
{
    (void)fputs(begin, out);
    (void)fwrite(asset->bytes, 1, asset->size, out);
    (void)fputs(end, out);
}

static void write_head(FILE *out, const cJSON *job, const struct web_asset *script,
                       const struct web_asset *style)
{
    const char *name = view_text(job, "displayName");

    (void)fputs("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
                "script-src",
                out);
    write_hash(out, script);
    if (style) {
        (void)fputs("; style-src", out);
        write_hash(out, style);
    }
    (void)fputs("; img-src data: blob:; base-uri 'none'; form-action 'none'\">\n"
                "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
                "<meta name=\"color-scheme\" content=\"light dark\">\n<title>",
                out);
    write_html(out, name, strlen(name));
    (void)fprintf(out, "%sjob %s - assay</title>\n", *name ? " - " : "", view_text(job, "id"));
    if (style)
        write_asset(out, "<style>", style, "</style>\n");
    (void)fputs("</head>\n", out);
}

static void write_body(FILE *out, const char *data, const struct web_asset *script)
{
    const struct web_asset *licenses = web_asset_find("licenses.txt");

    (void)fputs("<body>\n<div id=\"app\"></div>\n"
                "<noscript>This report needs JavaScript.</noscript>\n",
                out);
    write_data(out, data);
    if (licenses) {
        (void)fputs("<template id=\"licenses\"><pre>", out);
        write_html(out, licenses->bytes, licenses->size);
        (void)fputs("</pre></template>\n", out);
    }
    write_asset(out, "<script>", script, "</script>\n");
    (void)fputs("</body>\n</html>\n", out);
}

bool html_report_write(FILE *out, struct client *client, const cJSON *job, struct assay_error *err)
{
    struct html_report report = { .client = client, .job = view_text(job, "id") };
    const struct web_asset *script = web_asset_find("report.js");
    char *data = NULL;

    if (!script)
        return assay_fail(err, ASSAY_UNIMPLEMENTED, NULL,
                          "this assay was built without its page (ASSAY_WEB=OFF)");
    if (collect(&report, job, err)) {
        data = make_data(&report);
        if (!data)
            (void)assay_fail_memory(err);
    }
    if (data) {
        write_head(out, job, script, web_asset_find("report.css"));
        write_body(out, data, script);
    }
    cJSON_Delete(report.answers);
    free(data);
    return data != NULL;
}
