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

/** Storing, reading, describing, copying and deleting objects. */
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
    name: 'HEAD tells what GET would',
    run: async (cloud) => {
      const path = await storeNew(cloud);
      const answer = (await cloud.storage.head(path)).is(200);
      assert.deepEqual(headersOf(answer, 'etag', 'content-length', 'content-type'), {
        etag: md5('content'),
        'content-length': '7',
        'content-type': 'text/plain;charset=UTF-8',
      });
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
    name: 'an object that is not there is not found',
    run: async (cloud) => {
      const path = `${await makeContainer(cloud)}/nothing`;
      assert.equal((await cloud.storage.get(path)).is(404).text, notFoundPage);
      (await cloud.storage.head(path)).is(404);
      assert.equal((await cloud.storage.delete(path)).is(404).text, notFoundPage);
      assert.equal((await cloud.storage.send('POST', path)).is(404).text, notFoundPage);
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
    name: 'a length that is no number is refused',
    run: async (cloud) => {
      const path = `${await makeContainer(cloud)}/object`;
      const length = { 'transfer-encoding': 'chunked', 'x-object-meta-a': 'b' };
      assert.equal(await promise(cloud, path, { ...length, 'x-delete-at': 'soon' }), 400);
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
    name: 'a part is asked for from a byte to a byte, from a byte on, or from the end',
    run: async (cloud) => {
      const path = await storeNew(cloud, DIGITS);
      for (const [range, text, where] of [
        ['bytes=2-4', '234', 'bytes 2-4/10'],
        ['bytes=7-', '789', 'bytes 7-9/10'],
        ['bytes=-3', '789', 'bytes 7-9/10'],
        ['bytes=8-100', '89', 'bytes 8-9/10'],
        ['bytes=-100', DIGITS, 'bytes 0-9/10'],
      ]) {
        const answer = (await cloud.storage.get(path, { range: range ?? '' })).is(206);
        assert.deepEqual([answer.text, answer.header('content-range')], [text, where], range);
        assert.equal(answer.header('etag'), md5(DIGITS));
      }
    },
  },
  {
    name: 'a part beyond the end cannot be had',
    run: async (cloud) => {
      const path = await storeNew(cloud, DIGITS);
      const answer = (await cloud.storage.get(path, { range: 'bytes=10-' })).is(416);
      assert.equal(answer.header('content-range'), 'bytes */10');
      assert.equal(
        answer.text,
        '<html><h1>Requested Range Not Satisfiable</h1><p>The Range requested is not available.</p></html>',
      );
    },
  },
  {
    name: 'a range that is none is ignored',
    run: async (cloud) => {
      const path = await storeNew(cloud, DIGITS);
      for (const range of ['bytes=5-2', 'lines=1-2', 'bytes=a-b']) {
        assert.equal((await cloud.storage.get(path, { range })).is(200).text, DIGITS);
      }
    },
  },
  {
    name: 'several parts come in one answer of several parts',
    run: async (cloud) => {
      const path = await storeNew(cloud, DIGITS);
      const answer = (await cloud.storage.get(path, { range: 'bytes=0-1,8-9' })).is(206);
      assert.match(answer.header('content-type') ?? '', /^multipart\/byteranges;boundary=\w+$/);
      assert.match(answer.text, /Content-Range: bytes 0-1\/10\r\n\r\n01\r\n/);
      assert.match(answer.text, /Content-Range: bytes 8-9\/10\r\n\r\n89\r\n/);
    },
  },
  {
    name: 'a reader with the same etag is told so',
    run: async (cloud) => {
      const path = await storeNew(cloud);
      const etag = md5('content');
      const same = (await cloud.storage.get(path, { 'if-none-match': etag })).is(304);
      assert.equal(same.bytes.length, 0);
      (await cloud.storage.get(path, { 'if-none-match': md5('other') })).is(200);
      (await cloud.storage.get(path, { 'if-match': etag })).is(200);
      (await cloud.storage.get(path, { 'if-match': md5('other') })).is(412);
    },
  },
  {
    name: 'a reader with a newer date is told so',
    run: async (cloud) => {
      const path = await storeNew(cloud);
      const modified = (await cloud.storage.head(path)).header('last-modified') ?? '';
      (await cloud.storage.get(path, { 'if-modified-since': modified })).is(304);
      const old = 'Wed, 01 Jan 2020 00:00:00 GMT';
      (await cloud.storage.get(path, { 'if-modified-since': old })).is(200);
      (await cloud.storage.get(path, { 'if-unmodified-since': old })).is(412);
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
    name: 'a name may hold spaces, percent signs, slashes, question marks and letters of any script',
    run: async (cloud) => {
      const box = await makeContainer(cloud);
      const names = ['a b', '100%', '%41', 'ünï', 'a/b//c', 'v1/x', 'what?', '#1', 'a+b', '日本'];
      for (const name of names) {
        const path = `${box}/${encodeURIComponent(name)}`;
        await store(cloud, path, name);
        assert.equal((await cloud.storage.get(path)).is(200).text, name);
      }
      const list = (await cloud.storage.get(`${box}?format=json`)).is(200);
      assert.deepEqual(list.each('', 'name').sort(), names.sort());
    },
  },
  {
    name: 'slashes of a name need not be encoded',
    run: async (cloud) => {
      const box = await makeContainer(cloud);
      await store(cloud, `${box}/a/b/c`, 'deep');
      assert.equal((await cloud.storage.get(`${box}/a%2Fb%2Fc`)).is(200).text, 'deep');
    },
  },
  {
    name: 'an object name is at most 1024 bytes long',
    run: async (cloud) => {
      const box = await makeContainer(cloud);
      await store(cloud, `${box}/${'n'.repeat(1024)}`, 'x');
      const answer = await cloud.storage.send('PUT', `${box}/${'n'.repeat(1025)}`, { body: 'x' });
      assert.equal(answer.is(400).text, 'Object name length of 1025 longer than 1024');
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
  {
    name: 'objects of a container are read with a token only',
    run: async (cloud) => {
      const path = await storeNew(cloud);
      (await cloud.storage.send('GET', path, { token: null })).is(401);
      (await cloud.storage.send('PUT', path, { token: null, body: 'x' })).is(401);
      (await cloud.storage.send('DELETE', path, { token: null })).is(401);
    },
  },
];
