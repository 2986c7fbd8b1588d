/* cp, ls, cat, rm: gs:// from the command line. */

#include "engine/cli/object_place.h"
#include "engine/cli/report.h"
#include "engine/cli/text.h"
#include "engine/cli/view.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BUCKET_TEXT = 256 };

/* gs://BUCKET/NAME, or a path of this machine. */
struct location {
    bool is_remote;
    char bucket[BUCKET_TEXT];
    const char *name; /* behind the bucket's slash, or the path */
};

static bool read_location(const char *text, struct location *location, struct assay_error *err)
{
    size_t size = 0;

    *location = (struct location){ .name = text };
    if (strncmp(text, "gs://", 5) != 0)
        return true;
    text += 5;
    size = strcspn(text, "/");
    if (size >= sizeof location->bucket)
        return assay_fail(err, ASSAY_INVALID, NULL, "that is no bucket's name: %.80s", text);
    memcpy(location->bucket, text, size);
    location->is_remote = true;
    location->name = text + size + (text[size] == '/');
    return bucket_name_check(location->bucket, err);
}

static bool read_remote(const char *text, struct location *location, struct assay_error *err)
{
    if (!read_location(text, location, err))
        return false;
    return location->is_remote ||
           assay_fail(err, ASSAY_INVALID, NULL, "%s does not begin with gs://", text);
}

/* What is said of one object that is missing, with what to do next; next is of commands that can
 * take all of a folder. */
static void explain(const struct location *at, const char *next, struct assay_error *err)
{
    bool is_missing = strncmp(err->message, "No such object:", 15) == 0;
    bool has_wildcard = at->is_remote && strpbrk(at->name, "*?") != NULL;

    if (!at->is_remote)
        return;
    if (is_missing && has_wildcard)
        (void)assay_fail(err, err->code, NULL,
                         "there is no object gs://%s/%.1000s, and * and ? have no meaning here; "
                         "`assay ls gs://%s` shows what there is%s",
                         at->bucket, at->name, at->bucket, next);
    else if (is_missing)
        (void)assay_fail(err, err->code, NULL,
                         "there is no object gs://%s/%.1000s; `assay ls gs://%s` shows what there "
                         "is%s",
                         at->bucket, at->name, at->bucket, next);
    else if (strcmp(err->message, "the object has no name") == 0)
        (void)assay_fail(err, ASSAY_INVALID, NULL, "gs://%s is a bucket, no object%s", at->bucket,
                         next);
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? slash + 1 : path;
}

/* All objects below prefix, each with on_object, page by page. */
typedef bool (*object_fn)(void *context, const struct object_info *info, struct assay_error *err);
static bool each_object(struct object_place *place, const char *bucket, const char *prefix,
                        object_fn on_object, void *context, struct assay_error *err)
{
    char *after = strdup("");
    bool is_ok = after || assay_fail_memory(err);

    while (is_ok && after) {
        struct object_query query = {
            .bucket = bucket, .prefix = prefix, .after = after, .max = OBJECT_LIST_MAX
        };
        struct object_list list = { 0 };

        is_ok = object_place_list(place, &query, &list, err);
        for (size_t i = 0; i < list.count && is_ok; i++)
            is_ok = on_object(context, &list.items[i], err);
        free(after);
        after = list.next;
        list.next = NULL;
        object_list_clear(&list);
    }
    free(after);
    return is_ok;
}

struct copying {
    struct object_place *place;
    struct location from, to;
    const char *base; /* "" or "DIR/": what is cut off the sources' names */
    int64_t count;
    bool is_quiet;
    struct assay_error *err;
};

static void say(struct copying *copying, const char *source)
{
    copying->count++;
    if (copying->is_quiet)
        return;
    text_write_safe(stderr, source);
    (void)fputc('\n', stderr);
}

static bool put_file(struct copying *copying, const char *path, const char *name)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct stat file;
    bool is_ok = false;

    if (fd < 0)
        return assay_fail_errno(copying->err, errno, "open %s", path);
    if (fstat(fd, &file) == 0 && S_ISDIR(file.st_mode))
        (void)assay_fail(copying->err, ASSAY_INVALID, NULL, "%s is a folder: -r copies it", path);
    else
        is_ok = object_place_write(copying->place, copying->to.bucket, name, fd, copying->err) ||
                assay_error_add(copying->err, "%s", path);
    (void)close(fd);
    if (is_ok)
        say(copying, path);
    return is_ok;
}

