/*
 * engine/api/api_private.h - one call under way, shared by the files that answer it.
 *
 * A handler writes its answer through call->json and returns true, or fills *err and returns
 * false; then what it had written is dropped and the error is the answer.
 */
#ifndef ENGINE_API_API_PRIVATE_H
#define ENGINE_API_API_PRIVATE_H

#include "engine/api/api.h"
#include "engine/api/list/page_token.h"
#include "engine/api/resource.h"
#include "engine/api/route.h"

#include <stdio.h>

struct api_call;

/*
 * What a handler keeps until the call ends, and what it leaves to be done once the controller has
 * answered: most callers wait for that on their thread, some do not wait (api_begin()).
 */
struct api_question {
    void *state;
    void (*free)(void *state); /* NULL: there is no state */
    struct request *request;   /* part of the state; NULL: nothing is asked */
    /* Writes the answer; not called where the controller has refused. */
    bool (*answer)(struct api_call *call, void *state, struct assay_error *err);
};

struct api_call {
    struct engine *engine;
    const struct assay_request *request;
    const struct route_match *match; /* of the path */
    const char *job_word;            /* the path's {job}, or that of a job just made */
    FILE *out;
    struct json_writer json;
    const char *content_type; /* set by handlers that write no JSON */
    char *ready;              /* the whole answer, in place of what is written; owned */
    size_t ready_size;
    struct assay_response *response; /* what is written, once it is flushed */
    struct api_question question;
    struct assay_faults faults;       /* details of an ASSAY_INVALID answer */
    const char *state_dir;            /* of what is asked without an engine */
    const struct launch_place *place; /* of a check without one */
    int64_t *watched; /* of the paths that are watched: which job they mean; else NULL */
};

/* The value of a query parameter, decoded, into value; false where it is absent. */
bool api_query(const struct api_call *call, const char *name, char *value, size_t size);
/* The same as a number; fallback where absent; ASSAY_INVALID where it is none. */
bool api_query_integer(const struct api_call *call, const char *name, int64_t fallback,
                       int64_t *value, struct assay_error *err);

/* It is there, and neither "false" nor "0". */
bool api_query_word(const struct api_call *call, const char *name);

/* The job that the path means. ASSAY_NOT_FOUND; ASSAY_INVALID for a prefix of several. */
bool api_find_job(const struct api_call *call, int64_t *job, struct assay_error *err);
/* Its row and spec; clear and free them. */
bool api_read_job(const struct api_call *call, struct job_row *row, struct job_spec **spec,
                  struct assay_error *err);

/* api.c: what api_call() does, of an engine that is none in emulate mode, and of any within
 * engine_enter(). */
bool api_answer(struct engine *engine, const struct assay_request *request,
                struct assay_response *response, struct assay_error *err);
/* The answer is this error; call->engine and call->request are set. */
bool api_answer_error(struct api_call *call, const struct assay_error *why,
                      struct assay_response *response, struct assay_error *err);

/* api_emulation.c */
bool api_call_emulated(struct engine *engine, const struct assay_request *request,
                       struct assay_response *response, struct assay_error *err);
/* In emulate mode: what is due happens, as before any request. Elsewhere nothing. */
bool api_pass_moment(struct engine *engine, struct assay_error *err);
bool api_get_emulation(struct api_call *call, struct assay_error *err);
bool api_put_emulation(struct api_call *call, struct assay_error *err);
bool api_advance_clock(struct api_call *call, struct assay_error *err);
bool api_reset(struct api_call *call, struct assay_error *err);

/* api_page.c */
/* The page that a list is asked for; request stays borrowed. */
struct api_page {
    struct page_request request;
    struct page_position position; /* where it begins: set it before */
    int size;
};
bool api_page_read(const struct api_call *call, int default_size, struct api_page *page,
                   struct assay_error *err);
/* The token of the next page, which begins after position. */
void api_page_write_next(struct api_call *call, const struct api_page *page,
                         const struct page_position *position);

/* {}: what there is to say of a deletion, say. */
bool api_write_empty(struct api_call *call);

/* api_jobs.c */
bool api_count_jobs(struct api_call *call, struct assay_error *err);
bool api_list_jobs(struct api_call *call, struct assay_error *err);
bool api_get_job(struct api_call *call, struct assay_error *err);
bool api_get_resource(struct api_call *call, struct assay_error *err);
bool api_delete_job(struct api_call *call, struct assay_error *err);
bool api_cancel_job(struct api_call *call, struct assay_error *err);
bool api_resume_job(struct api_call *call, struct assay_error *err);
bool api_pause(struct api_call *call, struct assay_error *err);
/* Whether the job may go on with this engine's launcher: ASSAY_PRECONDITION. */
bool api_check_launcher(struct api_call *call, int64_t job, struct assay_error *err);

/* The job, on one object of the answer. */
bool api_write_job(struct api_call *call, int64_t job, struct assay_error *err);

/* What a line of a list shows; the object stays open. live: where it stands, NULL where nobody
 * works on it. */
void api_write_job_summary(struct api_call *call, const struct job_row *row,
                           const struct job_progress *live);
/* trialCounts, of live or else of totals. stopped: told to stop early; negative where the study has
 * no rule. */
void api_write_trial_counts(struct json_writer *w, const struct trial_totals *totals,
                            const struct job_progress *live, int64_t stopped);

/* api_watch.c */
bool api_watch_job(struct api_call *call, struct assay_error *err);
/* What a path that is watched means. It has no answer but to those who stay. */
bool api_note_watched(struct api_call *call, int64_t job, struct assay_error *err);

struct submission;

