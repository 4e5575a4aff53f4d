import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { CloudProcess } from './cloud-process.js';

type Json = Record<string, unknown>;

describe('images, when the cloud is killed', () => {
  let dataDir: string;
  let cloud: CloudProcess;

  before(async () => {
    dataDir = await mkdtemp(path.join(tmpdir(), 'local-cloud-'));
    cloud = await CloudProcess.start(dataDir);
  });
  after(async () => {
    await cloud.kill();
    await rm(dataDir, { recursive: true, force: true });
  });

  async function call(method: string, target: string, body?: Json | Buffer): Promise<Json> {
    const isBytes = Buffer.isBuffer(body);
    const answer = await fetch(cloud.url + target, {
      method,
      headers: {
        'x-auth-token': cloud.token(),
        'content-type': isBytes ? 'application/octet-stream' : 'application/json',
        'openstack-api-version': 'compute 2.45',
      },
      body: isBytes ? new Uint8Array(body) : body && JSON.stringify(body),
    });
    const text = await answer.text();
    assert.ok(answer.ok, `${method} ${target}: ${answer.status} ${text}`);
    return (text === '' ? {} : JSON.parse(text)) as Json;
  }

  const image = (id: string): Promise<Json> => call('GET', `/image/v2/images/${id}`);
  const folder = (id: string): string => path.join(dataDir, 'images', id);

  async function newImage(): Promise<string> {
    const formats = { disk_format: 'raw', container_format: 'bare' };
    return String((await call('POST', '/image/v2/images', formats)).id);
  }

  async function until(what: () => Promise<boolean>): Promise<void> {
    for (let i = 0; i < 200; i++) {
      if (await what()) return;
      await sleep(50);
    }
    assert.fail('it did not come');
  }

  async function killAndStart(): Promise<void> {
    await cloud.kill();
    cloud = await CloudProcess.start(dataDir);
  }

  it('keep what was uploaded', async () => {
    const id = await newImage();
    await call('PUT', `/image/v2/images/${id}/file`, Buffer.from('bytes'));
    await killAndStart();
    assert.equal((await image(id)).status, 'active');
    const down = await fetch(`${cloud.url}/image/v2/images/${id}/file`, {
      headers: { 'x-auth-token': cloud.token() },
    });
    assert.equal(await down.text(), 'bytes');
    await call('DELETE', `/image/v2/images/${id}`);
    assert.ok(!existsSync(folder(id)));
  });

  it('wait for their bytes again when an upload was under way, and leave no file', async () => {
    const id = await newImage();
    const broken = httpRequest(`${cloud.url}/image/v2/images/${id}/file`, {
      method: 'PUT',
      headers: {
        'x-auth-token': cloud.token(),
        'content-type': 'application/octet-stream',
        'content-length': '1000000',
      },
    });
    broken.on('error', () => undefined);
    broken.write(Buffer.alloc(100_000));
    await until(async () => (await image(id)).status === 'saving');
    await until(() => Promise.resolve(existsSync(folder(id))));
    await killAndStart();
    assert.equal((await image(id)).status, 'queued');
    assert.ok(!existsSync(folder(id)));
    await call('PUT', `/image/v2/images/${id}/file`, Buffer.from('whole'));
    assert.equal((await image(id)).size, 5);
  });

  it('are made of servers all the same', async () => {
    const { images } = (await call('GET', '/image/v2/images?name=Debian+12')) as {
      images: { id: string }[];
    };
    const wish = { name: 's', imageRef: images[0]?.id, flavorRef: '2', networks: 'none' };
    const created = (await call('POST', '/compute/v2.1/servers', { server: wish })) as {
      server: { id: string };
    };
    const server = `/compute/v2.1/servers/${created.server.id}`;
    const shown = async (): Promise<Json> => (await call('GET', server)).server as Json;
    await until(async () => (await shown()).status === 'ACTIVE');
    const { image_id: id } = (await call('POST', `${server}/action`, {
      createImage: { name: 'snapshot' },
    })) as { image_id: string };
    await killAndStart();
    assert.match(String((await shown())['OS-EXT-STS:task_state']), /^image_/);
    await until(async () => (await image(id)).status === 'active');
    assert.equal((await shown())['OS-EXT-STS:task_state'], null);
    assert.deepEqual(readdirSync(folder(id)), ['data']);
  });

  it('are made of servers that are shelved, until they no longer are', async () => {
    const { servers } = (await call('GET', '/compute/v2.1/servers')) as {
      servers: { id: string }[];
    };
    const server = `/compute/v2.1/servers/${servers[0]?.id ?? ''}`;
    const act = (action: string): Promise<Json> =>
      call('POST', `${server}/action`, { [action]: null });
    const shown = async (): Promise<Json> => (await call('GET', server)).server as Json;
    const doing = (taskState: string | null): Promise<void> =>
      until(async () => (await shown())['OS-EXT-STS:task_state'] === taskState);
    const shelved = async (): Promise<Json[]> =>
      ((await call('GET', '/image/v2/images?name=s-shelved')) as { images: Json[] }).images;
    await act('shelve');
    for (const taskState of ['', '_image_pending_upload', '_image_uploading', '_offloading']) {
      await doing(`shelving${taskState}`);
      await killAndStart();
      assert.equal((await shelved()).length, 1);
    }
    await doing(null);
    assert.equal((await shown()).status, 'SHELVED_OFFLOADED');
    const [image] = await shelved();
    assert.deepEqual([image?.status, image?.size], ['active', 56]);
    await act('unshelve');
    await doing('spawning');
    await killAndStart();
    await doing(null);
    assert.equal((await shown()).status, 'ACTIVE');
    assert.deepEqual(await shelved(), []);
    assert.ok(!existsSync(folder(String(image?.id))));
  });

  it('are not made of servers that go meanwhile', async () => {
    const { servers } = (await call('GET', '/compute/v2.1/servers')) as {
      servers: { id: string }[];
    };
    const server = `/compute/v2.1/servers/${servers[0]?.id ?? ''}`;
    const { image_id: id } = (await call('POST', `${server}/action`, {
      createImage: { name: 'late' },
    })) as { image_id: string };
    await call('DELETE', server);
    await until(async () => {
      const { images } = (await call('GET', '/image/v2/images?name=late')) as { images: Json[] };
      return images.length === 0;
    });
    assert.ok(!existsSync(folder(id)));
  });
});
