import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { ImageRecord } from '../records.js';
import { startCloud, type TestAnswer, type TestCloud } from './start-cloud.js';

interface ImagePage {
  images: Record<string, unknown>[];
  first: string;
  next?: string;
}

describe('images of the local cloud', () => {
  let cloud: TestCloud;

  before(async () => {
    cloud = await startCloud();
  });
  after(() => cloud.close());

  const get = (path: string, accept = 'application/json'): Promise<TestAnswer> =>
    cloud.request('GET', `/image${path}`, { headers: { accept } });
  const names = async (query: string): Promise<unknown[]> =>
    (await get(`/v2/images${query}`)).json<ImagePage>().images.map(({ name }) => name);

  it('are listed, sorted and narrowed', async () => {
    const all = await names('?sort=name:asc');
    assert.deepEqual(all, [...all].sort());
    assert.ok(all.length >= 3);
    assert.deepEqual(await names('?name=Debian+12'), ['Debian 12']);
    assert.deepEqual(await names('?os_distro=debian'), ['Debian 12']);
    assert.equal((await names('?name=in:Debian+12,Ubuntu+24.04')).length, 2);
    assert.deepEqual(await names('?visibility=private'), []);
    assert.deepEqual(await names('?status=queued'), []);
    assert.equal((await names('?size_min=1')).length, all.length);
    assert.deepEqual(await names('?size_max=1'), []);
  });

  it('come in pages', async () => {
    const found: unknown[] = [];
    let path: string | undefined = '/v2/images?limit=2&sort=name:asc';
    while (path !== undefined) {
      const page: ImagePage = (await get(path)).json<ImagePage>();
      found.push(...page.images.map(({ name }) => name));
      path = page.next;
    }
    assert.deepEqual(found, await names('?sort=name:asc'));
  });

  it('are shown, and are not the project to change', async () => {
    const { images } = (await get('/v2/images?name=Debian+12')).json<ImagePage>();
    const path = `/v2/images/${String(images[0]?.id)}`;
    const image = (await get(path)).json<Record<string, unknown>>();
    assert.deepEqual(image, images[0]);
    assert.equal(image.status, 'active');
    assert.equal(image.self, path);
    const removed = await cloud.request('DELETE', `/image${path}`);
    assert.equal(removed.status, 403);
  });

  it('are refused as webob words it, by what the client accepts', async () => {
    const message = 'No image found with ID none';
    const json = await get('/v2/images/none');
    assert.equal(json.status, 404);
    assert.deepEqual(json.json(), {
      message: `${message}<br /><br />\n\n\n`,
      code: '404 Not Found',
      title: 'Not Found',
    });
    const html = await get('/v2/images/none', '*/*');
    assert.match(String(html.headers.get('content-type')), /^text\/html/);
    assert.ok(html.text.includes(`<h1>404 Not Found</h1>\n  ${message}<br />`));
    const text = await get('/v2/images/none', 'text/plain');
    assert.equal(text.text, `404 Not Found\n\n${message}\n\n   `);
  });

  const refused: [query: string, message: string][] = [
    ['limit=x', 'limit param must be an integer'],
    ['limit=-1', 'limit param must be positive'],
    ['marker=none', 'No image found with ID none'],
    ['sort_dir=up', 'Invalid sort direction: up'],
    ['visibility=dark', 'Invalid visibility value: dark'],
  ];
  for (const [query, message] of refused) {
    it(`are not listed with ${query}`, async () => {
      const answer = await get(`/v2/images?${query}`);
      assert.equal(answer.status, 400);
      assert.ok(answer.json<{ message: string }>().message.startsWith(message), answer.text);
    });
  }

  it('of a cloud of before images had bytes are given theirs', async () => {
    const { state } = cloud.cloud;
    const [image] = (await get('/v2/images?name=Debian+12')).json<ImagePage>().images;
    const id = String(image?.id);
    const old = {
      id,
      name: 'Debian 12',
      minRamMiB: 512,
      minDiskGiB: 5,
      properties: {},
      createdAt: 0,
    };
    state.transaction(() => {
      state.images.put(id, old as unknown as ImageRecord);
    });
    await cloud.restart();
    const shown = (await get(`/v2/images/${id}`)).json<Record<string, unknown>>();
    assert.deepEqual([shown.status, shown.size, shown.os_distro], ['active', 1024, 'debian']);
    assert.equal((await get(`/v2/images/${id}/file`)).text.length, 1024);
  });

  it('have versions and schemas', async () => {
    const root = await cloud.request('GET', '/image', { token: null });
    assert.equal(root.status, 300);
    const { versions } = root.json<{ versions: { id: string; status: string }[] }>();
    assert.deepEqual([versions[0]?.id, versions[0]?.status], ['v2.15', 'CURRENT']);
    const schema = (await get('/v2/schemas/image')).json<{ properties: Record<string, unknown> }>();
    assert.ok('disk_format' in schema.properties);
  });
});
