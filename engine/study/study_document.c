#include "engine/study/study_document.h"

#include "engine/spec/canonical.h"
#include "engine/spec/job_document.h"
#include "engine/spec/messages.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { PATH_SIZE = 256, VALUE_SIZE = 120 };

/* seed and algorithm are those of the assay: block, one level up. */
static void read_of_block(struct fields *fields, const cJSON *node, struct job_spec *spec,
                          const char *name, bool is_given)
{
    if (is_given)
        fields_fault(fields, node, NULL, "assay.%s says it already; give one of the two", name);
    else
        fields_find(&assay_message, name)->read(fields, node, &spec->assay);
}

static void read_seed(struct fields *fields, const cJSON *node, void *record)
{
    struct job_spec *spec = record;

    read_of_block(fields, node, spec, "seed", spec->assay.has_seed);
}

static void read_algorithm(struct fields *fields, const cJSON *node, void *record)
{
    struct job_spec *spec = record;

    read_of_block(fields, node, spec, "algorithm", spec->assay.algorithm != NULL);
}

static const struct field study_fields[] = {
    { .name = "studySpec",
      .kind = FIELD_MESSAGE,
      .at = FIELD_AT(struct job_spec, study),
      .message = &study_message },
    { .name = "maxTrialCount",
      .kind = FIELD_COUNT,
      .at = FIELD_AT(struct job_spec, max_trial_count) },
    { .name = "parallelTrialCount",
      .kind = FIELD_COUNT,
      .at = FIELD_AT(struct job_spec, parallel_trial_count) },
    { .name = "seed", .kind = FIELD_CUSTOM, .read = read_seed },
    { .name = "algorithm", .kind = FIELD_CUSTOM, .read = read_algorithm },
    { .name = "maxFailedTrialCount", .kind = FIELD_COUNT }, /* a job's, not ours */
    { .name = "trialJobSpec", .kind = FIELD_ANY },
};

static void count_check(struct fields *fields, const cJSON *node, const char *name, int64_t count,
                        int64_t most)
{
    if (count < 0)
        fields_fault(fields, node, name, "must be at least 1; leave it out for no limit");
    if (count > most)
        fields_fault(fields, node, name, "%lld is too many; %lld are the most", (long long)count,
                     (long long)most);
}

static void document_check(struct fields *fields, const cJSON *node, void *record)
{
    const struct job_spec *spec = record;

    fields_require(fields, node, "studySpec");
    count_check(fields, node, "maxTrialCount", spec->max_trial_count, JOB_TRIALS_MAX);
    count_check(fields, node, "parallelTrialCount", spec->parallel_trial_count, JOB_PARALLEL_MAX);
}

static const struct message document_message = { MESSAGE_FIELDS(study_fields),
                                                 .also = &resource_message,
                                                 .check = document_check };

/* Is root wrapped, with nothing beside? Then what is inside. */
static const cJSON *unwrap(const cJSON *root)
{
    const cJSON *inside = fields_member(root, "study");

    return inside && !root->child->next ? inside : root;
}

/* Copies a member, if it is there, under name. False for lack of memory. */
static bool keep(cJSON *to, const char *name, const cJSON *from)
{
    const cJSON *member = json_get(from, name);
    cJSON *copy = member ? cJSON_Duplicate(member, true) : NULL;

    if (!member || (copy && cJSON_AddItemToObject(to, name, copy)))
        return true;
    cJSON_Delete(copy);
    return false;
}

/* The block's stopping rule with what goes without saying, however it was written. False for lack
 * of memory. */
static bool keep_stopping(cJSON *to, const struct assay_block *block)
{
    const struct stopping_rule_spec *rule = &block->stopping_rule_spec;
    cJSON *assay = NULL;
    cJSON *stopping = NULL;
    char first[32];
    char last[32];

    if (block->stopping_rule == STOPPING_NONE)
        return true;
    assert(block->stopping_rule == STOPPING_HALVING); /* others are studySpec's own */
    (void)snprintf(first, sizeof first, "%" PRId64,
                   rule->min_step_count > 0 ? rule->min_step_count : 1);
    (void)snprintf(last, sizeof last, "%" PRId64, rule->max_step_count);
    assay = cJSON_AddObjectToObject(to, "assay");
    stopping = assay ? cJSON_AddObjectToObject(assay, "stopping") : NULL;
    return stopping && cJSON_AddStringToObject(stopping, "rule", "asha") &&
           cJSON_AddNumberToObject(stopping, "eta", rule->eta > 0 ? rule->eta : 3) &&
           cJSON_AddStringToObject(stopping, "minStepCount", first) &&
           cJSON_AddStringToObject(stopping, "maxStepCount", last) &&
           cJSON_AddBoolToObject(stopping, "useElapsedDuration", rule->use_elapsed_duration);
}

/* The members that decide about suggestions and stops, by the tables of jobs. */
static bool make_canonical(struct study_document *document, const cJSON *root,
                           struct assay_error *err)
{
    cJSON *whole = job_document_canonical(root, CANONICAL_FULL, err);
    cJSON *made = whole ? cJSON_CreateObject() : NULL;
    const struct assay_block *block = &document->spec->assay;
    bool is_made = made && keep(made, "studySpec", whole) && keep(made, "maxTrialCount", whole) &&
                   keep(made, "parallelTrialCount", whole) &&
                   cJSON_AddStringToObject(made, "algorithm", job_spec_algorithm(document->spec)) &&
                   keep_stopping(made, block);

