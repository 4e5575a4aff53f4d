import assert from 'node:assert/strict';
import type { Answer } from './answer.js';
import type { Case } from './cloud.js';
import { ETAG, large, putManifest, segments, WHOLE } from './large-object.js';
import { makeContainer, md5, store } from './stored.js';

/** Static and dynamic large objects. */
export const largeObjectCases: Case[] = [
  {
    name: 'segments become one object whose etag is that of their etags',
    run: async (cloud) => {
      const { box, parts } = await segments(cloud);
      const put = (await putManifest(cloud, `${box}/large`, parts)).is(201);
      assert.equal(put.header('etag'), `"${ETAG}"`);
      const answer = (await cloud.storage.get(`${box}/large`)).is(200);
      assert.equal(answer.text, WHOLE);
      assert.equal(answer.header('etag'), `"${ETAG}"`);
      assert.equal(answer.header('x-static-large-object'), 'True');
      assert.equal(answer.header('content-length'), String(WHOLE.length));
    },
  },
  {
    name: 'HEAD of a large object tells the whole’s length and etag',
    run: async (cloud) => {
      const { path } = await large(cloud);
      const answer = (await cloud.storage.head(path)).is(200);
      assert.equal(answer.header('content-length'), String(WHOLE.length));
      assert.equal(answer.header('etag'), `"${ETAG}"`);
      assert.equal(answer.header('content-type'), 'text/x-large');
      assert.match(answer.header('x-manifest-etag') ?? '', /^"?[0-9a-f]{32}"?$/);
    },
  },
  {
    name: 'a part of a large object may lie across its segments',
    run: async (cloud) => {
      const { path } = await large(cloud);
      const answer = (await cloud.storage.get(path, { range: 'bytes=4-14' })).is(206);
      assert.equal(answer.text, WHOLE.slice(4, 15));
      assert.equal(answer.header('content-range'), `bytes 4-14/${WHOLE.length}`);
    },
  },
  {
    name: 'etags and sizes may be left out',
    run: async (cloud) => {
      const { box, parts } = await segments(cloud);
      const bare = parts.map(({ path }) => ({ path }));
      (await putManifest(cloud, `${box}/large`, bare)).is(201);
      assert.equal((await cloud.storage.get(`${box}/large`)).is(200).text, WHOLE);
      const nulls = parts.map(({ path }) => ({ path, etag: null, size_bytes: null }));
      (await putManifest(cloud, `${box}/large`, nulls)).is(201);
    },
  },
  {
    name: 'the manifest itself can be read',
    run: async (cloud) => {
      const { path, parts } = await large(cloud);
      const answer = (await cloud.storage.get(`${path}?multipart-manifest=get`)).is(200);
      assert.equal(answer.header('content-type'), 'application/json; charset=utf-8');
      assert.deepEqual(
        answer.list('').map((part) => [part.at('name'), part.at('hash'), part.at('bytes')]),
        parts.map(({ path: name, etag, size_bytes }) => [name, etag, size_bytes]),
      );
      const raw = (await cloud.storage.get(`${path}?multipart-manifest=get&format=raw`)).is(200);
      assert.deepEqual(raw.at(''), parts);
    },
  },
  {
    name: 'a listing tells the whole’s size and etag',
    run: async (cloud) => {
      const { box } = await large(cloud);
      await cloud.eventually(async () => {
        const answer = (await cloud.storage.get(`${box}?format=json&prefix=large`)).is(200);
        assert.equal(answer.at('0.bytes'), WHOLE.length);
        assert.equal(answer.at('0.slo_etag'), `"${ETAG}"`);
      });
    },
  },
  {
    name: 'deleting a large object leaves its segments',
    run: async (cloud) => {
      const { path, parts } = await large(cloud);
      (await cloud.storage.delete(path)).is(204);
      for (const part of parts) (await cloud.storage.head(part.path)).is(200);
    },
  },
  {
    name: 'deleting a large object with its segments leaves nothing',
    run: async (cloud) => {
      const { path, parts } = await large(cloud);
      const answer = await cloud.storage.send('DELETE', `${path}?multipart-manifest=delete`, {
        headers: { accept: 'application/json' },
      });
      assert.equal(answer.is(200).at('Response Status'), '200 OK');
      assert.equal(answer.at('Number Deleted'), 4);
      assert.equal(answer.at('Number Not Found'), 0);
      assert.deepEqual(answer.at('Errors'), []);
      for (const gone of [path, ...parts.map((part) => part.path)]) {
        (await cloud.storage.head(gone)).is(404);
      }
    },
  },
  {
    name: 'deleting with segments what is no large object, or is not there',
    run: async (cloud) => {
      const box = await makeContainer(cloud);
      const path = await store(cloud, `${box}/plain`, 'x');
      const headers = { accept: 'application/json' };
      const remove = (name: string): Promise<Answer> =>
        cloud.storage.send('DELETE', `${name}?multipart-manifest=delete`, { headers });
      const plain = (await remove(path)).is(200);
      assert.equal(plain.at('Response Status'), '400 Bad Request');
      assert.deepEqual(plain.at('Errors'), [[path, 'Not an SLO manifest']]);
      const nothing = (await remove(`${box}/nothing`)).is(200);
      assert.equal(nothing.at('Response Status'), '200 OK');
      assert.equal(nothing.at('Number Not Found'), 1);
    },
  },
  {
    name: 'a large object whose segment is gone cannot be read',
    run: async (cloud) => {
      const { path, parts } = await large(cloud);
      (await cloud.storage.delete(parts[0]?.path ?? '')).is(204);
      (await cloud.storage.get(path)).is(409);
      (await cloud.storage.head(path)).is(200);
    },
  },
  {
    name: 'a large object may be copied to a plain one',
    run: async (cloud) => {
      const { path, box } = await large(cloud);
      (await cloud.storage.send('COPY', path, { headers: { destination: `${box}/copy` } })).is(201);
      const copy = (await cloud.storage.get(`${box}/copy`)).is(200);
      assert.equal(copy.text, WHOLE);
      assert.equal(copy.header('x-static-large-object'), null);
      assert.equal(copy.header('etag'), md5(WHOLE));
    },
  },
  {
    name: 'a dynamic large object is what begins with its prefix',
    run: async (cloud) => {
      const { box } = await segments(cloud);
      const headers = { 'x-object-manifest': `${box.slice(1)}/segments/` };
      await store(cloud, `${box}/dynamic`, '', headers);
      await cloud.eventually(async () => {
        const answer = (await cloud.storage.get(`${box}/dynamic`)).is(200);
        assert.equal(answer.text, WHOLE);
        assert.equal(answer.header('x-object-manifest'), `${box.slice(1)}/segments/`);
        assert.equal(answer.header('etag'), `"${ETAG}"`);
      });
    },
  },
];
