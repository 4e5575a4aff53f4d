import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { CloudClient } from '../durability/cloud-client.js';
import { MachinesWorld } from './world.js';

const world = new MachinesWorld('test-snapshots');
const skip =
  process.geteuid?.() === 0 && process.platform === 'linux' ? false : 'needs root on Linux';

describe('snapshots of machines', { skip, timeout: 20 * 60_000 }, () => {
  let cloud: CloudClient;

  before(async () => {
    await world.begin();
    await world.done('local', 'start', '--machines', 'linux');
    cloud = await world.cloud();
  });
  after(() => world.end());

  const call = <T>(method: string, path: string, body?: unknown): Promise<T> =>
    cloud.call<T>('compute', method, path, body, { 'openstack-api-version': 'compute 2.35' });

  async function boot(name: string, image: string, script: string): Promise<string> {
    const user_data = Buffer.from(`#!/bin/sh\n${script}\n`).toString('base64');
    const server = { name, imageRef: image, flavorRef: '2', user_data };
    return (await call<{ server: { id: string } }>('POST', '/servers', { server })).server.id;
  }

  /** Waits until the machine has said it on its console; returns what it said. */
  async function said(server: string, what: RegExp): Promise<RegExpExecArray> {
    const action = { 'os-getConsoleOutput': {} };
    for (const deadline = Date.now() + 240_000; ;) {
      const console = await call<{ output: string }>('POST', `/servers/${server}/action`, action)
        .then(({ output }) => output)
        .catch(String);
      const found = what.exec(console);
      if (found !== null) return found;
      if (Date.now() > deadline) throw new Error(`${what} is not in:\n${console}`);
      await sleep(1000);
    }
  }

  async function snapshot(server: string): Promise<string> {
    await call('POST', `/servers/${server}/action`, { createImage: { name: 'snapshot' } });
    for (;;) {
      const query = `/images/detail?server=${server}&status=ACTIVE`;
      const { images } = await call<{ images: { id: string }[] }>('GET', query);
      if (images[0] !== undefined) return images[0].id;
      await sleep(200);
    }
  }

  it('a machine of a snapshot has what was written before, and is set up as one of its own', async () => {
    const { images } = await call<{ images: { id: string }[] }>('GET', '/images?name=Debian%2012');
    const write =
      'mkdir /root/kept && echo before >/root/kept/file && rm /etc/motd && sync && ' +
      'echo "written on $(hostname)" >/dev/console';
    const first = await boot('first', images[0]?.id ?? '', write);
    await said(first, /written on first/);
    const image = await snapshot(first);
    const read =
      'echo "found $(cat /root/kept/file) $(ls /etc/motd 2>/dev/null) on $(hostname), ' +
      '$(ls /var/lib/cloud/instances | wc -l) instances" >/dev/console';
    const second = await boot('second', image, read);
    const found = await said(second, /found (.*) on (.*), (\d) instances/);
    assert.deepEqual(found.slice(1), ['before ', 'second', '2']);
    // The one that it was taken of went on.
    const shown = await call<{ server: Record<string, unknown> }>('GET', `/servers/${first}`);
    assert.equal(shown.server.status, 'ACTIVE');
    assert.equal(shown.server['OS-EXT-STS:task_state'], null);
    await call('POST', `/servers/${first}/action`, { reboot: { type: 'SOFT' } });
    await said(first, /Stopped .*cloud-final\.service/);
  });
});
