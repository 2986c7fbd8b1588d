/* models: the registry of models, whoever works in the folder. */

#include "engine/cli/arguments.h"
#include "engine/cli/operation.h"
#include "engine/cli/report.h"
#include "engine/cli/table.h"
#include "engine/cli/text.h"
#include "engine/cli/view.h"
#include "engine/cli/work.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define ANYWHERE "/v1/projects/-/locations/-/models"
#define HERE "/v1/projects/0/locations/local/models"

enum { TARGET_TEXT = 512, PUSH_POLL_MS = 200 };

/* One command under way. */
struct registry {
    const struct arguments *arguments;
    const char *model; /* operand 1, or NULL */
    struct state_dir dir;
    struct client *client; /* who is asked */
    struct client *own;
    struct work work;
};

static bool is_json(const struct registry *r)
{
    return r->arguments->is_given[OPTION_JSON];
}

/* For what changes something: an engine that is home, or this process. */
static bool need_engine(struct registry *r, struct assay_error *err)
{
    if (client_is_remote(r->own))
        return true;
    if (!work_find(&r->work, r->own, r->dir.path, r->arguments, err))
        return false;
    if (r->work.client)
        r->client = r->work.client;
    return true;
}

static bool print_json(const cJSON *answer, struct assay_error *err)
{
    char *text = json_text(answer, 2);

    if (!text)
        return assay_fail_memory(err);
    (void)printf("%s\n", text);
    free(text);
    return true;
}

static void write_texts(FILE *out, const cJSON *list, const char *between)
{
    const cJSON *item = NULL;
    const char *before = "";

    cJSON_ArrayForEach(item, list)
    {
        (void)fputs(before, out);
        text_write_safe(out, cJSON_IsString(item) ? item->valuestring : "");
        before = between;
    }
}

/* The last part of a model's name, without its version. */
static void write_id(FILE *out, const cJSON *model)
{
    const char *name = view_text(model, "name");
    const char *slash = strrchr(name, '/');
    char id[128];

    (void)snprintf(id, sizeof id, "%s", slash ? slash + 1 : name);
    id[strcspn(id, "@")] = '\0';
    text_write_safe(out, id);
}

static bool print_models(const cJSON *models)
{
    static const char *const columns[] = { "MODEL", "VERSION", "ALIASES", "CREATED", "NAME" };
    struct table *table = table_new(columns, sizeof columns / sizeof columns[0]);
    const cJSON *model = NULL;
    bool is_ok = table != NULL;

    cJSON_ArrayForEach(model, models)
    {
        if (!is_ok)
            break;
        table_begin_row(table);
        write_id(table_cell(table), model);
        text_write_safe(table_cell(table), view_text(model, "versionId"));
        write_texts(table_cell(table), json_get(model, "versionAliases"), ",");
        view_write_time(table_cell(table), view_text(model, "versionCreateTime"));
        text_write_safe(table_cell(table), view_text(model, "displayName"));
        is_ok = table_end_row(table);
    }
    is_ok = is_ok && table_print(table);
    table_free(table);
    return is_ok;
}

/* Takes the models of a page to the end of all. False for lack of memory. */
static bool move_models(cJSON *page, cJSON *all)
{
    cJSON *models = cJSON_DetachItemFromObjectCaseSensitive(page, "models");
    cJSON *model = NULL;
    bool is_ok = true;

    while (models && (model = cJSON_DetachItemFromArray(models, 0)))
        is_ok = cJSON_AddItemToArray(all, model) && is_ok;
    cJSON_Delete(models);
    return is_ok;
}

