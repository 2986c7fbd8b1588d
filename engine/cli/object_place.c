#include "engine/cli/object_place.h"

#include "assay/json.h"
#include "assay/value.h"
#include "engine/cli/client.h"
#include "engine/cli/endpoint.h"
#include "engine/cli/text.h"
#include "engine/cli/view.h"

#include <curl/curl.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { COPY_BYTES = 256 * 1024, CONNECT_SECONDS = 5, TRIES = 8, ANSWER_MAX = 64 * 1024 * 1024 };

struct object_place {
    struct buckets *buckets; /* of the folder; NULL: a server's */
    struct endpoint endpoint;
    CURL *curl;
};

struct object_place *object_place_open(const struct arguments *arguments, struct state_dir *dir,
                                       struct assay_error *err)
{
    struct object_place *place = calloc(1, sizeof *place);

    if (!place) {
        (void)assay_fail_memory(err);
        return NULL;
    }
    if (!state_dir_choose(arguments->values[OPTION_STATE], dir, err) ||
        !endpoint_choose(arguments, &place->endpoint, err))
        goto fail;
    if (place->endpoint.url)
        place->curl = curl_easy_init();
    else
        place->buckets = buckets_new(dir->path, assay_env_system(), err);
    if (place->curl || place->buckets)
        return place;
    (void)assay_fail_memory(err);
fail:
    object_place_close(place);
    return NULL;
}

void object_place_close(struct object_place *place)
{
    if (!place)
        return;
    buckets_free(place->buckets);
    curl_easy_cleanup(place->curl);
    endpoint_clear(&place->endpoint);
    free(place);
}

/* One request to the server. A body is text, or count bytes of fd from first on. */
struct call {
    const char *method;
    const char *url;
    const char *body;
    const char *header; /* one more, or NULL */
    int in_fd;          /* -1: none */
    int64_t first, count;
    int out_fd;      /* where the answer's bytes go if it is 200; -1: to answer */
    uint32_t crc32c; /* of those bytes */
    char *answer;
    size_t answer_size;
    char location[2048];
    char hash[64];
    int64_t have; /* of the header Range: bytes that are there */
    long status;
    CURL *curl;
    int error; /* errno of out_fd */
};

static size_t on_header(char *bytes, size_t one, size_t size, void *context)
{
    static const char location[] = "location:";
    static const char hash[] = "x-goog-hash:";
    static const char range[] = "range: bytes=0-";
    struct call *call = context;
    char line[2048];

    (void)one;
    if (size >= sizeof line)
        return size;
    memcpy(line, bytes, size);
    line[size] = '\0';
    line[strcspn(line, "\r\n")] = '\0';
    if (strncasecmp(line, location, sizeof location - 1) == 0)
        (void)snprintf(call->location, sizeof call->location, "%s",
                       line + sizeof location - 1 + strspn(line + sizeof location - 1, " "));
    if (strncasecmp(line, hash, sizeof hash - 1) == 0 && strstr(line, "crc32c="))
        (void)snprintf(call->hash, sizeof call->hash, "%.8s", strstr(line, "crc32c=") + 7);
    if (strncasecmp(line, range, sizeof range - 1) == 0)
        call->have = strtoll(line + sizeof range - 1, NULL, 10) + 1;
    return size;
}

static bool write_all(int fd, const char *bytes, size_t size)
{
    while (size > 0) {
        ssize_t written = write(fd, bytes, size);

        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return false;
        bytes += written;
        size -= (size_t)written;
    }
    return true;
}

static size_t on_bytes(char *bytes, size_t one, size_t size, void *context)
{
    struct call *call = context;
    long status = 0;
    char *grown = NULL;

    (void)one;
    (void)curl_easy_getinfo(call->curl, CURLINFO_RESPONSE_CODE, &status);
    if (call->out_fd >= 0 && status == 200) {
        call->crc32c = object_crc32c(call->crc32c, bytes, size);
        if (write_all(call->out_fd, bytes, size))
            return size;
        call->error = errno;
        return 0;
    }
    if (call->answer_size + size > ANSWER_MAX)
        return 0;
    grown = realloc(call->answer, call->answer_size + size + 1);
    if (!grown)
        return 0;
    memcpy(grown + call->answer_size, bytes, size);
    call->answer = grown;
    call->answer_size += size;
    grown[call->answer_size] = '\0';
    return size;
}

