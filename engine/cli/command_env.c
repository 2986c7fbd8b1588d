/* env: the Python environments of a state folder, whoever works there. */

#include "assay.h"
#include "engine/cli/client.h"
#include "engine/cli/report.h"
#include "engine/cli/table.h"
#include "engine/cli/text.h"
#include "engine/cli/view.h"

#include <stdlib.h>
#include <string.h>

enum { ID_SHOWN = 12 };

/* "30d", "12h", "90m", "45s": as a duration of the API. */
static bool parse_age(const char *text, char duration[ASSAY_TIME_TEXT])
{
    static const struct {
        char letter;
        int64_t seconds;
    } units[] = { { 's', 1 }, { 'm', 60 }, { 'h', 3600 }, { 'd', 86400 }, { 'w', 604800 } };
    const int64_t days_max = 36600; /* a century, which no sum here overflows */
    char digits[ASSAY_NUMBER_TEXT];
    size_t size = strspn(text, "0123456789");
    int64_t number = 0;

    if (size == 0 || size >= sizeof digits || strlen(text) != size + 1)
        return false;
    memcpy(digits, text, size);
    digits[size] = '\0';
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
        if (units[i].letter == text[size] && assay_integer_parse(digits, &number) &&
            number <= days_max * 86400 / units[i].seconds) {
            (void)assay_duration_text(number * units[i].seconds * 1000000, duration);
            return true;
        }
    return false;
}

/* The options as the library takes them. The caller frees the text; NULL and *err. */
static char *write_wish(const struct arguments *arguments, size_t *size, struct assay_error *err)
{
    const char *age = arguments->values[OPTION_OLDER_THAN];
    const char *most = arguments->values[OPTION_MAX_SIZE];
    char duration[ASSAY_TIME_TEXT];
    char *text = NULL;
    FILE *out = NULL;
    struct json_writer json;
    int64_t bytes = 0;
    bool is_ok = false;

    if (age && !parse_age(age, duration)) {
        (void)assay_fail(err, ASSAY_INVALID, NULL,
                         "--older-than %s: it takes an age such as 30d, 12h or 90m", age);
        return NULL;
    }
    if (most && !assay_size_parse(most, &bytes)) {
        (void)assay_fail(err, ASSAY_INVALID, NULL,
                         "--max-size %s: it takes a size such as 10G or 500M", most);
        return NULL;
    }
    out = open_memstream(&text, size);
    if (!out) {
        (void)assay_fail_memory(err);
        return NULL;
    }
    json_writer_init(&json, out, 0);
    json_begin_object(&json);
    json_key(&json, "all");
    json_bool(&json, arguments->is_given[OPTION_ALL]);
    json_key(&json, "dryRun");
    json_bool(&json, arguments->is_given[OPTION_DRY_RUN]);
    if (age) {
        json_key(&json, "unusedFor");
        json_string(&json, duration);
    }
    if (most) {
        json_key(&json, "maxSizeBytes");
        json_int64(&json, bytes);
    }
    json_end_object(&json);
    is_ok = json_writer_finish(&json);
    is_ok = fclose(out) == 0 && is_ok;
    if (is_ok)
        return text;
    free(text);
    (void)assay_fail_memory(err);
    return NULL;
}

static int64_t size_of(const cJSON *object, const char *key)
{
    int64_t bytes = 0;

    (void)assay_integer_parse(view_text(object, key), &bytes);
    return bytes;
}

static const char *note_of(const cJSON *item)
{
    if (view_is_true(item, "isInUse"))
        return view_is_true(item, "isReady") ? "in use" : "being made";
    return view_is_true(item, "isReady") ? "" : "half-made";
}

static void write_packages(FILE *out, const cJSON *item)
{
    const cJSON *package = NULL;
    const char *between = "";

    cJSON_ArrayForEach(package, json_get(item, "packages"))
    {
        (void)fputs(between, out);
        text_write_safe(out, cJSON_IsString(package) ? package->valuestring : "");
        between = " ";
    }
}

static bool print_table(const cJSON *answer)
{
    static const char *const columns[] = { "ID",   "PYTHON", "SIZE",    "LAST USED",
                                           "NOTE", "DIR",    "PACKAGES" };
    struct table *table = table_new(columns, sizeof columns / sizeof columns[0]);
    const cJSON *item = NULL;
    bool is_ok = table != NULL;

    cJSON_ArrayForEach(item, json_get(answer, "environments"))
    {
        if (!is_ok)
            break;
        table_begin_row(table);
        (void)fprintf(table_cell(table), "%.*s", ID_SHOWN, view_text(item, "id"));
        text_write_safe(table_cell(table), view_text(item, "version"));
        view_write_size(table_cell(table), size_of(item, "sizeBytes"));
        view_write_time(table_cell(table), view_text(item, "lastUseTime"));
        (void)fputs(note_of(item), table_cell(table));
        text_write_safe(table_cell(table), view_text(item, "dir"));
        write_packages(table_cell(table), item);
        is_ok = table_end_row(table);
    }
    is_ok = is_ok && table_print(table);
    table_free(table);
    return is_ok;
}

