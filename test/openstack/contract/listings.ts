import assert from 'node:assert/strict';
import type { Case, Cloud } from './cloud.js';
import { makeContainer, md5, store } from './stored.js';

const NAMES = ['a', 'b', 'dir/one', 'dir/sub/two', 'dir/three', 'e'];

/** A container of those names, each object holding its own name. */
async function filled(cloud: Cloud, names = NAMES): Promise<string> {
  const box = await makeContainer(cloud);
  for (const name of names) await store(cloud, `${box}/${encodeURIComponent(name)}`, name);
  return box;
}

async function lines(cloud: Cloud, box: string, query: string): Promise<string[]> {
  return (await cloud.storage.get(`${box}?${query}`)).is(200, 204).lines;
}

/** Listings of containers. */
export const listingCases: Case[] = [
  {
    name: 'a plain listing is sorted, one name a line',
    run: async (cloud) => {
      const box = await filled(cloud);
      const answer = (await cloud.storage.get(box)).is(200);
      assert.equal(answer.header('content-type'), 'text/plain; charset=utf-8');
      assert.equal(answer.text, 'a\nb\ndir/one\ndir/sub/two\ndir/three\ne\n');
    },
  },
  {
    name: 'a JSON listing tells bytes, hash, type and date',
    run: async (cloud) => {
      const box = await filled(cloud, ['a']);
      const answer = (await cloud.storage.get(`${box}?format=json`)).is(200);
      assert.deepEqual(answer.keys('0'), [
        'bytes',
        'content_type',
        'hash',
        'last_modified',
        'name',
      ]);
      assert.deepEqual(
        [answer.at('0.name'), answer.at('0.bytes'), answer.at('0.hash')],
        ['a', 1, md5('a')],
      );
      assert.match(answer.string('0.last_modified'), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}$/);
      assert.equal(answer.at('0.content_type'), 'text/plain;charset=UTF-8');
    },
  },
  {
    name: 'an XML listing holds the same',
    run: async (cloud) => {
      const box = await filled(cloud, ['a&b']);
      const answer = (await cloud.storage.get(`${box}?format=xml`)).is(200);
      assert.equal(answer.header('content-type'), 'application/xml; charset=utf-8');
      assert.match(answer.text, /^<\?xml version="1\.0" encoding="UTF-8"\?>\n<container name="/);
      assert.match(answer.text, /<object><name>a&amp;b<\/name><hash>[0-9a-f]{32}<\/hash>/);
    },
  },
  {
    name: 'a prefix narrows a listing',
    run: async (cloud) => {
      const box = await filled(cloud);
      assert.deepEqual(await lines(cloud, box, 'prefix=dir/'), NAMES.slice(2, 5));
      assert.deepEqual(await lines(cloud, box, 'prefix=nothing'), []);
      (await cloud.storage.get(`${box}?prefix=nothing`)).is(204);
    },
  },
  {
    name: 'a delimiter folds what lies deeper',
    run: async (cloud) => {
      const box = await filled(cloud);
      assert.deepEqual(await lines(cloud, box, 'delimiter=/'), ['a', 'b', 'dir/', 'e']);
      const json = await cloud.storage.get(`${box}?delimiter=/&format=json&prefix=dir`);
      assert.deepEqual(json.is(200).at(''), [{ subdir: 'dir/' }]);
      assert.deepEqual(await lines(cloud, box, 'prefix=dir/&delimiter=/'), [
        'dir/one',
        'dir/sub/',
        'dir/three',
      ]);
    },
  },
  {
    name: 'marker, end_marker and limit page through a listing',
    run: async (cloud) => {
      const box = await filled(cloud);
      assert.deepEqual(await lines(cloud, box, 'limit=2'), ['a', 'b']);
      assert.deepEqual(await lines(cloud, box, 'marker=b&limit=2'), ['dir/one', 'dir/sub/two']);
      assert.deepEqual(await lines(cloud, box, 'marker=dir/three'), ['e']);
      assert.deepEqual(await lines(cloud, box, 'end_marker=b'), ['a']);
      assert.deepEqual(await lines(cloud, box, 'marker=zzz'), []);
      assert.deepEqual(await lines(cloud, box, 'limit=0'), []);
    },
  },
  {
    name: 'a listing in reverse',
    run: async (cloud) => {
      const box = await filled(cloud);
      assert.deepEqual(await lines(cloud, box, 'reverse=true'), [...NAMES].reverse());
      assert.deepEqual(await lines(cloud, box, 'reverse=true&marker=b'), ['a']);
    },
  },
  {
    name: 'names of any script are listed as they are',
    run: async (cloud) => {
      const names = ['100%', 'a b', 'ünï', '日本'];
      const box = await filled(cloud, names);
      assert.deepEqual(await lines(cloud, box, ''), names);
      assert.deepEqual(await lines(cloud, box, `prefix=${encodeURIComponent('ü')}`), ['ünï']);
    },
  },
  {
    name: 'a limit that is no number is the default',
    run: async (cloud) => {
      const box = await filled(cloud, ['a', 'b']);
      assert.deepEqual(await lines(cloud, box, 'limit=many'), ['a', 'b']);
    },
  },
  {
    name: 'a deleted object is listed no more',
    run: async (cloud) => {
      const box = await filled(cloud, ['a', 'b']);
      (await cloud.storage.delete(`${box}/a`)).is(204);
      await cloud.eventually(async () => assert.deepEqual(await lines(cloud, box, ''), ['b']));
    },
  },
];