/* api_submit.c */
/* Hands a submission in, or answers with its faults. */
bool api_hand_in(struct api_call *call, struct submission *submission, const char *parent,
                 int64_t *job, struct assay_error *err);
bool api_submit_job(struct api_call *call, struct assay_error *err);
bool api_check_job(struct api_call *call, struct assay_error *err);

/* api_places.c */
bool api_get_places(struct api_call *call, struct assay_error *err);

/* api_python.c */
bool api_prune_environments(struct api_call *call, struct assay_error *err);

/* api_trials.c */
bool api_list_trials(struct api_call *call, struct assay_error *err);
bool api_get_trial(struct api_call *call, struct assay_error *err);
bool api_list_optimal_trials(struct api_call *call, struct assay_error *err);
bool api_get_logs(struct api_call *call, struct assay_error *err);
/* One trial with all there is to tell of it, as an item of a list; *state is then its state, and 0
 * where there is none. */
bool api_write_trial(struct api_call *call, const struct job_row *job, const struct job_spec *spec,
                     int64_t number, int *state, struct assay_error *err);
/* Those with these numbers, as items of the list under way, in that order; one that was deleted is
 * passed over. */
bool api_write_trials(struct api_call *call, const struct job_row *job, const struct job_spec *spec,
                      const int64_t *numbers, size_t count, struct assay_error *err);
/* The trial that the path means, but for the row's arrays. */
bool api_find_trial(const struct api_call *call, int64_t job, int64_t *number,
                    struct trial_row *row, struct assay_error *err);
/* ?stream=&attempt=&replica=: a descriptor of that log of the trial that the path means, -1 where
 * there is none (yet). False and *err. */
bool api_open_log(const struct api_call *call, int *fd, struct assay_error *err);
/* ?stream=…: "stdout" or "stderr". */
bool api_query_stream(const struct api_call *call, const char **name, struct assay_error *err);
/* ?replica=workerpool1-0: goes on from an attempt's folder in dir to that replica's.
 * ASSAY_NOT_FOUND: the job has no such replica. */
bool api_query_replica(const struct api_call *call, int64_t job, char dir[PATH_TEXT],
                       struct assay_error *err);

/* vertex/vertex_operations.c */
/* Answers a deletion that was done: with its operation. */
bool vertex_answer_deletion(struct api_call *call, int64_t job, struct assay_error *err);
bool vertex_list_operations(struct api_call *call, struct assay_error *err);
bool vertex_get_operation(struct api_call *call, struct assay_error *err);
bool vertex_wait_for_operation(struct api_call *call, struct assay_error *err);
bool vertex_cancel_operation(struct api_call *call, struct assay_error *err);
bool vertex_delete_operation(struct api_call *call, struct assay_error *err);

/* vertex/vertex_jobs.c */
bool vertex_get_location(struct api_call *call, struct assay_error *err);
bool vertex_create_tuning_job(struct api_call *call, struct assay_error *err);
bool vertex_list_tuning_jobs(struct api_call *call, struct assay_error *err);
bool vertex_get_tuning_job(struct api_call *call, struct assay_error *err);
bool vertex_delete_tuning_job(struct api_call *call, struct assay_error *err);
bool vertex_cancel_tuning_job(struct api_call *call, struct assay_error *err);
bool vertex_watch_tuning_job(struct api_call *call, struct assay_error *err);
bool vertex_create_custom_job(struct api_call *call, struct assay_error *err);
bool vertex_list_custom_jobs(struct api_call *call, struct assay_error *err);
bool vertex_get_custom_job(struct api_call *call, struct assay_error *err);
bool vertex_delete_custom_job(struct api_call *call, struct assay_error *err);
bool vertex_cancel_custom_job(struct api_call *call, struct assay_error *err);
bool vertex_watch_custom_job(struct api_call *call, struct assay_error *err);

/* vizier/vizier_studies.c */
bool vizier_create_study(struct api_call *call, struct assay_error *err);
bool vizier_list_studies(struct api_call *call, struct assay_error *err);
bool vizier_lookup_study(struct api_call *call, struct assay_error *err);
bool vizier_get_study(struct api_call *call, struct assay_error *err);
bool vizier_delete_study(struct api_call *call, struct assay_error *err);
bool vizier_watch_study(struct api_call *call, struct assay_error *err);

/* vizier/vizier_trials.c */
bool vizier_suggest_trials(struct api_call *call, struct assay_error *err);
bool vizier_list_optimal_trials(struct api_call *call, struct assay_error *err);
bool vizier_create_trial(struct api_call *call, struct assay_error *err);
bool vizier_list_trials(struct api_call *call, struct assay_error *err);
bool vizier_get_trial(struct api_call *call, struct assay_error *err);
bool vizier_delete_trial(struct api_call *call, struct assay_error *err);
bool vizier_add_measurement(struct api_call *call, struct assay_error *err);
bool vizier_complete_trial(struct api_call *call, struct assay_error *err);
bool vizier_check_trial(struct api_call *call, struct assay_error *err);
bool vizier_stop_trial(struct api_call *call, struct assay_error *err);

/* vizier/vizier_operations.c */
bool vizier_list_study_operations(struct api_call *call, struct assay_error *err);
bool vizier_get_study_operation(struct api_call *call, struct assay_error *err);
bool vizier_wait_for_study_operation(struct api_call *call, struct assay_error *err);
bool vizier_delete_study_operation(struct api_call *call, struct assay_error *err);
bool vizier_cancel_study_operation(struct api_call *call, struct assay_error *err);

/* api_search.c */
bool api_explain_trial(struct api_call *call, struct assay_error *err);
bool api_replay_job(struct api_call *call, struct assay_error *err);

#endif