static size_t on_read(char *bytes, size_t one, size_t size, void *context)
{
    struct call *call = context;
    ssize_t got = 0;

    size *= one;
    if ((int64_t)size > call->count)
        size = (size_t)call->count;
    got = pread(call->in_fd, bytes, size, call->first);
    if (got < 0 || (got == 0 && size > 0))
        return CURL_READFUNC_ABORT;
    call->first += got;
    call->count -= got;
    return (size_t)got;
}

static void prepare_body(CURL *curl, struct call *call)
{
    if (call->in_fd >= 0) {
        (void)curl_easy_setopt(curl, CURLOPT_UPLOAD, 1L);
        (void)curl_easy_setopt(curl, CURLOPT_READFUNCTION, on_read);
        (void)curl_easy_setopt(curl, CURLOPT_READDATA, call);
        (void)curl_easy_setopt(curl, CURLOPT_INFILESIZE_LARGE, (curl_off_t)call->count);
    } else if (call->body) {
        (void)curl_easy_setopt(curl, CURLOPT_POSTFIELDS, call->body);
    }
    (void)curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, call->method);
}

/* False: there was no answer. */
static bool perform(struct object_place *place, struct call *call, struct assay_error *err)
{
    CURL *curl = place->curl;
    struct curl_slist *headers = curl_slist_append(NULL, "Content-Type: application/json");
    CURLcode code = CURLE_OK;

    if (headers && call->header)
        headers = curl_slist_append(headers, call->header);
    curl_easy_reset(curl);
    call->curl = curl;
    (void)curl_easy_setopt(curl, CURLOPT_URL, call->url);
    (void)curl_easy_setopt(curl, CURLOPT_PROXY, "");
    (void)curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    (void)curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    (void)curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, (long)CONNECT_SECONDS);
    (void)curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    (void)curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, on_header);
    (void)curl_easy_setopt(curl, CURLOPT_HEADERDATA, call);
    (void)curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_bytes);
    (void)curl_easy_setopt(curl, CURLOPT_WRITEDATA, call);
    if (place->endpoint.ca_file)
        (void)curl_easy_setopt(curl, CURLOPT_CAINFO, place->endpoint.ca_file);
    if (place->endpoint.token) {
        (void)curl_easy_setopt(curl, CURLOPT_HTTPAUTH, (long)CURLAUTH_BEARER);
        (void)curl_easy_setopt(curl, CURLOPT_XOAUTH2_BEARER, place->endpoint.token);
    }
    prepare_body(curl, call);
    code = curl_easy_perform(curl);
    (void)curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &call->status);
    curl_slist_free_all(headers);
    if (call->error)
        return assay_fail_errno(err, call->error, "write");
    return code == CURLE_OK || assay_fail(err, ASSAY_UNAVAILABLE, NULL, "the server %s: %s",
                                          place->endpoint.url, curl_easy_strerror(code));
}

/* What an answer of 400 and above says. */
static bool check_status(const struct call *call, struct assay_error *err)
{
    struct assay_error ignored = { 0 };
    cJSON *answer = NULL;
    const char *message = NULL;
    enum assay_code code = ASSAY_UNAVAILABLE;

    if (call->status < 400)
        return true;
    answer = json_read(call->answer ? call->answer : "", call->answer_size, &ignored);
    message = view_text(json_get(answer, "error"), "message");
    if (call->status == 404)
        code = ASSAY_NOT_FOUND;
    else if (call->status == 403)
        code = ASSAY_DENIED;
    else if (call->status == 409)
        code = ASSAY_EXISTS;
    else if (call->status == 412)
        code = ASSAY_PRECONDITION;
    else if (call->status < 500)
        code = ASSAY_INVALID;
    (void)assay_fail(err, code, NULL, "%s", *message ? message : "the server refuses it");
    cJSON_Delete(answer);
    return false;
}

/* "URL/storage/v1/b/BUCKET/o/NAME"; the caller frees it. name NULL: the bucket. */
static char *object_url(const struct object_place *place, const char *bucket, const char *name,
                        const char *end, struct assay_error *err)
{
    char *url = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&url, &size);

    if (out) {
        (void)fprintf(out, "%s/storage/v1/b/", place->endpoint.url);
        text_write_url(out, bucket);
        if (name) {
            (void)fputs("/o/", out);
            text_write_url(out, name);
        }
        (void)fputs(end, out);
        if (fclose(out) == 0)
            return url;
    }
    free(url);
    (void)assay_fail_memory(err);
    return NULL;
}

