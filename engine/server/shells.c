#include "engine/server/shells.h"

#include "assay/env.h"
#include "assay/json.h"
#include "assay/value.h"
#include "engine/server/shell.h"

#include <inttypes.h>
#include <nettle/base64.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define SHELLS_PATH "/assay/v1/shells"

enum {
    SHELLS_MAX = 16,
    ID_TEXT = 2 + 2 * 16, /* "s" and 128 bits, in hexadecimal */
    WAIT_MS = 15 * 1000,
    SIDE_MAX = 1000, /* rows, columns */
    BASE64_TEXT = BASE64_ENCODE_RAW_LENGTH(SHELL_READ_MAX) + 1,
};

struct seat {
    char id[ID_TEXT]; /* "": free */
    struct shell *shell;
    int users; /* calls that use the shell now */
    bool is_leaving;
};

struct shells {
    struct assay *assay;
    pthread_mutex_t mutex; /* guards all below */
    pthread_cond_t is_unused;
    struct seat seats[SHELLS_MAX];
    bool is_stopped;
};

struct shells *shells_new(struct assay *assay)
{
    struct shells *shells = calloc(1, sizeof *shells);

    if (!shells)
        return NULL;
    shells->assay = assay;
    (void)pthread_mutex_init(&shells->mutex, NULL);
    (void)pthread_cond_init(&shells->is_unused, NULL);
    return shells;
}

/* With the mutex held, which is let go of while the shell ends: nobody finds a seat that is
 * leaving. */
static void leave(struct shells *shells, struct seat *seat)
{
    seat->is_leaving = true;
    shell_hang_up(seat->shell); /* who waits for output goes */
    while (seat->users > 0)
        (void)pthread_cond_wait(&shells->is_unused, &shells->mutex);
    (void)pthread_mutex_unlock(&shells->mutex);
    shell_free(seat->shell);
    (void)pthread_mutex_lock(&shells->mutex);
    *seat = (struct seat){ 0 };
}

void shells_stop(struct shells *shells)
{
    if (!shells)
        return;
    (void)pthread_mutex_lock(&shells->mutex);
    shells->is_stopped = true;
    for (int i = 0; i < SHELLS_MAX; i++) /* all at once, so that they end beside each other */
        if (shells->seats[i].shell && !shells->seats[i].is_leaving)
            shell_hang_up(shells->seats[i].shell);
    for (int i = 0; i < SHELLS_MAX; i++)
        if (shells->seats[i].shell && !shells->seats[i].is_leaving)
            leave(shells, &shells->seats[i]);
    (void)pthread_mutex_unlock(&shells->mutex);
}

void shells_free(struct shells *shells)
{
    if (!shells)
        return;
    (void)pthread_cond_destroy(&shells->is_unused);
    (void)pthread_mutex_destroy(&shells->mutex);
    free(shells);
}

bool shells_is_path(const char *path)
{
    size_t size = strlen(SHELLS_PATH);

    return strncmp(path, SHELLS_PATH, size) == 0 && (path[size] == '\0' || path[size] == '/');
}

/* The seat of an id, held until give_back(); NULL and *err. */
static struct seat *take(struct shells *shells, const char *id, size_t size,
                         struct assay_error *err)
{
    struct seat *found = NULL;

    (void)pthread_mutex_lock(&shells->mutex);
    for (int i = 0; i < SHELLS_MAX && size == ID_TEXT - 1; i++) {
        struct seat *seat = &shells->seats[i];

        if (seat->shell && !seat->is_leaving && memcmp(seat->id, id, size) == 0)
            found = seat;
    }
    if (found)
        found->users++;
    else
        (void)assay_fail(err, ASSAY_NOT_FOUND, NULL, "there is no such shell; it may have ended");
    (void)pthread_mutex_unlock(&shells->mutex);
    return found;
}

static void give_back(struct shells *shells, struct seat *seat)
{
    (void)pthread_mutex_lock(&shells->mutex);
    if (--seat->users == 0)
        (void)pthread_cond_broadcast(&shells->is_unused);
    (void)pthread_mutex_unlock(&shells->mutex);
}

