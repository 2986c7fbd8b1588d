#include "bench/sim_study.h"

#include "engine/controller/controller.h"
#include "engine/spec/job_document.h"
#include "engine/trial_command.h"
#include "launcher/backend_sim.h"

#include <assert.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* BATCH_EVENTS: as many as the engine takes at once. SHORTEST_US: of a trial, and its double is
 * the longest, so that trials end in another order than they began. */
enum { BATCH_EVENTS = 1024, SHORTEST_US = 1000 };

static const int64_t start_us = INT64_C(1700000000000000);

/* Taken after a commit, so that a few trials more than planned may have ended. */
struct piece {
    struct moment moment;
    int64_t ended;
};

struct study {
    const struct sim_study_plan *plan;
    struct store *store;
    struct launcher *sim;
    struct controller *controller;
    struct command_pair *inherited; /* names are in inherited_text, values in environ itself */
    char **inherited_text;
    size_t inherited_count;
    double *losses; /* of running trials, by number modulo loss_count */
    size_t loss_count;
    int64_t ended;
    int64_t commits;
    struct piece *pieces; /* [i]: when i * SIM_PIECE trials had ended */
    size_t piece_count;
    double early_bytes;
};

static uint64_t mix(uint64_t value)
{
    value = (value ^ (value >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    value = (value ^ (value >> 27)) * UINT64_C(0x94d049bb133111eb);
    return value ^ (value >> 31);
}

static void script(void *context, const struct launch *launch, struct sim_plan *plan)
{
    (void)context;
    plan->duration_us = SHORTEST_US + (int64_t)(mix((uint64_t)launch->key.trial) % SHORTEST_US);
    plan->ending = (struct ending){ .kind = ENDING_EXITED };
}

/* What engine/outlet.c does, but for the follower: there is no file to follow. */
static bool on_launch(void *context, const struct live_job *job, const struct live_trial *trial,
                      struct assay_error *err)
{
    struct study *study = context;
    struct trial_launch launch = { 0 };
    struct trial_command_input input = {
        .state_dir = study->plan->folder,
        .source_dir = job->row.source_dir,
        .spec = job->spec,
        .job = job->row.id,
        .number = trial->number,
        .attempt = trial->attempt,
        .point = trial->point,
        .inherited = study->inherited,
        .inherited_count = study->inherited_count,
        .tag = "simulated",
    };
    double loss = 0;
    bool is_started = trial_launch_build(&input, &launch, err);

    for (size_t i = 0; i < live_job_param_count(job); i++)
        loss += trial->point[i];
    study->losses[(size_t)trial->number % study->loss_count] = loss;
    is_started = is_started && launcher_start(study->sim, &launch.launch, err);
    trial_launch_clear(&launch);
    return is_started;
}

static bool on_adopt(void *context, const struct live_job *job, const struct live_trial *trial,
                     struct assay_error *err)
{
    (void)context;
    (void)job;
    (void)trial;
    return assay_fail(err, ASSAY_INTERNAL, NULL, "nothing is adopted here");
}

static void on_stop(void *context, struct attempt_key key, enum stop_manner manner)
{
    struct study *study = context;

    launcher_stop(study->sim, key, manner);
}

static bool on_publish(void *context, const struct live_job *job, int64_t trial)
{
    (void)context;
    (void)job;
    (void)trial;
    return false; /* the job is not run to its end */
}

static void on_forget(void *context, int64_t job)
{
    (void)context;
    (void)job;
}

static bool copy_environment(struct study *study, struct assay_error *err)
{
    size_t count = 0;

    while (environ[count])
        count++;
    study->inherited = calloc(count + 1, sizeof *study->inherited);
    study->inherited_text = calloc(count + 1, sizeof *study->inherited_text);
    if (!study->inherited || !study->inherited_text)
        return assay_fail_memory(err);
    for (size_t i = 0; i < count; i++) {
        const char *equals = strchr(environ[i], '=');
        size_t used = study->inherited_count;

        if (!equals)
            continue;
        study->inherited_text[used] = strdup(environ[i]);
        if (!study->inherited_text[used])
            return assay_fail_memory(err);
        study->inherited_text[used][equals - environ[i]] = '\0';
        study->inherited[used].name = study->inherited_text[used];
        study->inherited[used].value = equals + 1;
        study->inherited_count++;
    }
    return true;
}

static bool fill_row(const struct study *study, const struct job_spec *spec, struct job_row *row)
{
    *row = (struct job_row){ .kind = spec->kind,
                             .seed = spec->assay.seed,
                             .display_name = strdup(spec->display_name),
                             .source = strdup(study->plan->document),
                             .document = strdup(study->plan->document),
                             .source_dir = strdup(study->plan->folder),
                             .error_message = strdup(""),
                             .model_dir = strdup(""),
                             .note = strdup("") };
    return row->display_name && row->source && row->document && row->source_dir &&
           row->error_message && row->model_dir && row->note;
}

static bool commit(struct study *study, struct assay_error *err)
{
    study->commits++;
    if (!controller_commit(study->controller, NULL, err))
        return false;
    if (store_needs_checkpoint(study->store))
        store_checkpoint(study->store);
    return true;
}

static bool submit(struct study *study, struct assay_error *err)
{
    const char *document = study->plan->document;
    struct assay_faults faults = { 0 };
    struct job_row row = { 0 };
    struct request request = { .kind = REQUEST_SUBMIT, .row = &row };
    struct event event = { .kind = EVENT_REQUEST, .request = &request };
    cJSON *root = json_read(document, strlen(document), err);
    bool is_ok = false;

    if (root)
        request.spec = job_spec_from_json(root, &faults, err);
    cJSON_Delete(root);
    if (!request.spec && faults.count)
        (void)assay_faults_check(&faults, err);
    if (!request.spec)
        return false;
    /* What runs at once is never further apart than this: see SHORTEST_US. */
    study->loss_count = (size_t)request.spec->parallel_trial_count * 4;
    study->losses = calloc(study->loss_count, sizeof *study->losses);
    if (!study->losses || !fill_row(study, request.spec, &row))
        return assay_fail_memory(err);
    (void)controller_begin(study->controller);
    controller_handle(study->controller, &event);
    is_ok = commit(study, err);
    if (is_ok && !request.is_ok)
        *err = request.err;
    return is_ok && request.is_ok;
}

static bool handle_end(struct study *study, const struct ending *ending, struct assay_error *err)
{
    struct event event = { .kind = EVENT_ENDED, .ending = *ending };
    size_t number = (size_t)(ending->key.trial % STORE_TRIALS_MAX);

    event.reports.items = malloc(sizeof *event.reports.items);
    if (!event.reports.items)
        return assay_fail_memory(err);
    event.reports.items[0] =
        (struct metric_report){ .step = 1,
                                .elapsed_us = ending->end_us - ending->start_us,
                                .value = study->losses[number % study->loss_count] };
    event.reports.count = 1;
    controller_handle(study->controller, &event);
    study->ended++;
    return true;
}

static void note_pieces(struct study *study)
{
    while (study->piece_count * SIM_PIECE <= (size_t)study->ended)
        study->pieces[study->piece_count++] = (struct piece){ moment_now(), study->ended };
    if (study->early_bytes == 0 && study->ended >= SIM_PIECE)
        study->early_bytes = resident_bytes();
}

static bool run(struct study *study, struct assay_error *err)
{
    note_pieces(study);
    while (study->ended < study->plan->trials) {
        struct ending ending;

        if (!controller_begin(study->controller))
            break;
        for (int i = 0; i < BATCH_EVENTS && study->ended < study->plan->trials &&
                        launcher_sim_next(study->sim, INT64_MAX, &ending);
             i++)
            if (!handle_end(study, &ending, err))
                return false;
        if (!commit(study, err))
            return false;
        if (launcher_sim_running(study->sim) == 0)
            return assay_fail(err, ASSAY_INTERNAL, NULL, "the study has ended too early");
        note_pieces(study);
    }
    return true;
}

static double cpu_us_between(const struct piece *from, const struct piece *to)
{
    return (to->moment.cpu_s - from->moment.cpu_s) * 1e6 / (double)(to->ended - from->ended);
}

static void measure_stretch(const struct piece *first, struct sim_stretch *stretch)
{
    const struct piece *last = first + SIM_STRETCH_PIECES;
    double cpu_us[SIM_STRETCH_PIECES];

    for (size_t i = 0; i < SIM_STRETCH_PIECES; i++)
        cpu_us[i] = cpu_us_between(first + i, first + i + 1);
    stretch->cpu_us = spread_of(cpu_us, SIM_STRETCH_PIECES);
    stretch->mean_cpu_us = cpu_us_between(first, last);
    stretch->mean_wall_us =
        (last->moment.wall_s - first->moment.wall_s) * 1e6 / (double)(last->ended - first->ended);
}

static double file_bytes(const char *folder, const char *name)
{
    char path[PATH_MAX];
    struct stat info = { 0 };

    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    return stat(path, &info) == 0 ? (double)info.st_size : 0;
}

static void fill_figures(const struct study *study, struct sim_figures *figures)
{
    const struct piece *first = &study->pieces[0];
    const struct piece *last = &study->pieces[study->piece_count - 1];
    double late_bytes = resident_bytes();

    *figures = (struct sim_figures){
        .trials = study->ended,
        .commits = study->commits,
        .wall_s = last->moment.wall_s - first->moment.wall_s,
        .cpu_s = last->moment.cpu_s - first->moment.cpu_s,
        .bytes_per_trial = (late_bytes - study->early_bytes) / (double)(study->ended - SIM_PIECE),
        .file_bytes = file_bytes(study->plan->folder, "assay.db") +
                      file_bytes(study->plan->folder, "assay.db-wal"),
    };
    measure_stretch(first + 1, &figures->early);
    measure_stretch(last - SIM_STRETCH_PIECES, &figures->late);
}

static void study_clear(struct study *study)
{
    for (size_t i = 0; i < study->inherited_count; i++)
        free(study->inherited_text[i]);
    free(study->inherited_text);
    free(study->inherited);
    free(study->losses);
    free(study->pieces);
    controller_free(study->controller);
    launcher_free(study->sim);
}

bool sim_study_run(const struct sim_study_plan *plan, struct sim_figures *figures,
                   struct assay_error *err)
{
    struct study study = { .plan = plan };
    struct sim_options options = { .script = script, .start_us = start_us };
    struct controller_outlet outlet = { .context = &study,
                                        .launch = on_launch,
                                        .adopt = on_adopt,
                                        .stop = on_stop,
                                        .publish = on_publish,
                                        .forget = on_forget };
    bool is_ok = false;

    assert(plan->trials >= INT64_C(2) * SIM_STRETCH_PIECES * SIM_PIECE);
    study.pieces = calloc((size_t)plan->trials / SIM_PIECE + 1, sizeof *study.pieces);
    if (!study.pieces || !copy_environment(&study, err)) {
        (void)assay_fail_memory(err);
        goto out;
    }
    study.store = store_open(plan->folder, STORE_WRITE, err);
    study.sim = study.store ? launcher_sim_new(&options, err) : NULL;
    if (!study.sim)
        goto out;
    study.controller = controller_new(study.store, launcher_sim_env(study.sim), &outlet);
    if (!study.controller) {
        (void)assay_fail_memory(err);
        goto out;
    }
    is_ok = submit(&study, err) && run(&study, err);
    if (is_ok)
        fill_figures(&study, figures);
out:
    study_clear(&study);
    return is_ok;
}
