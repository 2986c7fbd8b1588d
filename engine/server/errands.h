/*
 * engine/server/errands.h - threads for what may take its time, so that the threads that read and
 * write connections never wait: a commit to the disk, a long list, a log.
 *
 * Threads are started as they are needed and stay. As many errands wait for one commit together as
 * there are threads; further ones wait in the order in which they came.
 */
#ifndef ENGINE_SERVER_ERRANDS_H
#define ENGINE_SERVER_ERRANDS_H

struct errands;

/* In its owner's hands until run() is called; that may free it. */
struct errand {
    void (*run)(struct errand *errand);
    struct errand *next;
};

/* NULL for lack of memory. */
struct errands *errands_new(unsigned int threads_max);
/* Ends once all that was added is done. NULL is fine. */
void errands_free(struct errands *errands);

/* Any thread. Where no thread can be started, it is run here and now. */
void errands_add(struct errands *errands, struct errand *errand);

#endif
