#include "launcher/artifact_manifest.h"

#include "assay/json.h"
#include "assay/value.h"

#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static void write_file(struct json_writer *writer, const struct artifact_entry *entry)
{
    char mode[8];

    (void)snprintf(mode, sizeof mode, "%04o", (unsigned)entry->mode & 0777);
    json_begin_object(writer);
    json_key(writer, "path");
    json_string(writer, entry->path);
    json_key(writer, "sizeBytes");
    json_int(writer, (int64_t)entry->size_bytes);
    json_key(writer, "sha256");
    json_string(writer, entry->sha256);
    json_key(writer, "mode");
    json_string(writer, mode);
    json_end_object(writer);
}

char *artifact_manifest_text(const struct artifact_tree *tree, size_t *size,
                             struct assay_error *err)
{
    struct json_writer writer;
    char *text = NULL;
    FILE *out = open_memstream(&text, size);
    bool is_written = false;

    if (!out) {
        (void)assay_fail_memory(err);
        return NULL;
    }
    json_writer_init(&writer, out, 0);
    json_begin_object(&writer);
    json_key(&writer, "files");
    json_begin_array(&writer);
    for (size_t i = 0; i < tree->count; i++)
        if (tree->entries[i].kind == ARTIFACT_FILE)
            write_file(&writer, &tree->entries[i]);
    json_end_array(&writer);
    json_end_object(&writer);
    is_written = json_writer_finish(&writer);
    is_written = fclose(out) == 0 && is_written;
    if (is_written && *size <= ARTIFACT_MANIFEST_MAX)
        return text;
    if (is_written)
        (void)assay_fail(err, ASSAY_EXHAUSTED, NULL, "too many files for one artifact");
    else
        (void)assay_fail_memory(err);
    free(text);
    return NULL;
}

/* Relative, without empty parts, "." and "..". */
static bool is_path(const char *path)
{
    if (strlen(path) >= PATH_MAX)
        return false;
    for (;;) {
        size_t size = strcspn(path, "/");

        if (size == 0 || (size == 1 && path[0] == '.') || (size == 2 && memcmp(path, "..", 2) == 0))
            return false;
        if (!path[size])
            return true;
        path += size + 1;
    }
}

static const char *text_of(const cJSON *object, const char *key)
{
    const cJSON *item = json_get(object, key);

    return cJSON_IsString(item) ? item->valuestring : "";
}

/* Path and order tell in one: what is sorted has no path twice. */
static bool read_file(const cJSON *file, const char *before, struct artifact_entry *entry)
{
    const char *path = text_of(file, "path");
    const char *hash = text_of(file, "sha256");
    const char *mode = text_of(file, "mode");
    const cJSON *size = json_get(file, "sizeBytes");

    if (!is_path(path) || strcmp(before, path) >= 0 ||
        strspn(hash, "0123456789abcdef") != sizeof entry->sha256 - 1 ||
        strlen(hash) != sizeof entry->sha256 - 1 || strlen(mode) != 4 || mode[0] != '0' ||
        strspn(mode, "01234567") != 4 || !cJSON_IsNumber(size) || !(size->valuedouble >= 0) ||
        size->valuedouble > (double)INT64_MAX / 2)
        return false;
    memcpy(entry->sha256, hash, sizeof entry->sha256);
    entry->mode = (mode_t)((mode[1] - '0') * 64 + (mode[2] - '0') * 8 + (mode[3] - '0'));
    entry->size_bytes = (uint64_t)size->valuedouble;
    entry->kind = ARTIFACT_FILE;
    return true;
}

static bool read_files(const cJSON *files, struct artifact_tree *tree, struct assay_error *err)
{
    size_t count = (size_t)cJSON_GetArraySize(files);
    const cJSON *file = NULL;
    const char *before = "";

    if (!cJSON_IsArray(files) || count > ARTIFACT_ENTRIES_MAX)
        return assay_fail(err, ASSAY_DATA_LOSS, NULL, "the manifest is damaged");
    tree->entries = calloc(count ? count : 1, sizeof *tree->entries);
    if (!tree->entries)
        return assay_fail_memory(err);
    tree->capacity = count;
    cJSON_ArrayForEach(file, files)
    {
        struct artifact_entry *entry = &tree->entries[tree->count];

        if (!read_file(file, before, entry))
            return assay_fail(err, ASSAY_DATA_LOSS, NULL, "the manifest is damaged");
        entry->path = strdup(text_of(file, "path"));
        if (!entry->path)
            return assay_fail_memory(err);
        before = entry->path;
        tree->count++;
        tree->summary.file_count++;
        tree->summary.size_bytes += entry->size_bytes;
    }
    return true;
}

bool artifact_manifest_read(const char *text, size_t size, struct artifact_tree *tree,
                            struct assay_error *err)
{
    cJSON *root = json_read(text, size, err);
    bool is_read = false;

    *tree = (struct artifact_tree){ .fd = -1 };
    if (!root) {
        if (err->code == ASSAY_INVALID)
            err->code = ASSAY_DATA_LOSS;
        return assay_error_add(err, "the manifest");
    }
    is_read = read_files(json_get(root, "files"), tree, err);
    cJSON_Delete(root);
    return is_read;
}
