/*
 * A document of either format, with an override before it when the text begins with '=' (one line,
 * "=path=value"): it becomes a job, or faults with a field and a message each.
 */
#include "engine/spec/job_document.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The job of root is thrown away; that it is read, and freed, is the test. */
static void read_job(const cJSON *root)
{
    struct assay_faults faults = { 0 };
    struct assay_error err = { 0 };
    struct job_spec *spec = job_spec_from_json(root, &faults, &err);

    if (!spec && (err.code != ASSAY_INVALID || faults.count == 0))
        abort();
    if (spec && (faults.count > 0 || !spec->display_name || spec->run.pool_count == 0))
        abort();
    for (size_t i = 0; i < faults.stored; i++) {
        if (!faults.items[i].message[0])
            abort();
    }
    assay_faults_clear(&faults);
    job_spec_free(spec);
}

/* "=path=value\n…": applies it, and returns where the document begins. */
static char *split(char *text, struct document_override *override)
{
    char *end = strchr(text, '\n');
    char *value = *text == '=' ? strchr(text + 1, '=') : NULL;

    if (!end || !value || value > end)
        return text;
    *end = '\0';
    *value = '\0';
    *override = (struct document_override){ text + 1, value + 1 };
    return end + 1;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct document_override override = { 0 };
    struct assay_error err = { 0 };
    char *text = malloc(size + 1);
    char *document = NULL;
    cJSON *root = NULL;

    if (!text)
        return 0;
    memcpy(text, data, size);
    text[size] = '\0';
    document = split(text, &override);
    root = document_read(document, (size_t)(text + size - document), DOCUMENT_GUESS, &err);
    if (!root && err.code != ASSAY_INVALID)
        abort();
    if (root && override.path)
        (void)document_override(root, &override, &err);
    if (root)
        read_job(root);
    cJSON_Delete(root);
    free(text);
    return 0;
}
