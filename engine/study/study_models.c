/*
 * Models in the journal, so that a study that is opened again need not learn them all anew:
 * {"model":{"version":"0.1.0","count":104,"numbers":[…]}}. Nothing depends on these lines: what is
 * missing, damaged or of another version, whose numbers may mean something else, is learnt again.
 */

#include "engine/study/study_private.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char beginning[] = "{\"model\":";

bool study_is_model_line(const char *line, size_t size)
{
    return size >= sizeof beginning - 1 && memcmp(line, beginning, sizeof beginning - 1) == 0;
}

/* NULL: not one of this version and this study, which has so many past trials; or no memory. */
static struct study_model *read_model(const cJSON *node, size_t size, size_t past_count)
{
    const cJSON *version = json_get(node, "version");
    const cJSON *count = json_get(node, "count");
    const cJSON *numbers = json_get(node, "numbers");
    const cJSON *number = NULL;
    struct study_model *model = NULL;
    size_t i = 0;

    if (!cJSON_IsString(version) || strcmp(version->valuestring, ASSAY_VERSION) != 0 ||
        !cJSON_IsNumber(count) || !(count->valuedouble >= 1) ||
        count->valuedouble > (double)past_count || !cJSON_IsArray(numbers) || size == 0 ||
        (size_t)cJSON_GetArraySize(numbers) != size)
        return NULL;
    model = calloc(1, sizeof *model + size * sizeof model->numbers[0]);
    if (!model)
        return NULL;
    model->count = (size_t)count->valuedouble;
    cJSON_ArrayForEach(number, numbers)
    {
        if (!cJSON_IsNumber(number)) {
            free(model);
            return NULL;
        }
        model->numbers[i++] = number->valuedouble;
    }
    return model;
}

void study_read_model_line(struct assay_study *s, const char *line, size_t size)
{
    struct assay_error err; /* what is wrong with it is nobody's concern */
    cJSON *root = json_read(line, size, &err);
    const struct study_learner *learner = study_get_learner(s->study);
    struct study_model *model =
        read_model(json_get(root, "model"), study_learner_model_size(learner),
                   history_count(study_learner_history(learner)));

    cJSON_Delete(root);
    if (!model)
        return;
    model->next = s->models;
    s->models = model;
    if (model->count > s->stored_count)
        s->stored_count = model->count;
}

static bool store_model(struct assay_study *s, const struct study_model *model, size_t size,
                        struct assay_error *err)
{
    struct json_writer *w = &s->event.json;

    text_stream_begin(&s->event);
    json_begin_object(w);
    json_key(w, "model");
    json_begin_object(w);
    json_key(w, "version");
    json_string(w, ASSAY_VERSION);
    json_key(w, "count");
    json_int(w, (int64_t)model->count);
    json_key(w, "numbers");
    json_begin_array(w);
    for (size_t i = 0; i < size; i++)
        json_number(w, model->numbers[i]);
    json_end_array(w);
    json_end_object(w);
    json_end_object(w);
    return study_commit_event(s, err);
}

void study_store_models(struct assay_study *s)
{
    struct study_learner *learner = study_get_learner(s->study);
    struct study_model *models = study_learner_take_new(learner);
    struct assay_error err;

    for (const struct study_model *at = models; at && !s->is_broken; at = at->next)
        if (at->count > s->stored_count &&
            store_model(s, at, study_learner_model_size(learner), &err))
            s->stored_count = at->count;
    study_models_free(models);
}
