#include "engine/server/storage_objects.h"

#include "assay/value.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Up to where a double tells integers apart. */
static const double EXACT_MAX = 9007199254740992.0;

typedef bool (*answer_fn)(const struct storage_request *request, struct storage_answer *answer,
                          struct assay_error *err);

static bool is_known_bucket(const struct storage_request *request, struct assay_error *err)
{
    struct bucket_info info = { 0 };
    bool is_ok = bucket_stat(request->buckets, request->route->bucket, &info, err);

    free(info.fields);
    return is_ok;
}

static bool answer_bucket(const struct storage_request *request, const struct bucket_info *info,
                          struct storage_answer *answer)
{
    struct json_writer w;
    FILE *out = storage_answer_begin(answer, &w);

    if (out) {
        storage_write_bucket(&w, request->base, info);
        (void)storage_answer_end(answer, out, &w);
    }
    return true;
}

static bool get_bucket(const struct storage_request *request, struct storage_answer *answer,
                       struct assay_error *err)
{
    struct bucket_info info = { 0 };
    bool is_ok = bucket_stat(request->buckets, request->route->bucket, &info, err) &&
                 answer_bucket(request, &info, answer);

    free(info.fields);
    return is_ok;
}

static bool make_bucket(const struct storage_request *request, struct storage_answer *answer,
                        struct assay_error *err)
{
    cJSON *body = json_read(request->body ? request->body : "", request->body_size, err);
    const char *name = cJSON_GetStringValue(json_get(body, "name"));
    char *fields = NULL;
    struct bucket_info info = { 0 };
    bool is_ok = false;

    if (body && !name)
        (void)assay_fail(err, ASSAY_INVALID, NULL, "a bucket needs a name");
    if (name)
        fields = storage_client_fields(request->body, request->body_size, true, err);
    is_ok = fields && bucket_make(request->buckets, name, fields, err) &&
            bucket_stat(request->buckets, name, &info, err) &&
            answer_bucket(request, &info, answer);
    free(info.fields);
    free(fields);
    cJSON_Delete(body);
    return is_ok;
}

static bool patch_bucket(const struct storage_request *request, struct storage_answer *answer,
                         struct assay_error *err)
{
    struct bucket_info info = { 0 };
    char *fields = storage_client_fields(request->body, request->body_size, true, err);
    bool is_ok = fields &&
                 bucket_patch(request->buckets, request->route->bucket, fields, &info, err) &&
                 answer_bucket(request, &info, answer);

    free(info.fields);
    free(fields);
    return is_ok;
}

static bool remove_bucket(const struct storage_request *request, struct storage_answer *answer,
                          struct assay_error *err)
{
    answer->status = 204;
    return bucket_remove(request->buckets, request->route->bucket, err);
}

struct bucket_listing {
    const struct storage_request *request;
    struct json_writer w;
    char *prefix;
};

static bool on_bucket(void *context, const struct bucket_info *info, struct assay_error *err)
{
    struct bucket_listing *listing = context;

    (void)err;
    if (!listing->prefix || strncmp(info->name, listing->prefix, strlen(listing->prefix)) == 0)
        storage_write_bucket(&listing->w, listing->request->base, info);
    return true;
}

static bool list_buckets(const struct storage_request *request, struct storage_answer *answer,
                         struct assay_error *err)
{
    struct bucket_listing listing = { .request = request };
    FILE *out = storage_answer_begin(answer, &listing.w);
    bool is_ok = false;

    if (!out)
        return true;
    listing.prefix = storage_query_text(request->query, "prefix");
    json_begin_object(&listing.w);
    json_key(&listing.w, "kind");
    json_string(&listing.w, "storage#buckets");
    json_key(&listing.w, "items");
    json_begin_array(&listing.w);
    is_ok = bucket_each(request->buckets, on_bucket, &listing, err);
    json_end_array(&listing.w);
    json_end_object(&listing.w);
    (void)storage_answer_end(answer, out, &listing.w);
    free(listing.prefix);
    return is_ok;
}

/* The texts of a list's query, which are the caller's. */
struct query_texts {
    char *prefix, *delimiter, *token, *start, *end;
};

static void write_list(const struct storage_request *request, const struct object_list *list,
                       struct storage_answer *answer)
{
    struct json_writer w;
    FILE *out = storage_answer_begin(answer, &w);

