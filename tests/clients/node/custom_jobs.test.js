// CustomJob through Google's Node library.
import assert from 'node:assert/strict';
import {test} from 'node:test';

import {CODE, aName, failure, jobs, parent, pools, until} from './fixture.js';

const client = jobs();
const ENDS = ['JOB_STATE_SUCCEEDED', 'JOB_STATE_FAILED', 'JOB_STATE_CANCELLED'];

async function create(command, members = {}) {
  const customJob = {displayName: aName('cj'), jobSpec: {workerPoolSpecs: pools(...command)}, ...members};
  const [job] = await client.createCustomJob({parent, customJob});
  return job;
}

const get = async name => (await client.getCustomJob({name}))[0];
const ended = job => until(() => get(job.name), seen => ENDS.includes(seen.state));

test('a created job has a name, a state and times', async () => {
  const job = await create(['true'], {labels: {team: 'vision'}});
  assert.match(job.name, /^projects\/demo\/locations\/us-central1\/customJobs\/\d+$/);
  assert.match(job.state, /^JOB_STATE_(QUEUED|PENDING|RUNNING)$/);
  assert.deepEqual(job.labels, {team: 'vision'});
  assert.ok(Math.abs(Number(job.createTime.seconds) - Date.now() / 1000) < 60);
  assert.deepEqual(job.jobSpec.workerPoolSpecs[0].containerSpec.command, ['true']);
  assert.equal(String(job.jobSpec.workerPoolSpecs[0].replicaCount), '1');
});

test('a job runs to its end', async () => {
  const job = await ended(await create(['true']));
  assert.equal(job.state, 'JOB_STATE_SUCCEEDED');
  assert.equal(job.error, null);
  assert.ok(Number(job.endTime.seconds) >= Number(job.startTime.seconds));
});

test('a failed job says why', async () => {
  const job = await ended(await create(['sh', '-c', 'echo no such data >&2; exit 3']));
  assert.equal(job.state, 'JOB_STATE_FAILED');
  assert.notEqual(job.error.code, 0);
  assert.match(job.error.message, /3/);
});

test('a list follows pages, newest first', async () => {
  const displayName = aName('page');
  const made = [];
  for (let count = 0; count < 5; count++) made.unshift((await create(['true'], {displayName})).name);
  const request = {parent, filter: `display_name="${displayName}"`, pageSize: 2};
  const [all] = await client.listCustomJobs(request);
  assert.deepEqual(all.map(job => job.name), made);
  const [first, next] = await client.listCustomJobs(request, {autoPaginate: false});
  assert.deepEqual(first.map(job => job.name), made.slice(0, 2));
  const [second] = await client.listCustomJobs(next, {autoPaginate: false});
  assert.deepEqual(second.map(job => job.name), made.slice(2, 4));
  const streamed = [];
  for await (const job of client.listCustomJobsAsync(request)) streamed.push(job.name);
  assert.deepEqual(streamed, made);
});

test('a list filters, and its mask leaves the rest out', async () => {
  const name = aName('filter');
  const good = await create(['true'], {displayName: `${name} good`, labels: {suite: name}});
  const bad = await create(['false'], {displayName: `${name} bad`, labels: {suite: name}});
  await ended(good);
  await ended(bad);
  const found = async filter => (await client.listCustomJobs({parent, filter}))[0].map(job => job.name);
  assert.deepEqual(await found(`display_name:"${name}*"`), [bad.name, good.name]);
  assert.deepEqual(await found(`labels.suite=${name} AND state="JOB_STATE_FAILED"`), [bad.name]);
  assert.deepEqual(await found(`labels.suite=${name} AND NOT state="JOB_STATE_FAILED"`), [good.name]);
  assert.deepEqual(await found(`labels.suite=${name} AND create_time<"2020-01-31T12:00:00Z"`), []);
  const [masked] = await client.listCustomJobs(
    {parent, filter: `labels.suite=${name}`, readMask: {paths: ['display_name']}});
  assert.equal(masked[0].displayName, `${name} bad`);
  assert.equal(masked[0].name, bad.name);
  assert.equal(masked[0].jobSpec, null);
});

test('cancel ends a running job', async () => {
  let job = await create(['sleep', '600']);
  await until(() => get(job.name), seen => seen.state === 'JOB_STATE_RUNNING');
  await client.cancelCustomJob({name: job.name});
  job = await ended(job);
  assert.equal(job.state, 'JOB_STATE_CANCELLED');
  assert.equal(job.error.code, 1);
});

test('delete is an operation that can be awaited', async () => {
  const job = await ended(await create(['true']));
  const [operation] = await client.deleteCustomJob({name: job.name});
  await operation.promise();
  assert.match(operation.name, /\/operations\/\d+$/);
  const progress = await client.checkDeleteCustomJobProgress(operation.name);
  assert.equal(progress.done, true);
  await failure(client.getCustomJob({name: job.name}), CODE.NOT_FOUND);
});

test('a running job cannot be deleted', async () => {
  const job = await create(['sleep', '600']);
  await failure(client.deleteCustomJob({name: job.name}), CODE.FAILED_PRECONDITION);
  await client.cancelCustomJob({name: job.name});
});

test('a missing job is not found by its name', async () => {
  const error = await failure(client.getCustomJob({name: `${parent}/customJobs/424242`}), CODE.NOT_FOUND);
  assert.match(error.message, /424242/);
});

test('an invalid job tells each fault with its field', async () => {
  const error = await failure(client.createCustomJob({parent, customJob: {jobSpec: {workerPoolSpecs: [
    {replicaCount: 2, containerSpec: {imageUri: 'host:', command: ['true']}}]}}}), CODE.INVALID_ARGUMENT);
  const fields = error.statusDetails[0].fieldViolations.map(violation => violation.field).join(' ');
  assert.match(fields, /display_?name/i);
  assert.match(fields, /replica_?count/i);
});

test('a bad filter and a bad token are refused', async () => {
  await failure(client.listCustomJobs({parent, filter: 'colour="red"'}), CODE.INVALID_ARGUMENT);
  await failure(client.listCustomJobs({parent, pageToken: 'nonsense'}), CODE.INVALID_ARGUMENT);
});

test('a location is known', async () => {
  const [location] = await client.getLocation({name: parent});
  assert.equal(location.locationId, 'us-central1');
});

test('many at once are as many jobs', async () => {
  const displayName = aName('many');
  const made = await Promise.all(Array.from({length: 32}, () => create(['true'], {displayName})));
  assert.equal(new Set(made.map(job => job.name)).size, 32);
});
