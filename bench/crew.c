#include "bench/crew.h"

#include "bench/measure.h"

#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CREW_MAX = 256, FIRST_WORD_S = 60, LOOK_S = 1 };

/* What a worker that cannot go on leaves to be told. */
enum { EXIT_NO_MEMORY = 3 };

struct arm_times {
    _Atomic uint64_t microseconds;
    _Atomic size_t runs;
};

/* In memory that all the processes share. */
struct board {
    _Atomic size_t next;
    _Atomic size_t done;
    _Atomic size_t current[CREW_MAX]; /* per worker: the run it is at, plus 1; 0 for none */
    struct arm_times times[];         /* per arm kind */
};

struct hands {
    const struct crew *crew;
    struct board *board;
    size_t worker_count;
    pid_t workers[CREW_MAX]; /* 0: ended */
    double start_s;
    double next_word_s;
};

static size_t board_size(void)
{
    return sizeof(struct board) + arm_kind_count * sizeof(struct arm_times);
}

static void work_off(const struct crew *crew, struct board *board, size_t worker)
{
    size_t index = 0;

    while ((index = atomic_fetch_add(&board->next, 1)) < crew->run_count) {
        const struct study_run *run = &crew->runs[index];
        struct arm_times *times = &board->times[arm_index(run->kind)];
        struct result result = { 0 };
        struct assay_error err = { 0 };
        double start_s = moment_now().wall_s;

        atomic_store(&board->current[worker], index + 1);
        if (!study_run(run, &result, &err) || !result_append(crew->file, &result, &err)) {
            (void)fprintf(stderr, "assay-bench: %s\n", err.message);
            _exit(EXIT_NO_MEMORY);
        }
        result_clear(&result);
        atomic_store(&board->current[worker], 0);
        atomic_fetch_add(&times->microseconds, (uint64_t)((moment_now().wall_s - start_s) * 1e6));
        atomic_fetch_add(&times->runs, 1);
        atomic_fetch_add(&board->done, 1);
    }
    _exit(0);
}

/* The worker dies with this process, and by the signals that end it. */
static bool start_worker(struct hands *hands, size_t worker, const sigset_t *old_mask)
{
    pid_t parent = getpid();
    pid_t pid = fork();

    if (pid == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() != parent)
            _exit(0);
        (void)sigprocmask(SIG_SETMASK, old_mask, NULL);
        work_off(hands->crew, hands->board, worker);
    }
    hands->workers[worker] = pid > 0 ? pid : 0;
    return pid > 0;
}

/* A worker was killed: its run failed, and nobody else can say so. */
static bool note_death(struct hands *hands, size_t worker, int status, struct assay_error *err)
{
    size_t current = atomic_exchange(&hands->board->current[worker], 0);
    struct result result = { 0 };

    if (current == 0)
        return true;
    study_run_describe(&hands->crew->runs[current - 1], &result);
    result.status = RESULT_FAILED;
    (void)snprintf(result.note, sizeof result.note, "the process died: %s",
                   WIFSIGNALED(status) ? sigdescr_np(WTERMSIG(status)) : "it left");
    atomic_fetch_add(&hands->board->done, 1);
    return result_append(hands->crew->file, &result, err);
}

/* Takes what ended. A worker that was killed gets a successor. */
static bool reap(struct hands *hands, const sigset_t *old_mask, size_t *left,
                 struct assay_error *err)
{
    *left = 0;
    for (size_t i = 0; i < hands->worker_count; i++) {
        int status = 0;

        if (hands->workers[i] > 0 && waitpid(hands->workers[i], &status, WNOHANG) > 0) {
            hands->workers[i] = 0;
            if (WIFEXITED(status) && WEXITSTATUS(status) == EXIT_NO_MEMORY)
                return assay_fail(err, ASSAY_EXHAUSTED, NULL, "a worker could not go on");
            if (!(WIFEXITED(status) && WEXITSTATUS(status) == 0)) {
                if (!note_death(hands, i, status, err))
                    return false;
                if (!start_worker(hands, i, old_mask))
                    return assay_fail_errno(err, errno, "fork");
            }
        }
        *left += hands->workers[i] > 0;
    }
    return true;
}

