// What the Node tests share: Google's clients, pointed at $ASSAY_TEST_URL.
import assert from 'node:assert/strict';
import {randomBytes} from 'node:crypto';
import {setTimeout as sleep} from 'node:timers/promises';
import {createRequire} from 'node:module';

import {helpers, v1} from '@google-cloud/aiplatform';

export {helpers, v1};
export const version = createRequire(import.meta.url)('@google-cloud/aiplatform/package.json').version;
const LIMIT_MS = 60_000;

// Without any credentials the library looks for Google's, and ends when there are none. With a key the sixth
// series lets errors through as they come from the wire, but an object of one's own does better.
function credentials(token) {
  const headers = token ? {authorization: `Bearer ${token}`} : {};
  const auth = {
    getClient: async () => ({}),
    fetch: (address, options) =>
      fetch(address, {...options, headers: {...Object.fromEntries(new Headers(options.headers)), ...headers}}),
  };
  return version.startsWith('6.') || token ? {auth} : {apiKey: 'none'};
}

export function connected(Client, address = process.env.ASSAY_TEST_URL, token = '') {
  const url = new URL(address);
  return new Client({
    fallback: true, // REST instead of gRPC
    protocol: 'http',
    apiEndpoint: url.hostname,
    port: Number(url.port),
    ...credentials(token),
  });
}

export const parent = 'projects/demo/locations/us-central1';
export const jobs = (...where) => connected(v1.JobServiceClient, ...where);
export const vizier = (...where) => connected(v1.VizierServiceClient, ...where);
export const pipelines = (...where) => connected(v1.PipelineServiceClient, ...where);
export const models = (...where) => connected(v1.ModelServiceClient, ...where);
export const datasets = (...where) => connected(v1.DatasetServiceClient, ...where);

const objects = name => `${process.env.ASSAY_TEST_URL}/storage/v1/b/stage/o${name}`;

// The URI of a new file in a folder of its own in the bucket.
export async function stored(content, suffix = '') {
  const name = `${aName('files')}/file${suffix}`;
  const answer = await fetch(objects(`?uploadType=media&name=${encodeURIComponent(name)}`).replace(
    '/storage/', '/upload/storage/'), {method: 'POST', body: content});
  assert.equal(answer.status, 200, await answer.clone().text());
  return `gs://stage/${name}`;
}

// The names and texts of all files in a folder of the bucket.
export async function filesBelow(uri) {
  const prefix = `${uri.replace('gs://stage/', '').replace(/\/$/, '')}/`;
  const found = await (await fetch(objects(`?prefix=${encodeURIComponent(prefix)}`))).json();
  return Promise.all((found.items ?? []).map(async item => [item.name.slice(prefix.length),
    await (await fetch(objects(`/${encodeURIComponent(item.name)}?alt=media`))).text()]));
}

// A display name that no other test has.
export const aName = what => `${what}-${randomBytes(4).toString('hex')}`;

// One replica that runs a command straight on this machine.
export const pools = (...command) => [{
  machineSpec: {machineType: 'n1-standard-4'},
  replicaCount: 1,
  containerSpec: {imageUri: 'host:', command},
}];

// Reports a loss of 0.25 at step 5, as cloudml-hypertune does.
export const trainer = ['sh', '-c',
  'echo \'{"global_step": "5", "loss": "0.25"}\' > "$CLOUD_ML_HP_METRIC_FILE"'];

// What ask() gives as soon as isSo() says so.
export async function until(ask, isSo) {
  for (const end = Date.now() + LIMIT_MS; ; await sleep(50)) {
    const found = await ask();
    if (isSo(found)) return found;
    if (Date.now() > end) assert.fail(`never came true; last seen: ${JSON.stringify(found)}`);
  }
}

// The error of a promise that must fail with this gRPC code.
export async function failure(promise, code) {
  let error;
  await promise.catch(caught => (error = caught));
  assert.ok(error, 'it does not fail');
  assert.equal(error.code, code, error.stack);
  return error;
}

export const CODE = {CANCELLED: 1, UNKNOWN: 2, INVALID_ARGUMENT: 3, DEADLINE_EXCEEDED: 4, NOT_FOUND: 5,
  ALREADY_EXISTS: 6, PERMISSION_DENIED: 7, RESOURCE_EXHAUSTED: 8, FAILED_PRECONDITION: 9, ABORTED: 10,
  OUT_OF_RANGE: 11, UNIMPLEMENTED: 12, INTERNAL: 13, UNAVAILABLE: 14};
