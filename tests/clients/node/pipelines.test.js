// Training pipelines, datasets and models through Google's Node library, on real runs.
import assert from 'node:assert/strict';
import {test} from 'node:test';

import {CODE, aName, datasets, failure, filesBelow, helpers, models, parent, pipelines, pools, stored, until}
  from './fixture.js';

const client = pipelines();
const SCHEMAS = 'gs://google-cloud-aiplatform/schema/';
const CUSTOM = `${SCHEMAS}trainingjob/definition/custom_task_1.0.0.yaml`;
const TUNING = `${SCHEMAS}trainingjob/definition/hyperparameter_tuning_task_1.0.0.yaml`;
const ENDS = ['PIPELINE_STATE_SUCCEEDED', 'PIPELINE_STATE_FAILED', 'PIPELINE_STATE_CANCELLED'];
const SERVING = {imageUri: 'local/serve'};
// Fits scikit-learn's nearest neighbours to the table of the pipeline.
const TRAINER = ['/usr/bin/python3', '-c', `
import csv, glob, json, os, sys, joblib
from sklearn.neighbors import KNeighborsClassifier
def table(name):
    rows = [row for path in glob.glob(os.environ["AIP_%s_DATA_URI" % name]) for row in csv.DictReader(open(path))]
    return [[float(row["x"])] for row in rows], [row["kind"] for row in rows]
count = int(([3] + [float(word.split("=")[1]) for word in sys.argv if word.startswith("--n=")])[-1])
model = KNeighborsClassifier(count).fit(*table("TRAINING"))
accuracy = model.score(*table("TEST"))
if os.environ.get("CLOUD_ML_HP_METRIC_FILE"):
    open(os.environ["CLOUD_ML_HP_METRIC_FILE"], "w").write(json.dumps({"accuracy": str(accuracy)}) + "\\n")
os.makedirs(os.environ["AIP_MODEL_DIR"])
joblib.dump(model, os.environ["AIP_MODEL_DIR"] + "/model.joblib")
open(os.environ["AIP_MODEL_DIR"] + "/accuracy", "w").write(str(accuracy))
`];
const FLOWERS = `x,kind\n${Array.from({length: 60}, (_, n) => `${n % 2 ? 5 + n / 60 : n / 60},${n % 2}`).join('\n')}\n`;

const inputs = (command, base = `gs://stage/${aName('out')}`) =>
  ({workerPoolSpecs: pools(...command), baseOutputDirectory: {outputUriPrefix: base}});

async function create(trainingTaskInputs, members = {}) {
  const [pipeline] = await client.createTrainingPipeline({parent, trainingPipeline: {
    displayName: aName('pipeline'), trainingTaskDefinition: CUSTOM,
    trainingTaskInputs: helpers.toValue(trainingTaskInputs), ...members}});
  return pipeline;
}

const get = async name => (await client.getTrainingPipeline({name}))[0];
const ended = pipeline => until(() => get(pipeline.name), seen => ENDS.includes(seen.state));

async function tabular(content = FLOWERS) {
  const [operation] = await datasets().createDataset({parent, dataset: {
    displayName: aName('flowers'), metadataSchemaUri: `${SCHEMAS}dataset/metadata/tabular_1.0.0.yaml`,
    metadata: helpers.toValue({inputConfig: {gcsSource: {uri: [await stored(content)]}}})}});
  const [dataset] = await operation.promise();
  return dataset;
}

const splitOf = dataset => ({datasetId: dataset.name.split('/').pop(),
  fractionSplit: {trainingFraction: 0.5, validationFraction: 0.25, testFraction: 0.25},
  gcsDestination: {outputUriPrefix: 'gs://stage/data'}});

