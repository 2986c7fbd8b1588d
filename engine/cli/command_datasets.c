/* datasets: managed datasets, by the same paths that clients of the API use. */

#include "engine/cli/arguments.h"
#include "engine/cli/operation.h"
#include "engine/cli/report.h"
#include "engine/cli/table.h"
#include "engine/cli/text.h"
#include "engine/cli/view.h"
#include "engine/cli/work.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

/* Datasets of this machine's own, and those of every project. */
#define OWN_DATASETS "/v1/projects/0/locations/local/datasets"
#define ALL_DATASETS "/v1/projects/-/locations/-/datasets"
#define SCHEMA_ROOT "gs://google-cloud-aiplatform/schema/dataset/"

/* A verb at work on a state folder. */
struct tending {
    const struct arguments *arguments;
    struct state_dir dir;
    struct client *client;
    struct work work;
    struct client *worker; /* who changes something; NULL: nobody has been looked for */
    const char *id;        /* of the dataset that is meant; NULL where a verb takes none */
    char newest[64];       /* what last stands for */
};

static bool tending_begin(struct tending *t, struct assay_error *err)
{
    if (!state_dir_choose(t->arguments->values[OPTION_STATE], &t->dir, err))
        return false;
    t->client = client_open(t->arguments, &t->dir, err);
    return t->client != NULL;
}

static void tending_end(struct tending *t)
{
    work_close(&t->work);
    client_free(t->client);
    state_dir_clear(&t->dir);
}

/* Finds who can change something, or becomes it. */
static bool find_worker(struct tending *t, struct assay_error *err)
{
    if (!work_find(&t->work, t->client, t->dir.path, t->arguments, err))
        return false;
    t->worker = t->work.client ? t->work.client : t->client;
    return true;
}

/* Has something done at a path; takes body. The operation's end, which the caller owns; NULL and
 * *err. */
static cJSON *work_at(struct tending *t, const char *method, const char *path, cJSON *body,
                      struct assay_error *err)
{
    cJSON *operation = NULL;

    if (find_worker(t, err))
        operation =
            operation_await(t->worker, operation_ask(t->worker, method, path, body, err), err);
    cJSON_Delete(body);
    return operation;
}

/* The same at the dataset that is meant. */
static cJSON *work_on(struct tending *t, const char *method, const char *verb, cJSON *body,
                      struct assay_error *err)
{
    char path[256];

    (void)snprintf(path, sizeof path, ALL_DATASETS "/%.100s%s", t->id, verb);
    return work_at(t, method, path, body, err);
}

static const char *last_part(const char *name)
{
    const char *slash = strrchr(name, '/');

    return slash ? slash + 1 : name;
}

/* "tabular" of a metadataSchemaUri. */
static void write_kind(FILE *out, const cJSON *dataset)
{
    const char *name = last_part(view_text(dataset, "metadataSchemaUri"));
    char kind[64];

    (void)snprintf(kind, sizeof kind, "%.*s", (int)strcspn(name, "_."), name);
    text_write_safe(out, kind);
}

static bool fill_table(struct table *table, const cJSON *answer)
{
    const cJSON *dataset = NULL;
    bool is_ok = true;

    cJSON_ArrayForEach(dataset, json_get(answer, "datasets"))
    {
        table_begin_row(table);
        text_write_safe(table_cell(table), last_part(view_text(dataset, "name")));
        write_kind(table_cell(table), dataset);
        text_write_safe(table_cell(table), view_text(dataset, "displayName"));
        text_write_safe(table_cell(table), view_text(dataset, "dataItemCount"));
        view_write_time(table_cell(table), view_text(dataset, "createTime"));
        is_ok = table_end_row(table) && is_ok;
    }
    return is_ok;
}

/* One page; false and *err. *token is that of the next one, "" at the end. */
static bool list_page(struct tending *t, struct table *table, char token[128],
                      struct assay_error *err)
{
    cJSON *answer = client_get(t->client, err, ALL_DATASETS "?pageSize=1000%s%s",
                               *token ? "&pageToken=" : "", token);
    bool is_ok = answer && (fill_table(table, answer) || assay_fail_memory(err));

    if (answer)
        (void)snprintf(token, 128, "%s", view_text(answer, "nextPageToken"));
    cJSON_Delete(answer);
    return is_ok;
}