/* mkdir -p of what stands before the last slash. */
static bool make_parents(const char *path, struct assay_error *err)
{
    char folder[PATH_MAX];

    if (strlen(path) >= sizeof folder)
        return assay_fail(err, ASSAY_INVALID, NULL, "the path is too long: %.80s…", path);
    memcpy(folder, path, strlen(path) + 1);
    for (char *at = strchr(folder + 1, '/'); at; at = strchr(at + 1, '/')) {
        *at = '\0';
        if (mkdir(folder, 0777) != 0 && errno != EEXIST)
            return assay_fail_errno(err, errno, "make the folder %s", folder);
        *at = '/';
    }
    return true;
}

/* Appears whole, or not at all. */
static bool get_file(struct copying *copying, const char *name, const char *path)
{
    char temporary[PATH_MAX];
    struct assay_error *err = copying->err;
    bool is_ok = false;
    int fd = -1;

    if (snprintf(temporary, sizeof temporary, "%s.assay-XXXXXX", path) >= (int)sizeof temporary)
        return assay_fail(err, ASSAY_INVALID, NULL, "the path is too long: %.80s…", path);
    if (!make_parents(path, err))
        return false;
    fd = mkostemp(temporary, O_CLOEXEC);
    if (fd < 0)
        return assay_fail_errno(err, errno, "write %s", path);
    is_ok = object_place_read(copying->place, copying->from.bucket, name, fd, err);
    (void)fchmod(fd, 0644);
    if (close(fd) != 0 && is_ok)
        is_ok = assay_fail_errno(err, errno, "write %s", path);
    if (is_ok && rename(temporary, path) != 0)
        is_ok = assay_fail_errno(err, errno, "write %s", path);
    if (!is_ok)
        (void)unlink(temporary);
    else
        say(copying, name);
    return is_ok;
}

/* Where a source of this name goes below the destination; false: too long. */
static bool below(const struct copying *copying, const char *rest, char *target, size_t size)
{
    const char *to = copying->to.name;
    bool has_slash = !*to || to[strlen(to) - 1] == '/';

    return snprintf(target, size, "%s%s%s", to, has_slash ? "" : "/", rest) < (int)size;
}

static bool on_copied(void *context, const struct object_info *info, struct assay_error *err)
{
    struct copying *copying = context;
    char target[PATH_MAX];

    /* A server's word for it is not enough: the name becomes a path. */
    if (!object_name_check(info->name, err) ||
        strncmp(info->name, copying->base, strlen(copying->base)) != 0 ||
        !below(copying, info->name + strlen(copying->base), target, sizeof target))
        return assay_fail(err, ASSAY_INVALID, NULL, "cannot copy %.512s", info->name);
    if (info->name[strlen(info->name) - 1] == '/')
        return true;
    if (!copying->to.is_remote)
        return get_file(copying, info->name, target);
    if (!object_place_copy(copying->place, copying->from.bucket, info->name, copying->to.bucket,
                           target, err))
        return false;
    say(copying, info->name);
    return true;
}

static int is_no_dots(const struct dirent *entry)
{
    return strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
}

/* The files of a folder and of those in it; rest is its path below the source. Links are passed
 * over. */
static bool put_tree(struct copying *copying, const char *rest)
{
    char path[PATH_MAX];
    struct dirent **entries = NULL;
    bool is_ok = true;
    int count = 0;

    (void)snprintf(path, sizeof path, "%s/%s", copying->from.name, rest);
    count = scandir(path, &entries, is_no_dots, alphasort);
    if (count < 0)
        return assay_fail_errno(copying->err, errno, "read the folder %s", path);
    for (int i = 0; i < count; i++) {
        char inner[PATH_MAX];
        char target[PATH_MAX];
        struct stat file = { 0 };

        is_ok =
            is_ok &&
            ((snprintf(inner, sizeof inner, "%s%s%s", rest, *rest ? "/" : "", entries[i]->d_name) <
                  (int)sizeof inner &&
              snprintf(path, sizeof path, "%s/%s", copying->from.name, inner) < (int)sizeof path &&
              below(copying, inner, target, sizeof target)) ||
             assay_fail(copying->err, ASSAY_INVALID, NULL, "a path is too long"));
        if (is_ok && lstat(path, &file) == 0 && S_ISDIR(file.st_mode))
            is_ok = put_tree(copying, inner);
        else if (is_ok && S_ISREG(file.st_mode))
            is_ok = put_file(copying, path, target);
        free(entries[i]);
    }
    free(entries);
    return is_ok;
}

