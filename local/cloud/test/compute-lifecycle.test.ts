import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import { CloudProcess } from './cloud-process.js';
import { ComputeScene, type Json } from './compute-scene.js';
import { startCloud, type TestCloud } from './start-cloud.js';

describe('the guest program of a server that is held up, set aside or made anew', () => {
  let cloud: TestCloud;
  let scene: ComputeScene;
  let id: string;
  /** What each run of the guest program was told, and whether it may come to its end. */
  const runs: string[] = [];
  let patient = false;

  before(async () => {
    cloud = await startCloud({
      guest: async ({ userData, files, signal }) => {
        runs.push([userData.toString(), ...files.map((file) => file.path)].join(' '));
        if (patient) await sleep(60_000, undefined, { signal });
      },
    });
    scene = await ComputeScene.open(cloud);
  });
  beforeEach(async () => {
    patient = false;
    runs.length = 0;
    const user_data = Buffer.from('one').toString('base64');
    const personality = [{ path: '/a', contents: '' }];
    id = await scene.create({ user_data, personality });
    await scene.settled(id, 'ACTIVE');
    await ran(1);
  });
  afterEach(async () => {
    await scene.call('DELETE', `/servers/${id}`);
    await scene.gone(id);
  });
  after(() => cloud.close());

  const act = async (action: Json, status: string, version?: string): Promise<void> => {
    const answer = await scene.call('POST', `/servers/${id}/action`, action, { version });
    assert.ok([200, 202, 204].includes(answer.status), answer.text);
    await scene.settled(id, status);
  };
  const ran = async (times: number): Promise<void> => {
    for (let i = 0; runs.length < times && i < 200; i++) await sleep(5);
    // Time for one more than there should be.
    await sleep(20);
    assert.equal(runs.length, times, runs.join());
  };

  it('runs again after a rebuild, with what that has changed', async () => {
    await act({ rebuild: { imageRef: scene.imageId } }, 'ACTIVE', '2.57');
    await ran(2);
    const user_data = Buffer.from('two').toString('base64');
    await act({ rebuild: { imageRef: scene.imageId, user_data } }, 'ACTIVE', '2.57');
    await ran(3);
    const personality = [{ path: '/b', contents: '' }];
    await act({ rebuild: { imageRef: scene.imageId, personality } }, 'ACTIVE');
    await ran(4);
    assert.deepEqual(runs, ['one /a', 'one', 'two', 'two /b']);
  });

  it('does not run again after a pause when it was finished, and does when it was not', async () => {
    await act({ pause: null }, 'PAUSED');
    await act({ unpause: null }, 'ACTIVE');
    await ran(1);
    patient = true;
    await act({ reboot: { type: 'HARD' } }, 'ACTIVE');
    await ran(2);
    await act({ suspend: null }, 'SUSPENDED');
    await ran(2);
    await act({ resume: null }, 'ACTIVE');
    await ran(3);
  });

  it('runs when the machine boots from its own disk, on the new flavor too', async () => {
    await act({ rescue: null }, 'RESCUE');
    await ran(1);
    await act({ unrescue: null }, 'ACTIVE');
    await ran(2);
    await act({ shelve: null }, 'SHELVED_OFFLOADED');
    await ran(2);
    await act({ unshelve: null }, 'ACTIVE');
    await ran(3);
    await act({ resize: { flavorRef: '3' } }, 'VERIFY_RESIZE');
    await ran(4);
    await act({ confirmResize: null }, 'ACTIVE');
    await ran(4);
  });

  it('rests with its server over a restart of the cloud', async () => {
    patient = true;
    await act({ reboot: { type: 'HARD' } }, 'ACTIVE');
    await ran(2);
    await act({ pause: null }, 'PAUSED');
    await cloud.restart();
    await ran(2);
    await act({ unpause: null }, 'ACTIVE');
    await ran(3);
  });
});

describe('a cloud that is killed in the middle of what it does to servers', () => {
  let folder: string;
  let cloud: CloudProcess;

  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'local-cloud-'));
    cloud = await CloudProcess.start(folder);
  });
  after(async () => {
    await cloud.kill();
    await rm(folder, { recursive: true, force: true });
  });

  const call = async (
    method: string,
    route: string,
    body?: Json,
  ): Promise<{ status: number; body: Json }> => {
    const answer = await fetch(cloud.url + route, {
      method,
      headers: { 'x-auth-token': cloud.token(), 'content-type': 'application/json' },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const text = await answer.text();
    assert.ok(answer.ok, `${method} ${route}: ${text}`);
    return { status: answer.status, body: text === '' ? {} : (JSON.parse(text) as Json) };
  };
  const compute = (method: string, route: string, body?: Json): ReturnType<typeof call> =>
    call(method, `/compute/v2.1${route}`, body);
  const restart = async (): Promise<void> => {
    await cloud.kill();
    cloud = await CloudProcess.start(folder);
  };
  const settled = async (id: string, status: string): Promise<void> => {
    let last: unknown;
    for (let i = 0; i < 200; i++) {
      const { server } = (await compute('GET', `/servers/${id}`)).body as { server: Json };
      last = server.status;
      if (last === status && server['OS-EXT-STS:task_state'] === null) return;
      await sleep(50);
    }
    assert.fail(`${id} is ${String(last)}, not ${status}`);
  };

  it('goes on with each of it', async () => {
    const { images } = (await call('GET', '/image/v2/images')).body as { images: { id: string }[] };
    const imageRef = images[0]?.id;
    const { network } = (
      await call('POST', '/networking/v2.0/networks', { network: { name: 'n' } })
    ).body as { network: { id: string } };
    const subnet = { network_id: network.id, cidr: '10.1.0.0/24', ip_version: 4 };
    await call('POST', '/networking/v2.0/subnets', { subnet });
    const plans: [there: Json, status: string, back: Json][] = [
      [{ pause: null }, 'PAUSED', { unpause: null }],
      [{ suspend: null }, 'SUSPENDED', { resume: null }],
      [{ rescue: null }, 'RESCUE', { unrescue: null }],
      [{ shelve: null }, 'SHELVED_OFFLOADED', { unshelve: null }],
      [{ resize: { flavorRef: '3' } }, 'VERIFY_RESIZE', { revertResize: null }],
      [{ rebuild: { imageRef } }, 'ACTIVE', { rebuild: { imageRef } }],
    ];
    const servers = await Promise.all(
      plans.map(async ([there, status, back]) => {
        const wish = { name: 'one', imageRef, flavorRef: '2', networks: [{ uuid: network.id }] };
        const { server } = (await compute('POST', '/servers', { server: wish })).body as {
          server: { id: string };
        };
        await settled(server.id, 'ACTIVE');
        return { id: server.id, there, status, back };
      }),
    );
    const all = (work: (server: (typeof servers)[number]) => Promise<unknown>): Promise<unknown> =>
      Promise.all(servers.map(work));
    await all(({ id, there }) => compute('POST', `/servers/${id}/action`, there));
    // In the second of the steps, where there are two.
    await sleep(1200);
    await restart();
    await all(({ id, status }) => settled(id, status));
    await all(({ id, back }) => compute('POST', `/servers/${id}/action`, back));
    await restart();
    await all(({ id }) => settled(id, 'ACTIVE'));
  });
});
