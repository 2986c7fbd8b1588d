/*
 * launcher/slurm/slurm_command.h - the words of Slurm's commands: pure.
 *
 * Text forms only, which have been the same for fifteen years; every job carries its tag in its
 * name and in its comment.
 */
#ifndef LAUNCHER_SLURM_SLURM_COMMAND_H
#define LAUNCHER_SLURM_SLURM_COMMAND_H

#include "launcher/launcher.h"

/* An argv that grows; zero it to start. */
struct word_list {
    char **words; /* owned; NULL-terminated once there is one */
    size_t count;
    size_t capacity;
    bool is_short_of_memory; /* then words are missing */
};

void word_list_add(struct word_list *list, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
void word_list_copy(struct word_list *list, const struct word_list *from); /* behind its own */
void word_list_clear(struct word_list *list);

/* What a command is made for; all borrowed. */
struct slurm_submission {
    const struct slurm_launch *wishes; /* NULL: none */
    const char *shim;                  /* as the nodes see it */
    const char *tag;
    const struct launch *launch; /* of its replicas dir and resources count */
};

/* All its replicas ask for the same, so that a gang is a job of so many tasks; else it is a
 * heterogeneous one, whose components never share a node. */
bool slurm_command_is_uniform(const struct launch *launch);

/* How long the attempt may take, with its grace; 0: nobody has said. */
int64_t slurm_command_timeout_us(const struct launch *launch);

/* sbatch for a job of one replica, of as many tasks as there are replicas that ask for the same, or
 * a heterogeneous one: a component for each replica. */
void slurm_command_submit(const struct slurm_submission *submission, struct word_list *words);

/* The words of a submission, for a job that begins when one of those others has ended: ids, with a
 * space in front of each, "" for none. */
void slurm_command_submit_after(const struct word_list *submission, const char *ids,
                                struct word_list *words);

/* The script that it submits: <folder of replica 0>/SLURM_SCRIPT_NAME. The caller frees it; NULL
 * for lack of memory. */
#define SLURM_SCRIPT_NAME "slurm.sh"
#define SLURM_LOG_NAME "slurm.log"
char *slurm_command_script(const struct slurm_submission *submission);

/*
 * srun for a step of the only replica in an allocation. Which one is set later: false for lack of
 * memory.
 */
void slurm_command_step(const struct slurm_submission *submission, struct word_list *words);
bool slurm_command_set_allocation(struct word_list *words, const char *allocation);

/* The words that say what is wished of Slurm; wishes may be NULL. */
void slurm_command_wish(const struct slurm_launch *wishes, struct word_list *words);

/* An allocation that does nothing by itself; all borrowed. */
struct slurm_allocation {
    const struct word_list *wishes;
    int nodes;
    const char *tag;
    const char *lease_path; /* which an engine touches */
    int64_t idle_s;         /* it ends when nobody has done so for that long and no step runs */
};

void slurm_command_allocate(const struct slurm_allocation *allocation, struct word_list *words);

/* squeue for all jobs of user. */
void slurm_command_look(long user, struct word_list *words);

/* scancel by name, so that no other job is ever hit. */
void slurm_command_cancel(long user, const char *tag, struct word_list *words);

/*
 * The environment of all of them: of the NULL-terminated entries of own what finds programs, the
 * user and the cluster; jobs inherit it. Nothing of a job around us, or srun would start a step of
 * that one.
 */
void slurm_command_environment(char *const *own, struct word_list *entries);

/* What sbatch said tells that the same words will never be accepted. */
bool slurm_command_is_refused(const char *errors);

#endif
