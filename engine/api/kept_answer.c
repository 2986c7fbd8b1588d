#include "engine/api/kept_answer.h"

#include <stdlib.h>
#include <string.h>

static void answer_free(struct job_cached *cached)
{
    struct kept_answer *answer = (struct kept_answer *)cached;

    free(answer->parent);
    free(answer->text);
    free(answer);
}

/* Enums by name or number, on lines or on one. */
static enum job_cache_kind kind_of(const struct api_call *call)
{
    int form = (call->json.has_enum_numbers ? 1 : 0) + (call->json.indent > 0 ? 2 : 0);

    return (enum job_cache_kind)(JOB_CACHE_ANSWER + form);
}

struct answer_moment answer_moment_now(const struct api_call *call, int64_t job)
{
    struct answer_moment moment = { .job = job };

    moment.is_lasting = engine_job_stamp(call->engine, JOB_STAMP_TRIALS, job, &moment.stamp);
    return moment;
}

const struct kept_answer *kept_answer_find(const struct api_call *call,
                                           const struct answer_moment *moment)
{
    if (!moment->is_lasting)
        return NULL;
    return (const struct kept_answer *)job_cache_find(engine_job_cache(call->engine), kind_of(call),
                                                      moment->job, moment->stamp);
}

void kept_answer_release(const struct kept_answer *answer)
{
    /* Counting uses is all that changes in an answer. */
    job_cached_release((struct job_cached *)(uintptr_t)answer);
}

bool kept_answer_give(const struct kept_answer *answer, struct api_call *call)
{
    char *copy = malloc(answer->size + 1);

    if (!copy)
        return false;
    memcpy(copy, answer->text, answer->size + 1);
    call->ready = copy;
    call->ready_size = answer->size;
    return true;
}

void kept_answer_keep(struct api_call *call, const struct answer_moment *moment,
                      const struct job_row *row)
{
    struct kept_answer *answer = NULL;

    /* What cannot be kept is only slower the next time. */
    if (!moment->is_lasting || call->json.has_links || !json_writer_finish(&call->json))
        return;
    answer = calloc(1, sizeof *answer);
    if (!answer)
        return;
    answer->cached = (struct job_cached){ .job = moment->job,
                                          .kind = kind_of(call),
                                          .stamp = moment->stamp,
                                          .free = answer_free,
                                          .uses = 1 };
    answer->kind = row->kind;
    answer->parent = strdup(row->parent);
    answer->size = call->response->size;
    answer->cached.size = sizeof *answer + answer->size + strlen(row->parent);
    answer->text = malloc(answer->size + 1);
    if (answer->parent && answer->text) {
        memcpy(answer->text, call->response->body, answer->size);
        answer->text[answer->size] = '\0';
        job_cache_keep(engine_job_cache(call->engine), &answer->cached);
    }
    job_cached_release(&answer->cached);
}
