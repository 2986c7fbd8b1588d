#include "engine/cli/document_file.h"

#include "assay/json.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char folder[64];

static void make_folder(void)
{
    (void)snprintf(folder, sizeof folder, "/tmp/assay-test-XXXXXX");
    cr_assert(not(zero(ptr, mkdtemp(folder))));
}

static void remove_folder(void)
{
    char path[96];

    (void)snprintf(path, sizeof path, "%s/document", folder);
    (void)unlink(path);
    (void)rmdir(folder);
}

/* Writes the document and reads it back. */
static bool read_back(const char *text, size_t size, struct document_file *file,
                      struct assay_error *err)
{
    char path[96];
    int fd = -1;

    (void)snprintf(path, sizeof path, "%s/document", folder);
    fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    cr_assert(fd >= 0 && write(fd, text, size) == (ssize_t)size);
    (void)close(fd);
    *err = (struct assay_error){ 0 };
    return document_file_read(path, file, err);
}

Test(document_file, a_file_is_read_whole_and_knows_its_folder, .init = make_folder,
     .fini = remove_folder)
{
    struct document_file file;
    struct assay_error err;
    size_t size = 200000; /* more than is read at once */
    char *text = malloc(size);
    char *real = realpath(folder, NULL);

    cr_assert(text && real);
    memset(text, 'x', size);
    cr_assert(read_back(text, size, &file, &err), "%s", err.message);
    cr_assert(eq(sz, file.size, size));
    cr_assert(zero(int, memcmp(file.text, text, size)));
    cr_assert(eq(str, file.source_dir, real));
    document_file_clear(&file);
    free(text);
    free(real);
}

static void check_refused(const char *text, size_t size, const char *word)
{
    struct document_file file;
    struct assay_error err;

    cr_assert(not(read_back(text, size, &file, &err)));
    cr_assert(eq(int, (int)err.code, ASSAY_INVALID));
    cr_assert(not(zero(ptr, strstr(err.message, word))), "%s", err.message);
    document_file_clear(&file);
}

Test(document_file, what_can_be_no_document_is_refused, .init = make_folder, .fini = remove_folder)
{
    check_refused("", 0, "empty");
    check_refused("a\nb\xff", 4, "line 2");
    check_refused("a\0b", 3, "no UTF-8");
}

Test(document_file, a_file_that_is_too_large_is_not_even_read, .init = make_folder,
     .fini = remove_folder)
{
    struct document_file file;
    struct assay_error err = { 0 };
    char path[96];
    int fd = -1;

    (void)snprintf(path, sizeof path, "%s/document", folder);
    fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    cr_assert(fd >= 0 && ftruncate(fd, (off_t)JSON_TEXT_MAX + 1) == 0);
    (void)close(fd);
    cr_assert(not(document_file_read(path, &file, &err)));
    cr_assert(not(zero(ptr, strstr(err.message, "64 MiB"))), "%s", err.message);
    cr_assert(zero(ptr, file.text));
    document_file_clear(&file);
}

Test(document_file, folders_and_files_that_are_not_there_are_told, .init = make_folder,
     .fini = remove_folder)
{
    struct document_file file;
    struct assay_error err = { 0 };

    cr_assert(not(document_file_read(folder, &file, &err)));
    cr_assert(not(zero(ptr, strstr(err.message, "folder"))));
    document_file_clear(&file);
    cr_assert(not(document_file_read("/tmp/assay-no-such-file", &file, &err)));
    cr_assert(eq(int, (int)err.code, ASSAY_NOT_FOUND));
    document_file_clear(&file);
}

static cJSON *body_of(const struct arguments *arguments, struct assay_error *err)
{
    struct document_file file = { .name = "s.yaml", .text = "a: \"ü\"\n", .source_dir = "/src" };
    size_t size = 0;
    char *text = document_file_body(&file, arguments, &size, err);
    cJSON *body = text ? json_read(text, size, err) : NULL;

    free(text);
    return body;
}

Test(document_file, the_body_carries_the_text_and_every_override)
{
    struct arguments arguments = { .sets = { "a.b[0]=x=y" }, .set_count = 1 };
    struct assay_error err = { 0 };
    cJSON *body = NULL;
    char *text = NULL;

    arguments.is_given[OPTION_SEED] = true;
    arguments.values[OPTION_SEED] = "18446744073709551615";
    arguments.is_given[OPTION_ON_HOST] = true;
    body = body_of(&arguments, &err);
    text = json_text(body, 0);
    cr_assert(eq(
        str, text,
        "{\"source\":\"a: \\\"ü\\\"\\n\",\"format\":\"yaml\",\"sourceDir\":\"/src\",\"overrides\":["
        "{\"path\":\"assay.seed\",\"value\":\"\\\"18446744073709551615\\\"\"},"
        "{\"path\":\"assay.onHost\",\"value\":\"true\"},"
        "{\"path\":\"a.b[0]\",\"value\":\"x=y\"}]}"));
    free(text);
    cJSON_Delete(body);
}

Test(document_file, overrides_that_are_none_are_refused)
{
    static const char *const bad_sets[] = { "a", "=1", "a=\xff" };
    static const char *const bad_seeds[] = { "", "-1", "1.5", "123456789012345678901" };
    struct assay_error err = { 0 };

    for (size_t i = 0; i < sizeof bad_sets / sizeof bad_sets[0]; i++) {
        struct arguments arguments = { .sets = { bad_sets[i] }, .set_count = 1 };

        cr_assert(zero(ptr, body_of(&arguments, &err)), "%s", bad_sets[i]);
        cr_assert(eq(int, (int)err.code, ASSAY_INVALID));
    }
    for (size_t i = 0; i < sizeof bad_seeds / sizeof bad_seeds[0]; i++) {
        struct arguments arguments = { 0 };

        arguments.is_given[OPTION_SEED] = true;
        arguments.values[OPTION_SEED] = bad_seeds[i];
        cr_assert(zero(ptr, body_of(&arguments, &err)), "%s", bad_seeds[i]);
    }
}
