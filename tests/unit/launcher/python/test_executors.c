#include "launcher/python/executors.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

static void assert_runs(const char *image, const char *interpreter)
{
    const char *found = executor_interpreter(image);

    cr_assert(found != NULL, "%s", image);
    cr_assert(eq(str, (char *)found, (char *)interpreter), "%s", image);
}

Test(executors, the_prebuilt_images_of_the_service_are_this_machines_python)
{
    assert_runs("us-docker.pkg.dev/vertex-ai/training/tf-cpu.2-12.py310:latest", "python3");
    assert_runs("europe-docker.pkg.dev/vertex-ai/training/pytorch-gpu.1-13:latest", "python3");
    assert_runs("gcr.io/cloud-aiplatform/training/scikit-learn-cpu.0-23", "python3");
    assert_runs("us.gcr.io/cloud-aiplatform/training/xgboost-cpu.1-1:latest", "python3");
}

Test(executors, an_interpreter_may_stand_for_itself)
{
    assert_runs("host:", "python3");
    assert_runs("host:python3.9", "python3.9");
    assert_runs("python3", "python3");
    assert_runs("python3.11", "python3.11");
    assert_runs("/opt/python/bin/python", "/opt/python/bin/python");
}

Test(executors, any_other_image_is_its_own)
{
    cr_assert(executor_interpreter("python:3.11-slim") == NULL);
    cr_assert(executor_interpreter("us-docker.pkg.dev/my-project/training/tf:latest") == NULL);
    cr_assert(executor_interpreter("localhost/trainer") == NULL);
}