/* A call that is answered with JSON, or nothing: *answer is the caller's, and may be NULL. */
static bool ask(struct object_place *place, const char *method, char *url, const char *body,
                cJSON **answer, struct assay_error *err)
{
    struct call call = { .method = method, .url = url, .body = body, .in_fd = -1, .out_fd = -1 };
    bool is_ok = url && perform(place, &call, err) && check_status(&call, err);

    if (is_ok && answer) {
        *answer = json_read(call.answer ? call.answer : "", call.answer_size, err);
        is_ok = *answer != NULL;
    }
    free(call.answer);
    free(url);
    return is_ok;
}

static int64_t number_of(const cJSON *item, const char *key)
{
    return strtoll(view_text(item, key), NULL, 10);
}

static bool read_info(const cJSON *item, struct object_info *info, struct assay_error *err)
{
    *info = (struct object_info){ .size = number_of(item, "size"),
                                  .generation = number_of(item, "generation"),
                                  .metageneration = number_of(item, "metageneration") };
    (void)assay_time_parse(view_text(item, "updated"), &info->updated_us);
    info->name = strdup(view_text(item, "name"));
    return info->name || assay_fail_memory(err);
}

bool object_place_stat(struct object_place *place, const char *bucket, const char *name,
                       struct object_info *info, struct assay_error *err)
{
    cJSON *answer = NULL;
    bool is_ok = false;

    if (place->buckets)
        return object_stat(place->buckets, bucket, name, OBJECT_KNOWN_HASHES, info, err);
    is_ok = ask(place, "GET", object_url(place, bucket, name, "", err), NULL, &answer, err) &&
            read_info(answer, info, err);
    cJSON_Delete(answer);
    return is_ok;
}

static bool read_list(const cJSON *answer, struct object_list *list, struct assay_error *err)
{
    const cJSON *items = json_get(answer, "items");
    const cJSON *prefixes = json_get(answer, "prefixes");
    const cJSON *next = json_get(answer, "nextPageToken");
    const cJSON *item = NULL;

    list->items = calloc((size_t)cJSON_GetArraySize(items) + 1, sizeof *list->items);
    list->prefixes = calloc((size_t)cJSON_GetArraySize(prefixes) + 1, sizeof *list->prefixes);
    if (!list->items || !list->prefixes)
        return assay_fail_memory(err);
    cJSON_ArrayForEach(item,
                       items) if (!read_info(item, &list->items[list->count++], err)) return false;
    cJSON_ArrayForEach(item, prefixes) if (cJSON_IsString(item) &&
                                           !(list->prefixes[list->prefix_count++] = strdup(
                                                 item->valuestring))) return assay_fail_memory(err);
    if (cJSON_IsString(next))
        list->next = strdup(next->valuestring);
    return !cJSON_IsString(next) || list->next || assay_fail_memory(err);
}

bool object_place_list(struct object_place *place, const struct object_query *query,
                       struct object_list *list, struct assay_error *err)
{
    char *end = NULL;
    size_t size = 0;
    FILE *out = NULL;
    cJSON *answer = NULL;
    bool is_ok = false;

    *list = (struct object_list){ 0 };
    if (place->buckets)
        return object_list_read(place->buckets, query, list, err);
    out = open_memstream(&end, &size);
    if (!out)
        return assay_fail_memory(err);
    (void)fprintf(out, "/o?maxResults=%d&delimiter=", query->max);
    text_write_url(out, query->delimiter ? query->delimiter : "");
    (void)fputs("&prefix=", out);
    text_write_url(out, query->prefix);
    (void)fputs("&pageToken=", out);
    text_write_url(out, query->after);
    is_ok = fclose(out) == 0 || assay_fail_memory(err);
    is_ok =
        is_ok &&
        ask(place, "GET", object_url(place, query->bucket, NULL, end, err), NULL, &answer, err) &&
        read_list(answer, list, err);
    cJSON_Delete(answer);
    free(end);
    if (!is_ok)
        object_list_clear(list);
    return is_ok;
}

struct naming {
    void (*on_name)(void *context, const char *name);
    void *context;
};

static bool on_bucket(void *context, const struct bucket_info *info, struct assay_error *err)
{
    struct naming *naming = context;

    (void)err;
    naming->on_name(naming->context, info->name);
    return true;
}

bool object_place_buckets(struct object_place *place,
                          void (*on_name)(void *context, const char *name), void *context,
                          struct assay_error *err)
{
    struct naming naming = { .on_name = on_name, .context = context };
    const cJSON *item = NULL;
    cJSON *answer = NULL;
    char *url = NULL;