static bool print_list(const cJSON *answer)
{
    if (cJSON_GetArraySize(json_get(answer, "environments")) == 0) {
        (void)fputs("no Python environments yet\n", stderr);
        return true;
    }
    return print_table(answer);
}

/* A line for each that went, then what it all came to. */
static void print_removed(const cJSON *answer, bool is_dry)
{
    const cJSON *item = NULL;
    int count = 0;

    cJSON_ArrayForEach(item, json_get(answer, "environments"))
    {
        if (!view_is_true(item, "isRemoved"))
            continue;
        count++;
        (void)printf("%s %.*s  ", is_dry ? "would remove" : "removed", ID_SHOWN,
                     view_text(item, "id"));
        view_write_size(stdout, size_of(item, "sizeBytes"));
        (void)fputs("  ", stdout);
        write_packages(stdout, item);
        (void)fputs("\n", stdout);
    }
    (void)printf("%d %s, ", count, is_dry ? "would be removed" : "removed");
    view_write_size(stdout, size_of(answer, "removedBytes"));
    (void)fputs(is_dry ? " would be freed, " : " freed, ", stdout);
    view_write_size(stdout, size_of(answer, "sizeBytes"));
    (void)fputs(is_dry ? " would stay\n" : " stay\n", stdout);
}

static bool show(const struct arguments *arguments, bool is_prune,
                 const struct assay_response *response, struct assay_error *err)
{
    cJSON *answer = NULL;
    bool is_ok = true;

    if (arguments->is_given[OPTION_JSON]) {
        (void)fwrite(response->body, 1, response->size, stdout);
        (void)fputs("\n", stdout);
        return true;
    }
    answer = json_read(response->body, response->size, err);
    if (!answer)
        return false;
    if (is_prune)
        print_removed(answer, arguments->is_given[OPTION_DRY_RUN]);
    else
        is_ok = print_list(answer) || assay_fail_memory(err);
    cJSON_Delete(answer);
    return is_ok;
}

static bool list_or_prune(const struct arguments *arguments, bool is_prune, struct assay_error *err)
{
    struct state_dir dir = { 0 };
    struct assay_response response = { 0 };
    size_t size = 0;
    char *wish = is_prune ? write_wish(arguments, &size, err) : NULL;
    char *path = NULL;
    bool is_ok = false;

    if (is_prune && !wish)
        return false;
    if (state_dir_choose(arguments->values[OPTION_STATE], &dir, err)) {
        path = state_dir_absolute(&dir);
        is_ok = path ? assay_python_environments(path, wish, size, &response, err)
                     : assay_fail_memory(err);
    }
    is_ok = is_ok && client_check(&response, err) && show(arguments, is_prune, &response, err);
    assay_response_clear(&response);
    free(path);
    free(wish);
    state_dir_clear(&dir);
    return is_ok;
}

/* What says which to remove is no wish for a list. */
static bool check_options(const struct arguments *arguments, bool is_prune, struct assay_error *err)
{
    static const enum option_id wishes[] = { OPTION_MAX_SIZE, OPTION_OLDER_THAN, OPTION_ALL,
                                             OPTION_DRY_RUN };

    for (size_t i = 0; !is_prune && i < sizeof wishes / sizeof wishes[0]; i++)
        if (arguments->is_given[wishes[i]])
            return assay_fail(err, ASSAY_INVALID, NULL, "--%s is an option of assay env prune",
                              command_options[wishes[i]].name);
    return true;
}

int command_env(const struct arguments *arguments)
{
    const char *verb = arguments->operands[0];
    bool is_prune = strcmp(verb, "prune") == 0;
    struct assay_error err = { 0 };
    bool is_ok = is_prune || strcmp(verb, "list") == 0;

    if (!is_ok)
        (void)assay_fail(&err, ASSAY_INVALID, NULL, "assay env takes list or prune, not \"%s\"",
                         verb);
    is_ok = is_ok && check_options(arguments, is_prune, &err) &&
            list_or_prune(arguments, is_prune, &err);
    return is_ok ? report_end(0) : report_error(&err);
}