static bool copy_tree(struct copying *copying)
{
    char base[OBJECT_NAME_MAX + 2];
    size_t size = strlen(copying->from.name);

    if (!copying->from.is_remote)
        return put_tree(copying, "");
    if (size > OBJECT_NAME_MAX)
        return assay_fail(copying->err, ASSAY_INVALID, NULL, "the name is too long");
    (void)snprintf(base, sizeof base, "%s%s", copying->from.name,
                   size > 0 && copying->from.name[size - 1] != '/' ? "/" : "");
    copying->base = base;
    if (!each_object(copying->place, copying->from.bucket, base, on_copied, copying, copying->err))
        return false;
    return copying->count > 0 ||
           assay_fail(copying->err, ASSAY_NOT_FOUND, NULL, "there is nothing below gs://%s/%s",
                      copying->from.bucket, base);
}

/* A destination that is a folder takes the source's own name. */
static bool copy_one(struct copying *copying)
{
    const char *to = copying->to.name;
    char target[PATH_MAX];
    struct stat file;
    bool is_folder = !*to || to[strlen(to) - 1] == '/' ||
                     (!copying->to.is_remote && stat(to, &file) == 0 && S_ISDIR(file.st_mode));

    if (is_folder ? !below(copying, base_name(copying->from.name), target, sizeof target)
                  : snprintf(target, sizeof target, "%s", to) >= (int)sizeof target)
        return assay_fail(copying->err, ASSAY_INVALID, NULL, "the name is too long");
    if (!copying->from.is_remote)
        return put_file(copying, copying->from.name, target);
    if (!object_name_check(copying->from.name, copying->err))
        return false;
    if (!copying->to.is_remote)
        return get_file(copying, copying->from.name, target);
    if (!object_place_copy(copying->place, copying->from.bucket, copying->from.name,
                           copying->to.bucket, target, copying->err))
        return false;
    say(copying, copying->from.name);
    return true;
}

int command_cp(const struct arguments *arguments)
{
    struct state_dir dir = { 0 };
    struct assay_error err = { 0 };
    struct copying copying = { .is_quiet = arguments->is_given[OPTION_QUIET], .err = &err };
    bool is_ok = read_location(arguments->operands[0], &copying.from, &err) &&
                 read_location(arguments->operands[1], &copying.to, &err);

    if (is_ok && !copying.from.is_remote && !copying.to.is_remote)
        is_ok =
            assay_fail(&err, ASSAY_INVALID, NULL,
                       "neither begins with gs://; for files of this machine there is cp, without "
                       "assay");
    if (is_ok) {
        copying.place = object_place_open(arguments, &dir, &err);
        is_ok = copying.place &&
                (arguments->is_given[OPTION_RECURSIVE] ? copy_tree(&copying) : copy_one(&copying));
    }
    if (!is_ok && !arguments->is_given[OPTION_RECURSIVE])
        explain(&copying.from, "; -r copies all that is below a folder", &err);
    object_place_close(copying.place);
    state_dir_clear(&dir);
    return is_ok ? report_end(0) : report_error(&err);
}

struct listing {
    const char *bucket;
    bool is_long;
    int64_t count;
};

static void print_item(struct listing *listing, const char *name, const struct object_info *info)
{
    char time[ASSAY_TIME_TEXT];

    listing->count++;
    if (listing->is_long && info)
        (void)printf("%12lld  %s  ", (long long)info->size,
                     assay_time_text(info->updated_us - info->updated_us % 1000000, time));
    else if (listing->is_long)
        (void)printf("%12s  %20s  ", "", "");
    (void)printf("gs://%s/", listing->bucket);
    text_write_safe(stdout, name);
    (void)fputc('\n', stdout);
}

/* Items and prefixes of a page, in their common order. */
static void print_page(struct listing *listing, const struct object_list *list)
{
    size_t item = 0;
    size_t prefix = 0;

    while (item < list->count || prefix < list->prefix_count) {
        bool is_prefix =
            item == list->count || (prefix < list->prefix_count &&
                                    strcmp(list->prefixes[prefix], list->items[item].name) < 0);

        if (is_prefix)
            print_item(listing, list->prefixes[prefix++], NULL);
        else {
            print_item(listing, list->items[item].name, &list->items[item]);
            item++;
        }
    }
}

static bool list_objects(struct object_place *place, struct listing *listing, const char *prefix,
                         bool is_deep, struct assay_error *err)
{
    char *after = strdup("");
    bool is_ok = after || assay_fail_memory(err);

    while (is_ok && after) {
        struct object_query query = { .bucket = listing->bucket,
                                      .prefix = prefix,
                                      .delimiter = is_deep ? NULL : "/",
                                      .after = after,
                                      .max = OBJECT_LIST_MAX };
        struct object_list list = { 0 };

        is_ok = object_place_list(place, &query, &list, err);
        print_page(listing, &list);
        free(after);
        after = list.next;
        list.next = NULL;
        object_list_clear(&list);
    }
    free(after);
    return is_ok;
}

