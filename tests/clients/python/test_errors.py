"""Each kind of refusal arrives as the exception that users catch, with the server's sentence and fields.

Over REST the library chooses the class by the HTTP status; the code of google.rpc is in the answer.
"""

import os
import unittest

from google.api_core import exceptions
from google.cloud import aiplatform_v1
from google.oauth2.credentials import Credentials

from fixture import PARENT, a_name, connected, jobs, pools, violations, vizier

GUARDED_URL = os.environ["ASSAY_TEST_GUARDED_URL"]
TOKEN = os.environ["ASSAY_TEST_TOKEN"]
STUDY = {"metrics": [{"metric_id": "loss", "goal": "MINIMIZE"}],
         "parameters": [{"parameter_id": "lr", "double_value_spec": {"min_value": 0, "max_value": 1}}]}


class Errors(unittest.TestCase):
    def check(self, kind, status, call):
        """The exception of a call that must fail so."""
        with self.assertRaises(kind) as caught:
            call()
        self.assertIs(type(caught.exception), kind)
        self.assertEqual(caught.exception.response.json()["error"]["status"], status)
        self.assertTrue(caught.exception.message)
        return caught.exception

    def test_invalid_argument_has_each_field_at_fault(self):
        fault = self.check(exceptions.BadRequest, "INVALID_ARGUMENT", lambda: jobs().create_custom_job(
            parent=PARENT, custom_job={"job_spec": {"worker_pool_specs": [
                {"replica_count": 2, "container_spec": {"image_uri": "host:", "command": ["true"]}}]}}))
        self.assertEqual(sorted(violations(fault)),
                         ["display_name", "job_spec.worker_pool_specs[0].replica_count"])

    def test_not_found_has_the_name(self):
        fault = self.check(exceptions.NotFound, "NOT_FOUND",
                           lambda: jobs().get_custom_job(name=PARENT + "/customJobs/424242"))
        self.assertIn("424242", fault.message)
        self.assertEqual(fault.code, 404)

    def test_already_exists_is_a_conflict(self):
        study = {"display_name": a_name("taken"), "study_spec": STUDY}
        made = vizier().create_study(parent=PARENT, study=study)
        self.check(exceptions.Conflict, "ALREADY_EXISTS",
                   lambda: vizier().create_study(parent=PARENT, study=study))
        vizier().delete_study(name=made.name)

    def test_failed_precondition_is_a_bad_request(self):
        job = jobs().create_custom_job(parent=PARENT, custom_job={
            "display_name": a_name("runs"), "job_spec": {"worker_pool_specs": pools("sleep", "600")}})
        self.check(exceptions.BadRequest, "FAILED_PRECONDITION", lambda: jobs().delete_custom_job(name=job.name))
        jobs().cancel_custom_job(name=job.name)

    def test_unimplemented_names_what_there_is_not(self):
        fault = self.check(exceptions.MethodNotImplemented, "UNIMPLEMENTED", lambda: connected(
            aiplatform_v1.EndpointServiceClient).list_endpoints(parent=PARENT))
        self.assertIn("endpoints", fault.message)

    def test_permission_denied_without_the_token_and_not_with_it(self):
        for credentials in (None, Credentials(token="wrong")):
            client = connected(aiplatform_v1.JobServiceClient, GUARDED_URL, credentials)
            self.check(exceptions.Forbidden, "PERMISSION_DENIED",
                       lambda client=client: client.list_custom_jobs(parent=PARENT))
        client = connected(aiplatform_v1.JobServiceClient, GUARDED_URL, Credentials(token=TOKEN))
        self.assertEqual(list(client.list_custom_jobs(parent=PARENT)), [])
        # And the machine's own commands are not for whoever comes from outside.
        self.check(exceptions.BadRequest, "FAILED_PRECONDITION", lambda: client.create_custom_job(
            parent=PARENT, custom_job={"display_name": "x", "job_spec": {"worker_pool_specs": pools("true")}}))


if __name__ == "__main__":
    unittest.main()
