#include "engine/server/storage_route.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdlib.h>
#include <string.h>

static struct storage_route read_route(const char *path, const char *method)
{
    struct storage_route route;
    struct assay_error err = { 0 };

    cr_assert(storage_route_read(path, method, &route, &err), "%s: %s", path, err.message);
    return route;
}

static void expect_object(const char *path, const char *name)
{
    struct storage_route route = read_route(path, "GET");

    cr_assert(eq(int, (int)route.target, STORAGE_OBJECT), "%s", path);
    cr_assert(eq(str, route.bucket, "box"));
    cr_assert(eq(str, route.name, (char *)name));
    storage_route_clear(&route);
}

Test(storage_route, a_name_is_one_segment_and_decoded_once)
{
    expect_object("/b/box/o/a%2Fb", "a/b");
    expect_object("/storage/v1/b/box/o/a/b", "a/b");
    expect_object("/download/storage/v1/b/box/o/a%252Fb", "a%2Fb");
    expect_object("/b/box/o/a+b", "a+b");
    expect_object("/b/box/o/x%2FcopyTo%2Fb%2Fbox%2Fo%2Fy", "x/copyTo/b/box/o/y");
    expect_object("/b/box/o/deep%2Fcompose", "deep/compose");
}

Test(storage_route, targets_are_told_apart_by_path_and_method)
{
    static const struct {
        const char *path, *method;
        enum storage_target target;
    } cases[] = {
        { "/b", "GET", STORAGE_BUCKETS },
        { "/storage/v1/b/", "POST", STORAGE_BUCKETS },
        { "/b/box", "GET", STORAGE_BUCKET },
        { "/b/box/o", "GET", STORAGE_OBJECTS },
        { "/upload/storage/v1/b/box/o", "POST", STORAGE_OBJECTS },
        { "/b/box/o/x/copyTo/b/other/o/y", "POST", STORAGE_COPY },
        { "/b/box/o/x/rewriteTo/b/other/o/y", "POST", STORAGE_REWRITE },
        { "/b/box/o/x/compose", "POST", STORAGE_COMPOSE },
        { "/b/box/o/x/compose", "GET", STORAGE_OBJECT },
        { "/b/box/acl", "GET", STORAGE_OTHER },
        { "/batch/storage/v1", "POST", STORAGE_BATCH },
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct storage_route route = read_route(cases[i].path, cases[i].method);

        cr_assert(eq(int, (int)route.target, (int)cases[i].target), "%s", cases[i].path);
        storage_route_clear(&route);
    }
}

Test(storage_route, a_copy_has_two_names)
{
    struct storage_route route = read_route("/b/box/o/x%2Fa/rewriteTo/b/other/o/y%2Fb", "POST");

    cr_assert(eq(str, route.name, "x/a"));
    cr_assert(eq(str, route.to_bucket, "other"));
    cr_assert(eq(str, route.to_name, "y/b"));
    storage_route_clear(&route);
}

Test(storage_route, half_an_escape_and_a_zero_byte_are_refused)
{
    static const char *const paths[] = { "/b/box/o/a%", "/b/box/o/a%2", "/b/box/o/a%zz",
                                         "/b/box/o/a%00b", "/b/b%00x" };

    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        struct storage_route route;
        struct assay_error err = { 0 };

        cr_assert(not(storage_route_read(paths[i], "GET", &route, &err)), "%s", paths[i]);
        cr_assert(eq(int, (int)err.code, ASSAY_INVALID));
        storage_route_clear(&route);
    }
}

Test(storage_route, only_its_own_paths_are_the_storage_apis)
{
    cr_assert(storage_is_path("/b/box"));
    cr_assert(storage_is_path("/b?project=x"));
    cr_assert(storage_is_path("/upload/storage/v1/b/box/o"));
    cr_assert(not(storage_is_path("/bench")));
    cr_assert(not(storage_is_path("/v1/projects/p")));
    cr_assert(not(storage_is_path("/upload/b/box")));
    cr_assert(not(storage_is_path("/")));
}