    if (!out)
        return;
    json_begin_object(&w);
    json_key(&w, "kind");
    json_string(&w, "storage#objects");
    if (list->next) {
        json_key(&w, "nextPageToken");
        json_string(&w, list->next);
    }
    if (list->prefix_count) {
        json_key(&w, "prefixes");
        json_begin_array(&w);
        for (size_t i = 0; i < list->prefix_count; i++)
            json_string(&w, list->prefixes[i]);
        json_end_array(&w);
    }
    if (list->count) {
        json_key(&w, "items");
        json_begin_array(&w);
        for (size_t i = 0; i < list->count; i++)
            storage_write_object(&w, request->base, request->route->bucket, &list->items[i]);
        json_end_array(&w);
    }
    json_end_object(&w);
    (void)storage_answer_end(answer, out, &w);
}

static bool list_objects(const struct storage_request *request, struct storage_answer *answer,
                         struct assay_error *err)
{
    const char *query = request->query;
    struct query_texts texts = { .prefix = storage_query_text(query, "prefix"),
                                 .delimiter = storage_query_text(query, "delimiter"),
                                 .token = storage_query_text(query, "pageToken"),
                                 .start = storage_query_text(query, "startOffset"),
                                 .end = storage_query_text(query, "endOffset") };
    struct object_query wanted = { .bucket = request->route->bucket,
                                   .prefix = texts.prefix ? texts.prefix : "",
                                   .delimiter =
                                       texts.delimiter && *texts.delimiter ? texts.delimiter : NULL,
                                   .after = texts.token ? texts.token : "",
                                   .start = texts.start && *texts.start ? texts.start : NULL,
                                   .end = texts.end && *texts.end ? texts.end : NULL,
                                   .max = OBJECT_LIST_MAX,
                                   .has_folders_as_items =
                                       storage_query_is_true(query, "includeTrailingDelimiter") };
    struct object_condition max = { 0 };
    struct object_list list = { 0 };
    bool is_ok = storage_query_number(query, "maxResults", &max, err);

    if (is_ok && max.is_set && max.value > 0 && max.value < OBJECT_LIST_MAX)
        wanted.max = (int)max.value;
    is_ok = is_ok && object_list_read(request->buckets, &wanted, &list, err);
    if (is_ok)
        write_list(request, &list, answer);
    object_list_clear(&list);
    free(texts.prefix);
    free(texts.delimiter);
    free(texts.token);
    free(texts.start);
    free(texts.end);
    return is_ok;
}

/* What is read has conditions, too; one that says "only if it is another" is answered with 304. */
static bool check_read(const struct storage_request *request, const struct object_info *info,
                       struct storage_answer *answer, struct assay_error *err)
{
    struct object_conditions conditions = { 0 };
    struct object_conditions others = { 0 };
    struct object_condition generation = { 0 };

    if (!storage_query_conditions(request->query, "", &conditions, err) ||
        !storage_query_number(request->query, "generation", &generation, err))
        return false;
    if (generation.is_set && generation.value != info->generation)
        return assay_fail(err, ASSAY_NOT_FOUND, NULL, "No such object: %s/%s#%" PRId64,
                          request->route->bucket, info->name, generation.value);
    others.generation_not_match = conditions.generation_not_match;
    others.metageneration_not_match = conditions.metageneration_not_match;
    conditions.generation_not_match.is_set = false;
    conditions.metageneration_not_match.is_set = false;
    if (!object_conditions_check(&conditions, info, err))
        return false;
    if (!object_conditions_check(&others, info, err)) {
        *err = (struct assay_error){ 0 };
        answer->status = 304;
    }
    return true;
}

/* answer takes fd. */
static bool answer_bytes(const struct storage_request *request, const struct object_info *info,
                         int fd, struct storage_answer *answer, struct assay_error *err)
{
    enum storage_range range =
        storage_range_read(request->range, info->size, &answer->first, &answer->count);

    answer->fd = fd;
    if (range == STORAGE_RANGE_NONE) {
        (void)assay_fail(err, ASSAY_RANGE, NULL, "The requested range cannot be satisfied.");
        storage_answer_error(answer, err);
        storage_answer_header(answer, "Content-Range", "bytes */%" PRId64, info->size);
        return true;
    }
    answer->status = range == STORAGE_RANGE_PART ? 206 : 200;
    if (range == STORAGE_RANGE_PART)
        storage_answer_header(answer, "Content-Range", "bytes %" PRId64 "-%" PRId64 "/%" PRId64,
                              answer->first, answer->first + answer->count - 1, info->size);
    storage_answer_object_headers(answer, info);
    return true;
}

static bool get_object(const struct storage_request *request, struct storage_answer *answer,
                       struct assay_error *err)
{
    const struct storage_route *route = request->route;
    char *alt = storage_query_text(request->query, "alt");
    bool wants_bytes = route->is_download || (alt && strcmp(alt, "media") == 0);
    struct object_info info = { 0 };
    int fd =
        object_open(request->buckets, route->bucket, route->name, OBJECT_ALL_HASHES, &info, err);
    bool is_ok = fd >= 0 && check_read(request, &info, answer, err);