static bool list(struct tending *t, struct assay_error *err)
{
    static const char *const columns[] = { "ID", "KIND", "NAME", "ITEMS", "CREATED" };
    struct table *table = NULL;
    char token[128] = "";
    bool is_ok = true;

    if (t->arguments->is_given[OPTION_JSON])
        return report_json(t->client, ALL_DATASETS "?pageSize=1000", err);
    table = table_new(columns, sizeof columns / sizeof columns[0]);
    is_ok = table || assay_fail_memory(err);
    do
        is_ok = is_ok && list_page(t, table, token, err);
    while (is_ok && *token);
    is_ok = is_ok && (table_print(table) || assay_fail_memory(err));
    table_free(table);
    return is_ok;
}

static void print_line(const char *label, const char *text)
{
    if (!*text)
        return;
    (void)printf("%-12s", label);
    text_write_safe(stdout, text);
    (void)putchar('\n');
}

static void print_dataset(const cJSON *dataset)
{
    const cJSON *uris = json_get(
        json_get(json_get(json_get(dataset, "metadata"), "inputConfig"), "gcsSource"), "uri");
    const cJSON *uri = NULL;

    print_line("dataset", last_part(view_text(dataset, "name")));
    print_line("name", view_text(dataset, "displayName"));
    (void)printf("%-12s", "kind");
    write_kind(stdout, dataset);
    (void)putchar('\n');
    print_line("description", view_text(dataset, "description"));
    print_line("items", view_text(dataset, "dataItemCount"));
    cJSON_ArrayForEach(uri, uris)
    {
        print_line(uri == uris->child ? "files" : "", cJSON_IsString(uri) ? uri->valuestring : "");
    }
    (void)printf("%-12s", "created");
    view_write_time(stdout, view_text(dataset, "createTime"));
    (void)putchar('\n');
    print_line("resource", view_text(dataset, "name"));
}

static bool show(struct tending *t, struct assay_error *err)
{
    char path[256];
    cJSON *dataset = NULL;

    (void)snprintf(path, sizeof path, ALL_DATASETS "/%.100s", t->id);
    if (t->arguments->is_given[OPTION_JSON])
        return report_json(t->client, path, err);
    dataset = client_get(t->client, err, "%s", path);
    if (dataset)
        print_dataset(dataset);
    cJSON_Delete(dataset);
    return dataset != NULL;
}

/* The newest dataset, in place of the word last. */
static bool find_newest(struct tending *t, struct assay_error *err)
{
    cJSON *answer = client_get(t->client, err, ALL_DATASETS "?pageSize=1");
    const cJSON *first = cJSON_GetArrayItem(json_get(answer, "datasets"), 0);

    (void)snprintf(t->newest, sizeof t->newest, "%s", last_part(view_text(first, "name")));
    cJSON_Delete(answer);
    t->id = t->newest;
    return *t->newest ||
           (answer && assay_fail(err, ASSAY_NOT_FOUND, NULL, "there is no dataset yet"));
}

/* What stands at the beginning of a file. */
struct beginning {
    char bytes[4096];
    size_t size;
};

/* The commas of a line that are in no quotes, and where the next one begins; NULL: it has not been
 * seen to its end. */
static const char *count_commas(const char *line, const char *end, int *count)
{
    bool is_quoted = false;

    for (*count = 0; line < end && (is_quoted || *line != '\n'); line++) {
        is_quoted ^= *line == '"';
        *count += !is_quoted && *line == ',';
    }
    return line < end ? line + 1 : NULL;
}

/* Whether the first two lines have as many columns, more than one. */
static bool looks_like_table(const struct beginning *beginning)
{
    const char *end = beginning->bytes + beginning->size;
    int first = 0;
    int second = 0;
    const char *next = count_commas(beginning->bytes, end, &first);

    if (next)
        (void)count_commas(next, end, &second);
    return first > 0 && first == second;
}

static bool ends_in(const char *word, const char *ending)
{
    size_t size = strlen(word);

    return size > strlen(ending) && strcasecmp(word + size - strlen(ending), ending) == 0;
}

