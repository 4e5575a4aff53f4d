import assert from 'node:assert/strict';
import { test } from 'node:test';
import { json, scripted } from './scripted-cloud.js';

const queryOf = (url: string | undefined): URLSearchParams =>
  new URL(url ?? '', 'http://x').searchParams;

test("lists follow the cloud's page links, however short its pages are", async (t) => {
  const ids = Array.from({ length: 7 }, (_, i) => `n${i}`);
  const asked: (string | null)[] = [];
  const { cloud } = await scripted(t, (request, response) => {
    const marker = queryOf(request.url).get('marker');
    assert.equal(queryOf(request.url).get('limit'), '1000');
    assert.equal(queryOf(request.url).get('network_id'), 'x');
    asked.push(marker);
    const from = marker === null ? 0 : ids.indexOf(marker) + 1;
    const page = ids.slice(from, from + 3);
    const hasNext = from + 3 < ids.length;
    json(response, 200, {
      subnets: page.map((id) => ({ id, network_id: 'x', cidr: '10.0.0.0/24' })),
      ...(hasNext
        ? {
            subnets_links: [
              { rel: 'next', href: 'http://elsewhere.invalid/' },
              { rel: 'previous', href: '' },
            ],
          }
        : {}),
    });
  });
  const subnets = await cloud.network.listSubnets({ networkId: 'x' });
  assert.deepEqual(
    subnets.map(({ id }) => id),
    ids,
  );
  assert.deepEqual(asked, [null, 'n2', 'n5']);
});

test('a cloud that promises a next page for ever is not followed for ever', async (t) => {
  let asked = 0;
  const { cloud } = await scripted(t, (_request, response) => {
    asked += 1;
    json(response, 200, {
      networks: [{ id: 'n1', name: 'n' }],
      networks_links: [{ rel: 'next', href: '' }],
    });
  });
  await cloud.network.listNetworks();
  assert.equal(asked, 2);
});

test('objects come in pages of a thousand; a shorter one is the last', async (t) => {
  const names = Array.from({ length: 2500 }, (_, i) => `p/${String(i).padStart(5, '0')} é`);
  const asked: (string | null)[] = [];
  const { cloud } = await scripted(t, (request, response) => {
    const query = queryOf(request.url);
    assert.deepEqual([query.get('prefix'), query.get('format')], ['p/', 'json']);
    const marker = query.get('marker');
    asked.push(marker);
    const from = marker === null ? 0 : names.indexOf(marker) + 1;
    json(
      response,
      200,
      names.slice(from, from + Number(query.get('limit'))).map((name) => ({
        name,
        hash: '"e"',
        bytes: 1,
        content_type: 'text/plain',
        last_modified: '2026-11-25T21:35:41.217550',
      })),
    );
  });
  const objects = await cloud.objectStorage.listObjects('c', 'p/');
  assert.deepEqual(
    objects.map(({ name }) => name),
    names,
  );
  assert.deepEqual(objects[0], {
    name: 'p/00000 é',
    etag: 'e',
    bytes: 1,
    contentType: 'text/plain',
  });
  assert.deepEqual(asked, [null, names[999], names[1999]]);
});

test("an empty listing is older Swift's 204", async (t) => {
  const { cloud } = await scripted(t, (_request, response) => {
    response.writeHead(204).end();
  });
  assert.deepEqual(await cloud.objectStorage.listObjects('c', 'p/'), []);
});
