import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import {
  awaitStatus,
  bootServer,
  createServer,
  imageId,
  microversion,
  removeServer,
  serverIds,
} from './booted.js';
import type { Answer } from './answer.js';
import type { Case, Cloud } from './cloud.js';

/** Three servers for all of these cases, oldest first: NAME-1, NAME-2 and NAME-10. */
interface Three {
  base: string;
  ids: string[];
  addresses: string[];
}

function three(cloud: Cloud): Promise<Three> {
  return cloud.shared('three servers', async (session) => {
    const base = session.name('list');
    const ids: string[] = [];
    const addresses: string[] = [];
    for (const end of ['1', '2', '10']) {
      const fields = { name: `${base}-${end}`, metadata: { end }, description: base };
      const id = (await createServer(session, fields, microversion(19)))
        .is(202)
        .string('server.id');
      const answer = await awaitStatus(session, id, 'ACTIVE');
      const [network] = answer.keys('server.addresses');
      ids.push(id);
      addresses.push(answer.string(`server.addresses.${network ?? ''}.0.addr`));
    }
    return { base, ids, addresses };
  });
}

/** A date in Nova's form, this many seconds from now. */
function date(seconds: number): string {
  return new Date(Date.now() + seconds * 1000).toISOString().replace(/\.\d+Z$/, 'Z');
}