/* False and *err, for a file that is meant by mistake: what is in a table is read later. */
static bool check_table(const char *word, struct assay_error *err)
{
    struct beginning *beginning = calloc(1, sizeof *beginning);
    struct stat info = { 0 };
    FILE *file = beginning ? fopen(word, "re") : NULL;
    bool is_ok = false;

    if (!beginning)
        return assay_fail_memory(err);
    if (file && fstat(fileno(file), &info) == 0 && S_ISREG(info.st_mode))
        beginning->size = fread(beginning->bytes, 1, sizeof beginning->bytes, file);
    if (!file)
        (void)assay_fail_errno(err, errno, "%s", word);
    else if (S_ISDIR(info.st_mode))
        (void)assay_fail(err, ASSAY_INVALID, NULL,
                         "%s is a folder: name the CSV files in it, as in '%s%s*.csv'", word, word,
                         ends_in(word, "/") ? "" : "/");
    else if (beginning->size == 0)
        (void)assay_fail(err, ASSAY_INVALID, NULL, "%s is empty: a table is a CSV file", word);
    else if (memchr(beginning->bytes, '\0', beginning->size) ||
             !(ends_in(word, ".csv") || looks_like_table(beginning)))
        (void)assay_fail(err, ASSAY_INVALID, NULL,
                         "%s is no table: a CSV file, whose first line names the columns, is one",
                         word);
    else
        is_ok = true;
    if (file)
        (void)fclose(file);
    free(beginning);
    return is_ok;
}

/* Files of this machine that are named as they are; what a server or a bucket has is for those who
 * read it. */
static bool check_tables(const struct tending *t, struct assay_error *err)
{
    for (int i = 1; i < t->arguments->operand_count; i++) {
        const char *word = t->arguments->operands[i];

        if (!t->dir.is_remote && !strstr(word, "://") && !strpbrk(word, "*?") &&
            !check_table(word, err))
            return false;
    }
    return true;
}

/* A path as others find it: from the root, unless it is a URI. A server's may be the same. */
static cJSON *uri_node(const struct tending *t, const char *word, bool is_read,
                       struct assay_error *err)
{
    char folder[PATH_MAX];
    char *path = NULL;
    cJSON *node = NULL;

    if (strstr(word, "://") || *word == '/')
        path = strdup(word);
    else if (!getcwd(folder, sizeof folder) || asprintf(&path, "%s/%s", folder, word) < 0)
        path = NULL;
    if (path && is_read && !strstr(word, "://") && !strpbrk(word, "*?") && !t->dir.is_remote &&
        access(path, R_OK) < 0)
        (void)assay_fail(err, ASSAY_NOT_FOUND, NULL, "cannot read %s", path);
    else if (!path || !(node = cJSON_CreateString(path)))
        (void)assay_fail_memory(err);
    free(path);
    return node;
}

/* The operands from index on, as a list of URIs of files to be read; NULL and *err. */
static cJSON *uri_list(const struct tending *t, int index, struct assay_error *err)
{
    cJSON *uris = cJSON_CreateArray();

    if (!uris)
        (void)assay_fail_memory(err);
    for (; uris && index < t->arguments->operand_count; index++) {
        cJSON *uri = uri_node(t, t->arguments->operands[index], true, err);

        if (!uri || !cJSON_AddItemToArray(uris, uri)) {
            cJSON_Delete(uris);
            return NULL;
        }
    }
    return uris;
}

/* {"inputConfig": {"gcsSource": {"uri": uris}}}; takes uris. */
static bool add_source(cJSON *body, cJSON *uris)
{
    cJSON *metadata = cJSON_AddObjectToObject(body, "metadata");
    cJSON *input = metadata ? cJSON_AddObjectToObject(metadata, "inputConfig") : NULL;
    cJSON *source = input ? cJSON_AddObjectToObject(input, "gcsSource") : NULL;

    if (source && cJSON_AddItemToObject(source, "uri", uris))
        return true;
    cJSON_Delete(uris);
    return false;
}

/* A dataset's name where none is given: the first file's, without its folder and ending. */
static void default_name(const struct tending *t, char *name, size_t size)
{
    const char *word = t->arguments->operand_count > 1 ? last_part(t->arguments->operands[1]) : "";

    (void)snprintf(name, size, "%.*s", (int)strcspn(word, "."), word);
}

