// Under `assay emulate`: what a service does that fails, is full or takes hours.
import assert from 'node:assert/strict';
import {beforeEach, test} from 'node:test';

import {CODE, failure, jobs, parent, pools} from './fixture.js';

const client = jobs();
const studySpec = {metrics: [{metricId: 'loss', goal: 'MINIMIZE'}],
  parameters: [{parameterId: 'lr', doubleValueSpec: {minValue: 0, maxValue: 1}}]};
const hyperparameterTuningJob = {displayName: 'hours', studySpec, maxTrialCount: 4, parallelTrialCount: 2,
  trialJobSpec: {workerPoolSpecs: pools('train')}};

async function emulator(method, path, body) {
  const answer = await fetch(new URL(`/assay/v1${path}`, process.env.ASSAY_TEST_URL),
    {method, body: JSON.stringify(body)});
  assert.equal(answer.status, 200, await answer.text());
}

const script = text => emulator('PUT', '/emulation', text);
const create = async () => (await client.createHyperparameterTuningJob({parent, hyperparameterTuningJob}))[0];
const get = async name => (await client.getHyperparameterTuningJob({name}))[0];

beforeEach(async () => {
  await script({});
  await emulator('POST', ':reset', {seed: 1});
});

test('a tuning job of hours ends by the virtual clock', async () => {
  await script({trials: [{ends: '3600s', steps: 3}]});
  const {name} = await create();
  await emulator('POST', '/clock:advance', {duration: '5400s'});
  assert.deepEqual((await get(name)).trials.map(trial => trial.state),
    ['SUCCEEDED', 'SUCCEEDED', 'ACTIVE', 'ACTIVE']);
  await emulator('POST', '/clock:advance', {duration: '1800s'});
  const job = await get(name);
  assert.equal(job.state, 'JOB_STATE_SUCCEEDED');
  for (const trial of job.trials) {
    assert.equal(Number(trial.endTime.seconds) - Number(trial.startTime.seconds), 3600);
    assert.equal(trial.finalMeasurement.metrics[0].metricId, 'loss');
  }
});

test('the same seed gives the same job', async () => {
  const first = await create();
  await emulator('POST', ':reset', {seed: 1});
  assert.deepEqual(await create(), first);
});

test('each code is the code of the error', async () => {
  for (const [name, code] of Object.entries(CODE)) {
    await script({requests: [{match: {path: '*/customJobs'}, code: name, message: 'as the script says'}]});
    const error = await failure(client.listCustomJobs({parent}), code);
    assert.match(error.message, /as the script says/);
  }
});

test('a refused job can be made later', async () => {
  await script({jobs: [{refuse: {code: 'RESOURCE_EXHAUSTED', first: 1}}]});
  await failure(create(), CODE.RESOURCE_EXHAUSTED);
  await create();
});

test('small pages are followed', async () => {
  const made = [];
  for (let count = 0; count < 3; count++) made.push((await create()).name);
  await script({requests: [{pageSize: 1}]});
  const [listed] = await client.listHyperparameterTuningJobs({parent});
  assert.deepEqual(listed.map(job => job.name).sort(), made.sort()); // all of the same moment
});
