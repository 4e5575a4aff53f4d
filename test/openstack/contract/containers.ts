import assert from 'node:assert/strict';
import type { Case } from './cloud.js';
import { makeContainer } from './stored.js';

/** Swift's own pages of error. */
export const notFoundPage =
  '<html><h1>Not Found</h1><p>The resource could not be found.</p></html>';
export const unauthorizedPage =
  '<html><h1>Unauthorized</h1><p>This server could not verify that you are authorized to access ' +
  'the document you requested.</p></html>';
export const forbiddenPage =
  '<html><h1>Forbidden</h1><p>Access was denied to this resource.</p></html>';

/** Accounts and containers of Object Storage. */
export const containerCases: Case[] = [
  {
    name: 'a container is made once and then found',
    run: async (cloud) => {
      const path = `/${cloud.name('box')}`;
      cloud.undo(() => cloud.storage.delete(path));
      assert.equal((await cloud.storage.send('PUT', path)).is(201).text, '');
      (await cloud.storage.send('PUT', path)).is(202);
    },
  },
  {
    name: 'an empty container has no content, and says so',
    run: async (cloud) => {
      const box = await makeContainer(cloud);
      const answer = (await cloud.storage.get(box)).is(204);
      assert.equal(answer.header('x-container-object-count'), '0');
      assert.equal(answer.header('x-container-bytes-used'), '0');
      assert.equal(answer.header('x-storage-policy'), 'Policy-0');
      const json = (await cloud.storage.get(`${box}?format=json`)).is(200);
      assert.equal(json.text, '[]');
      assert.equal(json.header('content-type'), 'application/json; charset=utf-8');
    },
  },
  {
    name: 'a container’s totals follow what is put into it',
    run: async (cloud) => {
      const box = await makeContainer(cloud);
      (await cloud.storage.send('PUT', `${box}/a`, { body: '12345' })).is(201);
      (await cloud.storage.send('PUT', `${box}/b`, { body: '678' })).is(201);
      await cloud.eventually(async () => {
        const answer = (await cloud.storage.head(box)).is(204);
        assert.equal(answer.header('x-container-object-count'), '2');
        assert.equal(answer.header('x-container-bytes-used'), '8');
      });
    },
  },
  {
    name: 'a container that is not there is not found',
    run: async (cloud) => {
      const path = `/${cloud.name('nothing')}`;
      const answer = (await cloud.storage.get(path)).is(404);
      assert.equal(answer.text, notFoundPage);
      assert.equal(answer.header('content-type'), 'text/html; charset=UTF-8');
      (await cloud.storage.head(path)).is(404);
      assert.equal((await cloud.storage.delete(path)).is(404).text, notFoundPage);
      assert.equal((await cloud.storage.send('POST', path)).is(404).text, notFoundPage);
    },
  },
  {
    name: 'a container that holds something is not deleted',
    run: async (cloud) => {
      const box = await makeContainer(cloud);
      (await cloud.storage.send('PUT', `${box}/a`, { body: 'x' })).is(201);
      assert.equal(
        (await cloud.storage.delete(box)).is(409).text,
        '<html><h1>Conflict</h1><p>There was a conflict when trying to complete your request.</p></html>',
      );
    },
  },
  {
    name: 'an empty container is deleted once',
    run: async (cloud) => {
      const box = await makeContainer(cloud);
      assert.equal((await cloud.storage.delete(box)).is(204).text, '');
      (await cloud.storage.delete(box)).is(404);
    },
  },
  {
    name: 'a container has metadata, changed and removed by POST and by PUT',
    run: async (cloud) => {
      const box = await makeContainer(cloud, { 'x-container-meta-color': 'red' });
      const meta = async (name: string): Promise<string | null> =>
        (await cloud.storage.head(box)).is(204).header(`x-container-meta-${name}`);
      const change = async (method: string, headers: Record<string, string>): Promise<number> =>
        (await cloud.storage.send(method, box, { headers })).status;
      assert.equal(await meta('color'), 'red');
      assert.equal(await change('POST', { 'x-container-meta-size': 'big' }), 204);
      assert.deepEqual([await meta('color'), await meta('size')], ['red', 'big']);
      assert.equal(await change('POST', { 'x-remove-container-meta-color': 'x' }), 204);
      assert.equal(await meta('color'), null);
      assert.equal(await change('PUT', { 'x-container-meta-size': '' }), 202);
      assert.equal(await meta('size'), null);
    },
  },
  {
    name: 'a container name is at most 256 bytes long',
    run: async (cloud) => {
      const answer = (await cloud.storage.send('PUT', `/${'n'.repeat(257)}`)).is(400);
      assert.equal(answer.text, 'Container name length of 257 longer than 256');
    },
  },
  {
    name: 'a container name may hold spaces, percent signs and letters of any script',
    run: async (cloud) => {
      const name = `${cloud.name('box')} 100% ünïcødé`;
      const path = await makeContainer(cloud, {}, encodeURIComponent(name));
      (await cloud.storage.head(path)).is(204);
      const list = (await cloud.storage.get('?format=json')).is(200);
      assert.ok(list.each('', 'name').includes(name));
    },
  },
  {
    name: 'metadata that is too long is refused',
    run: async (cloud) => {
      const box = await makeContainer(cloud);
      const post = (headers: Record<string, string>) =>
        cloud.storage.send('POST', box, { headers });
      const name = `x-container-meta-${'n'.repeat(129)}`;
      assert.match((await post({ [name]: 'x' })).is(400).text, /^Metadata name too long: /);
      const value = await post({ 'x-container-meta-a': 'v'.repeat(257) });
      assert.match(value.is(400).text, /^Metadata value longer than 256: x-container-meta-a$/i);
      const many = Object.fromEntries(
        Array.from({ length: 91 }, (_, i) => [`x-container-meta-${i}`, 'x']),
      );
      assert.equal((await post(many)).is(400).text, 'Too many metadata items; max 90');
    },
  },
  {
    name: 'the account lists its containers, plain and as JSON',
    run: async (cloud) => {
      const box = await makeContainer(cloud);
      const name = box.slice(1);
      const plain = (await cloud.storage.get('')).is(200);
      assert.equal(plain.header('content-type'), 'text/plain; charset=utf-8');
      assert.ok(plain.lines.includes(name));
      const json = (await cloud.storage.get(`?format=json&prefix=${name}`)).is(200);
      assert.equal(json.list('').length, 1);
      assert.deepEqual(json.keys('0'), ['bytes', 'count', 'last_modified', 'name']);
      assert.deepEqual([json.at('0.name'), json.at('0.count'), json.at('0.bytes')], [name, 0, 0]);
      const accepted = (await cloud.storage.get('', { accept: 'application/json' })).is(200);
      assert.equal(accepted.header('content-type'), 'application/json; charset=utf-8');
    },
  },
  {
    name: 'the account lists by prefix, marker, end_marker, limit and in reverse',
    run: async (cloud) => {
      const base = cloud.name('page');
      for (const letter of ['a', 'b', 'c', 'd']) {
        await makeContainer(cloud, {}, `${base}-${letter}`);
      }
      const list = async (query: string): Promise<string> =>
        (await cloud.storage.get(`?prefix=${base}-&${query}`)).lines
          .map((line) => line.slice(-1))
          .join('');
      assert.equal(await list(''), 'abcd');
      assert.equal(await list('limit=2'), 'ab');
      assert.equal(await list(`marker=${base}-b`), 'cd');
      assert.equal(await list(`end_marker=${base}-c`), 'ab');
      assert.equal(await list('reverse=true'), 'dcba');
    },
  },
  {
    name: 'a listing asks for at most 10000',
    run: async (cloud) => {
      const box = await makeContainer(cloud);
      const answer = (await cloud.storage.get(`${box}?limit=10001`)).is(412);
      assert.equal(answer.text, 'Maximum limit is 10000');
      (await cloud.storage.get('?limit=10001')).is(412);
    },
  },
  {
    name: 'the account has totals and metadata',
    run: async (cloud) => {
      const header = 'x-account-meta-note';
      cloud.undo(() => cloud.storage.send('POST', '', { headers: { [header]: '' } }));
      (await cloud.storage.send('POST', '', { headers: { [header]: 'hello' } })).is(204);
      const answer = (await cloud.storage.head('')).is(204);
      assert.equal(answer.header(header), 'hello');
      assert.match(answer.header('x-account-container-count') ?? '', /^\d+$/);
      assert.match(answer.header('x-account-object-count') ?? '', /^\d+$/);
      assert.match(answer.header('x-account-bytes-used') ?? '', /^\d+$/);
    },
  },
  {
    name: 'Object Storage wants a token of the account’s own project',
    run: async (cloud) => {
      const bare = await cloud.storage.send('GET', '', { token: null });
      assert.equal(bare.is(401).text, unauthorizedPage);
      assert.ok(bare.header('www-authenticate'));
      (await cloud.storage.send('GET', '', { token: 'nonsense' })).is(401);
      const other = new URL(cloud.storage.url).pathname.replace(/[0-9a-f]{32}$/, 'f'.repeat(32));
      const { origin } = new URL(cloud.storage.url);
      const answer = (await cloud.at(`${origin}${other}`).get('')).is(403);
      assert.equal(answer.text, forbiddenPage);
    },
  },
  {
    name: 'every answer has a transaction id',
    run: async (cloud) => {
      const found = await cloud.storage.head('');
      assert.match(found.header('x-trans-id') ?? '', /^tx[0-9a-f]{21}-[0-9a-f]{10}/);
      assert.equal(found.header('x-openstack-request-id'), found.header('x-trans-id'));
      const missing = await cloud.storage.head(`/${cloud.name('nothing')}`);
      assert.match(missing.header('x-trans-id') ?? '', /^tx/);
    },
  },
  {
    name: 'a read ACL opens a container to everyone, for reading only',
    run: async (cloud) => {
      const box = await makeContainer(cloud, { 'x-container-read': '.r:*,.rlistings' });
      (await cloud.storage.send('PUT', `${box}/a`, { body: 'open' })).is(201);
      const { text } = (await cloud.storage.send('GET', `${box}/a`, { token: null })).is(200);
      assert.equal(text, 'open');
      (await cloud.storage.send('GET', box, { token: null })).is(200);
      (await cloud.storage.send('PUT', `${box}/a`, { token: null, body: 'x' })).is(401);
    },
  },
  {
    name: '/info tells the limits and the digests of temp URLs',
    run: async (cloud) => {
      const { origin } = new URL(cloud.storage.url);
      const info = (await cloud.at(origin).send('GET', '/info', { token: null })).is(200);
      assert.equal(info.at('swift.max_file_size'), 5368709122);
      assert.equal(info.at('swift.max_object_name_length'), 1024);
      assert.equal(info.at('swift.container_listing_limit'), 10000);
      assert.equal(info.at('slo.max_manifest_segments'), 1000);
      assert.equal(info.at('slo.min_segment_size'), 1);
      assert.deepEqual(info.at('tempurl.allowed_digests'), ['sha1', 'sha256', 'sha512']);
      assert.deepEqual(info.at('tempurl.methods'), ['GET', 'HEAD', 'PUT', 'POST', 'DELETE']);
    },
  },
];
