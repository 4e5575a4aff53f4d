import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { addNetwork, assertRefused, ComputeScene, type Json } from './compute-scene.js';
import { startCloud, type TestAnswer, type TestCloud } from './start-cloud.js';

describe('what is done to a server', () => {
  let cloud: TestCloud;
  let scene: ComputeScene;
  let id: string;

  before(async () => {
    cloud = await startCloud({
      guest: async (machine) => {
        await Promise.resolve();
        machine.console('hello');
      },
    });
    scene = await ComputeScene.open(cloud);
    id = await scene.create({ name: 'acted-on', metadata: { a: '1' } });
    await scene.settled(id, 'ACTIVE');
  });
  after(() => cloud.close());

  const act = (action: Json, version?: string): Promise<TestAnswer> =>
    scene.call('POST', `/servers/${id}/action`, action, { version });

  it('stops, starts and reboots it', async () => {
    assert.equal((await act({ 'os-stop': null })).status, 202);
    const stopped = await scene.settled(id, 'SHUTOFF');
    assert.equal(stopped['OS-EXT-STS:power_state'], 4);
    assertRefused(
      await act({ 'os-stop': null }),
      409,
      `Cannot 'stop' instance ${id} while it is in vm_state stopped`,
    );
    assertRefused(
      await act({ reboot: { type: 'SOFT' } }),
      409,
      `Cannot 'reboot' instance ${id} while it is in vm_state stopped`,
    );
    assert.equal((await act({ 'os-start': null })).status, 202);
    await scene.settled(id, 'ACTIVE');
    assert.equal((await act({ reboot: { type: 'HARD' } })).status, 202);
    await scene.settled(id, 'ACTIVE');
    assertRefused(
      await act({ reboot: {} }),
      400,
      "Invalid input for field/attribute reboot. Value: {}. 'type' is a required property",
    );
  });

  it('reads its console', async () => {
    const output = async (length?: number): Promise<string> =>
      (await act({ 'os-getConsoleOutput': length === undefined ? {} : { length } })).json<{
        output: string;
      }>().output;
    assert.match(await output(), /Booting acted-on\nhello\n/);
    assert.equal(await output(2), 'hello\n');
    assert.equal(await output(0), '');
  });

  it('is written down', async () => {
    const answer = await scene.call('GET', `/servers/${id}/os-instance-actions`);
    const { instanceActions } = answer.json<{
      instanceActions: { action: string; request_id: string }[];
    }>();
    assert.deepEqual(
      instanceActions.map(({ action }) => action),
      ['reboot', 'start', 'stop', 'create'],
    );
    const last = instanceActions[0]?.request_id ?? '';
    const one = await scene.call('GET', `/servers/${id}/os-instance-actions/${last}`);
    assert.equal(
      one.json<{ instanceAction: { action: string } }>().instanceAction.action,
      'reboot',
    );
  });

  it('is refused when it is locked', async () => {
    assert.equal((await act({ lock: null })).status, 202);
    const locked = `Instance ${id} is locked`;
    assertRefused(await act({ 'os-stop': null }), 409, locked);
    assertRefused(await scene.call('DELETE', `/servers/${id}`), 409, locked);
    assertRefused(
      await scene.call('POST', `/servers/${id}/metadata`, { metadata: { b: '2' } }),
      409,
      locked,
    );
    assert.equal((await act({ unlock: null })).status, 202);
  });

  it('is refused when nobody knows it or only an administrator may', async () => {
    assertRefused(await act({ dance: null }), 400, 'There is no such action: dance');
    assertRefused(await act({}), 400, 'Malformed request body');
    assertRefused(
      await act({ 'os-resetState': { state: 'error' } }),
      403,
      "Policy doesn't allow os_compute_api:os-admin-actions:reset_state to be performed.",
    );
    assertRefused(
      await act({ 'os-getVNCConsole': { type: 'novnc' } }),
      400,
      'Unavailable console type novnc.',
    );
    assertRefused(
      await act({ unpause: null }),
      409,
      `Cannot 'unpause' instance ${id} while it is in vm_state active`,
    );
  });

  it('changes its metadata', async () => {
    const path = `/servers/${id}/metadata`;
    const metadata = async (): Promise<unknown> =>
      (await scene.call('GET', path)).json<{ metadata: unknown }>().metadata;
    await scene.call('POST', path, { metadata: { b: '2' } });
    assert.deepEqual(await metadata(), { a: '1', b: '2' });
    await scene.call('PUT', `${path}/b`, { meta: { b: '3' } });
    const one = await scene.call('GET', `${path}/b`);
    assert.deepEqual(one.json(), { meta: { b: '3' } });
    assertRefused(
      await scene.call('PUT', `${path}/b`, { meta: { c: '3' } }),
      400,
      'Request body and URI mismatch',
    );
    assert.equal((await scene.call('DELETE', `${path}/b`)).status, 204);
    assertRefused(await scene.call('DELETE', `${path}/b`), 404, 'Metadata item was not found');
    await scene.call('PUT', path, { metadata: { z: '26' } });
    assert.deepEqual(await metadata(), { z: '26' });
    const many = Object.fromEntries(Array.from({ length: 128 }, (_, i) => [`k${i}`, '']));
    assertRefused(
      await scene.call('POST', path, { metadata: many }),
      403,
      'Maximum number of metadata items exceeds 128',
    );
  });

  it('tags it, from 2.26 on', async () => {
    const tags = `/servers/${id}/tags`;
    const call = (method: string, path: string, body?: Json): Promise<TestAnswer> =>
      scene.call(method, path, body, { version: '2.26' });
    assertRefused(await scene.call('GET', tags), 404, 'The resource could not be found.');
    assert.equal((await call('PUT', `${tags}/x`)).status, 201);
    assert.equal((await call('PUT', `${tags}/x`)).status, 204);
    assert.deepEqual((await call('GET', tags)).json(), { tags: ['x'] });
    assert.equal((await call('DELETE', `${tags}/x`)).status, 204);
    assertRefused(await call('GET', `${tags}/x`), 404, `Server ${id} has no tag 'x'`);
    assert.deepEqual((await call('PUT', tags, { tags: ['p', 'q', 'p'] })).json(), {
      tags: ['p', 'q'],
    });
  });

  it('attaches and detaches interfaces', async () => {
    const other = await addNetwork(cloud, 'more', '10.9.0.0/24');
    const interfaces = `/servers/${id}/os-interface`;
    const attached = await scene.call('POST', interfaces, {
      interfaceAttachment: { net_id: other },
    });
    assert.equal(attached.status, 200, attached.text);
    const { interfaceAttachment } = attached.json<{
      interfaceAttachment: { port_id: string; fixed_ips: { ip_address: string }[] };
    }>();
    const { addresses } = await scene.server(id);
    assert.equal(addresses.more?.[0]?.addr, interfaceAttachment.fixed_ips[0]?.ip_address);
    const ips = await scene.call('GET', `/servers/${id}/ips/more`);
    assert.deepEqual(ips.json(), {
      more: [{ version: 4, addr: interfaceAttachment.fixed_ips[0]?.ip_address }],
    });
    const port = `${interfaces}/${interfaceAttachment.port_id}`;
    assert.equal((await scene.call('DELETE', port)).status, 202);
    assert.deepEqual(Object.keys((await scene.server(id)).addresses), ['one']);
    assertRefused(
      await scene.call('POST', interfaces, { interfaceAttachment: {} }),
      400,
      'Multiple possible networks found, use a Network ID to be more specific.',
    );
  });
});
