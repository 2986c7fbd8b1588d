#include "engine/server/web_pages.h"

#include "assay.h"
#include "assay/json.h"
#include "engine/web/web_assets.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

/* Nothing but what the server itself serves may run, be shown or be asked. */
static const char page_policy[] =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
    "font-src 'self'; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; "
    "base-uri 'none'";

static void add_header(struct web_answer *answer, const char *name, const char *value)
{
    if (answer->header_count < WEB_HEADERS_MAX) {
        answer->headers[answer->header_count].name = name;
        answer->headers[answer->header_count].value = value;
        answer->header_count++;
    }
}

/* The view of a terminal, by a library that has its styles made by scripts. */
static const char terminal_policy[] =
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' "
    "data:; "
    "font-src 'self'; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; "
    "base-uri 'none'";

static bool is_terminal(const char *path)
{
    size_t size = strlen(path);

    return size > 6 && strcmp(path + size - 6, "/shell") == 0;
}

/* What every answer has. */
static void begin(struct web_answer *answer, int status, const char *policy)
{
    answer->status = status;
    add_header(answer, "Content-Security-Policy", policy);
    add_header(answer, "Referrer-Policy", "no-referrer");
    add_header(answer, "Cross-Origin-Opener-Policy", "same-origin");
    add_header(answer, "Cross-Origin-Resource-Policy", "same-origin");
    add_header(answer, "X-Frame-Options", "DENY");
}

bool web_pages_is_path(const char *path)
{
    return strcmp(path, "/") == 0 || strcmp(path, "/web") == 0 || strncmp(path, "/web/", 5) == 0;
}

static void answer_json(struct web_answer *answer, const char *text)
{
    begin(answer, 200, page_policy);
    add_header(answer, "Cache-Control", "no-store");
    answer->content_type = "application/json; charset=UTF-8";
    answer->bytes = text;
    answer->size = strlen(text);
}

static bool redirect(struct web_answer *answer)
{
    begin(answer, 302, page_policy);
    add_header(answer, "Location", "/web/");
    return true;
}

/* Whether a list of words, each with parameters, has gzip, and not with the weight 0. */
static bool accepts_gzip(const char *accept)
{
    for (const char *at = accept; at && *at; at += strspn(at, ", ")) {
        size_t size = strcspn(at, ",");
        size_t name = strcspn(at, ",; ");
        const char *weight = memchr(at, '=', size);

        if (name == 4 && strncasecmp(at, "gzip", 4) == 0)
            return !weight || strspn(weight + 1, "0.") < size - (size_t)(weight + 1 - at);
        at += size;
    }
    return false;
}

/* The hash, in its quotes, stands in the list of tags. */
static bool has_tag(const char *if_none_match, const char *etag)
{
    return if_none_match && (strcmp(if_none_match, "*") == 0 ||
                             strstr(if_none_match, etag + strcspn(etag, "\"")) != NULL);
}

static bool answer_asset(const struct web_question *question, const struct web_asset *asset,
                         struct web_answer *answer)
{
    bool is_known = has_tag(question->if_none_match, asset->etag);

    begin(answer, is_known ? 304 : 200,
          is_terminal(question->path) ? terminal_policy : page_policy);
    add_header(answer, "ETag", asset->etag);
    add_header(answer, "Vary", "Accept-Encoding");
    /* Else it is asked for anew each time, and the answer is 304 until the program is another. */
    add_header(answer, "Cache-Control",
               asset->is_immutable ? "public, max-age=31536000, immutable" : "no-cache");
    if (is_known)
        return true;
    answer->content_type = asset->content_type;
    answer->bytes = asset->bytes;
    answer->size = asset->size;
    if (asset->gzip && accepts_gzip(question->accept_encoding)) {
        add_header(answer, "Content-Encoding", "gzip");
        answer->bytes = asset->gzip;
        answer->size = asset->gzip_size;
    }
    return true;
}

/* A script or style of an older program is not the page; a view's name never looks like one. */
static bool is_file_name(const char *name)
{
    const char *end = strrchr(name, '.');

    return end && !strchr(name, '/') && (strcmp(end, ".js") == 0 || strcmp(end, ".css") == 0);
}

static bool answer_file(const struct web_question *question, const char *name,
                        struct web_answer *answer, struct assay_error *err)
{
    const struct web_asset *asset = web_asset_find(name);