/** Lists of servers, and what of them is asked for. */
export const serverListCases: Case[] = [
  {
    name: 'a list tells id, name and links; in detail everything',
    run: async (cloud) => {
      const { base, ids } = await three(cloud);
      const list = (await cloud.compute.get(`/servers?name=${base}-1$`)).is(200);
      assert.deepEqual(list.keys('servers.0'), ['id', 'links', 'name']);
      const detail = (await cloud.compute.get(`/servers/detail?name=${base}-1$`)).is(200);
      const one = (await cloud.compute.get(`/servers/${ids[0] ?? ''}`)).is(200);
      assert.deepEqual(detail.at('servers.0'), one.at('server'));
    },
  },
  {
    name: 'a list is newest first',
    run: async (cloud) => {
      const { base, ids } = await three(cloud);
      assert.deepEqual(await serverIds(cloud, `name=${base}`), [...ids].reverse());
    },
  },
  {
    name: 'a name is looked for as a regular expression, anywhere in it',
    run: async (cloud) => {
      const { base, ids } = await three(cloud);
      const [one, two, ten] = ids;
      const found = (pattern: string): Promise<unknown[]> =>
        serverIds(cloud, `name=${encodeURIComponent(pattern)}&sort_key=created_at&sort_dir=asc`);
      assert.deepEqual(await found(`${base}-1`), [one, ten]);
      assert.deepEqual(await found(`^${base}-1$`), [one]);
      assert.deepEqual(await found(`${base.slice(2)}-.`), ids);
      assert.deepEqual(await found(`^${base}-[12]$`), [one, two]);
      // Nova escapes the bar.
      assert.deepEqual(await found(`^${base}-1$|^${base}-2$`), []);
      assert.deepEqual(await found(`^${base.slice(1)}`), []);
      assert.deepEqual(await found(base.toUpperCase()), ids);
    },
  },
  {
    name: 'a pattern that is none is a bad request',
    run: async (cloud) => {
      (await cloud.compute.get('/servers?name=%5B')).is(400);
    },
  },
  {
    name: 'servers are found by status',
    run: async (cloud) => {
      const { base, ids } = await three(cloud);
      const found = (status: string) => serverIds(cloud, `name=${base}&status=${status}`);
      assert.equal((await found('ACTIVE')).length, ids.length);
      assert.equal((await found('active')).length, ids.length);
      assert.deepEqual(await found('ERROR'), []);
      assert.deepEqual(await found('SHUTOFF'), []);
      assert.equal((await serverIds(cloud, `name=${base}&status=ACTIVE&status=ERROR`)).length, 3);
      assert.deepEqual(await found('nonsense'), []);
    },
  },
  {
    name: 'servers are found by image, flavor and address',
    run: async (cloud) => {
      const { base, ids, addresses } = await three(cloud);
      const found = (query: string) => serverIds(cloud, `name=${base}&${query}`);
      assert.equal((await found(`image=${await imageId(cloud)}`)).length, 3);
      assert.deepEqual(await found(`image=${randomUUID()}`), []);
      assert.equal((await found('flavor=2')).length, 3);
      assert.deepEqual(await found('flavor=3'), []);
      assert.ok((await found(`ip=${addresses[1] ?? ''}`)).includes(ids[1]));
      // Where Networking looks for addresses, it looks for a part of them and for no pattern.
      assert.deepEqual(await found('ip=%5E10'), []);
    },
  },
  {
    name: 'an unknown filter is no filter',
    run: async (cloud) => {
      const { base, ids } = await three(cloud);
      assert.equal((await serverIds(cloud, `name=${base}&color=red`)).length, ids.length);
      assert.equal((await serverIds(cloud, `name=${base}&host=elsewhere`)).length, ids.length);
    },
  },
  {
    name: 'a list has pages that link to the next',
    run: async (cloud) => {
      const { base, ids } = await three(cloud);
      const first = (await cloud.compute.get(`/servers?name=${base}&limit=2`)).is(200);
      assert.deepEqual(first.each('servers', 'id'), [ids[2], ids[1]]);
      assert.equal(first.at('servers_links.0.rel'), 'next');
      const next = new URL(first.string('servers_links.0.href'));
      assert.equal(next.searchParams.get('marker'), ids[1]);
      assert.equal(next.searchParams.get('limit'), '2');
      const second = (await cloud.compute.get(`/servers${next.search}`)).is(200);
      assert.deepEqual(second.each('servers', 'id'), [ids[0]]);
      assert.equal(second.at('servers_links'), undefined);
    },
  },
  {
    name: 'a page begins after a server that is there, and has a length',
    run: async (cloud) => {
      const marker = randomUUID();
      (await cloud.compute.get(`/servers?marker=${marker}`)).nova(
        400,
        'badRequest',
        `marker [${marker}] not found`,
      );
      (await cloud.compute.get('/servers?limit=-1')).nova(
        400,
        'badRequest',
        /^Invalid input for query parameters limit\. Value: -1\. /,
      );
      (await cloud.compute.get('/servers?limit=few')).is(400);
      const { base } = await three(cloud);
      assert.deepEqual(await serverIds(cloud, `name=${base}&limit=0`), []);
    },
  },
  {
    name: 'a list is sorted by what is asked for',
    run: async (cloud) => {
      const { base, ids } = await three(cloud);
      const [one, two, ten] = ids;
      const sorted = (order: string) => serverIds(cloud, `name=${base}&sort_key=${order}`);
      assert.deepEqual(await sorted('display_name&sort_dir=asc'), [one, ten, two]);
      assert.deepEqual(await sorted('display_name&sort_dir=desc'), [two, ten, one]);
      (await cloud.compute.get('/servers?sort_key=color')).is(400);
    },
  },
  {
    name: 'changes-since tells what has changed, what was deleted included',
    run: async (cloud) => {
      const id = await bootServer(cloud);
      const before = date(-1);
      await removeServer(cloud, id);
      const changed = await cloud.compute.get(`/servers/detail?changes-since=${before}`);
      const found = changed
        .is(200)
        .list('servers')
        .find((server) => server.at('id') === id);
      assert.equal(found?.at('status'), 'DELETED');
      assert.ok(!(await serverIds(cloud, '')).includes(id));
      assert.ok(!(await serverIds(cloud, `changes-since=${date(60)}`)).includes(id));
    },
  },
  {
    name: 'changes-since is a date',
    run: async (cloud) => {
      (await cloud.compute.get('/servers?changes-since=yesterday')).nova(
        400,
        'badRequest',
        /^Invalid input for query parameters changes-since\. Value: yesterday\. 'yesterday' is not a 'date-time'$/,
      );
    },
  },
  {
    name: 'other projects’ servers are for administrators',
    run: async (cloud) => {
      (await cloud.compute.get('/servers?all_tenants=1')).nova(
        403,
        'forbidden',
        "Policy doesn't allow os_compute_api:servers:index:get_all_tenants to be performed.",
      );
      (await cloud.compute.get('/servers/detail?all_tenants=True')).is(403);
    },
  },
  {
    name: 'from 2.26 on servers are found by tags',
    run: async (cloud) => {
      const { base, ids } = await three(cloud);
      const [one, two] = ids as [string, string];
      const tags = async (id: string, ...values: string[]): Promise<Answer> =>
        cloud.compute.put(`/servers/${id}/tags`, { tags: values }, microversion(26));
      (await tags(one, 'red', 'big')).is(200);
      (await tags(two, 'red')).is(200);
      const found = (query: string) => serverIds(cloud, `name=${base}&${query}`, microversion(26));
      assert.deepEqual(await found('tags=red'), [two, one]);
      assert.deepEqual(await found('tags=red,big'), [one]);
      assert.deepEqual(await found('not-tags-any=red'), [ids[2]]);
    },
  },
];