static void print_bucket(void *context, const char *name)
{
    (void)context;
    (void)fputs("gs://", stdout);
    text_write_safe(stdout, name);
    (void)fputs("/\n", stdout);
}

static bool list_location(struct object_place *place, const struct location *at, bool is_long,
                          bool is_deep, struct assay_error *err)
{
    struct listing listing = { .bucket = at->bucket, .is_long = is_long };

    return list_objects(place, &listing, at->name, is_deep, err) &&
           (listing.count > 0 || !*at->name ||
            assay_fail(err, ASSAY_NOT_FOUND, NULL, "there is nothing at gs://%s/%s", at->bucket,
                       at->name));
}

int command_ls(const struct arguments *arguments)
{
    const char *text = arguments->operand_count ? arguments->operands[0] : NULL;
    struct state_dir dir = { 0 };
    struct assay_error err = { 0 };
    struct object_place *place = NULL;
    struct location at;
    bool is_all = !text || strcmp(text, "gs://") == 0;
    bool is_ok = is_all || read_remote(text, &at, &err);

    if (is_ok)
        place = object_place_open(arguments, &dir, &err);
    is_ok = place && (is_all ? object_place_buckets(place, print_bucket, NULL, &err)
                             : list_location(place, &at, arguments->is_given[OPTION_LONG],
                                             arguments->is_given[OPTION_RECURSIVE], &err));
    object_place_close(place);
    state_dir_clear(&dir);
    return is_ok ? report_end(0) : report_error(&err);
}

int command_cat(const struct arguments *arguments)
{
    struct state_dir dir = { 0 };
    struct assay_error err = { 0 };
    struct object_place *place = NULL;
    struct location at;
    bool is_ok = read_remote(arguments->operands[0], &at, &err) && object_name_check(at.name, &err);

    if (is_ok)
        place = object_place_open(arguments, &dir, &err);
    is_ok = place && object_place_read(place, at.bucket, at.name, STDOUT_FILENO, &err);
    if (!is_ok)
        explain(&at, "", &err);
    object_place_close(place);
    state_dir_clear(&dir);
    return is_ok ? report_end(0) : report_error(&err);
}

struct removing {
    struct object_place *place;
    const char *bucket;
    bool is_quiet;
    int64_t count;
};

static bool on_removed(void *context, const struct object_info *info, struct assay_error *err)
{
    struct removing *removing = context;

    removing->count++;
    if (!object_place_remove(removing->place, removing->bucket, info->name, err))
        return false;
    if (!removing->is_quiet) {
        text_write_safe(stderr, info->name);
        (void)fputc('\n', stderr);
    }
    return true;
}

/* The object itself and all below it. */
static bool remove_tree(struct removing *removing, const char *name, struct assay_error *err)
{
    char prefix[OBJECT_NAME_MAX + 2];
    struct object_info info = { 0 };
    struct assay_error ignored = { 0 };
    size_t size = strlen(name);
    bool is_ok = true;

    if (size > OBJECT_NAME_MAX)
        return assay_fail(err, ASSAY_INVALID, NULL, "the name is too long");
    (void)snprintf(prefix, sizeof prefix, "%s%s", name,
                   size > 0 && name[size - 1] != '/' ? "/" : "");
    if (size > 0 && object_place_stat(removing->place, removing->bucket, name, &info, &ignored))
        is_ok = on_removed(removing, &info, err);
    object_info_clear(&info);
    is_ok =
        is_ok && each_object(removing->place, removing->bucket, prefix, on_removed, removing, err);
    if (is_ok && size == 0)
        return object_place_remove_bucket(removing->place, removing->bucket, err);
    return is_ok && (removing->count > 0 ||
                     assay_fail(err, ASSAY_NOT_FOUND, NULL, "there is nothing at gs://%s/%s",
                                removing->bucket, name));
}

int command_rm(const struct arguments *arguments)
{
    struct state_dir dir = { 0 };
    struct assay_error err = { 0 };
    struct removing removing = { .is_quiet = arguments->is_given[OPTION_QUIET] };
    struct location at;
    bool is_deep = arguments->is_given[OPTION_RECURSIVE];
    bool is_ok = read_remote(arguments->operands[0], &at, &err) &&
                 (is_deep || object_name_check(at.name, &err));

    if (is_ok)
        removing.place = object_place_open(arguments, &dir, &err);
    removing.bucket = at.bucket;
    is_ok =
        removing.place && (is_deep ? remove_tree(&removing, at.name, &err)
                                   : object_place_remove(removing.place, at.bucket, at.name, &err));
    if (!is_ok && !is_deep)
        explain(&at, "; -r removes it with all that is below it", &err);
    object_place_close(removing.place);
    state_dir_clear(&dir);
    return is_ok ? report_end(0) : report_error(&err);
}