    document->canonical = made;
    cJSON_Delete(whole);
    if (is_made && block->has_seed)
        is_made = study_document_set_seed(document, block->seed);
    return is_made || assay_fail_memory(err);
}

bool study_document_set_seed(struct study_document *document, uint64_t seed)
{
    char text[32];

    (void)snprintf(text, sizeof text, "%" PRIu64, seed);
    document->spec->assay.seed = seed;
    document->spec->assay.has_seed = true;
    return cJSON_AddStringToObject(document->canonical, "seed", text) != NULL;
}

bool study_document_from_json(const cJSON *root, struct study_document *document,
                              struct assay_faults *faults, struct assay_error *err)
{
    const cJSON *study = unwrap(root);
    struct fields *fields = calloc(1, sizeof *fields);
    bool is_read = false;

    *document = (struct study_document){ .spec = calloc(1, sizeof *document->spec) };
    if (!fields || !document->spec) {
        (void)assay_fail_memory(err);
        goto out;
    }
    fields->faults = faults;
    if (study != root)
        (void)fields_enter(fields, "study");
    fields_read(fields, study, &document_message, document->spec);
    is_read = assay_faults_check(faults, err);
    if (fields->is_short_of_memory)
        is_read = assay_fail_memory(err);
    is_read = is_read && make_canonical(document, study, err);
out:
    free(fields);
    return is_read;
}

bool study_document_read(const char *text, size_t size, struct study_document *document,
                         struct assay_faults *faults, struct assay_error *err)
{
    cJSON *root = document_read(text, size, DOCUMENT_GUESS, err);
    bool is_read = false;

    *document = (struct study_document){ 0 };
    if (root)
        is_read = study_document_from_json(root, document, faults, err);
    cJSON_Delete(root);
    return is_read;
}

void study_document_clear(struct study_document *document)
{
    cJSON_Delete(document->canonical);
    job_spec_free(document->spec);
    *document = (struct study_document){ 0 };
}

/* A short form of a value for a message. */
static const char *describe(const cJSON *node, char text[VALUE_SIZE])
{
    char found[FIELDS_TEXT_MAX];

    if (!node)
        (void)snprintf(text, VALUE_SIZE, "nothing");
    else
        (void)snprintf(text, VALUE_SIZE, "%s", fields_describe(node, found));
    return text;
}

static bool fail_differs(const cJSON *ours, const cJSON *stored, const char *path,
                         struct assay_error *err)
{
    char now[VALUE_SIZE];
    char then[VALUE_SIZE];

    return assay_fail(err, ASSAY_PRECONDITION, path,
                      "the study in the state folder is another one: %s is %s there and %s here; "
                      "choose another folder, or make it the same",
                      path, describe(stored, then), describe(ours, now));
}

static bool match(const cJSON *ours, const cJSON *stored, char *path, size_t used,
                  struct assay_error *err);

/* Every member of one side has its like on the other. */
static bool match_members(const cJSON *ours, const cJSON *stored, char *path, size_t used,
                          struct assay_error *err)
{
    const cJSON *member = NULL;
    char name[PATH_SIZE];

    for (int side = 0; side < 2; side++) {
        const cJSON *object = side ? stored : ours;

        cJSON_ArrayForEach(member, object)
        {
            const cJSON *other = json_get(side ? ours : stored, member->string);

            (void)snprintf(path + used, PATH_SIZE - used, "%s%s", used ? "." : "",
                           fields_snake(member->string, name, sizeof name));
            if (!match(side ? other : member, side ? member : other, path, strlen(path), err))
                return false;
        }
    }
    return true;
}

static bool match_items(const cJSON *ours, const cJSON *stored, char *path, size_t used,
                        struct assay_error *err)
{
    const cJSON *a = ours->child;
    const cJSON *b = stored->child;

    for (size_t i = 0; a || b; i++) {
        (void)snprintf(path + used, PATH_SIZE - used, "[%zu]", i);
        if (!match(a, b, path, strlen(path), err))
            return false;
        a = a ? a->next : NULL;
        b = b ? b->next : NULL;
    }
    return true;
}

/* Recursive; ended by the depth of documents. path has PATH_SIZE bytes, used of them filled. */
static bool match(const cJSON *ours, const cJSON *stored, char *path, size_t used,
                  struct assay_error *err)
{
    bool is_same = ours && stored && (ours->type & 0xff) == (stored->type & 0xff);

    path[used] = '\0';
    if (is_same && cJSON_IsObject(ours))
        return match_members(ours, stored, path, used, err);
    if (is_same && cJSON_IsArray(ours))
        return match_items(ours, stored, path, used, err);
    if (is_same && cJSON_IsNumber(ours))
        is_same = ours->valuedouble == stored->valuedouble;
    if (is_same && cJSON_IsString(ours))
        is_same = strcmp(ours->valuestring, stored->valuestring) == 0;
    path[used] = '\0';
    return is_same || fail_differs(ours, stored, path, err);
}

bool study_document_match(struct study_document *document, const struct study_document *stored,
                          struct assay_error *err)
{
    char path[PATH_SIZE];

    if (!document->spec->assay.has_seed &&
        !study_document_set_seed(document, stored->spec->assay.seed))
        return assay_fail_memory(err);
    return match(document->canonical, stored->canonical, path, 0, err);
}