    if (!asset && is_file_name(name))
        return assay_fail(err, ASSAY_NOT_FOUND, NULL, "the page has no file %.100s", name);
    if (!asset)
        asset = web_asset_find("index.html");
    return asset ? answer_asset(question, asset, answer)
                 : assay_fail(err, ASSAY_NOT_FOUND, NULL, "this program has no page");
}

static bool answer_session(const struct web_door *door, const struct web_question *question,
                           struct web_answer *answer)
{
    struct access_claim bare = question->claim;
    struct assay_error denied = { 0 };
    bool needs_token = false;
    bool is_signed_in = false;

    bare.authorization = bare.cookie = NULL;
    bare.is_public = false;
    if (door->access) {
        needs_token = !access_check(door->access, &bare, &denied);
        is_signed_in = access_is_signed_in(door->access, &question->claim);
    }
    (void)snprintf(answer->text, sizeof answer->text,
                   "{\"needsToken\":%s,\"isSignedIn\":%s,\"version\":\"%s\",\"emulates\":%s}\n",
                   needs_token ? "true" : "false", is_signed_in ? "true" : "false", ASSAY_VERSION,
                   door->is_emulating ? "true" : "false");
    answer_json(answer, answer->text);
    return true;
}

/* The body is {"token": "…"}. */
static bool check_token(const struct web_door *door, const struct web_question *question,
                        struct assay_error *err)
{
    cJSON *body = json_read(question->body ? question->body : "", question->body_size, err);
    const cJSON *token = json_get(body, "token");
    bool is_right = false;

    if (!body)
        return false;
    if (!cJSON_IsString(token))
        (void)assay_fail(err, ASSAY_INVALID, "token", "the body is {\"token\": \"…\"}");
    else if (!access_token_equals(door->access->token, token->valuestring))
        (void)assay_fail(err, ASSAY_DENIED, NULL,
                         "that is not this server's token: it is in the file token of its state "
                         "folder (--state; on the machine where it runs)");
    else
        is_right = true;
    cJSON_Delete(body);
    return is_right;
}

static bool sign_in(const struct web_door *door, const struct web_question *question,
                    struct web_answer *answer, struct assay_error *err)
{
    const struct access_claim *claim = &question->claim;
    const struct session_holder holder = { .is_known = claim->is_peer_known, .user = claim->peer };

    if (!guesses_take(door->guesses, question->who, question->now_us))
        return assay_fail(err, ASSAY_EXHAUSTED, NULL,
                          "too many wrong tokens from there: try again in a minute");
    if (!check_token(door, question, err))
        return false;
    guesses_give_back(door->guesses, question->who);
    session_write(door->access->token, &holder, claim->now_s, door->is_tls, answer->cookie);
    return true;
}

static bool answer_post(const struct web_door *door, const struct web_question *question,
                        struct web_answer *answer, struct assay_error *err)
{
    bool is_login = strcmp(question->path, "/web/login") == 0;
    bool has_token = door->access && door->access->token;

    if (!is_login && strcmp(question->path, "/web/logout") != 0)
        return assay_fail(err, ASSAY_UNIMPLEMENTED, NULL, "POST is not possible on %.100s",
                          question->path);
    if (access_is_from_another_page(&question->claim))
        return assay_fail(err, ASSAY_DENIED, NULL, "only the server's own page may sign in or out");
    if (has_token && is_login && !sign_in(door, question, answer, err))
        return false;
    if (has_token && !is_login)
        session_write_end(door->access->token, door->is_tls, answer->cookie);
    answer_json(answer, "{}\n");
    if (has_token)
        add_header(answer, "Set-Cookie", answer->cookie);
    return true;
}

bool web_pages_answer(const struct web_door *door, const struct web_question *question,
                      struct web_answer *answer, struct assay_error *err)
{
    const char *path = question->path;

    if (strcmp(question->method, "POST") == 0)
        return answer_post(door, question, answer, err);
    if (strcmp(question->method, "GET") != 0)
        return assay_fail(err, ASSAY_UNIMPLEMENTED, NULL, "%s is not possible on %.100s",
                          question->method, path);
    if (strncmp(path, "/web/", 5) != 0)
        return redirect(answer);
    if (strcmp(path, "/web/session") == 0)
        return answer_session(door, question, answer);
    return answer_file(question, path + 5, answer, err);
}
