/*
 * assay-suggest-pipe: how many asks and tells a second go through `assay suggest` and two pipes,
 * with a client that waits for each answer, one that puts both in a line, and one that writes
 * ahead; how many in one process, by lines and by plain structs; and, with --folder, how many are
 * durable beside a bare loop of fdatasync().
 *
 *     assay-suggest-pipe [--folder DIR] [--quick | --smoke] [--pairs N] [--rounds N] [PROGRAM]
 *
 * PROGRAM is assay, looked for beside this one. `bench/run suggest` builds and starts it.
 */
#include "bench/measure.h"
#include "bench/report.h"
#include "bench/suggest_calls.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* AHEAD pairs and their answers fit into a pipe of 64 KiB, so that nobody waits for anybody. */
enum { BUFFER_SIZE = 64 * 1024, LINE_SIZE = 256, AHEAD = 100, ROUNDS_MAX = 32, LIMIT = 50000 };

/* Of the default sampler, which takes nearly all of the time from a few dozens on. */
enum { LEARNING_PAIRS = 60 };

/* The study of all of them. */
#define STUDY_TEXT(algorithm)                                                                      \
    "{\"studySpec\":{\"metrics\":[{\"metricId\":\"loss\",\"goal\":\"MINIMIZE\"}],"                 \
    "\"parameters\":["                                                                             \
    "{\"parameterId\":\"lr\",\"scaleType\":\"UNIT_LOG_SCALE\","                                    \
    "\"doubleValueSpec\":{\"minValue\":1e-5,\"maxValue\":0.1}},"                                   \
    "{\"parameterId\":\"momentum\",\"doubleValueSpec\":{\"minValue\":0,\"maxValue\":1}},"          \
    "{\"parameterId\":\"units\",\"integerValueSpec\":{\"minValue\":\"1\",\"maxValue\":\"512\"}},"  \
    "{\"parameterId\":\"optimizer\",\"categoricalValueSpec\":{\"values\":[\"adam\",\"sgd\"]}}]},"  \
    "\"seed\":1,\"algorithm\":\"" algorithm "\"}"

static const char study_line[] = "{\"study\":" STUDY_TEXT("random") "}\n";

/* The program at the other end. */
struct peer {
    pid_t pid;
    int to, from;
    char text[BUFFER_SIZE]; /* read, from begin to end not yet used */
    size_t begin, end;
};

static void fail(const char *what)
{
    (void)fprintf(stderr, "suggest-pipe: %s: %s\n", what, strerror(errno));
    exit(2);
}

static void peer_start(struct peer *peer, char *const *argv)
{
    int to[2];
    int from[2];
    posix_spawn_file_actions_t actions;

    if (pipe2(to, O_CLOEXEC) != 0 || pipe2(from, O_CLOEXEC) != 0)
        fail("pipe");
    if (posix_spawn_file_actions_init(&actions) != 0 ||
        posix_spawn_file_actions_adddup2(&actions, to[0], STDIN_FILENO) != 0 ||
        posix_spawn_file_actions_adddup2(&actions, from[1], STDOUT_FILENO) != 0)
        fail("posix_spawn");
    errno = posix_spawn(&peer->pid, argv[0], &actions, NULL, argv, environ);
    if (errno != 0)
        fail(argv[0]);
    (void)posix_spawn_file_actions_destroy(&actions);
    (void)close(to[0]);
    (void)close(from[1]);
    peer->to = to[1];
    peer->from = from[0];
    peer->begin = peer->end = 0;
}

static void peer_write(struct peer *peer, const char *text, size_t size)
{
    while (size > 0) {
        ssize_t done = write(peer->to, text, size);

        if (done < 0)
            fail("write");
        text += done;
        size -= (size_t)done;
    }
}

/* The next answer, terminated; it lives until the next call. */
static const char *peer_read(struct peer *peer)
{
    for (;;) {
        char *begin = peer->text + peer->begin;
        char *newline = memchr(begin, '\n', peer->end - peer->begin);
        ssize_t got = 0;

        if (newline) {
            *newline = '\0';
            peer->begin = (size_t)(newline - peer->text) + 1;
            if (strncmp(begin, "{\"error\"", 8) == 0) {
                errno = EPROTO;
                fail(begin);
            }
            return begin;
        }
        memmove(peer->text, begin, peer->end - peer->begin);
        peer->end -= peer->begin;
        peer->begin = 0;
        got = read(peer->from, peer->text + peer->end, sizeof peer->text - peer->end);
        if (got <= 0)
            fail("read");
        peer->end += (size_t)got;
    }
}