    if (place->buckets)
        return bucket_each(place->buckets, on_bucket, &naming, err);
    if (asprintf(&url, "%s/storage/v1/b", place->endpoint.url) < 0)
        return assay_fail_memory(err);
    if (!ask(place, "GET", url, NULL, &answer, err))
        return false;
    cJSON_ArrayForEach(item, json_get(answer, "items")) on_name(context, view_text(item, "name"));
    cJSON_Delete(answer);
    return true;
}

static bool fail_broken(const char *name, struct assay_error *err)
{
    return assay_fail(err, ASSAY_DATA_LOSS, NULL,
                      "the bytes of %.512s are not those that its checksum is of", name);
}

static bool read_here(struct object_place *place, const char *bucket, const char *name, int fd,
                      struct assay_error *err)
{
    struct object_info info = { 0 };
    int from = object_open(place->buckets, bucket, name, OBJECT_KNOWN_HASHES, &info, err);
    char *bytes = from >= 0 ? malloc(COPY_BYTES) : NULL;
    uint32_t crc32c = 0;
    ssize_t got = 1;
    bool is_ok = bytes != NULL;

    if (from >= 0 && !bytes)
        (void)assay_fail_memory(err);
    while (is_ok && got > 0) {
        got = read(from, bytes, COPY_BYTES);
        if (got < 0)
            is_ok = assay_fail_errno(err, errno, "read %.512s", name);
        else if (!write_all(fd, bytes, (size_t)got))
            is_ok = assay_fail_errno(err, errno, "write");
        else
            crc32c = object_crc32c(crc32c, bytes, (size_t)got);
    }
    if (is_ok && info.has_hashes && info.crc32c != crc32c)
        is_ok = fail_broken(name, err);
    if (from >= 0)
        (void)close(from);
    free(bytes);
    object_info_clear(&info);
    return is_ok;
}

static void crc32c_text(uint32_t crc32c, char text[9])
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    uint64_t wide = (uint64_t)crc32c << 4; /* 36 bits: six digits */

    for (int i = 5; i >= 0; i--, wide >>= 6)
        text[i] = digits[wide & 63];
    memcpy(text + 6, "==", 3);
}

bool object_place_read(struct object_place *place, const char *bucket, const char *name, int fd,
                       struct assay_error *err)
{
    struct call call = { .method = "GET", .in_fd = -1, .out_fd = fd };
    char *url = NULL;
    char crc32c[9];
    bool is_ok = false;

    if (place->buckets)
        return read_here(place, bucket, name, fd, err);
    url = object_url(place, bucket, name, "?alt=media", err);
    call.url = url;
    is_ok = url && perform(place, &call, err) && check_status(&call, err);
    crc32c_text(call.crc32c, crc32c);
    if (is_ok && call.hash[0] && strcmp(call.hash, crc32c) != 0)
        is_ok = fail_broken(name, err);
    free(call.answer);
    free(url);
    return is_ok;
}

static bool write_here(struct object_place *place, const char *bucket, const char *name, int fd,
                       struct assay_error *err)
{
    struct upload_options options = { .bucket = bucket, .name = name };
    struct upload *upload = upload_begin(place->buckets, &options, err);
    struct object_info info = { 0 };
    char *bytes = upload ? malloc(COPY_BYTES) : NULL;
    ssize_t got = 1;
    bool is_ok = bytes != NULL;

    if (upload && !bytes)
        (void)assay_fail_memory(err);
    while (is_ok && got > 0) {
        got = read(fd, bytes, COPY_BYTES);
        is_ok = got < 0 ? assay_fail_errno(err, errno, "read")
                        : upload_write(upload, bytes, (size_t)got, err);
    }
    is_ok = is_ok && upload_commit(upload, &info, err);
    upload_free(upload);
    object_info_clear(&info);
    free(bytes);
    return is_ok;
}

/* How much of the session the server has; -1: it does not answer. 0 and status 200: it is done. */
static int64_t ask_offset(struct object_place *place, const char *location, int64_t size,
                          long *status)
{
    struct assay_error ignored = { 0 };
    char header[64];
    struct call call = {
        .method = "PUT", .url = location, .body = "", .header = header, .in_fd = -1, .out_fd = -1
    };

    (void)snprintf(header, sizeof header, "Content-Range: bytes */%" PRId64, size);
    if (!perform(place, &call, &ignored))
        call.have = -1;
    *status = call.status;
    free(call.answer);
    return call.have;
}