    free(alt);
    if (is_ok && answer->status == 0 && wants_bytes) {
        is_ok = answer_bytes(request, &info, fd, answer, err);
        fd = -1;
    } else if (is_ok && answer->status == 0) {
        storage_answer_object(answer, request->base, route->bucket, &info);
    }
    if (fd >= 0)
        (void)close(fd);
    object_info_clear(&info);
    return is_ok;
}

static bool read_conditions(const struct storage_request *request,
                            struct object_conditions *conditions, struct assay_error *err)
{
    struct object_condition generation = { 0 };

    if (!storage_query_conditions(request->query, "", conditions, err) ||
        !storage_query_number(request->query, "generation", &generation, err))
        return false;
    /* There is one generation of an object: another one is not there. */
    if (generation.is_set && !conditions->generation_match.is_set)
        conditions->generation_match = generation;
    return true;
}

static bool change_object(const struct storage_request *request, bool is_whole,
                          struct storage_answer *answer, struct assay_error *err)
{
    const struct storage_route *route = request->route;
    struct object_conditions conditions = { 0 };
    struct object_info info = { 0 };
    char *fields = storage_client_fields(request->body, request->body_size, false, err);
    bool is_ok = fields && read_conditions(request, &conditions, err) &&
                 object_patch(request->buckets, route->bucket, route->name, fields, is_whole,
                              &conditions, &info, err);

    if (is_ok)
        storage_answer_object(answer, request->base, route->bucket, &info);
    object_info_clear(&info);
    free(fields);
    return is_ok;
}

static bool patch_object(const struct storage_request *request, struct storage_answer *answer,
                         struct assay_error *err)
{
    return change_object(request, false, answer, err);
}

static bool update_object(const struct storage_request *request, struct storage_answer *answer,
                          struct assay_error *err)
{
    return change_object(request, true, answer, err);
}

static bool remove_object(const struct storage_request *request, struct storage_answer *answer,
                          struct assay_error *err)
{
    struct object_conditions conditions = { 0 };

    answer->status = 204;
    return read_conditions(request, &conditions, err) &&
           object_remove(request->buckets, request->route->bucket, request->route->name,
                         &conditions, err);
}

static void write_rewrite(const struct storage_request *request, const struct object_info *info,
                          struct storage_answer *answer)
{
    struct json_writer w;
    FILE *out = storage_answer_begin(answer, &w);

    if (!out)
        return;
    json_begin_object(&w);
    json_key(&w, "kind");
    json_string(&w, "storage#rewriteResponse");
    json_key(&w, "totalBytesRewritten");
    json_int64(&w, info->size);
    json_key(&w, "objectSize");
    json_int64(&w, info->size);
    json_key(&w, "done");
    json_bool(&w, true);
    json_key(&w, "resource");
    storage_write_object(&w, request->base, request->route->to_bucket, info);
    json_end_object(&w);
    (void)storage_answer_end(answer, out, &w);
}

/* Fields of a resource in the request, or NULL where it has none: then they are the source's. */
static bool read_new_fields(const char *body, size_t size, char **fields, struct assay_error *err)
{
    *fields = storage_client_fields(body, size, false, err);
    if (*fields && strcmp(*fields, "{}") == 0) {
        free(*fields);
        *fields = NULL;
        return true;
    }
    return *fields != NULL;
}

static bool copy_object(const struct storage_request *request, struct storage_answer *answer,
                        struct assay_error *err)
{
    const struct storage_route *route = request->route;
    struct object_source source = { .bucket = route->bucket, .name = route->name };
    struct upload_options options = { .bucket = route->to_bucket, .name = route->to_name };
    struct object_condition generation = { 0 };
    struct object_info info = { 0 };
    char *fields = NULL;
    bool is_ok =
        read_new_fields(request->body ? request->body : "", request->body_size, &fields, err) &&
        storage_query_conditions(request->query, "", &options.conditions, err) &&
        storage_query_conditions(request->query, "ifSource", &source.conditions, err) &&
        storage_query_number(request->query, "sourceGeneration", &generation, err);

    if (generation.is_set)
        source.conditions.generation_match = generation;
    options.fields = fields;
    is_ok = is_ok && object_compose(request->buckets, &source, 1, &options, &info, err);
    if (is_ok && route->target == STORAGE_REWRITE)
        write_rewrite(request, &info, answer);
    else if (is_ok)
        storage_answer_object(answer, request->base, route->to_bucket, &info);
    object_info_clear(&info);
    free(fields);
    return is_ok;
}