/* Seconds of all runs that are not done, by what runs of the same arm took so far. */
static double left_s(const struct hands *hands)
{
    const struct crew *crew = hands->crew;
    double all_s = 0;
    double sum_s = 0;
    size_t all_runs = 0;

    for (size_t i = 0; i < arm_kind_count; i++) {
        all_s += (double)atomic_load(&hands->board->times[i].microseconds) / 1e6;
        all_runs += atomic_load(&hands->board->times[i].runs);
    }
    for (size_t i = atomic_load(&hands->board->next); i < crew->run_count; i++) {
        struct arm_times *times = &hands->board->times[arm_index(crew->runs[i].kind)];
        size_t runs = atomic_load(&times->runs);

        if (runs > 0)
            sum_s += (double)atomic_load(&times->microseconds) / 1e6 / (double)runs;
        else if (all_runs > 0)
            sum_s += all_s / (double)all_runs;
    }
    return sum_s / (double)hands->worker_count;
}

static void say_how_far(struct hands *hands)
{
    double passed_s = moment_now().wall_s - hands->start_s;
    double rest_s = left_s(hands);
    size_t done = atomic_load(&hands->board->done);

    if (passed_s < hands->next_word_s)
        return;
    hands->next_word_s = 2 * passed_s;
    (void)fprintf(stderr, "assay-bench: %zu of %zu runs after %.0f min, about %.0f min to go\n",
                  done, hands->crew->run_count, passed_s / 60, ceil(rest_s / 60));
}

static void stop_all(struct hands *hands)
{
    for (size_t i = 0; i < hands->worker_count; i++)
        if (hands->workers[i] > 0)
            (void)kill(hands->workers[i], SIGKILL);
    for (size_t i = 0; i < hands->worker_count; i++)
        if (hands->workers[i] > 0)
            (void)waitpid(hands->workers[i], NULL, 0);
}

static enum crew_end watch(struct hands *hands, const sigset_t *waited, const sigset_t *old_mask,
                           struct assay_error *err)
{
    struct timespec pause = { .tv_sec = LOOK_S };
    size_t left = 0;

    for (size_t i = 0; i < hands->worker_count; i++) {
        if (!start_worker(hands, i, old_mask)) {
            (void)assay_fail_errno(err, errno, "fork");
            return CREW_FAILED;
        }
    }
    do {
        int signal_number = sigtimedwait(waited, NULL, &pause);

        if (signal_number == SIGINT || signal_number == SIGTERM)
            return CREW_INTERRUPTED;
        if (!reap(hands, old_mask, &left, err))
            return CREW_FAILED;
        say_how_far(hands);
    } while (left > 0);
    return CREW_DONE;
}

enum crew_end crew_run(const struct crew *crew, struct assay_error *err)
{
    struct hands hands = { .crew = crew, .worker_count = crew->worker_count };
    enum crew_end end = CREW_FAILED;
    sigset_t waited;
    sigset_t old_mask;

    if (hands.worker_count > CREW_MAX)
        hands.worker_count = CREW_MAX;
    hands.board =
        mmap(NULL, board_size(), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (hands.board == MAP_FAILED) {
        (void)assay_fail_memory(err);
        return CREW_FAILED;
    }
    (void)sigemptyset(&waited);
    (void)sigaddset(&waited, SIGCHLD);
    (void)sigaddset(&waited, SIGINT);
    (void)sigaddset(&waited, SIGTERM);
    (void)sigprocmask(SIG_BLOCK, &waited, &old_mask);
    hands.start_s = moment_now().wall_s;
    hands.next_word_s = FIRST_WORD_S;
    end = watch(&hands, &waited, &old_mask, err);
    stop_all(&hands);
    (void)sigprocmask(SIG_SETMASK, &old_mask, NULL);
    (void)munmap(hands.board, board_size());
    return end;
}
