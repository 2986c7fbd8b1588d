// What the Node tests share: Google's clients, pointed at $ASSAY_TEST_URL.
import assert from 'node:assert/strict';
import {randomBytes} from 'node:crypto';
import {setTimeout as sleep} from 'node:timers/promises';

import {v1} from '@google-cloud/aiplatform';

const LIMIT_MS = 60_000;
const url = new URL(process.env.ASSAY_TEST_URL);

// Without some auth object the library looks for Google's credentials, and ends when there are none.
const auth = {
  getClient: async () => ({}),
  fetch: (address, options) => fetch(address, options),
  getUniverseDomain: async () => 'googleapis.com',
};
const options = {
  fallback: true, // REST instead of gRPC
  protocol: 'http',
  apiEndpoint: url.hostname,
  port: Number(url.port),
  auth,
};

export const parent = 'projects/demo/locations/us-central1';
export const jobs = () => new v1.JobServiceClient(options);
export const vizier = () => new v1.VizierServiceClient(options);

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

export const CODE = {INVALID_ARGUMENT: 3, NOT_FOUND: 5, ALREADY_EXISTS: 6, FAILED_PRECONDITION: 9};
