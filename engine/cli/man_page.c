/* The man page, in the roff of man(7). */

#include "assay.h"
#include "engine/cli/help.h"

#include <string.h>

/* Text for roff: no line begins a request, hyphens stay hyphens, backslashes are shown. */
static void write_text(FILE *out, const char *text)
{
    bool is_line_start = true;

    for (; *text; text++) {
        if (is_line_start && (*text == '.' || *text == '\''))
            (void)fputs("\\&", out);
        if (*text == '\\')
            (void)fputs("\\e", out);
        else if (*text == '-')
            (void)fputs("\\-", out);
        else if ((unsigned char)*text == 0xe2 && strncmp(text, "…", 3) == 0) {
            (void)fputs("...", out);
            text += 2;
        } else
            (void)fputc(*text, out);
        is_line_start = *text == '\n';
    }
}

/* Whether its lines have columns, which stay as they are. */
static bool is_table(const char *paragraph)
{
    return strstr(paragraph, "  ") != NULL;
}

/* Paragraphs that are set anew, and tables; an empty line parts them. */
static void write_paragraphs(FILE *out, const char *text)
{
    while (*text) {
        const char *gap = strstr(text, "\n\n");
        char paragraph[2048];

        (void)snprintf(paragraph, sizeof paragraph, "%.*s",
                       (int)(gap ? gap - text : (long)strlen(text)), text);
        (void)fputs(is_table(paragraph) ? ".PP\n.nf\n" : ".PP\n", out);
        write_text(out, paragraph);
        if (paragraph[0] && paragraph[strlen(paragraph) - 1] != '\n')
            (void)fputc('\n', out);
        if (is_table(paragraph))
            (void)fputs(".fi\n", out);
        text = gap ? gap + 2 : text + strlen(text);
    }
}

static void write_option(FILE *out, const struct command *command, enum option_id option)
{
    const struct option_spec *spec = &command_options[option];

    (void)fputs(".TP\n", out);
    if (spec->letter)
        (void)fprintf(out, "\\fB\\-%c\\fR, ", spec->letter);
    (void)fputs("\\fB\\-\\-", out);
    write_text(out, spec->name);
    (void)fputs("\\fR", out);
    if (spec->is_optional)
        (void)fprintf(out, "[=\\fI%s\\fR]", spec->argument);
    else if (spec->argument)
        (void)fprintf(out, " \\fI%s\\fR", spec->argument);
    (void)fputc('\n', out);
    write_text(out, command_option_help(command, option));
    (void)fputs(".\n", out);
}

static void write_command(FILE *out, const struct command *command)
{
    (void)fprintf(out, ".SS assay %s%s%s\n", command->name, *command->operands ? " " : "",
                  command->operands);
    (void)fputs(".PP\n", out);
    write_text(out, command->summary);
    (void)fputs(".\n", out);
    write_paragraphs(out, command->details);
    for (int i = 0; i < OPTION_COUNT; i++)
        if (i != OPTION_HELP && (command->options & OPTION_BIT(i)))
            write_option(out, command, (enum option_id)i);
}

static void write_files(FILE *out)
{
    static const char *const files[][2] = {
        { "assay.db",
          "all jobs, trials and measurements, pipelines, datasets and what is known of models "
          "(SQLite)" },
        { "config.yaml", "how trials are run, where no --config says so" },
        { "token", "what clients of assay serve must show" },
        { "assay.log", "what the engine did" },
        { "lock, socket", "of the process that runs jobs now" },
        { "jobs/ID/trials/N/ATTEMPT/",
          "stdout.log, stderr.log and the working folder of an attempt" },
        { "jobs/ID/output/", "what trials leave, where the document has no baseOutputDirectory" },
        { "models/ID/", "manifest.json and model/ of a job's best trial" },
        { "registry/models/ID/V/", "the files of version V of a registered model" },
        { "buckets/BUCKET/", "what gs://BUCKET/ stands for" },
        { "buckets.db", "what storage clients are told of its objects, beside their bytes" },
        { "python/", "the environments of Python packages" },
    };

    (void)fputs(".SH FILES\nBelow the state folder:\n", out);
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        (void)fputs(".TP\n\\fI", out);
        write_text(out, files[i][0]);
        (void)fputs("\\fR\n", out);
        write_text(out, files[i][1]);
        (void)fputs(".\n", out);
    }
}

