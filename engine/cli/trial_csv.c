#include "engine/cli/trial_csv.h"

#include "engine/cli/text.h"
#include "engine/cli/view.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static void add_columns(struct trial_csv *csv, const cJSON *ids, size_t first)
{
    const cJSON *id = NULL;

    cJSON_ArrayForEach(id, ids)
    {
        bool is_new = cJSON_IsString(id);

        /* Conditional parameters below different parents may share a name: one column. */
        for (size_t i = first; is_new && i < csv->count; i++)
            is_new = strcmp(csv->columns[i], id->valuestring) != 0;
        if (is_new)
            csv->columns[csv->count++] = id->valuestring;
    }
}

bool trial_csv_init(struct trial_csv *csv, const cJSON *job)
{
    const cJSON *metrics = json_get(job, "metricIds");
    const cJSON *parameters = json_get(job, "parameterIds");
    size_t most = (size_t)cJSON_GetArraySize(metrics) + (size_t)cJSON_GetArraySize(parameters);

    *csv = (struct trial_csv){ .columns = calloc(most + 1, sizeof *csv->columns) };
    if (!csv->columns)
        return false;
    add_columns(csv, metrics, 0);
    csv->metric_count = csv->count;
    add_columns(csv, parameters, csv->count);
    return true;
}

void trial_csv_clear(struct trial_csv *csv)
{
    if (!csv)
        return;
    free(csv->columns);
    *csv = (struct trial_csv){ 0 };
}

void trial_csv_write_header(const struct trial_csv *csv, FILE *out)
{
    (void)fputs("id,state,failure,attempt", out);
    for (size_t i = 0; i < csv->count; i++) {
        (void)fputc(',', out);
        text_write_csv(out, csv->columns[i], csv->is_safe);
    }
    (void)fputs(",start,end\n", out);
}

void trial_csv_write(const struct trial_csv *csv, const cJSON *item, FILE *out)
{
    const cJSON *trial = json_get(item, "trial");

    text_write_csv(out, view_text(trial, "id"), csv->is_safe);
    (void)fputc(',', out);
    text_write_csv(out, view_text(trial, "state"), csv->is_safe);
    (void)fputc(',', out);
    text_write_csv(out, view_text(item, "failure"), csv->is_safe);
    (void)fprintf(out, ",%" PRId64, view_integer(item, "attempt"));
    for (size_t i = 0; i < csv->count; i++) {
        const cJSON *members = json_get(item, i < csv->metric_count ? "metrics" : "parameters");
        const cJSON *value = json_get(members, csv->columns[i]);

        (void)fputc(',', out);
        if (value)
            view_write_csv_value(out, value, csv->is_safe);
    }
    (void)fputc(',', out);
    text_write_csv(out, view_text(trial, "startTime"), csv->is_safe);
    (void)fputc(',', out);
    text_write_csv(out, view_text(trial, "endTime"), csv->is_safe);
    (void)fputs("\n", out);
}