/* CPU seconds that the program has used, all told. */
static double peer_end(struct peer *peer)
{
    struct rusage usage = { 0 };
    int status = 0;

    (void)close(peer->to);
    if (wait4(peer->pid, &status, 0, &usage) != peer->pid || status != 0)
        fail("assay suggest");
    (void)close(peer->from);
    return (double)usage.ru_utime.tv_sec + (double)usage.ru_stime.tv_sec +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

/* The id of the answer's first trial. */
static long id_of(const char *answer)
{
    const char *at = strstr(answer, "\"id\":\"");

    if (!at) {
        errno = EPROTO;
        fail(answer);
    }
    return strtol(at + 6, NULL, 10);
}

static size_t tell_text(char *text, long id, const char *more)
{
    return (size_t)snprintf(text, LINE_SIZE,
                            "{\"tell\":[{\"id\":\"%ld\",\"metrics\":{\"loss\":%.6f}}]%s}\n", id,
                            1.0 / (double)(id + 1), more);
}

static const char ask_text[] = "{\"ask\":1}\n";

static void wait_for_each(struct peer *peer, long pairs)
{
    char text[LINE_SIZE];

    for (long i = 0; i < pairs; i++) {
        size_t size = 0;

        peer_write(peer, ask_text, sizeof ask_text - 1);
        size = tell_text(text, id_of(peer_read(peer)), "");
        peer_write(peer, text, size);
        (void)peer_read(peer);
    }
}

static void both_in_a_line(struct peer *peer, long pairs)
{
    char text[LINE_SIZE];

    peer_write(peer, ask_text, sizeof ask_text - 1);
    for (long i = 0; i < pairs; i++) {
        size_t size = tell_text(text, id_of(peer_read(peer)), ",\"ask\":1");

        peer_write(peer, text, size);
    }
    (void)peer_read(peer);
}

/* Ids count up, so what is told can be written before the answer is read. */
static void write_ahead(struct peer *peer, long pairs)
{
    static char text[AHEAD * LINE_SIZE];
    long id = 1;

    while (id <= pairs) {
        size_t size = 0;
        long last = id + AHEAD - 1 < pairs ? id + AHEAD - 1 : pairs;
        long count = last - id + 1;

        for (; id <= last; id++) {
            memcpy(text + size, ask_text, sizeof ask_text - 1);
            size += sizeof ask_text - 1;
            size += tell_text(text + size, id, "");
        }
        peer_write(peer, text, size);
        for (long i = 0; i < 2 * count; i++)
            (void)peer_read(peer);
    }
}

struct bench {
    char program[PATH_MAX];
    char state[PATH_MAX]; /* "": in memory */
    long pairs;
    int rounds;
    struct report report;
};

/* Pairs a second; *cpu_us: of the program, for a pair. */
static double run_round(const struct bench *bench, void (*client)(struct peer *, long),
                        double *cpu_us)
{
    static struct peer peer;
    char words[][16] = { "suggest", "-", "--state" };
    char *argv[] = { (char[PATH_MAX]){ 0 }, words[0], words[1], NULL, NULL, NULL };
    char state[PATH_MAX];
    struct moment before;
    struct moment after;

    (void)snprintf(argv[0], PATH_MAX, "%s", bench->program);
    (void)snprintf(state, sizeof state, "%s", bench->state);
    if (state[0]) {
        argv[3] = words[2];
        argv[4] = state;
    }
    peer_start(&peer, argv);
    peer_write(&peer, study_line, sizeof study_line - 1);
    (void)peer_read(&peer);
    before = moment_now();
    client(&peer, bench->pairs);
    after = moment_now();
    *cpu_us = peer_end(&peer) * 1e6 / (double)bench->pairs;
    return (double)bench->pairs / (after.wall_s - before.wall_s);
}

/* Two pipes and another process, and nothing in it: what strict waiting costs by itself. */
static double run_echo(const struct bench *bench)
{
    static struct peer peer;
    char words[][16] = { "/bin/cat" };
    char *argv[] = { words[0], NULL };
    struct moment before;
    struct moment after;

    peer_start(&peer, argv);
    before = moment_now();
    for (long i = 0; i < 2 * bench->pairs; i++) {
        peer_write(&peer, ask_text, sizeof ask_text - 1);
        (void)peer_read(&peer);
    }
    after = moment_now();
    (void)peer_end(&peer);
    return (double)bench->pairs / (after.wall_s - before.wall_s);
}

static void measure(struct bench *bench, const char *name, void (*client)(struct peer *, long),
                    bool is_judged)
{
    double rates[ROUNDS_MAX];
    double costs[ROUNDS_MAX];
    struct spread spread;

    for (int i = 0; i < bench->rounds; i++)
        rates[i] = run_round(bench, client, &costs[i]);
    spread = spread_of(rates, (size_t)bench->rounds);
    report_spread(name, &spread, "/s");
    if (is_judged)
        report_at_least(&bench->report, "  its median", spread.median, LIMIT, "/s");
    spread = spread_of(costs, (size_t)bench->rounds);
    report_spread("  CPU of assay for a pair", &spread, "us");
}

static void measure_echo(const struct bench *bench)
{
    double rates[ROUNDS_MAX];
    struct spread spread;

    for (int i = 0; i < bench->rounds; i++)
        rates[i] = run_echo(bench);
    spread = spread_of(rates, (size_t)bench->rounds);
    report_spread("the same lines through cat(1)", &spread, "/s");
}

/* Appends of a line's size with an fdatasync() each. */
static double sync_rate(const char *folder, long count)
{
    char path[PATH_MAX];
    char line[100];
    struct moment before;
    struct moment after;
    int fd = -1;

    memset(line, 'x', sizeof line);
    (void)snprintf(path, sizeof path, "%.*s/sync", PATH_MAX / 2, folder);
    fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (fd < 0)
        fail(path);
    before = moment_now();
    for (long i = 0; i < count; i++)
        if (write(fd, line, sizeof line) != sizeof line || fdatasync(fd) != 0)
            fail(path);
    after = moment_now();
    (void)close(fd);
    (void)unlink(path);
    return (double)count / (after.wall_s - before.wall_s);
}

/* A pair is two lines, so two syncs. */
static void measure_durable(struct bench *bench, const char *folder)
{
    double syncs[ROUNDS_MAX];
    double rates[ROUNDS_MAX];
    double cpu_us = 0;
    struct spread spread;

    bench->pairs = bench->pairs / 50 + 1;
    for (int i = 0; i < bench->rounds; i++) {
        char path[PATH_MAX];

        syncs[i] = sync_rate(folder, 2 * bench->pairs) / 2;
        (void)snprintf(bench->state, sizeof bench->state, "%.*s/suggest-XXXXXX", PATH_MAX / 2,
                       folder);
        if (!mkdtemp(bench->state))
            fail(folder);
        rates[i] = run_round(bench, wait_for_each, &cpu_us);
        (void)snprintf(path, sizeof path, "%.*s/suggest.jsonl", PATH_MAX / 2, bench->state);
        (void)unlink(path);
        (void)snprintf(path, sizeof path, "%.*s/suggest.lock", PATH_MAX / 2, bench->state);
        (void)unlink(path);
        (void)rmdir(bench->state);
    }
    spread = spread_of(rates, (size_t)bench->rounds);
    report_spread("durable, waiting for each answer", &spread, "/s");
    spread = spread_of(syncs, (size_t)bench->rounds);
    report_spread("two appends with fdatasync", &spread, "/s");
}

static void find_program(struct bench *bench, const char *given)
{
    char here[PATH_MAX] = "";
    char *slash = NULL;

    if (!given && readlink("/proc/self/exe", here, sizeof here - 1) < 0)
        fail("/proc/self/exe");
    slash = strrchr(here, '/');
    (void)snprintf(bench->program, sizeof bench->program, "%.*s%s",
                   slash ? (int)(slash - here) + 1 : 0, here, given ? given : "assay");
}

int main(int argc, char **argv)
{
    static const struct option options[] = {
        { "folder", required_argument, NULL, 'f' }, { "quick", no_argument, NULL, 'q' },
        { "smoke", no_argument, NULL, 's' },        { "pairs", required_argument, NULL, 'p' },
        { "rounds", required_argument, NULL, 'r' }, { 0 }
    };
    struct bench bench = { .pairs = 200000, .rounds = 5, .report = { .is_judging = true } };
    const char *folder = NULL;
    int option = 0;

    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (option == 'f')
            folder = optarg;
        else if (option == 'q')
            bench.pairs = 50000;
        else if (option == 's')
            bench = (struct bench){ .pairs = 500, .rounds = 1 };
        else if (option == 'p')
            bench.pairs = strtol(optarg, NULL, 10);
        else if (option == 'r')
            bench.rounds = (int)strtol(optarg, NULL, 10);
    }
    if (bench.pairs < 1 || bench.rounds < 1 || bench.rounds > ROUNDS_MAX || argc - optind > 1) {
        (void)fprintf(
            stderr,
            "usage: %s [--folder DIR] [--quick | --smoke] [--pairs N] [--rounds N] [PROGRAM]\n",
            argv[0]);
        return 2;
    }
    (void)signal(SIGPIPE, SIG_IGN);
    find_program(&bench, argv[optind]);
    report_machine(folder ? folder : ".");
    report_part("pairs of a random ask and its tell, through pipes");
    measure_echo(&bench);
    measure(&bench, "waiting for each answer", wait_for_each, true);
    measure(&bench, "tell and ask in one line", both_in_a_line, true);
    measure(&bench, "written ahead", write_ahead, true);
    report_part(
        "the same in this process, in memory: assay_study_line(), and asks and tells by structs");
    suggest_calls_measure("random", STUDY_TEXT("random"), bench.pairs, bench.rounds);
    suggest_calls_measure("default", STUDY_TEXT("default"), LEARNING_PAIRS, bench.rounds);
    if (folder)
        measure_durable(&bench, folder);
    report_end(&bench.report);
    return bench.report.missed == 0 ? 0 : 1;
}
