#include "engine/datasets/dataset.h"

#include "assay/value.h"
#include "engine/spec/fields.h"

#include <string.h>

/* The part of "projects/P/locations/L" behind "projects/": *size bytes of it. */
static const char *project_of(const char *parent, size_t *size)
{
    const char *project = parent + strlen("projects/");

    *size = strcspn(project, "/");
    return project;
}

static bool is_number(const char *text, size_t size)
{
    return strspn(text, "0123456789") >= size;
}

bool dataset_is_of(const char *row, const char *asked)
{
    size_t size = 0;
    size_t other_size = 0;
    const char *project = NULL;
    const char *other = NULL;

    if (strcmp(row, STORE_PARENT_LOCAL) == 0 || strcmp(row, asked) == 0)
        return true;
    project = project_of(row, &size);
    other = project_of(asked, &other_size);
    /* What follows are the locations. */
    return (is_number(project, size) || is_number(other, other_size)) &&
           strcmp(project + size, other + other_size) == 0;
}

bool dataset_find(struct engine *engine, const char *parent, const char *id,
                  struct dataset_row *row, struct assay_error *err)
{
    int64_t number = 0;
    bool is_found = false;

    *row = (struct dataset_row){ 0 };
    if (assay_integer_parse(id, &number) && *id >= '1' && *id <= '9') {
        is_found = store_dataset_get(engine_read_begin(engine), number, row, err);
        engine_read_end(engine);
        if (!is_found && err->code != ASSAY_NOT_FOUND)
            return false;
    }
    return (is_found && dataset_is_of(row->parent, parent)) ||
           assay_fail(err, ASSAY_NOT_FOUND, NULL, "the Dataset %.100s does not exist in %.200s", id,
                      parent);
}

static bool open_uris(const cJSON *uris, const struct data_place *place, struct data_files *files,
                      struct assay_error *err)
{
    const cJSON *uri = NULL;

    cJSON_ArrayForEach(uri, uris)
    {
        if (!cJSON_IsString(uri))
            return assay_fail(err, ASSAY_PRECONDITION, NULL,
                              "the dataset's inputConfig.gcsSource.uri is no list of texts");
        if (!data_files_add(files, place, uri->valuestring, err))
            return false;
    }
    return files->count > 0 || assay_fail(err, ASSAY_PRECONDITION, NULL,
                                          "the dataset has no inputConfig.gcsSource.uri to read");
}

bool dataset_open_table(const struct dataset_row *row, const struct data_place *place,
                        struct data_files *files, struct assay_error *err)
{
    cJSON *metadata = json_read(row->metadata, strlen(row->metadata), err);
    const cJSON *input = fields_member(metadata, "inputConfig");
    bool is_ok = metadata != NULL;

    *files = (struct data_files){ 0 };
    if (is_ok && fields_member(input, "bigquerySource"))
        is_ok = assay_fail(err, ASSAY_UNIMPLEMENTED, NULL,
                           "the dataset is in BigQuery, which assay does not read; export it to "
                           "CSV files and make a dataset of those");
    is_ok = is_ok &&
            open_uris(fields_member(fields_member(input, "gcsSource"), "uri"), place, files, err);
    cJSON_Delete(metadata);
    return is_ok;
}