/* Sends what is missing, again and again while the connection breaks. */
static bool send_bytes(struct object_place *place, const char *location, int fd, int64_t size,
                       struct assay_error *err)
{
    int64_t have = 0;

    for (int try = 0; try < TRIES; try++) {
        const struct timespec pause = { .tv_sec = 1 };
        char header[96];
        long status = 0;
        struct call call = { .method = "PUT",
                             .url = location,
                             .header = header,
                             .in_fd = fd,
                             .out_fd = -1,
                             .first = have,
                             .count = size - have };
        bool is_ok = false;

        (void)snprintf(header, sizeof header,
                       "Content-Range: bytes %" PRId64 "-%" PRId64 "/%" PRId64, have, size - 1,
                       size);
        *err = (struct assay_error){ 0 };
        is_ok = perform(place, &call, err) && check_status(&call, err);
        free(call.answer);
        if (is_ok && call.status == 200)
            return true;
        if (call.status >= 400 && call.status != 503)
            return false;
        (void)nanosleep(&pause, NULL);
        have = ask_offset(place, location, size, &status);
        if (status == 200)
            return true;
        if (have < 0)
            have = 0;
    }
    if (err->code == ASSAY_OK)
        (void)assay_fail(err, ASSAY_UNAVAILABLE, NULL, "the upload does not come to its end");
    return false;
}

bool object_place_write(struct object_place *place, const char *bucket, const char *name, int fd,
                        struct assay_error *err)
{
    struct call call = { .method = "POST", .body = "{}", .in_fd = -1, .out_fd = -1 };
    char *url = NULL;
    size_t url_size = 0;
    FILE *out = NULL;
    struct stat file;
    bool is_ok = false;

    if (place->buckets)
        return write_here(place, bucket, name, fd, err);
    if (fstat(fd, &file) != 0)
        return assay_fail_errno(err, errno, "read");
    out = open_memstream(&url, &url_size);
    if (!out)
        return assay_fail_memory(err);
    (void)fprintf(out, "%s/upload/storage/v1/b/", place->endpoint.url);
    text_write_url(out, bucket);
    (void)fprintf(out, "/o?uploadType=%s&name=", file.st_size ? "resumable" : "media");
    text_write_url(out, name);
    is_ok = fclose(out) == 0 || assay_fail_memory(err);
    call.url = url;
    if (file.st_size == 0)
        call.body = "";
    is_ok = is_ok && perform(place, &call, err) && check_status(&call, err);
    if (is_ok && file.st_size > 0)
        is_ok = send_bytes(place, call.location, fd, file.st_size, err);
    free(call.answer);
    free(url);
    return is_ok;
}

bool object_place_copy(struct object_place *place, const char *bucket, const char *name,
                       const char *to_bucket, const char *to_name, struct assay_error *err)
{
    char *end = NULL;
    size_t size = 0;
    FILE *out = NULL;
    bool is_ok = false;

    if (place->buckets) {
        struct object_source source = { .bucket = bucket, .name = name };
        struct upload_options options = { .bucket = to_bucket, .name = to_name };
        struct object_info info = { 0 };

        is_ok = object_compose(place->buckets, &source, 1, &options, &info, err);
        object_info_clear(&info);
        return is_ok;
    }
    out = open_memstream(&end, &size);
    if (!out)
        return assay_fail_memory(err);
    (void)fputs("/copyTo/b/", out);
    text_write_url(out, to_bucket);
    (void)fputs("/o/", out);
    text_write_url(out, to_name);
    is_ok = fclose(out) == 0 || assay_fail_memory(err);
    is_ok = is_ok && ask(place, "POST", object_url(place, bucket, name, end, err), "{}", NULL, err);
    free(end);
    return is_ok;
}

bool object_place_remove(struct object_place *place, const char *bucket, const char *name,
                         struct assay_error *err)
{
    const struct object_conditions none = { 0 };

    if (place->buckets)
        return object_remove(place->buckets, bucket, name, &none, err);
    return ask(place, "DELETE", object_url(place, bucket, name, "", err), NULL, NULL, err);
}

bool object_place_remove_bucket(struct object_place *place, const char *bucket,
                                struct assay_error *err)
{
    if (place->buckets)
        return bucket_remove(place->buckets, bucket, err);
    return ask(place, "DELETE", object_url(place, bucket, NULL, "", err), NULL, NULL, err);
}
