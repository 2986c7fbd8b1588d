/*
 * engine/study/study_private.h - an open study, shared by the files that work on it.
 *
 * assay_study.c and ask_tell.c are the doors, study_actions.c does what a line says, study_change.c
 * what either door changes, study_replay.c what a journal says, study_models.c keeps models in it.
 */
#ifndef ENGINE_STUDY_STUDY_PRIVATE_H
#define ENGINE_STUDY_STUDY_PRIVATE_H

#include "assay.h"
#include "engine/study/study.h"
#include "engine/study/study_document.h"
#include "engine/study/study_journal.h"
#include "engine/study/study_learner.h"
#include "engine/study/study_line.h"
#include "engine/study/study_specs.h"

#include <pthread.h>

/* A text that is written again and again: memory is taken once, not for each line. */
struct text_stream {
    FILE *file;
    char *text; /* size bytes, not terminated; after text_stream_end() */
    size_t size;
    struct json_writer json;
};

bool text_stream_open(struct text_stream *stream); /* false for lack of memory */
void text_stream_close(struct text_stream *stream);
void text_stream_begin(struct text_stream *stream);
/* False for lack of memory. */
bool text_stream_end(struct text_stream *stream);

struct assay_study {
    pthread_mutex_t mutex; /* guards all the rest; what document and specs have never changes once
                              study is there */
    struct study_document document;
    struct study_specs *specs;     /* the document's, as assay.h has them; NULL until then, too */
    struct study *study;           /* NULL before there is a document */
    struct study_journal *journal; /* NULL for a study in memory */
    char *state_dir;               /* NULL the same */
    bool is_verifying;
    char note[512];
    bool is_broken; /* memory and journal differ: only opening it again helps */

    struct study_model *models; /* found in the journal while it is read, the newest first */
    size_t stored_count;        /* of the newest model in the journal */

    struct fields fields;
    struct assay_faults faults;
    struct text_stream answer;
    struct text_stream event;
    double *point;  /* one per parameter */
    double *values; /* one per metric */
};

/* Around each call of a door: takes and gives back the mutex, and forgets the last call's faults.
 */
void study_begin_call(struct assay_study *s);
void study_end_call(struct assay_study *s);

/* False: memory and journal differ. */
bool study_check_usable(const struct assay_study *s, struct assay_error *err);

/*
 * Does what the line says and writes the answer into s->answer, which was begun. False and *err (or
 * s->faults and ASSAY_INVALID), and nothing has changed.
 */
bool study_act(struct assay_study *s, const struct study_line *line, struct assay_error *err);

/* The event that was begun in s->event: on disk when this returns true. */
bool study_commit_event(struct assay_study *s, struct assay_error *err);

/* Is this line of a journal a model, whole or not? */
bool study_is_model_line(const char *line, size_t size);

/* Puts its model before s->models; one that makes no sense is left out. */
void study_read_model_line(struct assay_study *s, const char *line, size_t size);

/* Stores what was learnt since the last time. What cannot be stored is learnt again some day. */
void study_store_models(struct assay_study *s);

/* Members "id": "7", "parameters": {…}; without the latter for a NULL point. */
void study_write_assignment(const struct assay_study *s, struct json_writer *writer,
                            uint64_t number, const double *point);

/* {"id": "7", "parameters": {…}} */
void study_write_suggestion(struct assay_study *s, struct json_writer *writer, uint64_t number);

/* All active trials, as a list of those. */
void study_write_pending(struct assay_study *s, struct json_writer *writer);

/*
 * s->document becomes a study, in s->state_dir where there is one: the one that is found there,
 * or a new one. False and *err: s is as before, but for the document.
 */
bool study_begin(struct assay_study *s, struct assay_error *err);

/* The same document again? */
bool study_is_same(struct assay_study *s, struct study_document *document, struct assay_error *err);

#endif
