// HyperparameterTuningJob through Google's Node library, on real trials.
import assert from 'node:assert/strict';
import {test} from 'node:test';

import {CODE, aName, failure, jobs, parent, pools, trainer, until} from './fixture.js';

const client = jobs();
const ENDS = ['JOB_STATE_SUCCEEDED', 'JOB_STATE_FAILED', 'JOB_STATE_CANCELLED'];
const studySpec = {
  metrics: [{metricId: 'loss', goal: 'MINIMIZE'}],
  parameters: [
    {parameterId: 'lr', doubleValueSpec: {minValue: 0, maxValue: 1}, scaleType: 'UNIT_LINEAR_SCALE'},
    {parameterId: 'layers', integerValueSpec: {minValue: 1, maxValue: 4}},
    {parameterId: 'opt', categoricalValueSpec: {values: ['adam', 'sgd']}, conditionalParameterSpecs: [
      {parentCategoricalValues: {values: ['sgd']},
        parameterSpec: {parameterId: 'momentum', doubleValueSpec: {minValue: 0, maxValue: 0.9}}}]},
  ],
};

async function create(command, members = {}) {
  const hyperparameterTuningJob = {displayName: aName('hp'), studySpec, maxTrialCount: 6, parallelTrialCount: 2,
    trialJobSpec: {workerPoolSpecs: pools(...command)}, ...members};
  const [job] = await client.createHyperparameterTuningJob({parent, hyperparameterTuningJob});
  return job;
}

const get = async name => (await client.getHyperparameterTuningJob({name}))[0];
const ended = job => until(() => get(job.name), seen => ENDS.includes(seen.state));
const number = value => value.numberValue;

test('a job runs to its end, and its trials are read back', async () => {
  const job = await ended(await create(trainer));
  assert.equal(job.state, 'JOB_STATE_SUCCEEDED');
  assert.deepEqual(job.trials.map(trial => Number(trial.id)).sort(), [1, 2, 3, 4, 5, 6]);
  for (const trial of job.trials) {
    const values = Object.fromEntries(trial.parameters.map(one => [one.parameterId, one.value]));
    assert.equal(trial.state, 'SUCCEEDED');
    assert.ok(number(values.lr) >= 0 && number(values.lr) <= 1);
    assert.ok([1, 2, 3, 4].includes(number(values.layers)));
    assert.equal('momentum' in values, values.opt.stringValue === 'sgd');
    assert.equal(trial.finalMeasurement.metrics[0].metricId, 'loss');
    assert.equal(trial.finalMeasurement.metrics[0].value, 0.25);
    assert.equal(String(trial.finalMeasurement.stepCount), '5');
    assert.ok(Number(trial.endTime.seconds) >= Number(trial.startTime.seconds));
  }
});

test('a list leaves the trials out', async () => {
  const job = await ended(await create(trainer, {maxTrialCount: 1}));
  const [found] = await client.listHyperparameterTuningJobs(
    {parent, filter: `display_name="${job.displayName}" AND state="JOB_STATE_SUCCEEDED"`});
  assert.deepEqual(found.map(seen => seen.name), [job.name]);
  assert.deepEqual(found[0].trials, []);
});

test('failed trials fail the job with a reason', async () => {
  const job = await ended(await create(['sh', '-c', 'exit 4'], {maxFailedTrialCount: 2}));
  assert.equal(job.state, 'JOB_STATE_FAILED');
  assert.ok(job.error.message);
  for (const trial of job.trials) assert.equal(trial.state, 'INFEASIBLE');
});

test('cancel and delete', async () => {
  let job = await create(['sh', '-c', 'sleep 600']);
  await until(() => get(job.name), seen => seen.trials.length === 2);
  await failure(client.deleteHyperparameterTuningJob({name: job.name}), CODE.FAILED_PRECONDITION);
  await client.cancelHyperparameterTuningJob({name: job.name});
  job = await ended(job);
  assert.equal(job.state, 'JOB_STATE_CANCELLED');
  assert.equal(job.error.code, 1);
  const [operation] = await client.deleteHyperparameterTuningJob({name: job.name});
  await operation.promise();
  await failure(client.getHyperparameterTuningJob({name: job.name}), CODE.NOT_FOUND);
});

test('an invalid study tells the field', async () => {
  const error = await failure(create(trainer, {studySpec: {metrics: [{metricId: 'loss'}], parameters: [
    {parameterId: 'x', doubleValueSpec: {minValue: 2, maxValue: 1}}]}}), CODE.INVALID_ARGUMENT);
  assert.match(error.statusDetails[0].fieldViolations[0].field, /parameters\[0\]/);
});
