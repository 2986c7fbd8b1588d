"""A training script as the SDK packs it: aiplatform.CustomJob.from_local_script()."""

import os
import shutil
import tempfile
import unittest
from unittest import mock

from google.cloud import aiplatform
from google.cloud.aiplatform import utils

from fixture import a_name

IMAGE = "us-docker.pkg.dev/vertex-ai/training/scikit-learn-cpu.1-0:latest"
SCRIPT = """\
import os, sys
os.makedirs(os.environ["AIP_MODEL_DIR"])
with open(os.path.join(os.environ["AIP_MODEL_DIR"], "said"), "w") as file:
    file.write(" ".join([__name__, os.environ["MODE"], *sys.argv[1:]]))
"""


class LocalScript(unittest.TestCase):
    """All is the SDK's own but the upload, which takes no storage service here."""

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="assay-script-")
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)

    def upload(self, local_file_path, **_):
        return "file://" + shutil.copy(local_file_path, self.folder)

    def a_job(self, script, **members):
        path = os.path.join(self.folder, "script.py")
        with open(path, "w", encoding="utf-8") as file:
            file.write(script)
        with mock.patch.object(utils, "_timestamped_copy_to_gcs", side_effect=self.upload):
            return aiplatform.CustomJob.from_local_script(
                display_name=a_name("script"), script_path=path, container_uri=IMAGE,
                base_output_dir="file://" + os.path.join(self.folder, "out"), **members)

    def test_script_runs_with_its_arguments_and_environment(self):
        job = self.a_job(SCRIPT, args=["--depth=3"], environment_variables={"MODE": "fast"})
        job.run()
        self.assertEqual(job.state.name, "JOB_STATE_SUCCEEDED")
        with open(os.path.join(self.folder, "out/model/said"), encoding="utf-8") as file:
            self.assertEqual(file.read(), "__main__ fast --depth=3")


if __name__ == "__main__":
    unittest.main()