static bool list(struct registry *r, struct assay_error *err)
{
    cJSON *all = cJSON_CreateArray();
    char token[128] = "";
    bool is_ok = all != NULL || assay_fail_memory(err);

    do {
        cJSON *page = NULL;

        if (is_ok)
            page = r->model ? client_get(r->client, err, ANYWHERE "/%s:listVersions?pageToken=%s",
                                         r->model, token)
                            : client_get(r->client, err, ANYWHERE "?pageToken=%s", token);
        is_ok = page && (move_models(page, all) || assay_fail_memory(err));
        (void)snprintf(token, sizeof token, "%s", view_text(page, "nextPageToken"));
        cJSON_Delete(page);
    } while (is_ok && token[0]);
    if (is_ok && is_json(r))
        is_ok = print_json(all, err);
    else if (is_ok && all->child)
        is_ok = print_models(all) || assay_fail_memory(err);
    else if (is_ok)
        (void)fputs("no models yet\n", stderr);
    cJSON_Delete(all);
    return is_ok;
}

static void print_text(const char *label, const char *text)
{
    if (!*text)
        return;
    (void)printf("%-12s", label);
    text_write_safe(stdout, text);
    (void)fputs("\n", stdout);
}

static void print_object(const char *label, const cJSON *object)
{
    if (!cJSON_IsObject(object) || !object->child)
        return;
    (void)printf("%-12s", label);
    view_write_members(stdout, object, "=", false);
    (void)fputs("\n", stdout);
}

static void print_lineage(const cJSON *lineage)
{
    print_text("pipeline", view_text(lineage, "pipeline"));
    print_text("job", view_text(lineage, "job"));
    print_text("trial", view_text(lineage, "trial"));
    print_object("parameters", json_get(lineage, "parameters"));
    print_object("metrics", json_get(lineage, "metrics"));
    print_text("seed", view_text(lineage, "seed"));
    print_text("data", view_text(lineage, "dataset"));
}

static void print_push(const cJSON *push)
{
    const char *state = view_text(push, "state");

    if (strcmp(state, "NONE") == 0)
        return;
    (void)printf("%-12s%s ", "pushed", strcmp(state, "DONE") == 0 ? "to" : "not yet to");
    text_write_safe(stdout, view_text(push, "remote"));
    if (*view_text(push, "time")) {
        (void)fputs(" at ", stdout);
        view_write_time(stdout, view_text(push, "time"));
    }
    (void)fputs("\n", stdout);
    print_text("  failed", view_text(push, "error"));
}

static void print_files(const cJSON *artifact)
{
    const cJSON *file = NULL;

    if (!artifact)
        return;
    print_text("files in", view_text(artifact, "dir"));
    print_text("digest", view_text(artifact, "digest"));
    print_text("DAMAGED", view_text(artifact, "damage"));
    print_push(json_get(artifact, "push"));
    cJSON_ArrayForEach(file, json_get(artifact, "files"))
    {
        (void)fputs("  ", stdout);
        text_write_safe(stdout, view_text(file, "path"));
        (void)fputs("  ", stdout);
        view_write_size(stdout, view_integer(file, "sizeBytes"));
        (void)fputs("\n", stdout);
    }
}

static void print_model(const cJSON *answer)
{
    const cJSON *model = json_get(answer, "model");
    const cJSON *aliases = json_get(model, "versionAliases");

    (void)fputs("model       ", stdout);
    write_id(stdout, model);
    (void)printf(", version %s", view_text(model, "versionId"));
    if (aliases) {
        (void)fputs(" (", stdout);
        write_texts(stdout, aliases, ", ");
        (void)fputs(")", stdout);
    }
    (void)fputs("\n", stdout);
    print_text("name", view_text(model, "displayName"));
    print_text("description", view_text(model, "description"));
    print_text("version", view_text(model, "versionDescription"));
    print_object("labels", json_get(model, "labels"));
    (void)fputs("created     ", stdout);
    view_write_time(stdout, view_text(model, "versionCreateTime"));
    (void)fputs("\n", stdout);
    print_text("from", view_text(model, "artifactUri"));
    print_text("copy of", view_text(json_get(model, "originalModelInfo"), "model"));
    print_lineage(json_get(answer, "lineage"));
    print_files(json_get(answer, "artifact"));
}

static bool show(struct registry *r, struct assay_error *err)
{
    cJSON *answer = client_get(r->client, err, "/assay/v1/models/%s", r->model);
    bool is_ok = answer != NULL;

    if (is_ok && is_json(r))
        is_ok = print_json(answer, err);
    else if (is_ok)
        print_model(answer);
    cJSON_Delete(answer);
    return is_ok;
}

