#include "engine/cli/trial_csv.h"

#include "tests/unit/cli/capture.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

static const char job_text[] =
    "{'metricIds': ['loss', 'a,b'], 'parameterIds': ['opt', 'momentum', 'momentum']}";

static void check(const char *item_text, const char *expected)
{
    struct capture captured = { 0 };
    struct trial_csv csv;
    cJSON *job = capture_json(job_text);
    cJSON *item = capture_json(item_text);

    cr_assert(trial_csv_init(&csv, job));
    trial_csv_write(&csv, item, capture_begin(&captured));
    cr_assert(eq(str, capture_end(&captured), (char *)expected));
    trial_csv_clear(&csv);
    capture_clear(&captured);
    cJSON_Delete(job);
    cJSON_Delete(item);
}

Test(trial_csv, the_header_names_metrics_then_parameters_once_each)
{
    struct capture captured = { 0 };
    struct trial_csv csv;
    cJSON *job = capture_json(job_text);

    cr_assert(trial_csv_init(&csv, job));
    trial_csv_write_header(&csv, capture_begin(&captured));
    cr_assert(eq(str, capture_end(&captured),
                 "id,state,failure,attempt,loss,\"a,b\",opt,momentum,start,end\n"));
    trial_csv_clear(&csv);
    capture_clear(&captured);
    cJSON_Delete(job);
}

Test(trial_csv, a_trial_fills_all_columns)
{
    check("{'trial': {'id': '3', 'state': 'SUCCEEDED', 'startTime': 'S', 'endTime': 'E'},"
          "'metrics': {'loss': 0.1, 'a,b': 1e300}, 'parameters': {'opt': 'x, \\'y\\'',"
          "'momentum': 0.9}, 'attempt': 2, 'failure': ''}",
          "3,SUCCEEDED,,2,0.1,1e+300,\"x, \"\"y\"\"\",0.9,S,E\n");
}

Test(trial_csv, what_a_trial_does_not_have_is_an_empty_field)
{
    check("{'trial': {'id': '4', 'state': 'ACTIVE'}, 'metrics': {}, 'parameters': {'opt': 'z'},"
          "'attempt': 1, 'failure': ''}",
          "4,ACTIVE,,1,,,z,,,\n");
}

Test(trial_csv, a_number_that_is_not_finite_is_its_word)
{
    check("{'trial': {'id': '5', 'state': 'SUCCEEDED'}, 'metrics': {'loss': 'Infinity'},"
          "'parameters': {}, 'attempt': 1, 'failure': ''}",
          "5,SUCCEEDED,,1,Infinity,,,,,\n");
}