/* A number of the body between 1 and SIDE_MAX, otherwise where it is absent. */
static bool read_side(const cJSON *body, const char *name, unsigned short otherwise,
                      unsigned short *side, struct assay_error *err)
{
    const cJSON *number = json_get(body, name);

    *side = otherwise;
    if (!number)
        return true;
    if (!cJSON_IsNumber(number) || !(number->valuedouble >= 1 && number->valuedouble <= SIDE_MAX))
        return assay_fail(err, ASSAY_INVALID, name, "%s is a number from 1 to %d", name, SIDE_MAX);
    *side = (unsigned short)number->valuedouble;
    return true;
}

static bool read_size(const cJSON *body, struct shell_size *size, struct assay_error *err)
{
    return read_side(body, "rows", 24, &size->rows, err) &&
           read_side(body, "columns", 80, &size->columns, err);
}

/* Letters and digits that may stand in a path and a query as they are; NULL and *err. */
static const char *read_word(const cJSON *body, const char *name, const char *otherwise,
                             struct assay_error *err)
{
    const cJSON *member = json_get(body, name);
    const char *text = cJSON_IsString(member) ? member->valuestring : member ? "" : otherwise;

    if (text && *text && strlen(text) < 64 &&
        text[strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-")] == '\0')
        return text;
    (void)assay_fail(err, ASSAY_INVALID, name, "%s is wanted, as a string", name);
    return NULL;
}

/* The command line that leads to the trial, as the API tells it; NULL and *err. */
static cJSON *find_way(struct shells *shells, const cJSON *body, struct assay_error *err)
{
    const char *job = read_word(body, "job", NULL, err);
    const char *trial = job ? read_word(body, "trial", NULL, err) : NULL;
    const char *replica = trial ? read_word(body, "replica", "workerpool0-0", err) : NULL;
    char path[256];
    char query[128];
    struct assay_request request = { .method = "GET", .path = path, .query = query };
    struct assay_response response = { 0 };
    cJSON *answer = NULL;

    if (!replica)
        return NULL;
    (void)snprintf(path, sizeof path, "/assay/v1/jobs/%s/trials/%s:reach", job, trial);
    (void)snprintf(query, sizeof query, "replica=%s&terminal=true&web=true", replica);
    if (assay_call(shells->assay, &request, &response, err) && response.body)
        answer = json_read(response.body, response.size, err);
    if (answer && response.status != 200) {
        const cJSON *message = json_get(json_get(answer, "error"), "message");

        (void)assay_fail(err, response.status == 404 ? ASSAY_NOT_FOUND : ASSAY_PRECONDITION, NULL,
                         "%s", cJSON_IsString(message) ? message->valuestring : "no way there");
        cJSON_Delete(answer);
        answer = NULL;
    }
    assay_response_clear(&response);
    return answer;
}

/* The words of an array of strings, NULL-terminated and borrowed from it; NULL for lack of memory.
 */
static char **words_of(const cJSON *array)
{
    char **words = calloc((size_t)cJSON_GetArraySize(array) + 1, sizeof *words);
    const cJSON *word = NULL;
    size_t count = 0;

    cJSON_ArrayForEach(word, array)
    {
        if (words && cJSON_IsString(word))
            words[count++] = word->valuestring;
    }
    return words;
}

static bool draw_id(char id[ID_TEXT], struct assay_error *err)
{
    const struct assay_env *env = assay_env_system();
    uint8_t bytes[16];

    if (!env->entropy(env->context, bytes, sizeof bytes))
        return assay_fail(err, ASSAY_UNAVAILABLE, NULL, "the system has no random numbers");
    id[0] = 's';
    for (size_t i = 0; i < sizeof bytes; i++)
        (void)snprintf(id + 1 + 2 * i, 3, "%02x", bytes[i]);
    return true;
}

/* With the mutex held: a seat that is free, or whose shell has ended and was read. */
static struct seat *free_seat(struct shells *shells)
{
    for (int i = 0; i < SHELLS_MAX; i++)
        if (!shells->seats[i].shell)
            return &shells->seats[i];
    for (int i = 0; i < SHELLS_MAX; i++) {
        struct seat *seat = &shells->seats[i];

        if (!seat->is_leaving && seat->users == 0 && shell_is_done(seat->shell)) {
            leave(shells, seat);
            return seat;
        }
    }
    return NULL;
}

/* Takes the shell. */
static bool seat_shell(struct shells *shells, struct shell *shell, const char *id,
                       struct assay_error *err)
{
    struct seat *seat = NULL;
    bool is_stopped = false;

    (void)pthread_mutex_lock(&shells->mutex);
    is_stopped = shells->is_stopped;
    if (!is_stopped)
        seat = free_seat(shells);
    if (seat) {
        *seat = (struct seat){ .shell = shell };
        (void)snprintf(seat->id, sizeof seat->id, "%s", id);
    }
    (void)pthread_mutex_unlock(&shells->mutex);
    if (seat)
        return true;
    shell_free(shell);
    return assay_fail(err, is_stopped ? ASSAY_UNAVAILABLE : ASSAY_EXHAUSTED, NULL,
                      is_stopped ? "the server ends" : "%d shells are open: close one", SHELLS_MAX);
}

static bool start(struct shells *shells, const cJSON *body, FILE *out, struct assay_error *err)
{
    struct shell_size size;
    char id[ID_TEXT];
    struct shell *shell = NULL;
    cJSON *way = NULL;
    char **words = NULL;

    if (!read_size(body, &size, err) || !draw_id(id, err))
        return false;
    way = find_way(shells, body, err);
    words = way ? words_of(json_get(way, "command")) : NULL;
    if (way && (!words || !words[0]))
        (void)assay_fail_memory(err);
    else if (way)
        shell = shell_start(words, size, err);
    free(words);
    cJSON_Delete(way);
    if (!shell || !seat_shell(shells, shell, id, err))
        return false;
    (void)fprintf(out, "{\"id\":\"%s\"}\n", id);
    return true;
}

/* "…after=120…" */
static uint64_t after_of(const char *query)
{
    const char *at = query ? strstr(query, "after=") : NULL;

    return at ? strtoull(at + strlen("after="), NULL, 10) : 0;
}

static bool tell_output(struct seat *seat, const char *query, FILE *out, struct assay_error *err)
{
    struct shell_output *output = malloc(sizeof *output);
    char *text = malloc(BASE64_TEXT);
    bool is_ok = output && text;

    if (is_ok) {
        shell_read(seat->shell, after_of(query), WAIT_MS, output);
        base64_encode_raw(text, output->size, (const uint8_t *)output->bytes);
        text[BASE64_ENCODE_RAW_LENGTH(output->size)] = '\0';
        (void)fprintf(out, "{\"offset\":\"%" PRIu64 "\",\"data\":\"%s\",\"isOver\":%s}\n",
                      output->offset, text, output->is_over ? "true" : "false");
    }
    free(text);
    free(output);
    return is_ok || assay_fail_memory(err);
}

static bool read_offset(const cJSON *body, int64_t *offset, struct assay_error *err)
{
    const cJSON *number = json_get(body, "offset");

    if (!number)
        return true;
    if (!cJSON_IsNumber(number) || !(number->valuedouble >= 0 && number->valuedouble < 1e15))
        return assay_fail(err, ASSAY_INVALID, "offset",
                          "offset is how many bytes were typed before these");
    *offset = (int64_t)number->valuedouble;
    return true;
}

static bool type(struct seat *seat, const cJSON *body, FILE *out, struct assay_error *err)
{
    const cJSON *data = json_get(body, "data");
    int64_t from = SHELL_NOW;
    size_t size = cJSON_IsString(data) ? strlen(data->valuestring) : 0;
    uint8_t *bytes = malloc(BASE64_DECODE_LENGTH(size) + 1);
    struct base64_decode_ctx decoder;
    bool is_ok = bytes != NULL;

    base64_decode_init(&decoder);
    if (!bytes)
        (void)assay_fail_memory(err);
    else if (!cJSON_IsString(data) ||
             !base64_decode_update(&decoder, &size, bytes, size, data->valuestring) ||
             !base64_decode_final(&decoder))
        is_ok = assay_fail(err, ASSAY_INVALID, "data", "data is what was typed, in base64");
    is_ok = is_ok && read_offset(body, &from, err) &&
            shell_write(seat->shell, from, (const char *)bytes, size, err);
    free(bytes);
    if (is_ok)
        (void)fputs("{}\n", out);
    return is_ok;
}

static bool resize(struct seat *seat, const cJSON *body, FILE *out, struct assay_error *err)
{
    struct shell_size size;

    if (!read_size(body, &size, err))
        return false;
    shell_resize(seat->shell, size);
    (void)fputs("{}\n", out);
    return true;
}

static void end(struct shells *shells, struct seat *seat)
{
    (void)pthread_mutex_lock(&shells->mutex);
    seat->users--; /* this call's */
    if (!seat->is_leaving)
        leave(shells, seat);
    (void)pthread_mutex_unlock(&shells->mutex);
}

/* Of one shell: tail is "ID" or "ID:verb". */
static bool answer_one(struct shells *shells, const struct shells_question *question,
                       const char *tail, const cJSON *body, FILE *out, struct assay_error *err)
{
    size_t size = strcspn(tail, ":");
    const char *verb = tail + size;
    bool is_get = strcmp(question->method, "GET") == 0;
    bool is_post = strcmp(question->method, "POST") == 0;
    struct seat *seat = take(shells, tail, size, err);
    bool is_ok = false;

    if (!seat)
        return false;
    if (strcmp(question->method, "DELETE") == 0 && !*verb) {
        end(shells, seat);
        (void)fputs("{}\n", out);
        return true;
    }
    if (is_get && !*verb)
        is_ok = tell_output(seat, question->query, out, err);
    else if (is_post && strcmp(verb, ":write") == 0)
        is_ok = type(seat, body, out, err);
    else if (is_post && strcmp(verb, ":resize") == 0)
        is_ok = resize(seat, body, out, err);
    else
        (void)assay_fail(err, ASSAY_UNIMPLEMENTED, NULL, "%s is not possible on %s",
                         question->method, question->path);
    give_back(shells, seat);
    return is_ok;
}

static bool answer(struct shells *shells, const struct shells_question *question, FILE *out,
                   struct assay_error *err)
{
    const char *tail = question->path + strlen(SHELLS_PATH);
    cJSON *body = NULL;
    bool is_ok = false;

    if (question->body_size > 0) {
        body = json_read(question->body, question->body_size, err);
        if (!body)
            return false;
    }
    if (*tail == '/')
        is_ok = answer_one(shells, question, tail + 1, body, out, err);
    else if (strcmp(question->method, "POST") == 0)
        is_ok = start(shells, body, out, err);
    else
        (void)assay_fail(err, ASSAY_UNIMPLEMENTED, NULL, "%s is not possible on " SHELLS_PATH,
                         question->method);
    cJSON_Delete(body);
    return is_ok;
}

bool shells_answer(struct shells *shells, const struct shells_question *question,
                   struct assay_response *response, struct assay_error *err)
{
    FILE *out = open_memstream(&response->body, &response->size);
    bool is_ok = false;

    if (!out)
        return assay_fail_memory(err);
    is_ok = answer(shells, question, out, err);
    if (fclose(out) != 0 && is_ok)
        is_ok = assay_fail_memory(err);
    if (is_ok) {
        response->status = 200;
        response->content_type = "application/json; charset=UTF-8";
        return true;
    }
    free(response->body);
    response->body = NULL;
    response->size = 0;
    return false;
}
