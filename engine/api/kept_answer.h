/*
 * engine/api/kept_answer.h - whole jobs as they were answered, given again until the job changes.
 */
#ifndef ENGINE_API_KEPT_ANSWER_H
#define ENGINE_API_KEPT_ANSWER_H

#include "engine/api/api_private.h"

struct kept_answer {
    struct job_cached cached; /* first: it is the answer */
    int kind;                 /* of the job: enum job_kind */
    char *parent;
    char *text;
    size_t size;
};

/* Taken before the rows are read: how long what is made of them stays true. */
struct answer_moment {
    int64_t job;
    bool is_lasting;
    uint64_t stamp;
};
struct answer_moment answer_moment_now(const struct api_call *call, int64_t job);

/* The answer of that moment in the form that the call wants; release it. NULL: there is none. */
const struct kept_answer *kept_answer_find(const struct api_call *call,
                                           const struct answer_moment *moment);
void kept_answer_release(const struct kept_answer *answer); /* NULL is fine */

/* Makes a copy the call's answer. False for lack of memory: nothing has changed. */
bool kept_answer_give(const struct kept_answer *answer, struct api_call *call);

/* The call has written the whole answer, from rows that were read after that moment. */
void kept_answer_keep(struct api_call *call, const struct answer_moment *moment,
                      const struct job_row *row);

#endif