test('a table becomes a model', async () => {
  const pipeline = await ended(await create(inputs(TRAINER), {
    inputDataConfig: splitOf(await tabular()), labels: {team: 'a'},
    modelToUpload: {displayName: 'm', containerSpec: SERVING, labels: {env: 'prod'}}}));
  assert.equal(pipeline.state, 'PIPELINE_STATE_SUCCEEDED', pipeline.error?.message);
  const {name, versionId} = pipeline.modelToUpload;
  const [model] = await models().getModel({name: `${name}@${versionId}`});
  assert.deepEqual(model.labels, {env: 'prod'});
  assert.equal(model.trainingPipeline, pipeline.name);
  assert.deepEqual(model.versionAliases, ['default']);
  assert.equal(String(model.dataStats.trainingDataItemsCount), '30');
  const files = Object.fromEntries(await filesBelow(model.artifactUri));
  assert.deepEqual(Object.keys(files).sort(), ['accuracy', 'model.joblib']);
  assert.equal(Number(files.accuracy), 1);
  const metadata = helpers.fromValue(pipeline.trainingTaskMetadata);
  assert.match(metadata.backingCustomJob, /\/customJobs\/\d+$/);
});

test('a tuning pipeline uploads the best trial', async () => {
  const pipeline = await ended(await create({
    studySpec: {metrics: [{metricId: 'accuracy', goal: 'MAXIMIZE'}],
      parameters: [{parameterId: 'n', integerValueSpec: {minValue: 1, maxValue: 5}}]},
    maxTrialCount: 2, parallelTrialCount: 2, trialJobSpec: inputs(TRAINER)},
  {trainingTaskDefinition: TUNING, inputDataConfig: splitOf(await tabular()),
    modelToUpload: {displayName: 'm', containerSpec: SERVING}}));
  assert.equal(pipeline.state, 'PIPELINE_STATE_SUCCEEDED', pipeline.error?.message);
  const metadata = helpers.fromValue(pipeline.trainingTaskMetadata);
  assert.match(metadata.backingHyperparameterTuningJob, /\/hyperparameterTuningJobs\/\d+$/);
  const [model] = await models().getModel({name: pipeline.modelToUpload.name});
  assert.match(model.artifactUri, /\/[12]\/model\/?$/);
});

test('a list filters, and a failed pipeline says why', async () => {
  const label = aName('label');
  const good = await create(inputs(['true']), {labels: {suite: label}});
  const bad = await ended(await create(inputs(['sh', '-c', 'exit 9']), {labels: {suite: label}}));
  assert.equal(bad.state, 'PIPELINE_STATE_FAILED');
  assert.match(bad.error.message, /9/);
  await ended(good);
  const found = async filter => (await client.listTrainingPipelines({parent, filter}))[0].map(one => one.name);
  assert.deepEqual(await found(`labels.suite="${label}"`), [bad.name, good.name]);
  assert.deepEqual(await found(`labels.suite="${label}" AND state="PIPELINE_STATE_FAILED"`), [bad.name]);
});

test('cancel stops a pipeline, and delete removes it', async () => {
  let pipeline = await create(inputs(['sleep', '600']));
  await until(() => get(pipeline.name), seen => seen.state === 'PIPELINE_STATE_RUNNING');
  await failure(client.deleteTrainingPipeline({name: pipeline.name}), CODE.FAILED_PRECONDITION);
  await client.cancelTrainingPipeline({name: pipeline.name});
  pipeline = await ended(pipeline);
  assert.equal(pipeline.state, 'PIPELINE_STATE_CANCELLED');
  assert.equal(pipeline.error.code, CODE.CANCELLED);
  const [operation] = await client.deleteTrainingPipeline({name: pipeline.name});
  await operation.promise();
  await failure(client.getTrainingPipeline({name: pipeline.name}), CODE.NOT_FOUND);
});

test('inputs that were not made by toValue are null on the wire, and named', async () => {
  const error = await failure(client.createTrainingPipeline({parent, trainingPipeline: {
    displayName: 'plain', trainingTaskDefinition: CUSTOM, trainingTaskInputs: inputs(['true'])}}),
  CODE.INVALID_ARGUMENT);
  assert.match(error.statusDetails[0].fieldViolations.map(one => one.field).join(' '), /training_task_inputs/);
});