/* {"name", "generation", "objectPreconditions": {"ifGenerationMatch"}} */
static bool read_source(const cJSON *item, const char *bucket, struct object_source *source,
                        struct assay_error *err)
{
    const cJSON *conditions = json_get(item, "objectPreconditions");
    const cJSON *generation = json_get(item, "generation");
    const char *text = NULL;

    source->bucket = bucket;
    source->name = cJSON_GetStringValue(json_get(item, "name"));
    if (!source->name)
        return assay_fail(err, ASSAY_INVALID, NULL, "each of sourceObjects needs a name");
    if (json_get(conditions, "ifGenerationMatch"))
        generation = json_get(conditions, "ifGenerationMatch");
    if (!generation || cJSON_IsNull(generation)) /* as Python sends what it has not */
        return true;
    text = cJSON_GetStringValue(generation);
    source->conditions.generation_match.is_set = true;
    if (text ? assay_integer_parse(text, &source->conditions.generation_match.value)
             : cJSON_IsNumber(generation) && fabs(generation->valuedouble) < EXACT_MAX) {
        if (!text)
            source->conditions.generation_match.value = (int64_t)generation->valuedouble;
        return true;
    }
    return assay_fail(err, ASSAY_INVALID, NULL, "a generation must be a number");
}

static bool compose_object(const struct storage_request *request, struct storage_answer *answer,
                           struct assay_error *err)
{
    const struct storage_route *route = request->route;
    struct upload_options options = { .bucket = route->bucket, .name = route->name };
    struct object_source sources[OBJECT_SOURCES_MAX] = { 0 };
    cJSON *body = json_read(request->body ? request->body : "", request->body_size, err);
    cJSON *destination = cJSON_GetObjectItemCaseSensitive(body, "destination");
    char *text = destination ? json_text(destination, 0) : NULL;
    const cJSON *item = NULL;
    struct object_info info = { 0 };
    char *fields = NULL;
    size_t count = 0;
    bool is_ok = body && read_new_fields(text ? text : "", text ? strlen(text) : 0, &fields, err) &&
                 storage_query_conditions(request->query, "", &options.conditions, err);

    cJSON_ArrayForEach(item, json_get(body, "sourceObjects"))
    {
        if (is_ok && count < OBJECT_SOURCES_MAX)
            is_ok = read_source(item, route->bucket, &sources[count], err);
        count++;
    }
    options.fields = fields;
    is_ok = is_ok && object_compose(request->buckets, sources, count, &options, &info, err);
    if (is_ok)
        storage_answer_object(answer, request->base, route->bucket, &info);
    object_info_clear(&info);
    free(fields);
    free(text);
    cJSON_Delete(body);
    return is_ok;
}

static const struct {
    enum storage_target target;
    const char *method;
    answer_fn answer;
} routes[] = {
    { STORAGE_BUCKETS, "GET", list_buckets },    { STORAGE_BUCKETS, "POST", make_bucket },
    { STORAGE_BUCKET, "GET", get_bucket },       { STORAGE_BUCKET, "PATCH", patch_bucket },
    { STORAGE_BUCKET, "PUT", patch_bucket },     { STORAGE_BUCKET, "DELETE", remove_bucket },
    { STORAGE_OBJECTS, "GET", list_objects },    { STORAGE_OBJECT, "GET", get_object },
    { STORAGE_OBJECT, "PATCH", patch_object },   { STORAGE_OBJECT, "PUT", update_object },
    { STORAGE_OBJECT, "DELETE", remove_object }, { STORAGE_COPY, "POST", copy_object },
    { STORAGE_REWRITE, "POST", copy_object },    { STORAGE_COMPOSE, "POST", compose_object },
};

void storage_objects_answer(const struct storage_request *request, struct storage_answer *answer)
{
    struct assay_error err = { 0 };
    answer_fn found = NULL;

    for (size_t i = 0; i < sizeof routes / sizeof routes[0]; i++)
        if (routes[i].target == request->route->target &&
            strcmp(routes[i].method, request->method) == 0)
            found = routes[i].answer;
    if (!found)
        (void)assay_fail(&err, ASSAY_UNIMPLEMENTED, NULL,
                         "this server's storage has no such method");
    /* A missing object of a missing bucket: the bucket is what is told of. */
    if (found && found(request, answer, &err)) {
        if (answer->status == 0)
            answer->status = 200;
        return;
    }
    if (err.code == ASSAY_NOT_FOUND && request->route->bucket && request->route->name) {
        struct assay_error bucket_err = { 0 };

        if (!is_known_bucket(request, &bucket_err))
            err = bucket_err;
    }
    storage_answer_error(answer, &err);
}