static bool show_document(struct registry *r, struct assay_error *err)
{
    cJSON *answer = client_get(r->client, err, "/assay/v1/models/%s", r->model);
    const cJSON *document = json_get(json_get(answer, "lineage"), "document");
    bool is_ok = answer != NULL;

    if (is_ok && !document)
        is_ok = assay_fail(err, ASSAY_NOT_FOUND, NULL, "%s was made of files alone", r->model);
    is_ok = is_ok && print_json(document, err);
    cJSON_Delete(answer);
    return is_ok;
}

/* A version is made, never named, by those who add one. */
static bool check_new_id(const char *id, struct assay_error *err)
{
    return !id || !strchr(id, '@') ||
           assay_fail(err, ASSAY_INVALID, NULL,
                      "%.300s: name the model alone, %.*s: it gets its next version", id,
                      (int)strcspn(id, "@"), id);
}

/* Whether the registry has it. */
static bool has_model(struct registry *r, const char *id)
{
    struct assay_error err = { 0 };
    cJSON *answer = client_get(r->client, &err, ANYWHERE "/%s", id);

    cJSON_Delete(answer);
    return answer != NULL;
}

static bool report_uploaded(struct registry *r, cJSON *operation, struct assay_error *err)
{
    const cJSON *response = NULL;
    const char *name = "";

    operation = operation_await(r->client, operation, err);
    response = json_get(operation, "response");
    if (!operation)
        return false;
    if (is_json(r)) {
        (void)print_json(response, err);
    } else {
        name = strrchr(view_text(response, "model"), '/');
        (void)printf("%s@%s\n", name ? name + 1 : "", view_text(response, "modelVersionId"));
    }
    cJSON_Delete(operation);
    return err->code == ASSAY_OK;
}

/* {"model": …, "modelId" or "parentModel"} of an upload; NULL for lack of memory. */
static cJSON *upload_body(struct registry *r, const char *id, const char *fallback)
{
    const char *name = r->arguments->values[OPTION_NAME];
    char parent[TARGET_TEXT];
    cJSON *body = cJSON_CreateObject();
    cJSON *model = body ? cJSON_AddObjectToObject(body, "model") : NULL;
    bool is_ok = model && cJSON_AddStringToObject(model, "displayName", name ? name : fallback);

    if (is_ok && id && has_model(r, id)) {
        (void)snprintf(parent, sizeof parent, "%s/%s", HERE + strlen("/v1/"), id);
        is_ok = cJSON_AddStringToObject(body, "parentModel", parent) != NULL;
    } else if (is_ok && id) {
        is_ok = cJSON_AddStringToObject(body, "modelId", id) != NULL;
    }
    if (is_ok)
        return body;
    cJSON_Delete(body);
    return NULL;
}

static bool upload(struct registry *r, struct assay_error *err)
{
    const char *dir = r->model;
    const char *id = r->arguments->operand_count > 2 ? r->arguments->operands[2] : NULL;
    const char *slash = NULL;
    char *path = check_new_id(id, err) ? realpath(dir, NULL) : NULL;
    cJSON *body = NULL;
    bool is_ok = false;

    if (err->code != ASSAY_OK)
        return false;
    if (!path)
        return assay_fail(err, ASSAY_NOT_FOUND, NULL, "there is no folder %s", dir);
    slash = strrchr(path, '/');
    if (client_is_remote(r->own))
        (void)assay_fail(err, ASSAY_INVALID, NULL,
                         "a server elsewhere does not see %s: copy it to a bucket (assay cp)", dir);
    else if (need_engine(r, err)) {
        body = upload_body(r, id, id ? id : slash + 1);
        is_ok = body && cJSON_AddStringToObject(cJSON_GetObjectItemCaseSensitive(body, "model"),
                                                "artifactUri", path);
        is_ok = is_ok ? report_uploaded(
                            r, operation_ask(r->client, "POST", HERE ":upload", body, err), err)
                      : assay_fail_memory(err);
    }
    cJSON_Delete(body);
    free(path);
    return is_ok;
}

