import assert from 'node:assert/strict';
import type { Case } from './cloud.js';
import { notFoundPage } from './containers.js';
import { headersOf, makeContainer, md5, store, storeNew } from './stored.js';

const DIGITS = '0123456789';

/** Reading objects: parts, conditions, names. */
export const objectReadCases: Case[] = [
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
    name: 'objects of a container are read with a token only',
    run: async (cloud) => {
      const path = await storeNew(cloud);
      (await cloud.storage.send('GET', path, { token: null })).is(401);
      (await cloud.storage.send('PUT', path, { token: null, body: 'x' })).is(401);
      (await cloud.storage.send('DELETE', path, { token: null })).is(401);
    },
  },
];
