"""The generated asynchronous clients over REST, in one event loop as users have it."""

import asyncio
import unittest

from google.api_core import exceptions
from google.auth.aio.credentials import AnonymousCredentials
from google.cloud import aiplatform_v1
from google.cloud.aiplatform_v1.types import JobState, Trial

from fixture import LIMIT_SECONDS, PARENT, URL, a_name, pools

ENDS = (JobState.JOB_STATE_SUCCEEDED, JobState.JOB_STATE_FAILED, JobState.JOB_STATE_CANCELLED)
STUDY = {"metrics": [{"metric_id": "loss", "goal": "MINIMIZE"}],
         "parameters": [{"parameter_id": "lr", "double_value_spec": {"min_value": 0, "max_value": 1}}]}


class Connected:
    """`async with` gives a client, and closes its connections."""

    def __init__(self, client):
        self.client = client(credentials=AnonymousCredentials(), transport="rest_asyncio",
                             client_options={"api_endpoint": URL})

    async def __aenter__(self):
        return self.client

    async def __aexit__(self, *_):
        await self.client.transport.close()


async def ended(client, job):
    async with asyncio.timeout(LIMIT_SECONDS):
        while (seen := await client.get_custom_job(name=job.name)).state not in ENDS:
            await asyncio.sleep(0.05)
    return seen


def custom_job(*command, name=None):
    return {"display_name": name or a_name("async"), "job_spec": {"worker_pool_specs": pools(*command)}}


class Jobs(unittest.IsolatedAsyncioTestCase):
    async def test_a_job_from_its_creation_to_its_end(self):
        async with Connected(aiplatform_v1.JobServiceAsyncClient) as client:
            job = await client.create_custom_job(parent=PARENT, custom_job=custom_job("true"))
            self.assertEqual((await ended(client, job)).state, JobState.JOB_STATE_SUCCEEDED)

    async def test_many_at_once_and_pages_of_them(self):
        name = a_name("pages")
        async with Connected(aiplatform_v1.JobServiceAsyncClient) as client:
            made = await asyncio.gather(*(
                client.create_custom_job(parent=PARENT, custom_job=custom_job("true", name=name))
                for _ in range(5)))
            pager = await client.list_custom_jobs(
                request={"parent": PARENT, "filter": f'display_name="{name}"', "page_size": 2})
            pages = [[job.name for job in page.custom_jobs] async for page in pager.pages]
        self.assertEqual([len(page) for page in pages], [2, 2, 1])
        self.assertEqual(set(sum(pages, [])), {job.name for job in made})

    async def test_cancel(self):
        async with Connected(aiplatform_v1.JobServiceAsyncClient) as client:
            job = await client.create_custom_job(parent=PARENT, custom_job=custom_job("sleep", "600"))
            await client.cancel_custom_job(name=job.name)
            self.assertEqual((await ended(client, job)).state, JobState.JOB_STATE_CANCELLED)

    async def test_errors_are_those_of_the_other_clients(self):
        async with Connected(aiplatform_v1.JobServiceAsyncClient) as client:
            with self.assertRaises(exceptions.NotFound) as caught:
                await client.get_custom_job(name=PARENT + "/customJobs/424242")
            self.assertIn("424242", caught.exception.message)
            with self.assertRaises(exceptions.BadRequest):
                await client.create_custom_job(parent=PARENT, custom_job={})


class Vizier(unittest.IsolatedAsyncioTestCase):
    async def test_a_study_from_its_creation_to_its_optimum(self):
        async with Connected(aiplatform_v1.VizierServiceAsyncClient) as client:
            study = await client.create_study(parent=PARENT, study={"display_name": a_name("s"),
                                                                    "study_spec": STUDY})
            operation = await client.suggest_trials(
                request={"parent": study.name, "suggestion_count": 4, "client_id": "w"})
            trials = (await operation.result(timeout=30)).trials
            self.assertEqual([trial.id for trial in trials], ["1", "2", "3", "4"])
            done = await asyncio.gather(*(
                client.complete_trial(request={"name": trial.name, "final_measurement": {
                    "step_count": 1, "metrics": [{"metric_id": "loss", "value": int(trial.id)}]}})
                for trial in trials))
            self.assertEqual([trial.state for trial in done], [Trial.State.SUCCEEDED] * 4)
            best = await client.list_optimal_trials(request={"parent": study.name})
            self.assertEqual([seen.name for seen in best.optimal_trials], [trials[0].name])
            listed = [seen.name async for seen in await client.list_trials(parent=study.name)]
            self.assertEqual(sorted(listed), sorted(trial.name for trial in trials))
            await client.delete_study(name=study.name)


if __name__ == "__main__":
    unittest.main()
