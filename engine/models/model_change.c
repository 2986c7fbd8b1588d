#include "engine/models/model_change.h"

#include "assay/value.h"
#include "engine/owned_text.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* A tree as the text of a column; "" for none. */
static bool set_tree(char **text, const cJSON *tree, struct assay_error *err)
{
    char *copy = tree && tree->child ? json_text(tree, 0) : strdup("");

    if (!copy)
        return assay_fail_memory(err);
    free(*text);
    *text = copy;
    return true;
}

/* The model changes, or a version of it. */
static bool touch(struct store *store, struct model_row *model, int64_t now_us,
                  struct assay_error *err)
{
    model->update_us = now_us;
    return store_model_row_put(store, model, err);
}

/* Its time is part of the etag: no two changes have the same, also where the clock stands still. */
static bool touch_version(struct store *store, struct model_version_row *version, int64_t now_us,
                          struct assay_error *err)
{
    version->update_us = now_us > version->update_us ? now_us : version->update_us + 1;
    return store_model_version_put(store, version, err);
}

static bool make_model(struct store *store, const struct model_new *made, int64_t now_us,
                       struct model_row *model, struct assay_error *err)
{
    const struct model_document *document = made->document;

    if (store_model_row_get(store, made->id, model, err))
        return assay_fail(err, ASSAY_EXISTS, "model_id", "there is a Model %s/models/%s already",
                          model->parent, made->id);
    if (err->code != ASSAY_NOT_FOUND)
        return false;
    model->create_us = now_us;
    return owned_text_set(&model->id, made->id, err) &&
           owned_text_set(&model->parent, made->parent, err) &&
           owned_text_set(&model->display_name, document->display_name, err) &&
           owned_text_set(&model->description, document->description, err) &&
           set_tree(&model->labels, document->labels, err);
}

static bool fill_version(const struct model_new *made, struct model_version_row *version,
                         struct assay_error *err)
{
    const struct model_document *document = made->document;

    version->file_count = made->file_count;
    version->size_bytes = made->size_bytes;
    if (made->is_pushed && made->artifact && *made->artifact)
        version->push_state = MODEL_PUSH_WAITING;
    return owned_text_set(&version->description, document->version_description, err) &&
           set_tree(&version->labels, made->is_version ? document->labels : NULL, err) &&
           set_tree(&version->document, document->kept, err) &&
           owned_text_set(&version->artifact_uri, made->artifact_uri, err) &&
           owned_text_set(&version->pipeline, made->pipeline, err) &&
           owned_text_set(&version->source, made->source, err) &&
           owned_text_set(&version->lineage, made->lineage, err) &&
           owned_text_set(&version->artifact, made->artifact, err);
}

static bool put_aliases(struct store *store, const struct model_new *made,
                        const struct model_version_row *version, struct assay_error *err)
{
    const struct model_document *document = made->document;
    bool is_ok = true;

    for (size_t i = 0; i < document->alias_count && is_ok; i++)
        is_ok = store_model_alias_put(store, version->model, document->aliases[i], version->version,
                                      err);
    if (is_ok && !made->is_version)
        is_ok = store_model_alias_put(store, version->model, MODEL_ALIAS_DEFAULT, version->version,
                                      err);
    return is_ok;
}

bool model_create(struct store *store, const struct model_new *made, int64_t now_us,
                  int64_t *version, struct assay_error *err)
{
    struct model_row model = { 0 };
    struct model_version_row row = { 0 };
    bool is_ok = made->is_version ? store_model_row_get(store, made->id, &model, err)
                                  : make_model(store, made, now_us, &model, err);

    if (is_ok) {
        row = (struct model_version_row){ .version = ++model.last_version,
                                          .create_us = now_us,
                                          .update_us = now_us,
                                          .push_due_us = now_us };
        is_ok = touch(store, &model, now_us, err) && fill_version(made, &row, err);
        row.model = model.number;
    }
    is_ok =
        is_ok && store_model_version_put(store, &row, err) && put_aliases(store, made, &row, err);
    *version = row.version;
    model_version_row_clear(&row);
    model_row_clear(&model);
    return is_ok;
}

/* 0: the word is no version's number. */
static int64_t version_number(const char *word)
{
    int64_t number = 0;

    if (*word < '1' || *word > '9' || !assay_integer_parse(word, &number))
        return 0;
    return number;
}

