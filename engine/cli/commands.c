#include "engine/cli/command.h"

#include "assay/value.h"

#include <limits.h>
#include <string.h>

#define STATE OPTION_BIT(OPTION_STATE)
/* Where the engine is: of the commands that may ask one elsewhere. */
#define PLACE                                                                                      \
    (STATE | OPTION_BIT(OPTION_ENDPOINT) | OPTION_BIT(OPTION_TOKEN_FILE) |                         \
     OPTION_BIT(OPTION_TLS_CA))
#define JSON OPTION_BIT(OPTION_JSON)
#define QUIET OPTION_BIT(OPTION_QUIET)
#define VERBOSE OPTION_BIT(OPTION_VERBOSE)
/* How trials are run: of the commands that are the engine, and what can be said of each job. */
#define ENGINE                                                                                     \
    (OPTION_BIT(OPTION_CONFIG) | OPTION_BIT(OPTION_PLACES) | OPTION_BIT(OPTION_STRICT_PLACES) |    \
     OPTION_BIT(OPTION_LAUNCHER) | OPTION_BIT(OPTION_CONTAINER_ENGINE) |                           \
     OPTION_BIT(OPTION_SLURM_ALLOCATION) | OPTION_BIT(OPTION_MAX_DISK) |                           \
     OPTION_BIT(OPTION_NOTIFY_COMMAND) | OPTION_BIT(OPTION_NOTIFY_WEBHOOK))
#define LAUNCH                                                                                     \
    (OPTION_BIT(OPTION_CONTAINER_REUSE) | OPTION_BIT(OPTION_NETWORK) | OPTION_BIT(OPTION_KEEP) |   \
     OPTION_BIT(OPTION_LOG_MAX) | OPTION_BIT(OPTION_NICE) | OPTION_BIT(OPTION_SLURM_PARTITION) |   \
     OPTION_BIT(OPTION_SLURM_ACCOUNT) | OPTION_BIT(OPTION_SLURM_QOS) |                             \
     OPTION_BIT(OPTION_SLURM_TIME) | OPTION_BIT(OPTION_SLURM_OPTION) |                             \
     OPTION_BIT(OPTION_SLURM_AHEAD))
#define DOCUMENT (OPTION_BIT(OPTION_SEED) | OPTION_BIT(OPTION_ON_HOST) | OPTION_BIT(OPTION_SET))

