#include "engine/cli/view.h"

#include "assay/value.h"
#include "engine/cli/text.h"

#include <math.h>
#include <string.h>

const char *view_text(const cJSON *object, const char *key)
{
    const cJSON *member = json_get(object, key);

    return cJSON_IsString(member) ? member->valuestring : "";
}

int64_t view_integer(const cJSON *object, const char *key)
{
    const cJSON *member = json_get(object, key);
    double value = cJSON_IsNumber(member) ? member->valuedouble : 0;
    int64_t integer = 0;

    if (cJSON_IsString(member))
        return assay_integer_parse(member->valuestring, &integer) ? integer : 0;
    return value >= -ASSAY_INTEGER_MAX && value <= ASSAY_INTEGER_MAX ? (int64_t)value : 0;
}

bool view_is_true(const cJSON *object, const char *key)
{
    return cJSON_IsTrue(json_get(object, key));
}

const char *view_job_state(const cJSON *job)
{
    static const char prefix[] = "_STATE_";
    const char *state = view_text(job, "state");
    const char *at = strstr(state, prefix);

    return at ? at + strlen(prefix) : state;
}

bool view_job_has_ended(const cJSON *job)
{
    const char *state = view_job_state(job);

    return strcmp(state, "SUCCEEDED") == 0 || strcmp(state, "FAILED") == 0 ||
           strcmp(state, "CANCELLED") == 0;
}

bool view_job_is_interrupted(const cJSON *job)
{
    return !view_job_has_ended(job) && !view_is_true(job, "isWorkedOn") &&
           strcmp(view_job_state(job), "PAUSED") != 0;
}

bool view_job_is_emulated(const cJSON *job)
{
    /* What the API shows in place of a folder that is nobody's to look into. */
    return strcmp(view_text(job, "stateDir"), "/emulation") == 0;
}

int view_job_exit_status(const cJSON *job)
{
    if (!view_job_has_ended(job))
        return 130;
    return strcmp(view_job_state(job), "SUCCEEDED") == 0 ? 0 : 1;
}

void view_write_value(FILE *out, const cJSON *value)
{
    char text[ASSAY_NUMBER_TEXT];

    if (cJSON_IsString(value))
        text_write_shell(out, value->valuestring);
    else if (cJSON_IsNumber(value))
        (void)fputs(assay_number_text(value->valuedouble, text), out);
    else
        (void)fputs("?", out);
}

char *view_short_number(double number, char text[ASSAY_NUMBER_TEXT])
{
    /* "1e+06" is harder to read than 1000000. */
    if (number == floor(number) && fabs(number) <= ASSAY_INTEGER_MAX)
        return assay_number_text(number, text);
    (void)snprintf(text, ASSAY_NUMBER_TEXT, "%.6g", number);
    return text;
}

void view_write_short(FILE *out, const cJSON *value)
{
    char text[ASSAY_NUMBER_TEXT];

    if (cJSON_IsNumber(value))
        (void)fputs(view_short_number(value->valuedouble, text), out);
    else
        view_write_value(out, value);
}

void view_write_csv_value(FILE *out, const cJSON *value, bool is_safe)
{
    if (cJSON_IsString(value))
        text_write_csv(out, value->valuestring, is_safe);
    else if (cJSON_IsNumber(value))
        view_write_value(out, value);
}

void view_write_members(FILE *out, const cJSON *object, const char *sep, bool is_short)
{
    const cJSON *member = NULL;
    const char *space = "";

    cJSON_ArrayForEach(member, object)
    {
        (void)fputs(space, out);
        text_write_safe(out, member->string);
        (void)fputs(sep, out);
        if (is_short)
            view_write_short(out, member);
        else
            view_write_value(out, member);
        space = " ";
    }
}

int64_t view_duration_us(const cJSON *trial)
{
    int64_t start = 0;
    int64_t end = 0;

    if (!assay_time_parse(view_text(trial, "startTime"), &start) ||
        !assay_time_parse(view_text(trial, "endTime"), &end) || end < start)
        return -1;
    return end - start;
}

void view_write_size(FILE *out, int64_t bytes)
{
    static const char *const units[] = { "B", "KiB", "MiB", "GiB", "TiB" };
    double number = (double)bytes;
    size_t unit = 0;

    while (fabs(number) >= 1024 && unit + 1 < sizeof units / sizeof units[0]) {
        number /= 1024;
        unit++;
    }
    (void)fprintf(out, unit && fabs(number) < 10 ? "%.1f %s" : "%.0f %s", number, units[unit]);
}

void view_write_time(FILE *out, const char *time)
{
    if (strlen(time) < 20 || time[10] != 'T')
        text_write_safe(out, time);
    else
        (void)fprintf(out, "%.10s %.8sZ", time, time + 11);
}

const cJSON *view_last_measurement(const cJSON *trial)
{
    const cJSON *measurements = json_get(trial, "measurements");
    int count = cJSON_GetArraySize(measurements);

    return count ? cJSON_GetArrayItem(measurements, count - 1) : NULL;
}

void view_write_step(FILE *out, const cJSON *measurement)
{
    const char *step = view_text(measurement, "stepCount");

    if (*step && strcmp(step, "0") != 0) {
        (void)fputs(" at step ", out);
        text_write_safe(out, step);
    }
}

const cJSON *view_objective(const cJSON *metrics, const cJSON *job)
{
    const char *id = view_text(json_get(job, "objective"), "metricId");

    return json_get(metrics, id);
}
