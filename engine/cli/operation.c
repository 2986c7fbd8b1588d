#include "engine/cli/operation.h"

#include "engine/cli/view.h"

#include <stdlib.h>
#include <string.h>

enum { PATH_TEXT_MAX = 1024 };

cJSON *operation_ask(struct client *client, const char *method, const char *path, const cJSON *body,
                     struct assay_error *err)
{
    char *text = body ? json_text(body, 0) : NULL;
    struct assay_request request = {
        .method = method, .path = path, .body = text, .body_size = text ? strlen(text) : 0
    };
    struct assay_response response = { 0 };
    cJSON *answer = NULL;

    if (body && !text)
        (void)assay_fail_memory(err);
    else if (client_call(client, &request, &response, err))
        answer = json_read(response.body, response.size, err);
    assay_response_clear(&response);
    free(text);
    return answer;
}

cJSON *operation_await(struct client *client, cJSON *operation, struct assay_error *err)
{
    const cJSON *error = NULL;

    while (operation && !view_is_true(operation, "done")) {
        char path[PATH_TEXT_MAX];

        (void)snprintf(path, sizeof path, "/v1/%s:wait", view_text(operation, "name"));
        cJSON_Delete(operation);
        operation = operation_ask(client, "POST", path, NULL, err);
    }
    error = json_get(operation, "error");
    if (!error)
        return operation;
    (void)assay_fail(err, (enum assay_code)view_integer(error, "code"), NULL, "%s",
                     view_text(error, "message"));
    cJSON_Delete(operation);
    return NULL;
}