const struct option_spec command_options[OPTION_COUNT] = {
    [OPTION_STATE] = { .name = "state",
                       .argument = "DIR",
                       .words = "@dir",
                       .help = "the state folder; see STATE FOLDER" },
    [OPTION_SEED] = { .name = "seed",
                      .argument = "N",
                      .help = "the study's seed: the same seed and the same ends of trials, in "
                              "their order, give the same parameters; like assay.seed in the "
                              "document" },
    [OPTION_ON_HOST] = { .name = "on-host",
                         .help = "run every image's command straight on this machine, not in a "
                                 "container; like --set assay.onHost=true" },
    [OPTION_SET] = { .name = "set",
                     .argument = "PATH=VALUE",
                     .is_repeatable = true,
                     .help = "change a field of the document before it is read, as in "
                             "--set maxTrialCount=5; list items by [0], [1], …; repeatable" },
    [OPTION_JSON] = { .name = "json", .help = "print JSON for programs, and nothing else" },
    [OPTION_QUIET] = { .name = "quiet",
                       .letter = 'q',
                       .help = "no progress, only the result and what goes wrong" },
    [OPTION_VERBOSE] = { .name = "verbose",
                         .letter = 'v',
                         .help = "the engine's log on standard error, too" },
    [OPTION_FORMAT] = { .name = "format",
                        .argument = "FORMAT",
                        .words = "table json csv",
                        .help = "table (the default), json (one array of the API's Trial "
                                "resources) or csv (RFC 4180)" },
    [OPTION_FOLLOW] = { .name = "follow",
                        .letter = 'f',
                        .help = "go on until the trial has ended" },
    [OPTION_REPLICA] = { .name = "replica",
                         .argument = "NAME",
                         .help = "which one's, as in workerpool1-0; else the primary's" },
    [OPTION_STDERR] = { .name = "stderr", .help = "what the trial wrote to standard error" },
    [OPTION_VERIFY] = { .name = "verify",
                        .help = "of a study that is found again, compute every suggestion anew, "
                                "and fail when one is another" },
    [OPTION_ENDPOINT] = { .name = "endpoint",
                          .argument = "URL",
                          .help = "ask the server of `assay serve` there, as in "
                                  "http://127.0.0.1:8080, in place of a folder; else "
                                  "$ASSAY_ENDPOINT" },
    [OPTION_TOKEN_FILE] = { .name = "token-file",
                            .argument = "FILE",
                            .words = "@file",
                            .help = "the token that the server wants; else $ASSAY_TOKEN" },
    [OPTION_TLS_CA] = { .name = "tls-ca",
                        .argument = "FILE",
                        .words = "@file",
                        .help = "trust only this certificate (PEM) of an https:// server" },
    [OPTION_LISTEN] = { .name = "listen",
                        .argument = "ADDRESS:PORT",
                        .help = "where to listen, 127.0.0.1:8080 unless told; port 0 is a free "
                                "one, and PORT alone one of 127.0.0.1" },
    [OPTION_NO_AUTH] = { .name = "no-auth",
                         .help = "ask nobody for a token: whoever can connect may do everything" },
    [OPTION_ALLOW_HOST] = { .name = "allow-host",
                            .help = "outside loopback, too, take jobs that run commands straight "
                                    "on this machine" },
    [OPTION_MAX_CONNECTIONS] = { .name = "max-connections",
                                 .argument = "N",
                                 .help = "keep at most N connections open (1024 unless told), "
                                         "three quarters of them to one address" },
    [OPTION_TLS_CERT] = { .name = "tls-cert",
                          .argument = "FILE",
                          .words = "@file",
                          .help = "serve HTTPS with this certificate chain (PEM)" },
    [OPTION_TLS_KEY] = { .name = "tls-key",
                         .argument = "FILE",
                         .words = "@file",
                         .help = "the certificate's private key (PEM)" },
    [OPTION_EMULATE] = { .name = "emulate",
                         .help = "run nothing: jobs go as the script says, on a clock that stands "
                                 "still; see assay help emulate" },
    [OPTION_SCRIPT] = { .name = "script",
                        .argument = "FILE",
                        .words = "@file",
                        .help = "what happens in emulate mode (JSON or YAML); without it every job "
                                "succeeds at once" },
    [OPTION_MAX_SIZE] = { .name = "max-size",
                          .argument = "SIZE",
                          .help = "remove the longest unused until SIZE is left at most, as in 10G "
                                  "or 500M" },
    [OPTION_OLDER_THAN] = { .name = "older-than",
                            .argument = "AGE",
                            .help = "remove what nobody has used for AGE, as in 30d, 12h or 90m" },
    [OPTION_ALL] = { .name = "all", .help = "remove all that is not in use" },
    [OPTION_DRY_RUN] = { .name = "dry-run", .help = "only say what would be removed" },
    [OPTION_CONFIG] = { .name = "config",
                        .argument = "FILE",
                        .words = "@file",
                        .help = "how trials are run (YAML or JSON); else config.yaml in the state "
                                "folder, where there is one" },
    [OPTION_PLACES] = { .name = "places",
                        .argument = "LIST",
                        .help = "what trials share, as in cpus=8,memory=24G,gpus=0,1,3; what it "
                                "does not name is as the machine has it" },
    [OPTION_STRICT_PLACES] = { .name = "strict-places",
                               .help = "refuse a machineSpec that is larger than the machine, in "
                                       "place of giving it all there is" },
    [OPTION_LAUNCHER] = { .name = "launcher",
                          .argument = "NAME",
                          .words = "host slurm",
                          .help = "where trials run: host, this machine (the default), or slurm, "
                                  "a cluster" },
    [OPTION_CONTAINER_ENGINE] = { .name = "container-engine",
                                  .argument = "NAME",
                                  .words = "podman docker",
                                  .help = "what runs containers: podman, docker or the path of "
                                          "one; else the first that is there" },
    [OPTION_CONTAINER_REUSE] = { .name = "container-reuse",
                                 .help = "run trials one after another in one container per place, "
                                         "for those that take seconds" },
    [OPTION_NETWORK] = { .name = "network",
                         .argument = "NAME",
                         .words = "host none bridge",
                         .help = "the network of containers: host (the default), none, bridge or "
                                 "one of the container engine's" },
    [OPTION_SLURM_PARTITION] = { .name = "slurm-partition",
                                 .argument = "NAME",
                                 .help = "the partition of Slurm jobs" },
    [OPTION_SLURM_ACCOUNT] = { .name = "slurm-account",
                               .argument = "NAME",
                               .help = "the account that Slurm jobs are charged to" },
    [OPTION_SLURM_QOS] = { .name = "slurm-qos",
                           .argument = "NAME",
                           .help = "the quality of service of Slurm jobs" },
    [OPTION_SLURM_TIME] = { .name = "slurm-time",
                            .argument = "TIME",
                            .help = "the time limit of Slurm jobs, as sbatch takes it; else a "
                                    "little more than the job's timeout" },
    [OPTION_SLURM_OPTION] = { .name = "slurm-option",
                              .argument = "OPTION",
                              .is_repeatable = true,
                              .help = "an option for sbatch, as in "
                                      "--slurm-option=--constraint=a100; repeatable" },
    [OPTION_SLURM_AHEAD] = { .name = "slurm-ahead",
                             .argument = "N",
                             .help = "submit so many trials beyond parallelTrialCount, which wait "
                                     "in Slurm's queue for one that runs to end" },
    [OPTION_SLURM_ALLOCATION] = { .name = "slurm-allocation",
                                  .argument = "NODES",
                                  .help = "hold so many nodes of Slurm, and run trials on them "
                                          "without a queue" },
    [OPTION_KEEP] = { .name = "keep",
                      .argument = "WHICH",
                      .words = "all best",
                      .help = "whose outputs stay: all, best, or a number of the best trials" },
    [OPTION_MAX_DISK] = { .name = "max-disk",
                          .argument = "SIZE",
                          .help = "how large the state folder may become, as in 50G" },
    [OPTION_NOTIFY_COMMAND] = { .name = "notify-command",
                                .argument = "PROGRAM",
                                .words = "@file",
                                .help = "run this program when the state of a job or pipeline "
                                        "changes, with what changed as JSON on standard input" },
    [OPTION_NOTIFY_WEBHOOK] = { .name = "notify-webhook",
                                .argument = "URL",
                                .help = "POST the same to this address; docs/monitoring.md has "
                                        "more" },
    [OPTION_LOG_MAX] = { .name = "log-max",
                         .argument = "SIZE",
                         .help = "how large each log of a trial may become before its middle is "
                                 "left out (256M unless told, 0 for any size)" },
    [OPTION_NICE] = { .name = "nice",
                      .argument = "N",
                      .help = "run trials with this niceness, 0 to 19" },
    [OPTION_NAME] = { .name = "name",
                      .argument = "NAME",
                      .help = "what people see it as: its display name" },
    [OPTION_KIND] = { .name = "kind",
                      .argument = "KIND",
                      .words = "tabular time_series image text video",
                      .help = "what the dataset is of; tabular where not given" },
    [OPTION_SCHEMA] = { .name = "schema",
                        .argument = "SCHEMA",
                        .words = "image_classification_single_label "
                                 "image_classification_multi_label image_bounding_box "
                                 "text_classification_single_label "
                                 "text_classification_multi_label text_extraction text_sentiment",
                        .help = "what the lines that are imported look like" },
    [OPTION_MAN] = { .name = "man", .help = "print the man page as roff" },
    [OPTION_COMPLETION] = { .name = "completion",
                            .argument = "SHELL",
                            .words = "bash",
                            .help = "print a completion script; SHELL is bash" },
    [OPTION_RECURSIVE] = { .name = "recursive",
                           .letter = 'r',
                           .help = "with all that is below, folders in folders, too" },
    [OPTION_TRIALS] = { .name = "trials",
                        .argument = "N",
                        .help = "the most trials of the job, with those that were made already" },
    [OPTION_PARALLEL] = { .name = "parallel",
                          .argument = "N",
                          .help = "how many trials run at a time" },
    [OPTION_FAILED] = { .name = "failed",
                        .argument = "N",
                        .help = "end the job once so many trials have failed" },
    [OPTION_LONG] = { .name = "long", .letter = 'l', .help = "with size and time of each object" },
    [OPTION_WEB] = { .name = "web",
                     .argument = "ADDRESS:PORT",
                     .is_optional = true,
                     .help = "show the page there while it runs, a free port of 127.0.0.1 unless "
                             "told; only on this machine" },
    [OPTION_HTML] = { .name = "html",
                      .help = "write one HTML file with all plots, which opens without a server" },
    [OPTION_OUTPUT] = { .name = "output",
                        .argument = "FILE",
                        .words = "@file",
                        .help = "the file to write; report-ID.html unless told, - is standard "
                                "output" },
    [OPTION_HELP] = { .name = "help", .letter = 'h', .help = "explain the command" },
};

