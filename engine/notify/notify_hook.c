#include "engine/notify/notify_hook.h"

#include "assay/json.h"
#include "launcher/sha256_text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { KINDS_USUAL = NOTICE_JOB | NOTICE_PIPELINE };

bool notify_is_web_address(const char *text)
{
    const char *host = strncasecmp(text, "http://", 7) == 0    ? text + 7
                       : strncasecmp(text, "https://", 8) == 0 ? text + 8
                                                               : "";

    return *host && *host != '/' && !strpbrk(text, " \n\r\t");
}

static void read_on(struct fields *fields, const cJSON *node, void *record)
{
    static const struct {
        const char *word;
        enum notice_kind kind;
    } words[] = { { "job", NOTICE_JOB },
                  { "pipeline", NOTICE_PIPELINE },
                  { "trial", NOTICE_TRIAL } };
    struct notify_hook *hook = record;
    const cJSON *item = NULL;
    unsigned kinds = 0;

    cJSON_ArrayForEach(item, node)
    {
        unsigned before = kinds;

        for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
            if (cJSON_IsString(item) && strcmp(item->valuestring, words[i].word) == 0)
                kinds |= words[i].kind;
        if (kinds == before)
            fields_fault(fields, item, NULL, "expected \"job\", \"pipeline\" or \"trial\"");
    }
    if (!cJSON_IsArray(node) || kinds == 0)
        fields_fault(fields, node, NULL, "expected a list of \"job\", \"pipeline\" and \"trial\"");
    if (hook)
        hook->kinds = kinds;
}

static const struct field hook_fields[] = {
    { .name = "command",
      .kind = FIELD_TEXTS,
      .at = FIELD_AT(struct notify_hook, command),
      .count_at = FIELD_AT(struct notify_hook, command_count) },
    { .name = "webhook", .kind = FIELD_TEXT, .at = FIELD_AT(struct notify_hook, webhook) },
    { .name = "secret", .kind = FIELD_TEXT, .at = FIELD_AT(struct notify_hook, secret) },
    { .name = "on", .kind = FIELD_CUSTOM, .read = read_on },
};

static void hook_init(void *record)
{
    struct notify_hook *hook = record;

    hook->kinds = KINDS_USUAL;
}

static void hook_check(struct fields *fields, const cJSON *node, void *record)
{
    const struct notify_hook *hook = record;

    if (!hook)
        return;
    if (!hook->command_count == !hook->webhook)
        fields_fault(fields, node, NULL, "expected a command or a webhook, one of the two");
    if (hook->command_count && !hook->command[0][0])
        fields_fault(fields, node, "command", "begins with a program");
    if (hook->webhook && !notify_is_web_address(hook->webhook))
        fields_fault(fields, node, "webhook", "expected a URL, http://… or https://…");
    if (hook->secret && !hook->webhook)
        fields_fault(fields, node, "secret", "goes with a webhook");
}

const struct message notify_hook_message = { MESSAGE_FIELDS(hook_fields),
                                             .size = sizeof(struct notify_hook), .init = hook_init,
                                             .check = hook_check };

void notify_hook_clear(struct notify_hook *hook)
{
    if (!hook)
        return;
    for (size_t i = 0; i < hook->command_count; i++)
        free(hook->command[i]);
    free(hook->command);
    free(hook->webhook);
    free(hook->secret);
    *hook = (struct notify_hook){ 0 };
}

bool notify_hook_set_command(struct notify_hook *hook, const char *program)
{
    *hook =
        (struct notify_hook){ .command = calloc(1, sizeof *hook->command), .kinds = KINDS_USUAL };
    if (!hook->command)
        return false;
    hook->command[0] = strdup(program);
    hook->command_count = hook->command[0] != NULL;
    return hook->command[0] != NULL;
}

bool notify_hook_set_webhook(struct notify_hook *hook, const char *url)
{
    *hook = (struct notify_hook){ .webhook = strdup(url), .kinds = KINDS_USUAL };
    return hook->webhook != NULL;
}

static void write_hash(FILE *out, const char *text)
{
    enum { DIGITS = 8 }; /* tell apart, and do not tell a token that somebody could guess */
    struct sha256_ctx hash;
    char digits[SHA256_TEXT];

    sha256_init(&hash);
    sha256_update(&hash, strlen(text), (const uint8_t *)text);
    sha256_text(&hash, digits);
    (void)fprintf(out, "#%.*s", DIGITS, digits);
}

/* "https://host/path" of "https://user:word@host/path?token=…", with "#" and a hash of the whole.
 */
static char *public_address(const char *url)
{
    const char *host = strstr(url, "://") + 3;
    const char *path = host + strcspn(host, "/?#");
    const char *end = path + strcspn(path, "?#");
    bool has_secret = *end != '\0';
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);

    if (!out)
        return NULL;
    (void)fprintf(out, "%.*s", (int)(host - url), url);
    for (const char *at = host; at < path; at++) {
        if (*at != '@')
            continue;
        host = at + 1;
        has_secret = true;
    }
    (void)fprintf(out, "%.*s", (int)(end - host), host);
    if (has_secret)
        write_hash(out, url);
    if (fclose(out) == 0)
        return text;
    free(text);
    return NULL;
}

char *notify_hook_key(const struct notify_hook *hook)
{
    char *address = hook->webhook ? public_address(hook->webhook) : NULL;
    struct json_writer w;
    char *key = NULL;
    size_t size = 0;
    FILE *out = NULL;
    bool is_whole = false;

    if (hook->webhook && !address)
        return NULL;
    out = open_memstream(&key, &size);
    if (!out) {
        free(address);
        return NULL;
    }
    json_writer_init(&w, out, 0);
    json_begin_array(&w);
    if (hook->kinds != KINDS_USUAL)
        json_int(&w, (int)hook->kinds);
    if (address)
        json_string(&w, address);
    for (size_t i = 0; i < hook->command_count; i++)
        json_string(&w, hook->command[i]);
    json_end_array(&w);
    free(address);
    is_whole = json_writer_finish(&w);
    if (fclose(out) == 0 && is_whole)
        return key;
    free(key);
    return NULL;
}
