#include "engine/api/datasets.h"

#include "engine/api/vertex/vertex_datasets.h"
#include "engine/datasets/dataset.h"

#include <inttypes.h>
#include <stdlib.h>
#include <sys/stat.h>

enum { COLUMNS_SHOWN_MAX = 1000 };

static void write_columns(struct json_writer *w, char **columns, size_t count)
{
    json_key(w, "columnCount");
    json_int(w, (int64_t)count);
    json_key(w, "columns");
    json_begin_array(w);
    for (size_t i = 0; i < count && i < COLUMNS_SHOWN_MAX; i++)
        json_string(w, columns[i]);
    json_end_array(w);
}

static void write_files(struct json_writer *w, const struct data_files *files)
{
    json_key(w, "files");
    json_begin_array(w);
    for (size_t i = 0; i < files->count; i++) {
        struct stat info = { 0 };

        json_begin_object(w);
        json_key(w, "uri");
        json_string(w, files->items[i].name);
        if (fstat(files->items[i].fd, &info) == 0) {
            json_key(w, "sizeBytes");
            json_int64(w, (int64_t)info.st_size);
            resource_write_time(w, "updateTime", (int64_t)info.st_mtime * 1000000);
        }
        json_end_object(w);
    }
    json_end_array(w);
}

/* The path's, which must be a table. Clear *row in any case. */
static bool find(const struct api_call *call, struct dataset_row *row, struct assay_error *err)
{
    const struct dataset_kind *kind = NULL;

    if (!vertex_find_any_dataset(call, row, err))
        return false;
    kind = dataset_kind_of(row->schema_uri);
    return (kind && kind->is_table) ||
           assay_fail(err, ASSAY_PRECONDITION, NULL,
                      "the Dataset %" PRId64 " is no table: it has data items", row->id);
}

/* {columnCount, columns, files: [{uri, sizeBytes, updateTime}]}, as the files are now: headers are
 * read, rows are not. */
bool api_get_table(struct api_call *call, struct assay_error *err)
{
    struct data_place *place = malloc(sizeof *place);
    struct dataset_row row = { 0 };
    struct data_files files = { 0 };
    char **columns = NULL;
    size_t count = 0;
    bool is_ok = false;

    if (!place)
        return assay_fail_memory(err);
    data_place_init(place, call->engine, NULL);
    if (find(call, &row, err) && dataset_open_table(&row, place, &files, err))
        columns = table_columns(files.items, files.count, &count, err);
    is_ok = columns != NULL;
    if (is_ok) {
        json_begin_object(&call->json);
        write_columns(&call->json, columns, count);
        write_files(&call->json, &files);
        json_end_object(&call->json);
    }
    data_files_clear(&files);
    dataset_row_clear(&row);
    free(place);
    free(columns);
    return is_ok;
}
