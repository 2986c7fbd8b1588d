#include "engine/notify/notify_hook.h"

#include "assay/json.h"

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

char *notify_hook_key(const struct notify_hook *hook)
{
    struct json_writer w;
    char *key = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&key, &size);
    bool is_whole = false;

    if (!out)
        return NULL;
    json_writer_init(&w, out, 0);
    json_begin_array(&w);
    if (hook->webhook)
        json_string(&w, hook->webhook);
    for (size_t i = 0; i < hook->command_count; i++)
        json_string(&w, hook->command[i]);
    json_end_array(&w);
    is_whole = json_writer_finish(&w);
    if (fclose(out) == 0 && is_whole)
        return key;
    free(key);
    return NULL;
}
