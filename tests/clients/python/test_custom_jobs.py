"""CustomJob through the generated client and through the SDK's class."""

import concurrent.futures
import datetime
import unittest

from google.api_core import exceptions
from google.cloud import aiplatform
from google.cloud.aiplatform_v1.types import CustomJob, JobState, ListCustomJobsRequest

from fixture import PARENT, a_name, beta_jobs, jobs, pools, until

BEFORE_THE_END = (JobState.JOB_STATE_QUEUED, JobState.JOB_STATE_PENDING, JobState.JOB_STATE_RUNNING)
ENDS = (JobState.JOB_STATE_SUCCEEDED, JobState.JOB_STATE_FAILED, JobState.JOB_STATE_CANCELLED)


def spec(*command):
    return {"worker_pool_specs": pools(*command)}


class GeneratedClient(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.client = jobs()

    def create(self, *command, name=None, **members):
        return self.client.create_custom_job(parent=PARENT, custom_job={
            "display_name": name or a_name("cj"), "job_spec": spec(*command), **members})

    def ended(self, job):
        return until(lambda: self.client.get_custom_job(name=job.name), lambda seen: seen.state in ENDS)

    def test_created_job_has_a_name_a_state_and_times(self):
        job = self.create("true", labels={"team": "vision"})
        self.assertRegex(job.name, PARENT + r"/customJobs/\d+$")
        self.assertIn(job.state, BEFORE_THE_END)
        self.assertEqual(dict(job.labels), {"team": "vision"})
        age = datetime.datetime.now(datetime.timezone.utc) - job.create_time
        self.assertLess(abs(age.total_seconds()), 60)
        self.assertEqual(job.job_spec.worker_pool_specs[0].container_spec.command, ["true"])
        self.assertEqual(job.job_spec.worker_pool_specs[0].replica_count, 1)

    def test_job_runs_to_its_end(self):
        job = self.ended(self.create("true"))
        self.assertEqual(job.state, JobState.JOB_STATE_SUCCEEDED)
        self.assertLessEqual(job.create_time, job.start_time)
        self.assertLessEqual(job.start_time, job.end_time)
        self.assertEqual(job.error.code, 0)

    def test_failed_job_says_why(self):
        job = self.ended(self.create("sh", "-c", "echo no such data >&2; exit 3"))
        self.assertEqual(job.state, JobState.JOB_STATE_FAILED)
        self.assertNotEqual(job.error.code, 0)
        self.assertIn("3", job.error.message)

    def test_list_follows_pages_newest_first(self):
        name = a_name("page")
        made = [self.create("true", name=name).name for _ in range(5)]
        request = ListCustomJobsRequest(parent=PARENT, filter=f'display_name="{name}"', page_size=2)
        pager = self.client.list_custom_jobs(request=request)
        pages = [[job.name for job in page.custom_jobs] for page in pager.pages]
        self.assertEqual([len(page) for page in pages], [2, 2, 1])
        self.assertEqual(sum(pages, []), made[::-1])

    def test_list_filters(self):
        name = a_name("filter")
        good = self.create("true", name=name + " good", labels={"suite": name})
        bad = self.create("false", name=name + " bad", labels={"suite": name})
        self.ended(good)
        self.ended(bad)
        before = (good.create_time - datetime.timedelta(seconds=1)).isoformat()
        for text, wanted in (
                (f'display_name="{name} good"', {good.name}),
                (f'display_name:"{name}*"', {good.name, bad.name}),
                (f'labels.suite={name} AND state="JOB_STATE_FAILED"', {bad.name}),
                (f'labels.suite={name} AND NOT state="JOB_STATE_FAILED"', {good.name}),
                (f'labels.suite={name} AND create_time>"{before}"', {good.name, bad.name}),
                (f'labels.suite={name} AND create_time<"{before}"', set())):
            with self.subTest(filter=text):
                found = self.client.list_custom_jobs(request={"parent": PARENT, "filter": text})
                self.assertEqual({job.name for job in found}, wanted)

    def test_read_mask_leaves_the_rest_out(self):
        job = self.create("true")
        request = {"parent": PARENT, "filter": f'display_name="{job.display_name}"',
                   "read_mask": {"paths": ["display_name", "state"]}}
        found = list(self.client.list_custom_jobs(request=request))
        self.assertEqual([seen.name for seen in found], [job.name])
        self.assertEqual(found[0].display_name, job.display_name)
        self.assertFalse(found[0].job_spec.worker_pool_specs)

    def test_cancel_ends_a_running_job(self):
        job = self.create("sleep", "600")
        until(lambda: self.client.get_custom_job(name=job.name),
              lambda seen: seen.state == JobState.JOB_STATE_RUNNING)
        self.assertIsNone(self.client.cancel_custom_job(name=job.name))
        job = self.ended(job)
        self.assertEqual(job.state, JobState.JOB_STATE_CANCELLED)
        self.assertEqual(job.error.code, 1)
        self.assertIsNone(self.client.cancel_custom_job(name=job.name))

    def test_delete_is_an_operation_that_can_be_awaited(self):
        job = self.ended(self.create("true"))
        operation = self.client.delete_custom_job(name=job.name)
        self.assertEqual(type(operation.result(timeout=30)).__name__, "Empty")
        self.assertEqual(type(operation.metadata).__name__, "DeleteOperationMetadata")
        with self.assertRaises(exceptions.NotFound):
            self.client.get_custom_job(name=job.name)

    def test_operation_is_read_listed_and_forgotten(self):
        operation = self.client.delete_custom_job(name=self.ended(self.create("true")).name)
        name = operation.operation.name
        self.assertTrue(self.client.get_operation({"name": name}).done)
        self.assertTrue(self.client.wait_operation({"name": name}).done)
        listed = self.client.list_operations({"name": PARENT})
        self.assertIn(name, [seen.name for seen in listed.operations])
        with self.assertRaises(exceptions.BadRequest):
            self.client.cancel_operation({"name": name})
        self.client.delete_operation({"name": name})
        with self.assertRaises(exceptions.NotFound):
            self.client.get_operation({"name": name})

    def test_running_job_cannot_be_deleted(self):
        job = self.create("sleep", "600")
        with self.assertRaises(exceptions.BadRequest) as caught:
            self.client.delete_custom_job(name=job.name)
        self.assertIn("FAILED_PRECONDITION", str(caught.exception.response.json()))
        self.client.cancel_custom_job(name=job.name)

    def test_bad_filter_and_token_are_refused(self):
        for request in ({"filter": 'colour="red"'}, {"filter": "((("}, {"page_token": "nonsense"},
                        {"page_size": -1}):
            with self.subTest(request=request), self.assertRaises(exceptions.BadRequest):
                list(self.client.list_custom_jobs(request={"parent": PARENT, **request}))

    def test_location_is_known(self):
        location = self.client.get_location({"name": PARENT})
        self.assertEqual((location.name, location.location_id), (PARENT, "us-central1"))

    def test_beta_client_does_as_well(self):
        beta = beta_jobs()
        job = beta.create_custom_job(
            parent=PARENT, custom_job={"display_name": a_name("beta"), "job_spec": spec("true")})
        until(lambda: beta.get_custom_job(name=job.name), lambda seen: seen.state == 4)
        beta.delete_custom_job(name=job.name).result(timeout=30)

    def test_many_threads_create_as_many_jobs(self):
        name = a_name("many")
        with concurrent.futures.ThreadPoolExecutor(16) as pool:
            made = list(pool.map(lambda _: self.create("true", name=name).name, range(32)))
        self.assertEqual(len(set(made)), 32)
        found = self.client.list_custom_jobs(request={"parent": PARENT, "filter": f'display_name="{name}"'})
        self.assertEqual({job.name for job in found}, set(made))


class Sdk(unittest.TestCase):
    """aiplatform.CustomJob: run() asks every five seconds."""

    def a_job(self, *command):
        return aiplatform.CustomJob(display_name=a_name("sdk"), worker_pool_specs=pools(*command),
                                    base_output_dir="gs://stage/" + a_name("out"), labels={"by": "sdk"})

    def test_run_waits_for_success(self):
        job = self.a_job("true")
        job.run()
        self.assertEqual(job.state.name, "JOB_STATE_SUCCEEDED")
        again = aiplatform.CustomJob.get(job.resource_name)
        self.assertEqual(again.display_name, job.display_name)
        self.assertEqual(again.labels, {"by": "sdk"})

    def test_run_of_a_failing_job_raises_with_its_reason(self):
        job = self.a_job("sh", "-c", "echo no such data >&2; exit 3")
        with self.assertRaises(RuntimeError) as caught:
            job.run()
        self.assertIn("no such data", str(caught.exception))

    def test_submit_list_cancel_and_delete(self):
        job = self.a_job("sleep", "600")
        job.submit()
        listed = aiplatform.CustomJob.list(filter=f'display_name="{job.display_name}"',
                                           order_by="create_time desc")
        self.assertEqual([seen.resource_name for seen in listed], [job.resource_name])
        job.cancel()
        until(lambda: job.state.name, lambda state: state == "JOB_STATE_CANCELLED")
        job.delete()
        with self.assertRaises(exceptions.NotFound):
            aiplatform.CustomJob.get(job.resource_name)


if __name__ == "__main__":
    unittest.main()
