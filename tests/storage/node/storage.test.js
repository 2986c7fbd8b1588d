// @google-cloud/storage, unmodified, against the server that $STORAGE_EMULATOR_HOST names: as an emulator, where
// paths have no /storage/v1 before them, and as an endpoint, where they have.
import assert from 'node:assert/strict';
import {createHash, randomBytes} from 'node:crypto';
import {mkdtemp, readFile, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {Readable} from 'node:stream';
import {pipeline} from 'node:stream/promises';
import {gunzipSync, gzipSync} from 'node:zlib';
import test from 'node:test';

import {Storage} from '@google-cloud/storage';

const url = process.env.STORAGE_EMULATOR_HOST;
const clients = {
  emulator: () => new Storage({projectId: 'demo'}),
  endpoint: () => {
    delete process.env.STORAGE_EMULATOR_HOST;
    try {
      return new Storage({projectId: 'demo', apiEndpoint: url});
    } finally {
      process.env.STORAGE_EMULATOR_HOST = url;
    }
  },
};

const failsWith = code => fault => {
  assert.equal(Number(fault.response?.status ?? fault.code), code, fault.stack); // a resumable upload's code is text
  return true;
};
const namesOf = files => files.map(file => file.name);

for (const [kind, connect] of Object.entries(clients)) {
  const check = (name, body) => test(`${kind}: ${name}`, {timeout: 30_000}, async () => {
    const storage = connect();
    const [bucket] = await storage.createBucket(`n-${randomBytes(8).toString('hex')}`);
    await body(bucket, storage);
    await bucket.deleteFiles();
    await bucket.delete();
    assert.deepEqual(await bucket.exists(), [false]);
  });

  check('a bucket is made, listed, described and found missing', async (bucket, storage) => {
    assert.deepEqual(await bucket.exists(), [true]);
    assert.ok(namesOf((await storage.getBuckets())[0]).includes(bucket.name));
    await assert.rejects(storage.createBucket(bucket.name), failsWith(409));
    await bucket.setLabels({team: 'blue'});
    assert.deepEqual(await bucket.getLabels(), [{team: 'blue'}]);
    await assert.rejects(storage.bucket('there-is-none').getMetadata(), failsWith(404));
    await bucket.file('x').save('1');
    await assert.rejects(bucket.delete(), failsWith(409));
  });

  check('save and download: resumable, simple, empty, any name', async bucket => {
    const data = randomBytes(3 * 1024 * 1024 + 5);
    for (const resumable of [true, false]) {
      for (const validation of ['crc32c', 'md5', false]) {
        await bucket.file('a b/é+x.bin').save(data, {resumable, validation, contentType: 'image/png'});
        const [back] = await bucket.file('a b/é+x.bin').download({validation});
        assert.ok(back.equals(data));
      }
      await bucket.file('empty').save('', {resumable});
      assert.equal((await bucket.file('empty').download())[0].length, 0);
    }
    const [metadata] = await bucket.file('a b/é+x.bin').getMetadata();
    assert.equal(metadata.contentType, 'image/png');
    assert.equal(Number(metadata.size), data.length);
    assert.equal(metadata.md5Hash, createHash('md5').update(data).digest('base64'));
    for (const name of ['100%', '%2F', 'a?b#c', '日本/語', "it's (1)!*", 'o/b/o']) {
      await bucket.file(name).save(name);
      assert.equal(String((await bucket.file(name).download())[0]), name);
    }
    for (const name of ['../x', 'a/../b', 'a//b']) {
      await assert.rejects(bucket.file(name).save('x', {resumable: false}), failsWith(400));
    }
    await assert.rejects(bucket.file('missing').download(), failsWith(404));
    await assert.rejects(bucket.file('missing').delete(), failsWith(404));
    await bucket.file('missing').delete({ignoreNotFound: true});
  });

  check('streams: of unknown length, in pieces, gone on with', async bucket => {
    const data = randomBytes(1024 * 1024 + 77);
    const source = () => Readable.from(
      [data.subarray(0, 70_000), data.subarray(70_000, 600_000), data.subarray(600_000)]);
    for (const options of [{}, {resumable: false}, {chunkSize: 256 * 1024}]) {
      await pipeline(source(), bucket.file('stream').createWriteStream(options));
      assert.ok((await bucket.file('stream').download())[0].equals(data), JSON.stringify(options));
    }
    const file = bucket.file('two sessions');
    const [uri] = await file.createResumableUpload();
    const answer = await fetch(uri, {method: 'PUT', body: data.subarray(0, 262144),
      headers: {'Content-Range': 'bytes 0-262143/*'}});
    assert.equal(answer.status, 308);
    await file.save(data.subarray(262144), {uri, offset: 262144, resumable: true, validation: false});
    assert.ok((await file.download())[0].equals(data));
  });

  check('upload and download of files', async bucket => {
    const folder = await mkdtemp(join(tmpdir(), 'assay-storage-'));
    try {
      await writeFile(join(folder, 'in.txt'), 'a file');
      const [file] = await bucket.upload(join(folder, 'in.txt'), {destination: 'd/in.txt'});
      assert.equal(file.metadata.contentType, 'text/plain');
      await file.download({destination: join(folder, 'out.txt')});
      assert.equal(String(await readFile(join(folder, 'out.txt'))), 'a file');
    } finally {
      await rm(folder, {recursive: true});
    }
  });

  check('ranges', async bucket => {
    const file = bucket.file('r');
    await file.save('0123456789');
    assert.equal(String((await file.download({start: 2, end: 4}))[0]), '234');
    assert.equal(String((await file.download({start: 7}))[0]), '789');
    assert.equal(String((await file.download({end: -3}))[0]), '789');
    await assert.rejects(file.download({start: 10, end: 12}), failsWith(416));
  });

  check('lists with pages, prefixes and delimiters', async bucket => {
    const names = ['a-b', 'a.b', 'a/b', 'a/c/d', 'a0', 'b', 'é/x'];
    await Promise.all(names.map(name => bucket.file(name).save(name, {resumable: false})));
    assert.deepEqual(namesOf((await bucket.getFiles())[0]), names);
    assert.deepEqual(namesOf((await bucket.getFiles({maxResults: 2}))[0]), names.slice(0, 2));
    for (const maxResults of [1, 2, 100]) {
      const [found, prefixes] = [[], []];
      let query = {maxResults, delimiter: '/', autoPaginate: false};
      while (query) {
        const [files, next, answer] = await bucket.getFiles(query);
        found.push(...namesOf(files));
        prefixes.push(...(answer.prefixes ?? []));
        query = next;
      }
      assert.deepEqual(found, ['a-b', 'a.b', 'a0', 'b']);
      assert.deepEqual(prefixes, ['a/', 'é/']);
    }
    assert.deepEqual(namesOf((await bucket.getFiles({prefix: 'a/'}))[0]), ['a/b', 'a/c/d']);
    assert.deepEqual(namesOf((await bucket.getFiles({startOffset: 'a/c', endOffset: 'b'}))[0]), ['a/c/d', 'a0']);
  });

  check('metadata is kept, patched and given back', async bucket => {
    const file = bucket.file('m');
    await file.save('x', {metadata: {cacheControl: 'no-store', metadata: {k: 'v', gone: '1'}}});
    const [metadata] = await file.setMetadata({contentType: 'text/csv', metadata: {gone: null, n: '2'}});
    assert.deepEqual(metadata.metadata, {k: 'v', n: '2'});
    const [again] = await file.getMetadata();
    assert.deepEqual([again.cacheControl, again.contentType], ['no-store', 'text/csv']);
    assert.equal(Number(again.metageneration), 2);
  });

  check('gzip is stored packed and read plain', async bucket => {
    const text = 'text '.repeat(10_000);
    await bucket.file('z').save(text, {gzip: true});
    const [packed] = await bucket.file('z').download({decompress: false});
    assert.equal(String(gunzipSync(packed)), text);
    assert.equal(String((await bucket.file('z').download())[0]), text);
    await bucket.file('already').save(gzipSync(text), {metadata: {contentEncoding: 'gzip'}, resumable: false});
    assert.equal(String((await bucket.file('already').download())[0]), text);
  });

  check('copy, move and combine', async bucket => {
    const file = bucket.file('x/a');
    await file.save('one', {contentType: 'text/plain'});
    const [copied] = await file.copy(bucket.file('y/b'));
    assert.equal((await copied.getMetadata())[0].contentType, 'text/plain');
    await copied.move('z');
    assert.deepEqual(await bucket.file('y/b').exists(), [false]);
    await bucket.file('2').save(' two');
    await bucket.combine(['z', '2', 'x/a'], 'whole.txt');
    assert.equal(String((await bucket.file('whole.txt').download())[0]), 'one twoone');
    await assert.rejects(bucket.file('none').copy('w'), failsWith(404));
  });

  check('conditions', async bucket => {
    const file = bucket.file('c');
    const once = {preconditionOpts: {ifGenerationMatch: 0}};
    await file.save('first', once);
    for (const resumable of [true, false]) {
      await assert.rejects(file.save('second', {...once, resumable}), failsWith(412));
    }
    const {generation} = (await file.getMetadata())[0];
    await file.save('third', {preconditionOpts: {ifGenerationMatch: generation}});
    await assert.rejects(file.delete({ifGenerationMatch: generation}), failsWith(412));
    assert.equal(String((await file.download())[0]), 'third');
  });
}
