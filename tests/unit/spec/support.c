#include "support.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

cJSON *document_of(const char *text)
{
    struct assay_error err = { 0 };
    cJSON *root = document_read(text, strlen(text), DOCUMENT_GUESS, &err);

    cr_assert(root != NULL, "%s\nin: %s", err.message, text);
    return root;
}

struct job_spec *job_of(const char *text)
{
    struct assay_faults faults = { 0 };
    struct assay_error err = { 0 };
    cJSON *root = document_of(text);
    struct job_spec *spec = job_spec_from_json(root, &faults, &err);

    cr_assert(spec != NULL, "%s\nin: %s", err.message, text);
    assay_faults_clear(&faults);
    cJSON_Delete(root);
    return spec;
}

void assert_unreadable(const char *text, const char *words)
{
    struct assay_error err = { 0 };
    cJSON *root = document_read(text, strlen(text), DOCUMENT_GUESS, &err);

    cr_assert(root == NULL, "accepted: %s", text);
    cr_assert(err.code == ASSAY_INVALID, "%s: %s", text, err.message);
    cr_assert(strstr(err.message, words) != NULL, "\"%s\" is not in: %s\nof: %s", words,
              err.message, text);
}

static bool is_fault(const struct assay_fault *fault, const struct expected_fault *expected)
{
    return fault->line == expected->line && strcmp(fault->field, expected->field) == 0 &&
           strstr(fault->message, expected->words) != NULL;
}

static void print_faults(const struct assay_faults *faults)
{
    for (size_t i = 0; i < faults->stored; i++)
        (void)fprintf(stderr, "found: line %d, %s: %s\n", faults->items[i].line,
                      faults->items[i].field, faults->items[i].message);
}

void assert_faults(const char *text, const struct expected_fault *expected, size_t count)
{
    struct assay_faults faults = { 0 };
    struct assay_error err = { 0 };
    cJSON *root = document_of(text);
    struct job_spec *spec = job_spec_from_json(root, &faults, &err);

    cr_assert(spec == NULL, "accepted: %s", text);
    cr_assert(err.code == ASSAY_INVALID, "%s", err.message);
    for (size_t e = 0; e < count; e++) {
        size_t i = 0;

        while (i < faults.stored && !is_fault(&faults.items[i], &expected[e]))
            i++;
        if (i == faults.stored)
            print_faults(&faults);
        cr_assert(i < faults.stored, "no fault at line %d, %s: %s\nin: %s", expected[e].line,
                  expected[e].field, expected[e].words, text);
    }
    if (faults.count != count)
        print_faults(&faults);
    cr_assert(faults.count == count, "%zu faults, not %zu, in: %s", faults.count, count, text);
    assay_faults_clear(&faults);
    cJSON_Delete(root);
}

void assert_fault(const char *text, int line, const char *field, const char *words)
{
    struct expected_fault expected = { line, field, words };

    assert_faults(text, &expected, 1);
}
