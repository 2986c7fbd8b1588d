/* engine/cli/document_file.h - the document that `run` and `check` are given, on its way in. */
#ifndef ENGINE_CLI_DOCUMENT_FILE_H
#define ENGINE_CLI_DOCUMENT_FILE_H

#include "engine/cli/arguments.h"

struct document_file {
    char *name; /* for messages: the operand, or "standard input" */
    char *text; /* terminated */
    size_t size;
    char *source_dir; /* absolute: where relative paths in the document begin */
};

/*
 * "-" is standard input, whose relative paths begin in the working folder. False and *err for what
 * cannot be read, is a folder, empty, larger than JSON_TEXT_MAX (found out before it is read
 * where possible), or no UTF-8.
 */
bool document_file_read(const char *operand, struct document_file *file, struct assay_error *err);
void document_file_clear(struct document_file *file);

/*
 * The body of POST /assay/v1/jobs: the document with the overrides of --seed, --on-host and --set.
 * The caller frees it. ASSAY_INVALID for an override that is none.
 */
char *document_file_body(const struct document_file *file, const struct arguments *arguments,
                         size_t *size, struct assay_error *err);

#endif