static bool register_job(struct registry *r, struct assay_error *err)
{
    const char *id = r->arguments->operand_count > 2 ? r->arguments->operands[2] : NULL;
    char path[TARGET_TEXT];
    cJSON *body = NULL;
    bool is_ok = check_new_id(id, err) && need_engine(r, err);

    if (is_ok) {
        (void)snprintf(path, sizeof path, "/assay/v1/jobs/%s:register", r->model);
        body = upload_body(r, id, "");
        is_ok = body ? report_uploaded(r, operation_ask(r->client, "POST", path, body, err), err)
                     : assay_fail_memory(err);
    }
    cJSON_Delete(body);
    return is_ok;
}

/* The names after the model, "-" before each that is to go. */
static bool merge_aliases(struct registry *r, bool is_removal, struct assay_error *err)
{
    cJSON *body = cJSON_CreateObject();
    cJSON *names = body ? cJSON_AddArrayToObject(body, "versionAliases") : NULL;
    cJSON *answer = NULL;
    char text[256];
    bool is_ok = names != NULL;

    for (int i = 2; i < r->arguments->operand_count && is_ok; i++) {
        (void)snprintf(text, sizeof text, "%s%s", is_removal ? "-" : "", r->arguments->operands[i]);
        is_ok = cJSON_AddItemToArray(names, cJSON_CreateString(text));
    }
    if (!is_ok)
        (void)assay_fail_memory(err);
    if (is_ok && need_engine(r, err)) {
        (void)snprintf(text, sizeof text, ANYWHERE "/%s:mergeVersionAliases", r->model);
        answer = operation_ask(r->client, "POST", text, body, err);
    }
    is_ok = answer != NULL;
    if (is_ok && is_json(r))
        is_ok = print_json(answer, err);
    cJSON_Delete(answer);
    cJSON_Delete(body);
    return is_ok;
}

static bool add_aliases(struct registry *r, struct assay_error *err)
{
    return merge_aliases(r, false, err);
}

/* Taking away what is not there is no fault of a program's, but a person has mistyped it. */
static bool has_aliases(struct registry *r, struct assay_error *err)
{
    cJSON *model = client_get(r->client, err, ANYWHERE "/%s", r->model);
    const cJSON *alias = NULL;
    bool is_ok = model != NULL;

    for (int i = 2; is_ok && i < r->arguments->operand_count; i++) {
        const char *name = r->arguments->operands[i];
        bool is_there = false;

        cJSON_ArrayForEach(alias, json_get(model, "versionAliases")) is_there =
            is_there || (cJSON_IsString(alias) && strcmp(alias->valuestring, name) == 0);
        is_ok = is_there || assay_fail(err, ASSAY_NOT_FOUND, NULL, "%.300s has no alias %.100s",
                                       r->model, name);
    }
    cJSON_Delete(model);
    return is_ok;
}

static bool remove_aliases(struct registry *r, struct assay_error *err)
{
    return has_aliases(r, err) && merge_aliases(r, true, err);
}

static bool report_damage(const cJSON *versions, struct assay_error *err)
{
    const cJSON *version = NULL;
    const cJSON *file = NULL;
    int64_t files = 0;
    int damaged = 0;

    cJSON_ArrayForEach(version, versions)
    {
        files += view_integer(version, "fileCount");
        cJSON_ArrayForEach(file, json_get(version, "damaged"))
        {
            damaged++;
            (void)printf("%s@%s ", view_text(version, "model"), view_text(version, "version"));
            text_write_safe(stdout, view_text(file, "path"));
            (void)fputs(" ", stdout);
            text_write_safe(stdout, view_text(file, "why"));
            (void)fputs("\n", stdout);
        }
    }
    if (damaged)
        return assay_fail(err, ASSAY_DATA_LOSS, NULL,
                          "%d file%s damaged; `assay models upload` of the same bytes mends %s",
                          damaged, damaged == 1 ? " is" : "s are", damaged == 1 ? "it" : "them");
    (void)printf("%d version%s, %lld file%s: all as they were\n", cJSON_GetArraySize(versions),
                 cJSON_GetArraySize(versions) == 1 ? "" : "s", (long long)files,
                 files == 1 ? "" : "s");
    return true;
}