/* What means another thing there than to other commands. */
static const struct {
    const char *command;
    enum option_id option;
    const char *help;
} own_helps[] = {
    { "serve", OPTION_SEED,
      "with --emulate: what all chance is made from, in place of the script's" },
    { "serve", OPTION_SCRIPT,
      "with --emulate: what happens (JSON or YAML); without it every job succeeds at once" },
    { "emulate", OPTION_SEED, "what all chance is made from, in place of the script's" },
    { "emulate", OPTION_LISTEN,
      "where to listen, a free port of 127.0.0.1 unless told; PORT alone is one of 127.0.0.1" },
};

const char *command_option_help(const struct command *command, enum option_id option)
{
    for (size_t i = 0; i < sizeof own_helps / sizeof own_helps[0]; i++)
        if (own_helps[i].option == option && strcmp(own_helps[i].command, command->name) == 0)
            return own_helps[i].help;
    return command_options[option].help;
}

const struct command commands[] = {
    { "run", "FILE", 1, 1,
      PLACE | DOCUMENT | ENGINE | LAUNCH | JSON | QUIET | VERBOSE | OPTION_BIT(OPTION_WEB),
      "run a job or a pipeline and wait for its result",
      "FILE is a HyperparameterTuningJob, a CustomJob or a TrainingPipeline of Vertex AI,\n"
      "as JSON or YAML, or the file that gcloud's --config takes; - is standard input.\n"
      "Relative paths in it begin at its own folder. A pipeline exports its dataset, runs\n"
      "its job and makes a model version of what that leaves: docs/pipelines.md.\n"
      "\n"
      "The study runs in the foreground. Each trial that ends is a line on standard\n"
      "error; on a terminal, the line below tells how far the study is. The result goes\n"
      "to standard output, with --json as the API's resource.\n"
      "\n"
      "Ctrl-C once asks the running trials to stop, keeps everything, and tells how to\n"
      "go on; those trials start again then. Ctrl-C twice does not wait for them.\n"
      "\n"
      "With --endpoint the server there runs it, and Ctrl-C only ends the waiting. Paths\n"
      "in the document are then the server's.\n"
      "\n"
      "Images run in containers, Python packages in environments that are made for them,\n"
      "other commands with --on-host or the image \"host:\" straight on this machine; with\n"
      "--launcher slurm all of it on a cluster. What --network, --keep, --log-max, --nice\n"
      "and the options for Slurm jobs say stays with the job, like --set.",
      command_run },
    { "resume", "[ID]", 0, 1, PLACE | ENGINE | JSON | QUIET | VERBOSE | OPTION_BIT(OPTION_WEB),
      "go on with a job or a pipeline that was interrupted",
      "Trials that still run are taken over, those that were stopped start again, and\n"
      "nothing that has ended is repeated. Options of the engine are to be given again;\n"
      "a job that ran on Slurm goes on only with --launcher slurm, or here with\n"
      "--launcher host.",
      command_resume },
    { "extend", "[ID]", 0, 1,
      PLACE | ENGINE | QUIET | VERBOSE | OPTION_BIT(OPTION_TRIALS) | OPTION_BIT(OPTION_PARALLEL) |
          OPTION_BIT(OPTION_FAILED),
      "give a tuning job a larger budget",
      "The trials that were made stay as they are, and the search goes on from them: a job\n"
      "that has ended goes on where --trials or --failed leave it something to do, and\n"
      "copies its best model again at its end. Budgets may be lowered too, not below\n"
      "what was made already.\n"
      "\n"
      "Where an engine works in the state folder, or with --endpoint, that one goes on with\n"
      "the job, and this command returns at once; else this command does, as resume would.\n"
      "A job that a pipeline or a model was made of is refused once it has ended.",
      command_extend },
    { "retry", "[ID [TRIAL...]]", 0, INT_MAX, PLACE | ENGINE | QUIET | VERBOSE,
      "run failed trials of a tuning job again",
      "Each becomes a new trial with the same parameters, and the job's budget grows by as\n"
      "many. Without TRIAL it is all that failed by a fault of their own (not those that\n"
      "the machine lost, or that were stopped) and were not run again already. A job\n"
      "that has ended goes on, as with extend.",
      command_retry },
    { "check", "FILE", 1, 1, PLACE | DOCUMENT | ENGINE | LAUNCH | JSON,
      "find every fault of a job's or pipeline's document",
      "Every fault is a line FILE:LINE: FIELD: MESSAGE; of what an option set, the option\n"
      "stands in the file's place. For a document without faults it shows the algorithm,\n"
      "stopping rule and seed, and what the first trial would run: its command,\n"
      "environment and folders; what this version does not act on yet is a note on\n"
      "standard error. With --endpoint, paths are the server's.\n"
      "Nothing is run and nothing is stored.",
      command_check },
    { "list", "", 0, 0, PLACE | JSON, "list pipelines and jobs of the folder, newest first",
      "Training pipelines come first, then the jobs, also those that pipelines run; with\n"
      "--json they are the members pipelines and jobs. What nobody works on, although it\n"
      "has not ended, is noted as interrupted.",
      command_list },
    { "show", "[ID [TRIAL]]", 0, 2, PLACE | JSON, "show where a job, a pipeline or a trial stands",
      "State, counts, the best trial so far, what running trials measured last, why it\n"
      "failed, and how to go on. With TRIAL, what is known of that one: its state and\n"
      "parameters, and how each start of each of its replicas ended: exit status or\n"
      "signal, times, CPU time, peak memory.",
      command_show },
    { "status", "", 0, 0, PLACE | JSON, "show what runs, where and how long, and what is next",
      "What is shared out among trials, and what of it is free; the pipelines and jobs\n"
      "that have not ended; each attempt that runs, with what it holds and its process,\n"
      "container, or Slurm job and node; then what waits, and for what. Several jobs\n"
      "share the machine: the one that holds least of it goes first, and one that\n"
      "needs much is passed by only so often.",
      command_status },
    { "exec", "ID [TRIAL] [-- COMMAND...]", 1, INT_MAX, PLACE | OPTION_BIT(OPTION_REPLICA),
      "open a shell beside a trial that runs",
      "In the trial's work folder, with the environment that it was started with: on\n"
      "this machine, in its container, or on its node of Slurm. Without TRIAL it is the\n"
      "only one that runs. With COMMAND that is run in place of a shell, and its exit\n"
      "status is this command's.\n"
      "\n"
      "What is started so is no part of the trial: it counts against none of its limits\n"
      "on this machine, and what it has changed stays changed. A container takes it along\n"
      "when it ends.",
      command_exec },
    { "trials", "[ID]", 0, 1, PLACE | OPTION_BIT(OPTION_FORMAT), "list the trials of a job",
      "The CSV has a column for each metric and each parameter; times are UTC.", command_trials },
    { "best", "[ID]", 0, 1, PLACE | JSON, "show the best trial of a job",
      "Its number, metrics, parameters, and the folder of its model: manifest.json and\n"
      "model/ with what the trial left in AIP_MODEL_DIR. Of several objectives, a table\n"
      "of the Pareto front: the trials than which no other is better in everything. The\n"
      "model is then that of the best in the first objective. Trials that miss a safety\n"
      "threshold are never among them.",
      command_best },
    { "report", "[ID]", 0, 1, PLACE | QUIET | OPTION_BIT(OPTION_HTML) | OPTION_BIT(OPTION_OUTPUT),
      "tell the result of a job, or write it as a page",
      "With --html it is one file that needs neither a server nor a network: all plots\n"
      "of the study, its document, its best trials. Opened in a browser it can be\n"
      "searched and zoomed like the page of `assay serve`, and sent to whoever shall see\n"
      "it. The file's name is printed. Works beside a running engine.",
      command_report },
    { "logs", "[ID] TRIAL", 1, 2,
      PLACE | OPTION_BIT(OPTION_FOLLOW) | OPTION_BIT(OPTION_STDERR) | OPTION_BIT(OPTION_REPLICA),
      "print what a trial wrote to its standard output",
      "TRIAL is the trial's number. Of a trial that was started more than once, it is\n"
      "the latest attempt.",
      command_logs },
    { "explain", "[ID] TRIAL", 1, 2, PLACE | JSON, "say why a trial has the parameters it has",
      "Which stage of the search made them, what it expected and what was measured, which\n"
      "ended trials are most like it, how many were under way; and why it was stopped or\n"
      "failed. TRIAL is the trial's number.",
      command_explain },
    { "replay", "[ID]", 0, 1, PLACE | JSON | QUIET,
      "compute all suggestions of a job anew, and compare",
      "A suggestion depends on the document, the seed and what had ended by then, so the\n"
      "same come out again: of a job that runs or has ended, on any machine of this kind.\n"
      "The first difference is printed, and makes the exit status 1.",
      command_replay },
    { "wait", "[ID]", 0, 1, PLACE | JSON | QUIET,
      "wait for a job or a pipeline that another process runs",
      "Prints what run prints at the end, and exits as run does.", command_wait },
    { "cancel", "[ID]", 0, 1, PLACE | OPTION_BIT(OPTION_CONFIG) | QUIET,
      "stop a job or a pipeline and its trials for good",
      "Returns when the trials have ended. Where no engine works in the state folder,\n"
      "this command does so for as long as it takes.",
      command_cancel },
    { "stop", "ID TRIAL", 2, 2, PLACE | QUIET, "end a trial of a tuning job now",
      "It ends with what it has measured so far, as if it had come to its own end; without\n"
      "a measurement it is infeasible. Its job goes on. One that has ended stays as it is.",
      command_stop },
    { "delete", "ID", 1, 1, PLACE | QUIET, "remove a job or a pipeline that has ended",
      "Does not ask. With a job go its trials' folders, outputs and copied model; what\n"
      "the document put elsewhere (baseOutputDirectory) stays. A running one is refused.\n"
      "Of a pipeline only its own record goes: job, data and model stay.",
      command_delete },
    { "suggest", "STUDY", 1, 1, STATE | OPTION_BIT(OPTION_VERIFY),
      "ask for parameters and tell results by JSON lines",
      "For trials that something else runs, in any language: each line of standard input\n"
      "is a JSON object, and is answered by a line.\n"
      "\n"
      "STUDY is a file (JSON or YAML) with studySpec and, if wanted, maxTrialCount,\n"
      "parallelTrialCount, seed and algorithm; the document that run takes will do. With -\n"
      "the study is the first line: {\"study\":{\"studySpec\":{...}}}. Then\n"
      "\n"
      "{\"ask\":2} is answered with {\"trials\":[{\"id\":\"1\",\"parameters\":{...}},...]},\n"
      "and with \"done\":true when there are fewer;\n"
      "{\"tell\":[{\"id\":\"1\",\"metrics\":{\"loss\":0.3}}]} with {\"ok\":true};\n"
      "{\"tell\":[{\"id\":\"2\",\"infeasible\":\"why\"}]} the same;\n"
      "{\"measure\":{\"id\":\"3\",\"step\":5,\"metrics\":{\"loss\":0.4}}} with {\"stop\":false};\n"
      "{\"best\":true}, {\"pending\":true} and {\"explain\":\"3\"} with trials. tell and ask may\n"
      "share a line. Failures are {\"error\":{...}}, change nothing and end nothing.\n"
      "\n"
      "With --state DIR nothing that was answered is ever lost: DIR/suggest.jsonl has it\n"
      "and what was learnt from it, and the same study goes on there. Without it the\n"
      "study is gone at the end.",
      command_suggest },
    { "serve", "", 0, 0,
      STATE | ENGINE | LAUNCH | QUIET | VERBOSE | OPTION_BIT(OPTION_LISTEN) |
          OPTION_BIT(OPTION_NO_AUTH) | OPTION_BIT(OPTION_ALLOW_HOST) |
          OPTION_BIT(OPTION_MAX_CONNECTIONS) | OPTION_BIT(OPTION_TLS_CERT) |
          OPTION_BIT(OPTION_TLS_KEY) | OPTION_BIT(OPTION_EMULATE) | OPTION_BIT(OPTION_SCRIPT) |
          OPTION_BIT(OPTION_SEED),
      "answer the API over HTTP, and run what it is given",
      "Prints the line \"listening on URL\" on standard output once it answers. Jobs that\n"
      "were interrupted go on at once, paused ones stay so. SIGTERM or Ctrl-C ends it when\n"
      "the requests under way are answered; trials run on, and the next start takes them\n"
      "over. A second one ends it at once. SIGHUP opens the log anew.\n"
      "\n"
      "On 127.0.0.1 and [::1], programs of the same user need no token. All others need\n"
      "the header \"Authorization: Bearer TOKEN\", with what the file token in the state\n"
      "folder holds; it is made at the first start. So does everybody where another\n"
      "address is listened on; there, jobs that run commands straight on this machine are\n"
      "refused without --allow-host.\n"
      "\n"
      "GET /healthz is for a supervisor, GET /metrics for Prometheus.",
      command_serve },
    { "emulate", "[-- COMMAND...]", 0, INT_MAX,
      STATE | VERBOSE | OPTION_BIT(OPTION_LISTEN) | OPTION_BIT(OPTION_SCRIPT) |
          OPTION_BIT(OPTION_SEED),
      "run a command with an emulator of Vertex AI beside it",
      "For tests of programs that use the API: jobs are taken and run nothing. What they\n"
      "do, and when, is a function of the script, the seed and the requests in order, so\n"
      "that a test sees the same answers each time.\n"
      "\n"
      "The emulator listens on a free port, unless --listen says another; COMMAND finds\n"
      "it in ASSAY_ENDPOINT, gcloud and Terraform in variables of their own. Signals are\n"
      "passed on to COMMAND, and its exit status is that of this command. Without COMMAND\n"
      "the emulator says where it listens and stays until a signal ends it.\n"
      "\n"
      "Without --state all is kept in a temporary folder, which is removed.",
      command_emulate },
    { "models", "VERB [MODEL[@VERSION]] [...]", 1, INT_MAX,
      PLACE | OPTION_BIT(OPTION_CONFIG) | JSON | OPTION_BIT(OPTION_NAME),
      "keep models: versions, files, aliases",
      "list [MODEL]              all models, or the versions of one\n"
      "show MODEL[@V]            what made a version, its files, and where they are\n"
      "document MODEL[@V]        the document of the job or pipeline that made it\n"
      "upload DIR [MODEL]        the files of DIR as a new model, or as a new version of\n"
      "                          MODEL where that is there\n"
      "register JOB [MODEL]      the same with the model of a job's best trial\n"
      "alias MODEL@V NAME...     give a version aliases, which other versions lose\n"
      "unalias MODEL@V NAME...   take them away; default can only be given\n"
      "verify [MODEL[@V]]        read all files and name those that are damaged\n"
      "export MODEL[@V] DIR      the files in a new folder, or none of them\n"
      "push [MODEL[@V]]          take files to the configured remote, now\n"
      "delete MODEL[@V]          a model with all its versions, or a version\n"
      "\n"
      "V is a version's number or an alias; without it, the version default. Works beside\n"
      "a running engine, and without one.",
      command_models },
    { "env", "list|prune", 1, 1,
      STATE | JSON | OPTION_BIT(OPTION_MAX_SIZE) | OPTION_BIT(OPTION_OLDER_THAN) |
          OPTION_BIT(OPTION_ALL) | OPTION_BIT(OPTION_DRY_RUN),
      "list or remove the Python environments of trials",
      "Trials with a pythonPackageSpec share an environment for each set of packages and\n"
      "interpreter, which is made when the first of them starts and kept below the state\n"
      "folder, in python/. list shows them, the longest unused first.\n"
      "\n"
      "prune removes what was left half-made, and what its options say; never what a\n"
      "trial or an engine uses. A trial that needs a removed one again has it made again.\n"
      "Works beside a running engine.",
      command_env },
    { "datasets", "list|show|create|import|export|delete [ARGUMENT...]", 1, INT_MAX,
      PLACE | JSON | QUIET | OPTION_BIT(OPTION_NAME) | OPTION_BIT(OPTION_KIND) |
          OPTION_BIT(OPTION_SCHEMA),
      "tend the datasets that trainings get their data from",
      "list                  all of them, the newest first\n"
      "show ID               one of them\n"
      "create FILE...        a tabular one of CSV files, which stay where they are:\n"
      "                      paths or gs:// URIs; prints its id\n"
      "create --kind image   an empty one of images, or of text\n"
      "import ID FILE...     JSON Lines or CSV (FILE.csv) with items and their labels,\n"
      "                      as --schema says; the same item is imported once\n"
      "export ID PREFIX      three sets of files, as a training would get them\n"
      "delete ID             the dataset; its files stay\n"
      "\n"
      "ID may be last, the newest dataset.\n"
      "\n"
      "A training pipeline names a dataset by its ID, and how to split it:\n"
      "docs/datasets.md.",
      command_datasets },
    { "cp", "SOURCE DESTINATION", 2, 2, PLACE | QUIET | OPTION_BIT(OPTION_RECURSIVE),
      "copy to, from or within gs://",
      "At least one of the two begins with gs://BUCKET/; the other may be a file or folder.\n"
      "A destination that ends in a slash, or is a folder, takes the source's own name;\n"
      "with -r, what is below the source goes below the destination.\n"
      "Objects of gs:// are files of the state folder, in buckets/; a bucket that is\n"
      "missing is made. What is copied is compared by its checksum.\n"
      "\n"
      "With --endpoint the buckets are the server's. An upload that is interrupted there\n"
      "is gone on with for as long as the command runs.",
      command_cp },
    { "ls", "[gs://BUCKET[/PREFIX]]", 0, 1,
      PLACE | OPTION_BIT(OPTION_RECURSIVE) | OPTION_BIT(OPTION_LONG),
      "list buckets, or objects of gs://",
      "What lies deeper is one line, with a slash at its end, unless -r is given.", command_ls },
    { "cat", "gs://BUCKET/OBJECT", 1, 1, PLACE, "print an object of gs://", "", command_cat },
    { "rm", "gs://BUCKET/OBJECT", 1, 1, PLACE | QUIET | OPTION_BIT(OPTION_RECURSIVE),
      "delete objects of gs://",
      "Does not ask. With -r all objects below, and of gs://BUCKET the bucket, too.", command_rm },
    { "help", "[COMMAND]", 0, 1, OPTION_BIT(OPTION_MAN) | OPTION_BIT(OPTION_COMPLETION),
      "explain a command", "Without COMMAND it lists them all.", command_help },
    { "version", "", 0, 0, 0, "print the version", "", command_version },
};

const size_t command_count = sizeof commands / sizeof commands[0];

const struct exit_status exit_statuses[] = {
    { 0, "success; of a job: it succeeded" },
    { 1, "the job failed or was cancelled, or the command failed" },
    { 2, "bad usage, or a document with faults" },
    { 3, "no such job, trial, file or state folder" },
    { 4, "state folder broken or in use, port in use, no server there, access denied" },
    { 130, "interrupted; the job can be resumed" },
    { 0, NULL },
};

const struct command *command_find(const char *name, const char **nearest)
{
    const char *names[sizeof commands / sizeof commands[0]];

    for (size_t i = 0; i < command_count; i++) {
        names[i] = commands[i].name;
        if (strcmp(name, names[i]) == 0)
            return &commands[i];
    }
    *nearest = assay_nearest_word(name, names, command_count);
    return NULL;
}
