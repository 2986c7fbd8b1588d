/* The program assay: which command, and then that command. */

#include "engine/cli/arguments.h"
#include "engine/cli/help.h"
#include "engine/cli/report.h"

#include <curl/curl.h>
#include <locale.h>

static int fail_usage(int argc, const struct arguments *arguments, const struct assay_error *err)
{
    int status = 0;

    if (argc < 2) {
        help_write_overview(stderr);
        return assay_code_info(ASSAY_INVALID)->exit_status;
    }
    status = report_error(err);
    (void)fprintf(stderr, "see: assay help%s%s\n", arguments->command ? " " : "",
                  arguments->command ? arguments->command->name : "");
    return status;
}

int main(int argc, char **argv)
{
    struct arguments arguments;
    struct assay_error err = { 0 };
    int status = 0;

    /* Only how wide characters are: numbers are read and written the same everywhere. */
    (void)setlocale(LC_CTYPE, ""); /* NOLINT(concurrency-mt-unsafe): there is one thread yet */
    if (!arguments_parse(argc, argv, &arguments, &err))
        return fail_usage(argc, &arguments, &err);
    if (arguments.is_given[OPTION_HELP]) {
        help_write_command(stdout, arguments.command);
        return report_end(0);
    }
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        (void)assay_fail_memory(&err);
        return report_error(&err);
    }
    status = arguments.command->run(&arguments);
    curl_global_cleanup();
    return report_end(status);
}