static bool find_version(struct store *store, const struct model_row *model, const char *word,
                         int64_t *number, struct assay_error *err)
{
    bool is_default = !*word || strcmp(word, "-") == 0;

    *number = version_number(word);
    if (*number)
        return true;
    if (!store_model_alias_get(store, model->number, is_default ? MODEL_ALIAS_DEFAULT : word,
                               number, err))
        return false;
    return *number || assay_fail(err, ASSAY_NOT_FOUND, NULL,
                                 "the Model %s has no version with the alias %s", model->id, word);
}

bool model_find(struct store *store, const struct model_name *name, struct model_row *model,
                struct model_version_row *version, struct assay_error *err)
{
    int64_t number = 0;

    *model = (struct model_row){ 0 };
    if (version)
        *version = (struct model_version_row){ 0 };
    if (!store_model_row_get(store, name->id, model, err))
        return false;
    if (!version)
        return true;
    if (find_version(store, model, name->version, &number, err) &&
        store_model_version_get(store, model->number, number, version, err))
        return true;
    if (err->code == ASSAY_NOT_FOUND && number)
        (void)assay_fail(err, ASSAY_NOT_FOUND, NULL, "the Model %s has no version %" PRId64,
                         model->id, number);
    return false;
}

/* What stands before the last but one of an etag's hyphens is the model's, the rest the version's.
 */
static bool is_etag(const char *asked, const char *now, bool is_version)
{
    size_t size = strcspn(now, "-") + 1;

    size += strcspn(now + size, "-");
    if (strlen(asked) <= size || asked[size] != '-')
        return false;
    return is_version ? strcmp(asked + size, now + size) == 0 : memcmp(asked, now, size) == 0;
}

static bool check_etag(const struct model_row *model, const struct model_version_row *version,
                       bool is_version, const char *etag, struct assay_error *err)
{
    char now[MODEL_ETAG_SIZE];

    if (!etag || !*etag || is_etag(etag, model_etag(model, version, now), is_version))
        return true;
    return assay_fail(err, ASSAY_ABORTED, "model.etag",
                      "the %s has changed since it was read: read it again",
                      is_version ? "version" : "Model");
}

static bool check_level(bool is_version, unsigned parts, struct assay_error *err)
{
    const unsigned of_model = MODEL_PATCH_DISPLAY_NAME | MODEL_PATCH_DESCRIPTION;

    if (is_version && (parts & of_model))
        return assay_fail(err, ASSAY_PRECONDITION, "update_mask",
                          "display_name and description are the model's, not a version's: patch "
                          "the model by its name without @version");
    if (!is_version && (parts & MODEL_PATCH_VERSION_DESCRIPTION))
        return assay_fail(err, ASSAY_PRECONDITION, "update_mask",
                          "version_description is a version's: name one, as in models/ID@1");
    return true;
}

static bool patch_model(struct store *store, struct model_row *model, unsigned parts,
                        const struct model_document *document, int64_t now_us,
                        struct assay_error *err)
{
    if ((parts & MODEL_PATCH_DISPLAY_NAME) && (!document->display_name || !*document->display_name))
        return assay_fail(err, ASSAY_INVALID, "model.display_name", "is required");
    model->revision++;
    return (!(parts & MODEL_PATCH_DISPLAY_NAME) ||
            owned_text_set(&model->display_name, document->display_name, err)) &&
           (!(parts & MODEL_PATCH_DESCRIPTION) ||
            owned_text_set(&model->description, document->description, err)) &&
           (!(parts & MODEL_PATCH_LABELS) || set_tree(&model->labels, document->labels, err)) &&
           touch(store, model, now_us, err);
}

static bool patch_version(struct store *store, struct model_row *model,
                          struct model_version_row *version, unsigned parts,
                          const struct model_document *document, int64_t now_us,
                          struct assay_error *err)
{
    return (!(parts & MODEL_PATCH_VERSION_DESCRIPTION) ||
            owned_text_set(&version->description, document->version_description, err)) &&
           (!(parts & MODEL_PATCH_LABELS) || set_tree(&version->labels, document->labels, err)) &&
           touch_version(store, version, now_us, err) && touch(store, model, now_us, err);
}

bool model_patch(struct store *store, const struct model_name *name, unsigned parts,
                 const struct model_document *document, int64_t now_us, struct assay_error *err)
{
    bool is_version = name->version[0] && strcmp(name->version, "-") != 0;
    struct model_row model = { 0 };
    struct model_version_row version = { 0 };
    bool is_ok = model_find(store, name, &model, &version, err) &&
                 check_level(is_version, parts, err) &&
                 check_etag(&model, &version, is_version, document->etag, err);

    if (is_ok && is_version)
        is_ok = patch_version(store, &model, &version, parts, document, now_us, err);
    else if (is_ok)
        is_ok = patch_model(store, &model, parts, document, now_us, err);
    model_version_row_clear(&version);
    model_row_clear(&model);
    return is_ok;
}