static bool verify(struct registry *r, struct assay_error *err)
{
    cJSON *answer = r->model ? client_post(r->client, err, "/assay/v1/models/%s:verify", r->model)
                             : client_post(r->client, err, "/assay/v1/models:verify");
    bool is_ok = answer != NULL;

    if (is_ok && is_json(r))
        is_ok = print_json(answer, err);
    else if (is_ok)
        is_ok = report_damage(json_get(answer, "versions"), err);
    cJSON_Delete(answer);
    return is_ok;
}

static bool export(struct registry *r, struct assay_error *err)
{
    const char *dir = r->arguments->operands[2];
    char here[PATH_MAX] = "";
    char path[2 * PATH_MAX];
    char target[TARGET_TEXT];
    cJSON *body = cJSON_CreateObject();
    cJSON *answer = NULL;
    size_t size = strlen(dir);

    while (size > 1 && dir[size - 1] == '/')
        size--;
    if (dir[0] != '/' && !getcwd(here, sizeof here))
        (void)assay_fail(err, ASSAY_INVALID, NULL, "the current folder is gone");
    (void)snprintf(path, sizeof path, "%s%s%.*s", here, dir[0] == '/' ? "" : "/", (int)size, dir);
    (void)snprintf(target, sizeof target, "/assay/v1/models/%s:unpack", r->model);
    if (err->code == ASSAY_OK && client_is_remote(r->own))
        (void)assay_fail(err, ASSAY_INVALID, NULL,
                         "a server elsewhere does not see %s: export to a bucket by the API", dir);
    else if (err->code == ASSAY_OK && body && cJSON_AddStringToObject(body, "dir", path))
        answer = operation_ask(r->client, "POST", target, body, err);
    else if (err->code == ASSAY_OK)
        (void)assay_fail_memory(err);
    cJSON_Delete(answer);
    cJSON_Delete(body);
    return answer != NULL;
}

/* Waits for one version; false once a try has failed. */
static bool await_push(struct registry *r, const cJSON *version, struct assay_error *err)
{
    const struct timespec pause = { .tv_nsec = PUSH_POLL_MS * 1000000L };

    for (;;) {
        cJSON *answer = client_get(r->client, err, "/assay/v1/models/%s@%s",
                                   view_text(version, "model"), view_text(version, "version"));
        const cJSON *push = json_get(json_get(answer, "artifact"), "push");
        bool is_done = strcmp(view_text(push, "state"), "DONE") == 0;
        bool is_failed = *view_text(push, "error") != '\0';

        if (is_failed)
            (void)assay_fail(err, ASSAY_UNAVAILABLE, NULL, "%s@%s is not pushed: %s",
                             view_text(version, "model"), view_text(version, "version"),
                             view_text(push, "error"));
        if (answer && is_done) {
            (void)printf("%s@%s is at ", view_text(version, "model"),
                         view_text(version, "version"));
            text_write_safe(stdout, view_text(push, "remote"));
            (void)fputs("\n", stdout);
        }
        cJSON_Delete(answer);
        if (!answer || is_failed || is_done)
            return answer && is_done;
        (void)nanosleep(&pause, NULL);
    }
}

static bool push(struct registry *r, struct assay_error *err)
{
    cJSON *answer = NULL;
    const cJSON *version = NULL;
    bool is_ok = need_engine(r, err);

    if (is_ok)
        answer = r->model ? client_post(r->client, err, "/assay/v1/models/%s:push", r->model)
                          : client_post(r->client, err, "/assay/v1/models:push");
    is_ok = answer != NULL;
    cJSON_ArrayForEach(version, json_get(answer, "versions")) is_ok =
        is_ok && await_push(r, version, err);
    cJSON_Delete(answer);
    return is_ok;
}