static void write_environment(FILE *out)
{
    (void)fputs(".SH ENVIRONMENT\n"
                ".TP\n.B XDG_STATE_HOME, HOME\nwhere the default state folder is.\n"
                ".TP\n.B ASSAY_ENDPOINT, ASSAY_TOKEN\nthe server to ask and its token, where no "
                "option says so.\n"
                ".TP\n.B NO_COLOR\nset, and not empty: no colours.\n"
                ".TP\n.B TERM\ndumb: no status line.\n",
                out);
}

static void write_examples(FILE *out)
{
    static const char *const examples[][2] = {
        { "assay check study.yaml", "is the document right, and what would it run?" },
        { "assay run study.yaml --set maxTrialCount=3", "a short try" },
        { "assay run study.yaml --json > result.json", "the resource, for a program" },
        { "assay trials --format csv > trials.csv", "all trials of the newest job" },
        { "assay logs 7 --stderr -f", "what its trial 7 complains about, as it does" },
        { "assay resume", "go on with the newest job" },
        { "assay datasets create loans.csv", "a dataset for pipelines; its id is printed" },
        { "assay models show loans", "what made the default version of a model" },
    };

    (void)fputs(".SH EXAMPLES\n", out);
    for (size_t i = 0; i < sizeof examples / sizeof examples[0]; i++) {
        (void)fputs(".TP\n.B ", out);
        write_text(out, examples[i][0]);
        (void)fputc('\n', out);
        write_text(out, examples[i][1]);
        (void)fputc('\n', out);
    }
}

void help_write_man(FILE *out)
{
    (void)fputs(
        ".TH ASSAY 1 \"\" \"assay " ASSAY_VERSION "\" \"User Commands\"\n"
        ".SH NAME\nassay \\- Vertex AI tuning, custom training and pipelines on this machine\n"
        ".SH SYNOPSIS\n.B assay\n.I COMMAND\n[\\fIOPERANDS\\fR] [\\fIOPTIONS\\fR]\n"
        ".SH DESCRIPTION\n"
        "assay takes the document that one would send to Vertex AI, a\n"
        "HyperparameterTuningJob, a CustomJob or a TrainingPipeline, and does the work here:\n"
        "it chooses parameters, runs trials in parallel as ordinary programs, follows their\n"
        "metrics, survives crashes, and keeps the model of the best trial. A pipeline also\n"
        "splits a dataset for its training and makes what that leaves a version of a model;\n"
        "datasets, models and the objects of gs:// buckets have commands of their own.\n"
        ".PP\n"
        "\\fIID\\fR is the id of a job, in most commands also of a pipeline, the first digits\n"
        "of it, or \\fBlast\\fR, the newest, which is meant where it is left out. Of datasets and\n"
        "models it is their own. Every command takes \\fB\\-\\-help\\fR.\n"
        ".SH COMMANDS\n",
        out);
    for (size_t i = 0; i < command_count; i++)
        write_command(out, &commands[i]);
    (void)fputs(".SH STATE FOLDER\n", out);
    write_text(out, help_state_folder);
    write_files(out);
    write_environment(out);
    (void)fputs(".SH EXIT STATUS\n", out);
    for (const struct exit_status *at = exit_statuses; at->meaning; at++) {
        (void)fprintf(out, ".TP\n.B %d\n", at->status);
        write_text(out, at->meaning);
        (void)fputs(".\n", out);
    }
    write_examples(out);
}