static bool has_alias(const char *const *aliases, size_t count, const char *alias)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(aliases[i], alias) == 0)
            return true;
    return false;
}

static bool check_aliases(const char *const *aliases, size_t count, struct assay_error *err)
{
    if (count == 0)
        return assay_fail(err, ASSAY_INVALID, "version_aliases", "is required");
    for (size_t i = 0; i < count; i++) {
        bool is_removal = aliases[i][0] == '-';
        const char *alias = aliases[i] + is_removal;

        if (!model_alias_is_valid(alias))
            return assay_fail(err, ASSAY_INVALID, "version_aliases",
                              "\"%.140s\" is no alias: 2 to 128 letters, digits and hyphens, the "
                              "first a lowercase letter, the last no hyphen and no capital",
                              alias);
        if (is_removal && strcmp(alias, MODEL_ALIAS_DEFAULT) == 0)
            return assay_fail(err, ASSAY_INVALID, "version_aliases",
                              "the alias default cannot be removed, only moved: give it to another "
                              "version");
        if (is_removal && has_alias(aliases, count, alias))
            return assay_fail(err, ASSAY_INVALID, "version_aliases",
                              "%.140s is to be added and to be removed", alias);
    }
    return true;
}

/* Adds or moves it here; or removes it, where it is here. */
static bool merge_alias(struct store *store, const struct model_version_row *version,
                        const char *alias, struct assay_error *err)
{
    int64_t holder = 0;

    if (alias[0] != '-')
        return store_model_alias_put(store, version->model, alias, version->version, err);
    return store_model_alias_get(store, version->model, alias + 1, &holder, err) &&
           (holder != version->version ||
            store_model_alias_delete(store, version->model, alias + 1, err));
}

bool model_merge_aliases(struct store *store, const struct model_name *name,
                         const char *const *aliases, size_t count, int64_t now_us,
                         struct assay_error *err)
{
    struct model_row model = { 0 };
    struct model_version_row version = { 0 };
    bool is_ok =
        check_aliases(aliases, count, err) && model_find(store, name, &model, &version, err);

    for (size_t i = 0; i < count && is_ok; i++)
        is_ok = merge_alias(store, &version, aliases[i], err);
    is_ok =
        is_ok && touch_version(store, &version, now_us, err) && touch(store, &model, now_us, err);
    model_version_row_clear(&version);
    model_row_clear(&model);
    return is_ok;
}

bool model_delete(struct store *store, const struct model_name *name, struct assay_error *err)
{
    struct model_row model = { 0 };
    bool is_ok = model_find(store, name, &model, NULL, err) &&
                 store_model_row_delete(store, model.number, err);

    model_row_clear(&model);
    return is_ok;
}

static bool check_deletion(struct store *store, const struct model_version_row *version,
                           struct assay_error *err)
{
    int64_t count = 0;
    int64_t holder = 0;

    if (!store_model_version_count(store, version->model, &count, err) ||
        !store_model_alias_get(store, version->model, MODEL_ALIAS_DEFAULT, &holder, err))
        return false;
    if (count <= 1)
        return assay_fail(err, ASSAY_PRECONDITION, NULL,
                          "it is the model's only version: delete the model instead");
    if (holder == version->version)
        return assay_fail(err, ASSAY_PRECONDITION, NULL,
                          "it is the default version: give the alias default to another one first "
                          "(mergeVersionAliases)");
    return true;
}

bool model_delete_version(struct store *store, const struct model_name *name, int64_t now_us,
                          struct assay_error *err)
{
    struct model_row model = { 0 };
    struct model_version_row version = { 0 };
    bool is_ok =
        version_number(name->version) > 0 ||
        assay_fail(err, ASSAY_INVALID, "name", "name a version by its number, as in models/ID@2");

    is_ok = is_ok && model_find(store, name, &model, &version, err) &&
            check_deletion(store, &version, err) &&
            store_model_version_delete(store, model.number, version.version, err) &&
            touch(store, &model, now_us, err);
    model_version_row_clear(&version);
    model_row_clear(&model);
    return is_ok;
}

char *model_etag(const struct model_row *model, const struct model_version_row *version,
                 char text[MODEL_ETAG_SIZE])
{
    (void)snprintf(text, MODEL_ETAG_SIZE, "%" PRIx64 "-%" PRIx64 "-%" PRIx64 "-%" PRIx64,
                   (uint64_t)model->create_us, (uint64_t)model->revision,
                   (uint64_t)version->version, (uint64_t)version->update_us);
    return text;
}
