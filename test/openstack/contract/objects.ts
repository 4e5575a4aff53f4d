import assert from 'node:assert/strict';
import { request } from 'node:http';
import type { Case, Cloud } from './cloud.js';
import { notFoundPage } from './containers.js';
import { headersOf, makeContainer, md5, store, storeNew } from './stored.js';

const DIGITS = '0123456789';

/** Sends headers that promise a body and none of it; returns the answer's status. */
function promise(cloud: Cloud, path: string, headers: Record<string, string>): Promise<number> {
  return new Promise((resolve, reject) => {
    const sent = request(cloud.storage.url + path, {
      method: 'PUT',
      headers: { 'x-auth-token': cloud.token, ...headers },
    });
    sent.on('response', (answer) => {
      sent.destroy();
      resolve(answer.statusCode ?? 0);
    });
    sent.on('error', reject);
    sent.flushHeaders();
  });
}

function stream(...chunks: string[]): ReadableStream {
  return new ReadableStream({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(Buffer.from(chunk));
      controller.close();
    },
  });
}

/** Storing, describing, copying and deleting objects. */
export const objectCases: Case[] = [
  {
    name: 'an object is stored with its MD5 as etag',
    run: async (cloud) => {
      const path = `${await makeContainer(cloud)}/object`;
      const answer = (await cloud.storage.send('PUT', path, { body: 'content' })).is(201);
      assert.equal(answer.header('etag'), md5('content'));
      assert.equal(answer.text, '');
      assert.ok(answer.header('last-modified'));
    },
  },
  {
    name: 'an object comes back as it was',
    run: async (cloud) => {
      const body = Buffer.from(Array.from({ length: 70_000 }, (_, i) => (i * 7) % 256));
      const path = await storeNew(cloud, body, { 'content-type': 'application/x-test' });
      const answer = (await cloud.storage.get(path)).is(200);
      assert.equal(Buffer.compare(answer.bytes, body), 0);
      assert.deepEqual(
        headersOf(answer, 'etag', 'content-type', 'content-length', 'accept-ranges'),
        {
          etag: md5(body),
          'content-type': 'application/x-test',
          'content-length': '70000',
          'accept-ranges': 'bytes',
        },
      );
      assert.match(answer.header('x-timestamp') ?? '', /^\d+\.\d{5}$/);
    },
  },
  {
    name: 'an object of no bytes is an object',
    run: async (cloud) => {
      const path = await storeNew(cloud, '');
      const answer = (await cloud.storage.get(path)).is(200);
      assert.equal(answer.bytes.length, 0);
      assert.equal(answer.header('etag'), md5(''));
      assert.equal(answer.header('content-length'), '0');
    },
  },
  {
    name: 'without a type, the name tells it',
    run: async (cloud) => {
      const box = await makeContainer(cloud);
      for (const [name, type] of [
        ['a.txt', 'text/plain'],
        ['a.html', 'text/html'],
        ['a.tar.gz', 'application/x-tar'],
        ['a.json', 'application/json'],
        ['a', 'application/octet-stream'],
      ]) {
        const path = `${box}/${name ?? ''}`;
        (await cloud.storage.send('PUT', path, { body: Buffer.from('x') })).is(201);
        assert.equal((await cloud.storage.head(path)).header('content-type'), type, name);
      }
    },
  },
  {
    name: 'a matching etag is accepted, another one is refused and nothing is stored',
    run: async (cloud) => {
      const box = await makeContainer(cloud);
      await store(cloud, `${box}/right`, 'content', { etag: md5('content') });
      const wrong = await cloud.storage.send('PUT', `${box}/wrong`, {
        body: 'content',
        headers: { etag: md5('other') },
      });
      assert.equal(
        wrong.is(422).text,
        '<html><h1>Unprocessable Entity</h1><p>Unable to process the contained instructions</p></html>',
      );
      (await cloud.storage.head(`${box}/wrong`)).is(404);
    },
  },
  {
    name: 'an object needs its container',
    run: async (cloud) => {
      const path = `/${cloud.name('nothing')}/object`;
      const answer = await cloud.storage.send('PUT', path, { body: 'x' });
      assert.equal(answer.is(404).text, notFoundPage);
      (await cloud.storage.get(path)).is(404);
    },
  },
  {
    name: 'an object of more than 5 GiB is refused before it is sent',
    run: async (cloud) => {
      const path = `${await makeContainer(cloud)}/huge`;
      assert.equal(await promise(cloud, path, { 'content-length': '5368709123' }), 413);
    },
  },
  {
    name: 'an end that is no date is refused',
    run: async (cloud) => {
      const path = `${await makeContainer(cloud)}/object`;
      const headers = { 'x-delete-at': 'soon' };
      (await cloud.storage.send('PUT', path, { body: 'x', headers })).is(400);
    },
  },
  {
    name: 'an object may come in chunks of unknown number',
    run: async (cloud) => {
      const path = `${await makeContainer(cloud)}/object`;
      (await cloud.storage.send('PUT', path, { body: stream('01234', '56789') })).is(201);
      assert.equal((await cloud.storage.get(path)).is(200).text, DIGITS);
    },
  },
  {
    name: 'storing again replaces content, type and metadata',
    run: async (cloud) => {
      const path = await storeNew(cloud, 'one', { 'x-object-meta-a': '1' });
      await store(cloud, path, 'two', { 'content-type': 'text/html' });
      const answer = (await cloud.storage.get(path)).is(200);
      assert.deepEqual([answer.text, answer.header('x-object-meta-a')], ['two', null]);
      assert.equal(answer.header('content-type'), 'text/html');
    },
  },
  {
    name: 'an object is deleted once',
    run: async (cloud) => {
      const path = await storeNew(cloud);
      assert.equal((await cloud.storage.delete(path)).is(204).text, '');
      (await cloud.storage.delete(path)).is(404);
      (await cloud.storage.get(path)).is(404);
    },
  },
  {
    name: 'POST replaces an object’s metadata and keeps its content',
    run: async (cloud) => {
      const path = await storeNew(cloud, 'content', {
        'x-object-meta-a': '1',
        'content-type': 'text/html',
      });
      const headers = { 'x-object-meta-b': '2' };
      const posted = (await cloud.storage.send('POST', path, { headers })).is(202);
      assert.equal(
        posted.text,
        '<html><h1>Accepted</h1><p>The request is accepted for processing.</p></html>',
      );
      const answer = (await cloud.storage.get(path)).is(200);
      assert.deepEqual(headersOf(answer, 'x-object-meta-a', 'x-object-meta-b', 'content-type'), {
        'x-object-meta-a': null,
        'x-object-meta-b': '2',
        'content-type': 'text/html',
      });
      assert.equal(answer.text, 'content');
    },
  },
  {
    name: 'encoding and disposition are kept',
    run: async (cloud) => {
      const path = await storeNew(cloud, 'content', {
        'content-disposition': 'attachment; filename="a b.txt"',
        'content-encoding': 'identity',
      });
      const answer = (await cloud.storage.head(path)).is(200);
      assert.equal(answer.header('content-disposition'), 'attachment; filename="a b.txt"');
      assert.equal(answer.header('content-encoding'), 'identity');
    },
  },
  {
    name: 'If-None-Match: * stores only what is not there',
    run: async (cloud) => {
      const path = `${await makeContainer(cloud)}/object`;
      const put = (): Promise<{ status: number }> =>
        cloud.storage.send('PUT', path, { body: 'x', headers: { 'if-none-match': '*' } });
      assert.equal((await put()).status, 201);
      assert.equal((await put()).status, 412);
    },
  },
  {
    name: 'an object is copied by its source and by its target',
    run: async (cloud) => {
      const box = await makeContainer(cloud);
      await store(cloud, `${box}/one`, 'content', { 'x-object-meta-a': '1' });
      const from = await cloud.storage.send('PUT', `${box}/two`, {
        headers: { 'x-copy-from': `${box}/one`, 'content-length': '0' },
      });
      assert.equal(from.is(201).header('x-copied-from'), `${box.slice(1)}/one`);
      const to = await cloud.storage.send('COPY', `${box}/one`, {
        headers: { destination: `${box}/three` },
      });
      to.is(201);
      for (const name of ['two', 'three']) {
        const copy = (await cloud.storage.get(`${box}/${name}`)).is(200);
        assert.deepEqual([copy.text, copy.header('x-object-meta-a')], ['content', '1']);
      }
    },
  },
  {
    name: 'a copy of what is not there is not made',
    run: async (cloud) => {
      const box = await makeContainer(cloud);
      const headers = { 'x-copy-from': `${box}/nothing` };
      (await cloud.storage.send('PUT', `${box}/two`, { headers })).is(404);
      (await cloud.storage.head(`${box}/two`)).is(404);
    },
  },
  {
    name: 'an object may have an end',
    run: async (cloud) => {
      const box = await makeContainer(cloud);
      await store(cloud, `${box}/a`, 'x', { 'x-delete-after': '100' });
      const at = Number((await cloud.storage.head(`${box}/a`)).header('x-delete-at'));
      assert.ok(Math.abs(at - Date.now() / 1000 - 100) < 20, String(at));
      const past = await cloud.storage.send('PUT', `${box}/b`, {
        body: 'x',
        headers: { 'x-delete-at': '1000' },
      });
      assert.equal(past.is(400).text, 'X-Delete-At in past');
    },
  },
  {
    name: 'an object whose end has come is gone',
    run: async (cloud) => {
      const path = await storeNew(cloud, 'x', { 'x-delete-after': '1' });
      await cloud.eventually(async () => (await cloud.storage.get(path)).is(404));
    },
  },
  {
    name: 'metadata that is too long is refused',
    run: async (cloud) => {
      const box = await makeContainer(cloud);
      const answer = await cloud.storage.send('PUT', `${box}/object`, {
        body: 'x',
        headers: { 'x-object-meta-a': 'v'.repeat(257) },
      });
      assert.match(answer.is(400).text, /^Metadata value longer than 256: x-object-meta-a$/i);
    },
  },
  {
    name: 'a method that there is not is not allowed',
    run: async (cloud) => {
      const path = await storeNew(cloud);
      const answer = (await cloud.storage.send('PATCH', path, { body: 'x' })).is(405);
      assert.equal(
        answer.text,
        '<html><h1>Method Not Allowed</h1><p>The method is not allowed for this resource.</p></html>',
      );
    },
  },
];
