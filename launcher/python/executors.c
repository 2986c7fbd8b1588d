#include "launcher/python/executors.h"

#include <fnmatch.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

static const char default_interpreter[] = "python3";

static bool is_prebuilt(const char *image)
{
    static const char *const patterns[] = {
        "*-docker.pkg.dev/vertex-ai/training/*",
        "gcr.io/cloud-aiplatform/training/*",
        "*.gcr.io/cloud-aiplatform/training/*",
    };

    for (size_t i = 0; i < sizeof patterns / sizeof patterns[0]; i++)
        if (fnmatch(patterns[i], image, 0) == 0)
            return true;
    return false;
}

const char *executor_interpreter(const char *image)
{
    static const char host[] = "host:";

    if (is_prebuilt(image))
        return default_interpreter;
    if (strncmp(image, host, sizeof host - 1) == 0)
        return image[sizeof host - 1] ? image + sizeof host - 1 : default_interpreter;
    return image[0] == '/' || fnmatch("python3*", image, 0) == 0 ? image : NULL;
}