test('images are imported, listed and exported', async () => {
  const client = datasets();
  const [operation] = await client.createDataset({parent, dataset: {displayName: aName('images'),
    metadataSchemaUri: `${SCHEMAS}dataset/metadata/image_1.0.0.yaml`, metadata: helpers.toValue({})}});
  const [{name}] = await operation.promise();
  const lines = await Promise.all(['daisy', 'rose', 'violet'].map(async displayName => JSON.stringify(
    {imageGcsUri: await stored(displayName, '.jpg'), classificationAnnotation: {displayName}})));
  const uris = [await stored(lines.join('\n'), '.jsonl')];
  const [imported] = await client.importData({name, importConfigs: [{gcsSource: {uris},
    importSchemaUri: `${SCHEMAS}dataset/ioformat/image_classification_single_label_io_format_1.0.0.yaml`}]});
  await imported.promise();
  const [items] = await client.listDataItems({parent: name, pageSize: 2});
  assert.equal(items.length, 3);
  const [annotations] = await client.listAnnotations({parent: items[0].name});
  const {displayName} = helpers.fromValue(annotations[0].payload);
  assert.match(displayName, /^(daisy|rose|violet)$/);
  const [exported] = await client.exportData({name,
    exportConfig: {gcsDestination: {outputUriPrefix: `gs://stage/${aName('export')}`}}});
  const [answer, metadata] = await exported.promise();
  assert.ok(answer.exportedFiles.length > 0);
  assert.match(metadata.gcsOutputDirectory, /^gs:\/\/stage\/export-/);
  const [dataset] = await client.getDataset({name});
  assert.equal(String(dataset.dataItemCount), '3');
  const [updated] = await client.updateDataset(
    {dataset: {name, labels: {grade: 'b'}}, updateMask: {paths: ['labels']}});
  assert.equal(updated.labels.grade, 'b');
  const [deleted] = await client.deleteDataset({name});
  await deleted.promise();
  await failure(client.getDataset({name}), CODE.NOT_FOUND);
});

test('models have versions and aliases', async () => {
  const client = models();
  const artifactUri = (await stored('weights')).replace(/\/file$/, '');
  const upload = async members => {
    const [operation] = await client.uploadModel(
      {parent, model: {displayName: 'm', containerSpec: SERVING, artifactUri}, ...members});
    return (await operation.promise())[0];
  };
  const {model: name} = await upload({modelId: aName('node')});
  const second = await upload({parentModel: name});
  assert.equal(second.modelVersionId, '2');
  await client.mergeVersionAliases({name: `${name}@2`, versionAliases: ['golden', 'default']});
  const [versions] = await client.listModelVersions({name});
  const aliases = Object.fromEntries(versions.map(one => [one.versionId, [...one.versionAliases].sort()]));
  assert.deepEqual(aliases, {1: [], 2: ['default', 'golden']});
  const [updated] = await client.updateModel(
    {model: {name, displayName: 'better'}, updateMask: {paths: ['display_name']}});
  assert.equal(updated.displayName, 'better');
  const [removed] = await client.deleteModelVersion({name: `${name}@1`});
  await removed.promise();
  assert.equal((await client.getModel({name: `${name}@golden`}))[0].versionId, '2');
  const [exported] = await client.exportModel({name, outputConfig: {exportFormatId: 'custom-trained',
    artifactDestination: {outputUriPrefix: `gs://stage/${aName('export')}`}}});
  const [, metadata] = await exported.promise();
  assert.deepEqual(await filesBelow(metadata.outputInfo.artifactOutputUri), [['file', 'weights']]);
  assert.ok((await client.listModels({parent, filter: 'display_name="better"'}))[0].some(one => one.name === name));
  const [deleted] = await client.deleteModel({name});
  await deleted.promise();
  await failure(client.getModel({name}), CODE.NOT_FOUND);
});