/* A Dataset of this kind; takes uris, which a table has. NULL for lack of memory. */
static cJSON *dataset_body(const struct tending *t, const char *kind, bool is_table, cJSON *uris)
{
    const char *given = t->arguments->values[OPTION_NAME];
    cJSON *body = cJSON_CreateObject();
    char name[128];
    char schema[160];
    bool is_ok = false;

    default_name(t, name, sizeof name);
    (void)snprintf(schema, sizeof schema, SCHEMA_ROOT "metadata/%.60s_1.0.0.yaml", kind);
    is_ok = body && cJSON_AddStringToObject(body, "displayName", given ? given : name) &&
            cJSON_AddStringToObject(body, "metadataSchemaUri", schema);
    if (is_ok && is_table)
        is_ok = add_source(body, uris);
    else
        cJSON_Delete(uris);
    if (is_ok)
        return body;
    cJSON_Delete(body);
    return NULL;
}

static bool check_kind(const char *kind, struct assay_error *err)
{
    static const char *const kinds[] = { "tabular", "time_series", "image", "text", "video" };

    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (strcmp(kind, kinds[i]) == 0)
            return true;
    return assay_fail(err, ASSAY_INVALID, NULL,
                      "there is no kind %.60s: it is tabular, time_series, image, text or video",
                      kind);
}

static bool create(struct tending *t, struct assay_error *err)
{
    const char *given = t->arguments->values[OPTION_KIND];
    const char *kind = given ? given : "tabular";
    bool is_table = strcmp(kind, "tabular") == 0 || strcmp(kind, "time_series") == 0;
    cJSON *uris = NULL;
    cJSON *body = NULL;
    cJSON *operation = NULL;

    if (!check_kind(kind, err))
        return false;
    if (!is_table && t->arguments->operand_count > 1)
        return assay_fail(err, ASSAY_INVALID, NULL,
                          "files of %.60s datasets are imported, once there is one: assay datasets "
                          "import ID FILE",
                          kind);
    if (is_table && t->arguments->operand_count == 1)
        return assay_fail(err, ASSAY_INVALID, NULL,
                          "something is missing: the usage is assay datasets create FILE...");
    if (is_table && !check_tables(t, err))
        return false;
    uris = uri_list(t, 1, err);
    if (!uris)
        return false;
    body = dataset_body(t, kind, is_table, uris);
    operation = body ? work_at(t, "POST", OWN_DATASETS, body, err) : NULL;
    if (operation)
        (void)printf("%s\n", last_part(view_text(json_get(operation, "response"), "name")));
    else if (!body)
        (void)assay_fail_memory(err);
    cJSON_Delete(operation);
    return operation != NULL;
}

/* Says which lines were left out. */
static void print_failures(const cJSON *operation)
{
    const cJSON *failures =
        json_get(json_get(json_get(operation, "metadata"), "genericMetadata"), "partialFailures");
    const cJSON *failure = NULL;

    cJSON_ArrayForEach(failure, failures)
    {
        (void)fputs("assay: not imported: ", stderr);
        text_write_first_line(stderr, view_text(failure, "message"));
        (void)fputc('\n', stderr);
    }
}

/* {"importConfigs": [{"gcsSource": {"uris"}, "importSchemaUri"}]}; takes uris. */
static cJSON *import_body(cJSON *uris, const char *schema)
{
    cJSON *body = cJSON_CreateObject();
    cJSON *configs = body ? cJSON_AddArrayToObject(body, "importConfigs") : NULL;
    cJSON *config = cJSON_CreateObject();
    cJSON *source = config ? cJSON_AddObjectToObject(config, "gcsSource") : NULL;
    char uri[200];

    (void)snprintf(uri, sizeof uri, SCHEMA_ROOT "ioformat/%.100s_io_format_1.0.0.yaml", schema);
    if (configs && source && cJSON_AddStringToObject(config, "importSchemaUri", uri) &&
        cJSON_AddItemToArray(configs, config) && cJSON_AddItemToObject(source, "uris", uris))
        return body;
    cJSON_Delete(uris);
    cJSON_Delete(body);
    return NULL;
}

