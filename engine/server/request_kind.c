#include "engine/server/request_kind.h"

#include "engine/server/web_pages.h"

#include <string.h>

/* A longer body takes longer to read than another thread to wake. */
enum { QUESTION_BYTES = 64 * 1024 };

bool request_is_quick(const char *method, const char *path)
{
    const char *last = strrchr(path, '/');

    if (web_pages_is_path(path))
        return true;
    return strcmp(method, "GET") == 0 && last && strspn(last + 1, "0123456789") == strlen(last + 1);
}

bool request_is_question(const char *method, const char *path, size_t body_size)
{
    static const char *const verbs[] = { ":suggest", ":complete", ":addTrialMeasurement",
                                         ":checkTrialEarlyStoppingState" };
    const char *verb = strrchr(path, ':');

    if (!verb || strcmp(method, "POST") != 0 || !strstr(path, "/studies/") ||
        body_size > QUESTION_BYTES)
        return false;
    for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++)
        if (strcmp(verb, verbs[i]) == 0)
            return true;
    return false;
}
