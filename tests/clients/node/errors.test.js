// Each kind of refusal arrives as the error of its gRPC code, with the server's sentence.
import assert from 'node:assert/strict';
import {test} from 'node:test';

import {CODE, aName, connected, failure, jobs, parent, pools, v1, vizier} from './fixture.js';

const studySpec = {metrics: [{metricId: 'loss', goal: 'MINIMIZE'}],
  parameters: [{parameterId: 'lr', doubleValueSpec: {minValue: 0, maxValue: 1}}]};
const customJob = {displayName: 'refused', jobSpec: {workerPoolSpecs: pools('true')}};

test('INVALID_ARGUMENT has the fields at fault', async () => {
  const error = await failure(jobs().createCustomJob({parent, customJob: {}}), CODE.INVALID_ARGUMENT);
  const fields = error.statusDetails[0].fieldViolations.map(violation => violation.field);
  assert.deepEqual(fields.sort(), ['display_name', 'job_spec']);
  for (const {description} of error.statusDetails[0].fieldViolations) assert.ok(description);
});

test('NOT_FOUND has the name', async () => {
  const error = await failure(jobs().getCustomJob({name: `${parent}/customJobs/424242`}), CODE.NOT_FOUND);
  assert.match(error.message, /424242/);
});

test('ALREADY_EXISTS and FAILED_PRECONDITION', async () => {
  const client = vizier();
  const study = {displayName: aName('taken'), studySpec};
  const [{name}] = await client.createStudy({parent, study});
  await failure(client.createStudy({parent, study}), CODE.ALREADY_EXISTS);
  const [trial] = await client.createTrial({parent: name, trial: {parameters: [
    {parameterId: 'lr', value: {numberValue: 0.5}}]}});
  await client.completeTrial({name: trial.name, trialInfeasible: true});
  await failure(client.stopTrial({name: trial.name}), CODE.FAILED_PRECONDITION);
  await client.deleteStudy({name});
});

test('UNIMPLEMENTED names what there is not', async () => {
  const error = await failure(connected(v1.EndpointServiceClient).listEndpoints({parent}), CODE.UNIMPLEMENTED);
  assert.match(error.message, /endpoints/);
});

test('PERMISSION_DENIED without the token, and none of it with it', async () => {
  const url = process.env.ASSAY_TEST_GUARDED_URL;
  const token = process.env.ASSAY_TEST_TOKEN;
  await failure(jobs(url).listCustomJobs({parent}), CODE.PERMISSION_DENIED);
  await failure(jobs(url, 'wrong').listCustomJobs({parent}), CODE.PERMISSION_DENIED);
  assert.deepEqual((await jobs(url, token).listCustomJobs({parent}))[0], []);
  // And the machine's own commands are not for whoever comes from outside.
  await failure(jobs(url, token).createCustomJob({parent, customJob}), CODE.FAILED_PRECONDITION);
});