static bool import(struct tending *t, struct assay_error *err)
{
    const char *schema = t->arguments->values[OPTION_SCHEMA];
    cJSON *uris = NULL;
    cJSON *body = NULL;
    cJSON *operation = NULL;

    if (!schema)
        return assay_fail(err, ASSAY_INVALID, NULL,
                          "--schema is required: what the lines are, such as "
                          "image_classification_single_label");
    uris = uri_list(t, 2, err);
    body = uris ? import_body(uris, schema) : NULL;
    if (!body)
        return uris ? assay_fail_memory(err) : false;
    operation = work_on(t, "POST", ":import", body, err);
    if (operation)
        print_failures(operation);
    cJSON_Delete(operation);
    return operation != NULL && show(t, err);
}

static bool export(struct tending *t, struct assay_error *err)
{
    cJSON *prefix = uri_node(t, t->arguments->operands[2], false, err);
    cJSON *body = cJSON_CreateObject();
    cJSON *config = body ? cJSON_AddObjectToObject(body, "exportConfig") : NULL;
    cJSON *target = config ? cJSON_AddObjectToObject(config, "gcsDestination") : NULL;
    cJSON *operation = NULL;
    const cJSON *file = NULL;
    bool is_ok =
        prefix && target && cJSON_AddStringToObject(config, "exportUse", "CUSTOM_CODE_TRAINING");

    if (is_ok && cJSON_AddItemToObject(target, "outputUriPrefix", prefix)) {
        operation = work_on(t, "POST", ":export", body, err);
    } else {
        if (prefix)
            (void)assay_fail_memory(err);
        cJSON_Delete(prefix);
        cJSON_Delete(body);
    }
    cJSON_ArrayForEach(file, json_get(json_get(operation, "response"), "exportedFiles"))
    {
        text_write_safe(stdout, cJSON_IsString(file) ? file->valuestring : "");
        (void)putchar('\n');
    }
    cJSON_Delete(operation);
    return operation != NULL;
}

static bool delete (struct tending *t, struct assay_error *err)
{
    cJSON *operation = work_on(t, "DELETE", "", NULL, err);
    bool is_ok = operation != NULL;

    if (is_ok && !t->arguments->is_given[OPTION_QUIET])
        (void)fprintf(stderr, "dataset %s is deleted\n", t->id);
    cJSON_Delete(operation);
    return is_ok;
}

static const struct verb {
    const char *name;
    const char *operands; /* behind the verb */
    int min, max;
    bool takes_id;
    bool (*run)(struct tending *t, struct assay_error *err);
} verbs[] = {
    { "list", "", 0, 0, false, list },
    { "show", "ID", 1, 1, true, show },
    { "create", "[FILE...]", 0, INT_MAX - 1, false, create },
    { "import", "ID FILE...", 2, INT_MAX - 1, true, import },
    { "export", "ID PREFIX", 2, 2, true, export },
    { "delete", "ID", 1, 1, true, delete },
};

static const struct verb *find_verb(const struct arguments *arguments, struct assay_error *err)
{
    const char *word = arguments->operands[0];
    int count = arguments->operand_count - 1;

    for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++) {
        if (strcmp(verbs[i].name, word) != 0)
            continue;
        if (count >= verbs[i].min && count <= verbs[i].max)
            return &verbs[i];
        (void)assay_fail(err, ASSAY_INVALID, NULL, "%s: the usage is assay datasets %s%s%s",
                         count < verbs[i].min ? "something is missing" : "that is too much", word,
                         *verbs[i].operands ? " " : "", verbs[i].operands);
        return NULL;
    }
    (void)assay_fail(err, ASSAY_INVALID, NULL,
                     "datasets has no verb \"%.60s\": see assay help datasets", word);
    return NULL;
}

int command_datasets(const struct arguments *arguments)
{
    struct tending t = { .arguments = arguments };
    struct assay_error err = { 0 };
    const struct verb *verb = find_verb(arguments, &err);
    bool is_ok = verb && tending_begin(&t, &err);

    if (is_ok && verb->takes_id) {
        t.id = arguments->operands[1];
        is_ok = strcmp(t.id, "last") != 0 || find_newest(&t, &err);
    }
    is_ok = is_ok && verb->run(&t, &err);
    if (err.code == ASSAY_NOT_FOUND)
        report_hint(&err, "the Dataset ", &t.dir, "datasets");
    tending_end(&t);
    return is_ok ? report_end(0) : report_error(&err);
}
