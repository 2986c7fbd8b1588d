/* Files that a trial has left, and the document of its job. */

#include "assay/plain_file.h"
#include "engine/api/job_view.h"
#include "engine/api/trial_files/file_list.h"
#include "engine/api/trial_files/trial_files.h"
#include "engine/api/trial_files/trial_output.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Of an emulation, not the folder itself, which differs from run to run. */
static const char *shown_source_dir(const struct engine *engine, const char *dir)
{
    return strcmp(dir, engine_state_dir(engine)) == 0 ? engine_shown_dir(engine) : dir;
}

bool api_get_document(struct api_call *call, struct assay_error *err)
{
    struct json_writer *w = &call->json;
    const struct job_view *view = NULL;
    cJSON *document = NULL;
    int64_t job = 0;

    if (!api_find_job(call, &job, err))
        return false;
    view = job_view_get(call->engine, job, err);
    if (!view)
        return false;
    document = json_read(view->row.document, strlen(view->row.document), err);
    if (document) {
        json_begin_object(w);
        json_key(w, "source");
        json_string(w, view->row.source);
        json_key(w, "document");
        json_node(w, document);
        json_key(w, "sourceDir");
        json_string(w, shown_source_dir(call->engine, view->row.source_dir));
        json_end_object(w);
    }
    cJSON_Delete(document);
    job_view_release(view);
    return document != NULL;
}

/* The trial that the path means, and its job; release the view. False and *err. */
static bool find_trial(const struct api_call *call, const struct job_view **view, int64_t *number,
                       struct assay_error *err)
{
    struct trial_row trial = { 0 };
    int64_t job = 0;

    if (!api_find_job(call, &job, err) || !api_find_trial(call, job, number, &trial, err))
        return false;
    *view = job_view_get(call->engine, job, err);
    return *view != NULL;
}

static void write_files(struct json_writer *w, const struct file_list *list)
{
    json_begin_object(w);
    json_key(w, "files");
    json_begin_array(w);
    for (size_t i = 0; i < list->count; i++) {
        const struct file_entry *file = &list->items[i];

        json_begin_object(w);
        json_key(w, "path");
        json_string(w, file->path);
        json_key(w, "size");
        json_int64(w, file->size_bytes);
        resource_write_time(w, "modifyTime", file->modify_us);
        json_end_object(w);
    }
    json_end_array(w);
    json_key(w, "isCut");
    json_bool(w, list->is_cut);
    json_end_object(w);
}

/* A trial that has left nothing has an empty list. */
bool api_list_files(struct api_call *call, struct assay_error *err)
{
    struct file_list list = { 0 };
    const struct job_view *view = NULL;
    int64_t number = 0;
    int fd = -1;
    bool is_ok = false;

    if (!find_trial(call, &view, &number, err))
        return false;
    fd = trial_output_open(call->engine, view, number, err);
    is_ok = fd >= 0 ? file_list_read(&list, fd, err) : err->code == ASSAY_NOT_FOUND;
    if (fd >= 0)
        (void)close(fd);
    if (is_ok)
        write_files(&call->json, &list);
    file_list_clear(&list);
    job_view_release(view);
    return is_ok;
}

/* Names below a folder, each a part of its own: not "", "." or "..". */
static bool is_path_below(const char *path)
{
    for (;;) {
        size_t size = strcspn(path, "/");

        if (size == 0 || (size == 1 && path[0] == '.') || (size == 2 && memcmp(path, "..", 2) == 0))
            return false;
        if (!path[size])
            return true;
        path += size + 1;
    }
}

static bool read_path_query(struct api_call *call, char path[PATH_MAX], int64_t *offset,
                            struct assay_error *err)
{
    struct assay_error why = { 0 };

    path[0] = '\0';
    if (!api_query(call, "path", path, PATH_MAX) || !path[0])
        assay_faults_add(&call->faults, 0, "path", "is required");
    else if (strlen(path) + 1 == PATH_MAX || !is_path_below(path))
        assay_faults_add(
            &call->faults, 0, "path",
            "expected a path as …/files lists it, with no part that is empty, . or ..");
    if (!api_query_integer(call, "offset", 0, offset, &why))
        assay_faults_add(&call->faults, 0, why.field, "%s", why.message);
    return assay_faults_check(&call->faults, err);
}

static bool fail_open(int error, const char *path, struct assay_error *err)
{
    if (error == ENOENT || error == ENOTDIR)
        return assay_fail(err, ASSAY_NOT_FOUND, "path", "the trial has left no file %.200s", path);
    if (error == ELOOP || error == EISDIR)
        return assay_fail(err, ASSAY_INVALID, "path",
                          "%.200s is no regular file, or there is a symbolic link on the way to "
                          "it, which is not followed",
                          path);
    return assay_fail_errno(err, error, "open %.200s", path);
}

/* The answer is the next piece of the file; empty at its end. */
static bool give_piece(struct api_call *call, int fd, int64_t offset, struct assay_error *err)
{
    char *piece = malloc(FILE_PIECE_MAX);
    struct stat info = { 0 };
    size_t size = 0;
    ssize_t got = fstat(fd, &info) == 0 && offset < info.st_size ? 1 : 0;

    if (!piece)
        return assay_fail_memory(err);
    while (size < FILE_PIECE_MAX && got > 0) {
        got = pread(fd, piece + size, FILE_PIECE_MAX - size, offset + (int64_t)size);
        size += got > 0 ? (size_t)got : 0;
    }
    if (got < 0) {
        int error = errno;

        free(piece);
        return assay_fail_errno(err, error, "read the file");
    }
    call->content_type = "application/octet-stream";
    call->ready = piece;
    call->ready_size = size;
    return true;
}

/* Below the folder that is open at root, which is closed. */
static bool read_below(struct api_call *call, int root, const char *path, int64_t offset,
                       struct assay_error *err)
{
    int fd = plain_file_open_below(root, path, O_RDONLY, 0);
    int error = errno;
    bool is_ok = false;

    (void)close(root);
    if (fd < 0)
        return fail_open(error, path, err);
    is_ok = give_piece(call, fd, offset, err);
    (void)close(fd);
    return is_ok;
}

bool api_read_file(struct api_call *call, struct assay_error *err)
{
    char path[PATH_MAX];
    const struct job_view *view = NULL;
    int64_t offset = 0;
    int64_t number = 0;
    int root = -1;

    if (!find_trial(call, &view, &number, err))
        return false;
    if (read_path_query(call, path, &offset, err))
        root = trial_output_open(call->engine, view, number, err);
    job_view_release(view);
    return root >= 0 && read_below(call, root, path, offset, err);
}