Test(storage_query, a_condition_that_cannot_be_read_is_not_a_missing_one)
{
    static const char *const broken[] = { "generation=%",   "generation=%zz", "generation=",
                                          "generation=%00", "generation=1x",  "generation" };
    struct object_condition number = { 0 };
    struct assay_error err = { 0 };

    for (size_t i = 0; i < sizeof broken / sizeof broken[0]; i++)
        cr_assert(not(storage_query_number(broken[i], "generation", &number, &err)), "%s",
                  broken[i]);
    cr_assert(storage_query_number("a=1&generation=%37&b", "generation", &number, &err));
    cr_assert(number.is_set);
    cr_assert(eq(i64, number.value, 7));
    cr_assert(storage_query_number("generationX=1", "generation", &number, &err));
    cr_assert(not(number.is_set));
    cr_assert(not(storage_query_check("prefix=%", &err)));
    cr_assert(storage_query_check(NULL, &err));
}

Test(storage_query, a_plus_is_a_space_and_the_first_value_counts)
{
    char *text = storage_query_text("x=1&name=a+b%2Fc&name=z", "name");

    cr_assert(eq(str, text, "a b/c"));
    free(text);
    cr_assert(zero(ptr, storage_query_text("names=1", "name")));
}

Test(storage_range, a_range_is_cut_to_the_size)
{
    static const struct {
        const char *header;
        enum storage_range range;
        int64_t first, count;
    } cases[] = {
        { NULL, STORAGE_RANGE_ALL, 0, 10 },           { "bytes=2-4", STORAGE_RANGE_PART, 2, 3 },
        { "bytes=7-", STORAGE_RANGE_PART, 7, 3 },     { "bytes=-3", STORAGE_RANGE_PART, 7, 3 },
        { "bytes=-99", STORAGE_RANGE_PART, 0, 10 },   { "bytes=5-99", STORAGE_RANGE_PART, 5, 5 },
        { "bytes=10-", STORAGE_RANGE_NONE, 0, 0 },    { "bytes=x", STORAGE_RANGE_ALL, 0, 10 },
        { "bytes=1-2,4-5", STORAGE_RANGE_ALL, 0, 10 }
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int64_t first = 0;
        int64_t count = 0;
        enum storage_range range = storage_range_read(cases[i].header, 10, &first, &count);

        cr_assert(eq(int, (int)range, (int)cases[i].range), "%s", cases[i].header);
        if (range != STORAGE_RANGE_NONE) {
            cr_assert(eq(i64, first, cases[i].first), "%s", cases[i].header);
            cr_assert(eq(i64, count, cases[i].count), "%s", cases[i].header);
        }
    }
}

Test(storage_range, content_ranges_with_stars)
{
    static const struct {
        const char *header;
        int64_t first, last, total;
        bool is_query;
    } cases[] = {
        { "bytes 0-9/10", 0, 9, 10, false }, { "bytes 0-*/*", 0, -1, -1, false },
        { "bytes 5-9/*", 5, 9, -1, false },  { "bytes */10", 0, -1, 10, true },
        { "bytes */*", 0, -1, -1, true },
    };
    struct storage_content_range range;

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        cr_assert(storage_content_range_read(cases[i].header, &range), "%s", cases[i].header);
        cr_assert(eq(int, range.is_query, cases[i].is_query), "%s", cases[i].header);
        cr_assert(eq(i64, range.last, cases[i].last), "%s", cases[i].header);
        cr_assert(eq(i64, range.total, cases[i].total), "%s", cases[i].header);
        if (!cases[i].is_query)
            cr_assert(eq(i64, range.first, cases[i].first), "%s", cases[i].header);
    }
    cr_assert(not(storage_content_range_read("bytes 9-0/10", &range)));
    cr_assert(not(storage_content_range_read("bytes 0-9", &range)));
    cr_assert(not(storage_content_range_read("lines 0-9/10", &range)));
    cr_assert(not(storage_content_range_read("bytes 0-99999999999999999999/*", &range)));
}

Test(storage_base64, checksums_go_there_and_back)
{
    const uint8_t bytes[4] = { 0, 0x7f, 0xff, 0x10 };
    char text[STORAGE_BASE64_TEXT];
    uint8_t back[4];

    cr_assert(eq(str, storage_base64_text(bytes, sizeof bytes, text), "AH//EA=="));
    cr_assert(storage_base64_read(text, back, sizeof back));
    cr_assert(zero(int, memcmp(bytes, back, sizeof back)));
    cr_assert(not(storage_base64_read("AH//", back, sizeof back)));
    cr_assert(not(storage_base64_read("AH//EBAQ", back, sizeof back)));
    cr_assert(not(storage_base64_read("AH/ EA==", back, sizeof back)));
}
