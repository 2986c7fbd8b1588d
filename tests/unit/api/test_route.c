#include "engine/api/route.h"

#include "engine/api/api_private.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>

#define JOBS "projects/demo/locations/us-central1/customJobs"

static enum assay_code find(const char *method, const char *path, struct route_match *match)
{
    struct assay_error err = { 0 };

    return route_find(method, path, match, &err) ? ASSAY_OK : err.code;
}

Test(route, a_path_gives_its_handler_and_its_words)
{
    struct route_match match;

    cr_assert(eq(int, (int)find("POST", "/v1/" JOBS "/77:cancel", &match), ASSAY_OK));
    cr_assert(match.handler == vertex_cancel_custom_job);
    cr_assert(zero(int, strcmp(match.words[ROUTE_PROJECT], "demo")));
    cr_assert(zero(int, strcmp(match.words[ROUTE_LOCATION], "us-central1")));
    cr_assert(zero(int, strcmp(match.words[ROUTE_JOB], "77")));
    cr_assert(zero(int, strcmp(match.words[ROUTE_TRIAL], "")));
    cr_assert(eq(int, (int)find("GET", "/assay/v1/jobs/last/trials/3/logs", &match), ASSAY_OK));
    cr_assert(match.handler == api_get_logs);
    cr_assert(zero(int, strcmp(match.words[ROUTE_TRIAL], "3")));
    cr_assert(eq(int, (int)find("GET", "/assay/v1/jobs:count", &match), ASSAY_OK));
    cr_assert(match.handler == api_count_jobs);
}

Test(route, an_encoded_colon_belongs_to_the_name)
{
    struct route_match match;

    cr_assert(eq(int, (int)find("GET", "/v1/" JOBS "/7%3Acancel", &match), ASSAY_OK));
    cr_assert(match.handler == vertex_get_custom_job);
    cr_assert(zero(int, strcmp(match.words[ROUTE_JOB], "7:cancel")));
    cr_assert(eq(int, (int)find("GET", "/v1/" JOBS "/b%253A", &match), ASSAY_OK));
    cr_assert(zero(int, strcmp(match.words[ROUTE_JOB], "b%3A")));
    cr_assert(eq(int, (int)find("GET", "/v1/" JOBS "/a%2Fb", &match), ASSAY_NOT_FOUND));
    cr_assert(eq(int, (int)find("POST", "/v1/" JOBS "%3Acancel", &match), ASSAY_NOT_FOUND));
}

Test(route, both_versions_are_one)
{
    struct route_match match;

    cr_assert(eq(int, (int)find("GET", "/v1beta1/" JOBS, &match), ASSAY_OK));
    cr_assert(match.handler == vertex_list_custom_jobs);
    cr_assert(eq(int, (int)find("GET", "/v2/" JOBS, &match), ASSAY_NOT_FOUND));
    cr_assert(eq(int, (int)find("GET", "/ui/projects/p/locations/l", &match), ASSAY_OK));
    cr_assert(match.handler == vertex_get_location);
}

Test(route, what_is_not_here_is_told_from_what_is_nowhere)
{
    struct route_match match;

    cr_assert(eq(int, (int)find("PATCH", "/v1/" JOBS "/77", &match), ASSAY_UNIMPLEMENTED));
    cr_assert(eq(int, (int)find("GET", "/v1/projects/p/locations/l/indexes/5", &match),
                 ASSAY_UNIMPLEMENTED));
    cr_assert(eq(int, (int)find("POST", "/v1/projects/p/locations/l/endpoints/5:predict", &match),
                 ASSAY_UNIMPLEMENTED));
    cr_assert(
        eq(int, (int)find("GET", "/v1/projects/p/locations/l/indexesx", &match), ASSAY_NOT_FOUND));
    cr_assert(eq(int, (int)find("GET", "/", &match), ASSAY_NOT_FOUND));
    cr_assert(eq(int, (int)find("GET", "", &match), ASSAY_NOT_FOUND));
    cr_assert(eq(int, (int)find("GET", "/v1/projects/p", &match), ASSAY_NOT_FOUND));
}

Test(route, an_empty_or_endless_word_names_nothing)
{
    struct route_match match;
    char path[4096];

    cr_assert(eq(int, (int)find("GET", "/assay/v1/jobs/", &match), ASSAY_NOT_FOUND));
    cr_assert(eq(int, (int)find("GET", "/assay/v1/jobs/a/", &match), ASSAY_NOT_FOUND));
    memset(path, 'a', sizeof path);
    memcpy(path, "/assay/v1/jobs/", strlen("/assay/v1/jobs/"));
    path[sizeof path - 1] = '\0';
    cr_assert(eq(int, (int)find("GET", path, &match), ASSAY_NOT_FOUND));
    memcpy(path, "/v1beta1/", strlen("/v1beta1/"));
    cr_assert(eq(int, (int)find("GET", path, &match), ASSAY_NOT_FOUND));
}
