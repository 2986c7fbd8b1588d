// Vizier through Google's Node library.
import assert from 'node:assert/strict';
import {test} from 'node:test';

import {CODE, aName, failure, parent, vizier} from './fixture.js';

const client = vizier();
const studySpec = {
  metrics: [{metricId: 'loss', goal: 'MINIMIZE'}],
  parameters: [
    {parameterId: 'lr', doubleValueSpec: {minValue: 0, maxValue: 1}},
    {parameterId: 'opt', categoricalValueSpec: {values: ['adam', 'sgd']}},
  ],
};

async function create(displayName = aName('study')) {
  const [study] = await client.createStudy({parent, study: {displayName, studySpec}});
  return study;
}

async function suggest(study, suggestionCount, clientId = 'w') {
  const [operation] = await client.suggestTrials({parent: study.name, suggestionCount, clientId});
  const [answer] = await operation.promise();
  return answer.trials;
}

const measurement = (value, stepCount) => ({stepCount, metrics: [{metricId: 'loss', value}]});
const stateOf = async name => (await client.getTrial({name}))[0].state;

test('a study from its creation to its optimum', async () => {
  const study = await create();
  assert.equal(study.state, 'ACTIVE');
  const values = [];
  for (let round = 0; round < 3; round++) {
    for (const {name, parameters} of await suggest(study, 2)) {
      const lr = parameters.find(one => one.parameterId === 'lr').value.numberValue;
      assert.equal(await stateOf(name), 'ACTIVE');
      await client.addTrialMeasurement({trialName: name, measurement: measurement(lr + 1, 1)});
      const [operation] = await client.checkTrialEarlyStoppingState({trialName: name});
      const [verdict] = await operation.promise();
      assert.equal(verdict.shouldStop, false);
      const [trial] = await client.completeTrial({name, finalMeasurement: measurement(lr, 2)});
      assert.equal(trial.state, 'SUCCEEDED');
      assert.equal(trial.measurements.length, 1);
      values.push(lr);
    }
  }
  const [trials] = await client.listTrials({parent: study.name});
  assert.equal(trials.length, 6);
  const [{optimalTrials}] = await client.listOptimalTrials({parent: study.name});
  const best = optimalTrials.map(trial => trial.finalMeasurement.metrics[0].value);
  assert.deepEqual(best, [Math.min(...values)]);
  await client.deleteStudy({name: study.name});
  await failure(client.getStudy({name: study.name}), CODE.NOT_FOUND);
});

test('the same client gets its trials again, another one others', async () => {
  const study = await create();
  const names = async client => (await suggest(study, 2, client)).map(trial => trial.name);
  const first = await names('a');
  assert.deepEqual(await names('a'), first);
  for (const name of await names('b')) assert.ok(!first.includes(name));
  await client.deleteStudy({name: study.name});
});

test('trials of the user, infeasible, stopped and deleted ones', async () => {
  const study = await create();
  const [mine] = await client.createTrial({parent: study.name, trial: {parameters: [
    {parameterId: 'lr', value: {numberValue: 0.25}}, {parameterId: 'opt', value: {stringValue: 'sgd'}}]}});
  assert.equal(mine.state, 'REQUESTED');
  const [first, second, third] = await suggest(study, 3);
  assert.equal(first.name, mine.name);
  const [failed] = await client.completeTrial(
    {name: first.name, trialInfeasible: true, infeasibleReason: 'diverged'});
  assert.equal(failed.state, 'INFEASIBLE');
  assert.equal(failed.infeasibleReason, 'diverged');
  const [stopping] = await client.stopTrial({name: second.name});
  assert.equal(stopping.state, 'STOPPING');
  await client.deleteTrial({name: third.name});
  await failure(client.getTrial({name: third.name}), CODE.NOT_FOUND);
  await failure(client.completeTrial({name: first.name, finalMeasurement: measurement(1, 1)}),
    CODE.FAILED_PRECONDITION);
  await client.deleteStudy({name: study.name});
});

test('a name is taken once and looked up', async () => {
  const study = await create();
  await failure(create(study.displayName), CODE.ALREADY_EXISTS);
  const [found] = await client.lookupStudy({parent, displayName: study.displayName});
  assert.equal(found.name, study.name);
  const [listed] = await client.listStudies({parent});
  assert.ok(listed.some(seen => seen.name === study.name));
  await failure(client.lookupStudy({parent, displayName: aName('nobody')}), CODE.NOT_FOUND);
  await client.deleteStudy({name: study.name});
});

test('many clients never get the same trial', async () => {
  const study = await create();
  const answers = await Promise.all(Array.from({length: 8}, (_, index) => suggest(study, 2, `w${index}`)));
  assert.equal(new Set(answers.flat().map(trial => trial.id)).size, 16);
  await client.deleteStudy({name: study.name});
});