static bool delete_model(struct registry *r, struct assay_error *err)
{
    char path[TARGET_TEXT];
    cJSON *answer = NULL;

    (void)snprintf(path, sizeof path, ANYWHERE "/%s%s", r->model,
                   strchr(r->model, '@') ? ":deleteVersion" : "");
    if (need_engine(r, err))
        answer = operation_ask(r->client, "DELETE", path, NULL, err);
    cJSON_Delete(answer);
    return answer != NULL;
}

static const struct verb {
    const char *name;
    const char *operands; /* behind the verb */
    int min, max;
    bool (*run)(struct registry *r, struct assay_error *err);
} verbs[] = {
    { "list", "[MODEL]", 0, 1, list },
    { "show", "MODEL[@V]", 1, 1, show },
    { "document", "MODEL[@V]", 1, 1, show_document },
    { "upload", "DIR [MODEL]", 1, 2, upload },
    { "register", "JOB [MODEL]", 1, 2, register_job },
    { "alias", "MODEL@V NAME...", 2, INT_MAX, add_aliases },
    { "unalias", "MODEL@V NAME...", 2, INT_MAX, remove_aliases },
    { "verify", "[MODEL[@V]]", 0, 1, verify },
    { "export", "MODEL[@V] DIR", 2, 2, export },
    { "push", "[MODEL[@V]]", 0, 1, push },
    { "delete", "MODEL[@V]", 1, 1, delete_model },
};

/* NULL and *err. */
static const struct verb *find_verb(const struct arguments *arguments, struct assay_error *err)
{
    const char *name = arguments->operands[0];
    int count = arguments->operand_count - 1;

    for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++) {
        if (strcmp(verbs[i].name, name) != 0)
            continue;
        if (count >= verbs[i].min && count <= verbs[i].max)
            return &verbs[i];
        (void)assay_fail(err, ASSAY_INVALID, NULL, "%s: the usage is assay models %s %s",
                         count < verbs[i].min ? "something is missing" : "that is too much", name,
                         verbs[i].operands);
        return NULL;
    }
    (void)assay_fail(err, ASSAY_INVALID, NULL,
                     "models has no verb \"%.60s\": see assay help models", name);
    return NULL;
}

/* What the API says for those who ask it, as a command has it. */
static void explain(const struct registry *r, struct assay_error *err)
{
    static const char no_version[] = "name a version";

    if (err->code == ASSAY_NOT_FOUND && r->model && strcmp(r->model, "last") == 0)
        (void)assay_fail(err, ASSAY_NOT_FOUND, NULL,
                         "there is no model of the id last, a word that stands for the newest job "
                         "only; `assay models list` shows those that exist");
    else if (err->code == ASSAY_NOT_FOUND)
        report_hint(err, "the Model ", &r->dir, "models");
    else if (strstr(err->message, "(mergeVersionAliases)"))
        (void)assay_fail(err, err->code, NULL,
                         "%.300s is the default version; first make another one that: assay models "
                         "alias %.*s@V default",
                         r->model, (int)strcspn(r->model, "@"), r->model);
    else if (r->model && strncmp(err->message, no_version, strlen(no_version)) == 0)
        (void)assay_fail(err, err->code, NULL,
                         "name a version by its number, as in %.*s@2; assay models list %.*s shows "
                         "them",
                         (int)strcspn(r->model, "@"), r->model, (int)strcspn(r->model, "@"),
                         r->model);
}

int command_models(const struct arguments *arguments)
{
    struct registry r = { .arguments = arguments };
    struct assay_error err = { 0 };
    const struct verb *verb = find_verb(arguments, &err);
    bool is_ok = verb && state_dir_choose(arguments->values[OPTION_STATE], &r.dir, &err);

    if (is_ok) {
        r.model = arguments->operand_count > 1 ? arguments->operands[1] : NULL;
        r.own = r.client = client_open(arguments, &r.dir, &err);
        is_ok = r.own && verb->run(&r, &err);
        if (!is_ok)
            explain(&r, &err);
        work_close(&r.work);
        client_free(r.own);
    }
    state_dir_clear(&r.dir);
    return is_ok ? report_end(0) : report_error(&err);
}
