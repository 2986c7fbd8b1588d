#include "launcher/container/container_image.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

Test(container_image, what_inspect_says_is_read_whatever_the_words_hold)
{
    struct container_image *image =
        container_image_parse("img", "sha256:ab|747269616c|2f776f726b|2f62696e2f7368,,7c0a,|61,\n");

    cr_assert(image != NULL);
    cr_assert(eq(str, image->name, "img"));
    cr_assert(eq(str, image->id, "sha256:ab"));
    cr_assert(eq(str, image->user, "trial"));
    cr_assert(eq(str, image->work_dir, "/work"));
    cr_assert(eq(str, image->entry_point[0], "/bin/sh"));
    cr_assert(eq(str, image->entry_point[1], ""));
    cr_assert(eq(str, image->entry_point[2], "|\n"));
    cr_assert(image->entry_point[3] == NULL);
    cr_assert(eq(str, image->command[0], "a"));
    cr_assert(image->command[1] == NULL);
    container_image_free(image);
}

Test(container_image, one_that_says_nothing_has_empty_lists)
{
    struct container_image *image = container_image_parse("img", "ab||||\n");

    cr_assert(image != NULL);
    cr_assert(eq(str, image->user, ""));
    cr_assert(eq(str, image->work_dir, ""));
    cr_assert(image->entry_point[0] == NULL);
    cr_assert(image->command[0] == NULL);
    container_image_free(image);
}

Test(container_image, what_is_no_such_line_is_refused)
{
    static const char *const texts[] = {
        "",         "\n",          "ab",        "ab|",        "ab|0",   "ab|0|",
        "ab|zz|||", "ab|7|||",     "|00|||",    "ab||",       "ab||61", "ab|||61|",
        "ab|||6,|", "ab||||6g,\n", "ab|||61,6", "ab||||61\n",
    };

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct container_image *image = container_image_parse("img", texts[i]);

        cr_assert(image == NULL, "%zu: %s", i, texts[i]);
    }
}

Test(container_image, what_no_second_try_mends_is_told_from_what_one_may)
{
    static const char *const final_words[] = {
        "Error: initializing source docker://x/y:latest: reading manifest latest in x/y: manifest "
        "unknown",
        "Error: pinging container registry a.b: Get \"https://a.b/v2/\": dial tcp: lookup a.b: no "
        "such host",
        "Error response from daemon: pull access denied for x, repository does not exist",
        "Error: short-name \"x\" did not resolve to an alias",
        "Error: parsing reference \"A\": invalid reference format",
        "unauthorized: access to the requested resource is not authorized",
    };
    static const char *const passing_words[] = {
        "dial tcp 1.2.3.4:443: connect: connection refused",
        "dial tcp: lookup a.b: Temporary failure in name resolution",
        "net/http: TLS handshake timeout",
        "received unexpected HTTP status: 503 Service Unavailable",
    };

    for (size_t i = 0; i < sizeof final_words / sizeof final_words[0]; i++)
        cr_assert(eq(int, (int)container_image_fault(final_words[i]), ASSAY_NOT_FOUND));
    for (size_t i = 0; i < sizeof passing_words / sizeof passing_words[0]; i++)
        cr_assert(eq(int, (int)container_image_fault(passing_words[i]), ASSAY_UNAVAILABLE));
}
