import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { installTools, type Tools } from './install-tools.js';

const script = fileURLToPath(new URL('a-day.py', import.meta.url));

/** What holds a server up or sets it aside, the status that it then has, and what brings it back. */
const detours = [
  ['pause', 'PAUSED', 'unpause'],
  ['suspend', 'SUSPENDED', 'resume'],
  ['rescue', 'RESCUE', 'unrescue'],
  ['shelve', 'SHELVED_OFFLOADED', 'unshelve'],
] as const;

/** Declares as tests what a person does with the usual tools, in the account of these variables. */
export function useTools(account: () => Promise<Record<string, string>>): void {
  let tools: Tools;
  let env: Record<string, string>;
  let folder: string;
  before(async () => {
    [tools, env, folder] = await Promise.all([
      installTools(),
      account(),
      mkdtemp(path.join(tmpdir(), 'tools-')),
    ]);
  });
  after(() => rm(folder, { recursive: true, force: true }));

  const openstack = (...args: string[]): Promise<string> => tools.run('openstack', args, env);
  const asJson = async (...args: string[]): Promise<unknown> =>
    JSON.parse(await openstack(...args, '-f', 'json')) as unknown;
  const nova = (...args: string[]): Promise<string> => tools.run('nova', args, env);
  const swift = (...args: string[]): Promise<string> => tools.run('swift', args, env);
  const unique = (what: string): string => `${what}-${randomBytes(3).toString('hex')}`;
  const names = (list: unknown): string[] => (list as { Name: string }[]).map(({ Name }) => Name);

  it('openstack: who one is, and what there is', async () => {
    const token = (await asJson('token', 'issue')) as { project_id: string };
    assert.match(token.project_id, /^[0-9a-f]{32}$/);
    const services = (await asJson('catalog', 'list')) as { Type: string }[];
    const types = services.map(({ Type }) => Type);
    for (const type of ['identity', 'compute', 'network', 'image', 'object-store']) {
      assert.ok(types.includes(type), type);
    }
    assert.ok(names(await asJson('flavor', 'list')).includes('m1.small'));
    assert.ok(names(await asJson('image', 'list')).includes('Debian 12'));
    const limits = (await asJson('limits', 'show', '--absolute')) as { Name: string }[];
    assert.ok(limits.some(({ Name }) => /instances/i.test(Name)));
    await asJson('quota', 'show');
    await asJson('availability', 'zone', 'list', '--compute');
  });

  it('openstack: a network, a key pair and a server from the first to the last', async () => {
    const name = unique('osc');
    const file = path.join(folder, `${name}.pub`);
    const key = (await tools.run('openstack', ['keypair', 'create', name], env)).trim();
    assert.match(key, /PRIVATE KEY/);
    await writeFile(file, await openstack('keypair', 'show', '--public-key', name));
    const imported = `${name}-imported`;
    await openstack('keypair', 'create', '--public-key', file, imported);
    assert.ok(names(await asJson('keypair', 'list')).includes(imported));

    await openstack('network', 'create', name);
    const range = ['--network', name, '--subnet-range', '10.67.0.0/24'];
    await openstack('subnet', 'create', ...range, name);
    const what = ['--image', 'Debian 12', '--flavor', 'm1.small', '--network', name];
    const created = (await asJson(
      ...['server', 'create', ...what, '--key-name', imported, '--property', 'a=b', '--wait', name],
    )) as { id: string; status: string };
    assert.equal(created.status, 'ACTIVE');
    const shown = (await asJson('server', 'show', name)) as Record<string, unknown>;
    assert.equal(shown.id, created.id);
    assert.deepEqual(shown.properties, { a: 'b' });
    assert.equal(shown.key_name, imported);
    assert.match(JSON.stringify(shown.addresses), /10\.67\.0\.\d+/);
    assert.ok(names(await asJson('server', 'list', '--name', `^${name}$`)).includes(name));
    assert.equal(((await asJson('port', 'list', '--server', name)) as unknown[]).length, 1);
    await openstack('console', 'log', 'show', name);
    await openstack('server', 'set', '--property', 'c=d', name);
    await openstack('server', 'stop', name);
    await openstack('server', 'delete', '--wait', name);
    assert.deepEqual(await asJson('server', 'list', '--name', `^${name}$`), []);
    await openstack('network', 'delete', name);
    await openstack('keypair', 'delete', name, imported);
  });

  it('openstack: a server held up, set aside, mended, resized and made anew', async () => {
    const name = unique('osc');
    await openstack('network', 'create', name);
    await openstack('subnet', 'create', '--network', name, '--subnet-range', '10.69.0.0/24', name);
    const what = ['--image', 'Debian 12', '--flavor', 'm1.small', '--network', name];
    await openstack('server', 'create', ...what, '--wait', name);
    const server = (...args: string[]): Promise<string> => openstack('server', ...args);
    const show = async (): Promise<Record<string, unknown>> =>
      (await asJson('server', 'show', name)) as Record<string, unknown>;
    const until = async (status: string): Promise<void> => {
      for (let last: unknown; last !== status;) last = (await show()).status;
    };
    const { addresses } = await show();
    for (const [there, status, back] of detours) {
      await server(there, name);
      await until(status);
      assert.deepEqual(names(await asJson('server', 'list', '--name', name, '--status', status)), [
        name,
      ]);
      await server(back, name);
      await until('ACTIVE');
    }
    await server('resize', '--flavor', 'm1.medium', '--wait', name);
    assert.equal((await show()).status, 'VERIFY_RESIZE');
    await server('resize', 'confirm', name);
    await until('ACTIVE');
    assert.match(JSON.stringify((await show()).flavor), /m1\.medium/);
    const rebuilt = ['--name', `${name}-2`, '--property', 'a=b', '--description', 'made anew'];
    await server('rebuild', ...rebuilt, '--wait', name);
    const shown = (await asJson('server', 'show', `${name}-2`)) as Record<string, unknown>;
    assert.equal(shown.description, 'made anew');
    assert.deepEqual(shown.addresses, addresses);
    const group = `${name}-group`;
    await openstack('security', 'group', 'create', group);
    await server('add', 'security', 'group', `${name}-2`, group);
    await server('remove', 'security', 'group', `${name}-2`, group);
    const events = (await asJson('server', 'event', 'list', `${name}-2`)) as { Action: string }[];
    const actions = new Set(events.map(({ Action }) => Action));
    for (const action of ['pause', 'resume', 'shelve', 'confirmResize', 'rebuild']) {
      assert.ok(actions.has(action), action);
    }
    await server('pause', `${name}-2`);
    await server('delete', '--wait', `${name}-2`);
    await openstack('security', 'group', 'delete', group);
    await openstack('network', 'delete', name);
  });

  it('openstack: a container and an object, there and back', async () => {
    const name = unique('osc');
    const file = path.join(folder, 'object');
    await writeFile(file, 'content');
    await openstack('container', 'create', name);
    await openstack('object', 'create', name, file, '--name', 'a b');
    assert.deepEqual(names(await asJson('object', 'list', name)), ['a b']);
    await openstack('object', 'save', name, 'a b', '--file', `${file}.back`);
    assert.equal(await readFile(`${file}.back`, 'utf8'), 'content');
    await openstack('container', 'delete', '--recursive', name);
    assert.ok(!names(await asJson('container', 'list')).includes(name));
  });

  it('openstack: an image there and back, and one of a server', async () => {
    const name = unique('osc');
    const file = path.join(folder, 'image');
    const bytes = randomBytes(100_000);
    await writeFile(file, bytes);
    const what = ['--file', file, '--disk-format', 'raw', '--container-format', 'bare'];
    const made = (await asJson(
      ...['image', 'create', ...what, '--property', 'os_distro=debian', '--tag', 'a', name],
    )) as { id: string };
    const shown = (await asJson('image', 'show', name)) as Record<string, unknown>;
    assert.deepEqual(
      [shown.id, shown.status, shown.size, shown.visibility, shown.tags],
      [made.id, 'active', bytes.length, 'shared', ['a']],
    );
    await openstack(
      ...['image', 'set', '--private', '--min-disk', '3', '--tag', 'b'],
      ...['--property', 'os_version=12', name],
    );
    const changed = (await asJson('image', 'show', name)) as Record<string, unknown>;
    assert.deepEqual(
      [changed.visibility, changed.min_disk, (changed.tags as string[]).sort()],
      ['private', 3, ['a', 'b']],
    );
    await openstack('image', 'save', '--file', `${file}.back`, name);
    assert.ok((await readFile(`${file}.back`)).equals(bytes));
    await openstack('network', 'create', name);
    await openstack('subnet', 'create', '--network', name, '--subnet-range', '10.69.0.0/24', name);
    const boot = (server: string, image: string): Promise<string> =>
      openstack(
        ...['server', 'create', '--image', image, '--flavor', 'm1.small', '--network', name],
        ...['--wait', server],
      );
    await boot(name, name);
    await openstack('server', 'image', 'create', '--wait', '--name', `${name}-shot`, name);
    await boot(`${name}-again`, `${name}-shot`);
    await openstack('server', 'delete', '--wait', name, `${name}-again`);
    await openstack('image', 'delete', name, `${name}-shot`);
    const left = names(await asJson('image', 'list'));
    assert.deepEqual(
      left.filter((one) => one.startsWith(name)),
      [],
    );
    await openstack('network', 'delete', name);
  });

  it('nova: the list, a key, and a server from the first to the last', async () => {
    const name = unique('nova');
    const file = path.join(folder, `${name}.pub`);
    await openstack('network', 'create', name);
    await openstack('subnet', 'create', '--network', name, '--subnet-range', '10.68.0.0/24', name);
    assert.match(await nova('list'), /\| ID /);
    assert.match(await nova('flavor-list'), /m1\.small/);
    await nova('limits');
    await openstack('keypair', 'create', name);
    await writeFile(file, await openstack('keypair', 'show', '--public-key', name));
    await nova('keypair-delete', name);
    await nova('keypair-add', '--pub-key', file, name);
    assert.match(await nova('keypair-list'), new RegExp(name));
    const image = (await asJson('image', 'show', 'Debian 12')) as { id: string };
    const network = (await asJson('network', 'show', name)) as { id: string };
    const what = ['--image', image.id, '--flavor', 'm1.small', '--key-name', name];
    const at = ['--nic', `net-id=${network.id}`, '--meta', 'tags=kubernetes-minion'];
    assert.match(await nova('boot', ...what, ...at, '--poll', name), new RegExp(name));
    assert.match(await nova('show', name), /10\.68\.0\.\d+/);
    assert.match(await nova('list', '--name', `^${name}$`), /ACTIVE/);
    await nova('console-log', name);
    await nova('interface-list', name);
    await nova('reboot', '--poll', name);
    const until = async (status: string): Promise<void> => {
      for (let shown = ''; !new RegExp(`\\| status +\\| ${status} `).test(shown);) {
        shown = await nova('show', name);
      }
    };
    for (const [there, status, back] of detours) {
      await nova(there, name);
      await until(status);
      await nova(back, name);
      await until('ACTIVE');
    }
    await nova('resize', '--poll', name, 'm1.medium');
    await until('VERIFY_RESIZE');
    await nova('resize-revert', name);
    await until('ACTIVE');
    assert.match(await nova('rebuild', '--poll', name, image.id), new RegExp(name));
    await until('ACTIVE');
    assert.match(await nova('instance-action-list', name), /revertResize/);
    await nova('image-create', '--poll', name, `${name}-image`);
    await nova('delete', name);
    for (let left = name; left.includes(name); left = await nova('list', '--name', name));
    await nova('keypair-delete', name);
    await openstack('image', 'delete', `${name}-image`);
    await openstack('network', 'delete', name);
  });

  it('swift: up in segments, listed, down, by temp URL, and gone', async () => {
    const name = unique('swift');
    const file = path.join(folder, 'large');
    const bytes = randomBytes(2_500_000);
    await writeFile(file, bytes);
    await swift('post', '-m', 'Temp-URL-Key:of the tools');
    await swift('post', name);
    const segments = ['--use-slo', '--segment-size', '1048576'];
    await swift('upload', name, file, '--object-name', 'a b/large', ...segments);
    assert.equal((await swift('list', name)).trim(), 'a b/large');
    assert.match(await swift('stat', name, 'a b/large'), /Content Length: 2500000/);
    await swift('download', name, 'a b/large', '--output', `${file}.back`);
    assert.ok((await readFile(`${file}.back`)).equals(bytes));
    const base = /StorageURL: (\S+)/.exec(await swift('stat', '-v'))?.[1] ?? '';
    const { pathname, origin } = new URL(base);
    const signed = await swift(
      ...['tempurl', 'GET', '60', `${pathname}/${name}/a b/large`, 'of the tools'],
    );
    const answer = await fetch(origin + signed.trim());
    assert.equal(answer.status, 200);
    assert.ok(Buffer.from(await answer.arrayBuffer()).equals(bytes));
    await swift('delete', name);
    const listed = await swift('list');
    assert.ok(!listed.split('\n').includes(name));
    if (listed.includes(`${name}_segments`)) await swift('delete', `${name}_segments`);
    await swift('post', '-m', 'Temp-URL-Key:');
  });

  it('openstacksdk: a whole day', async () => {
    const name = unique('sdk');
    const seen = JSON.parse(await tools.run('python', [script, name], env)) as {
      flavors: string[];
      images: string[];
      limits: boolean;
      server: { status: string; addresses: string[]; metadata: Record<string, string> };
      [other: string]: unknown;
    };
    assert.ok(seen.flavors.includes('m1.small'));
    assert.ok(seen.images.includes('Debian 12'));
    assert.equal(seen.server.status, 'ACTIVE');
    assert.match(seen.server.addresses[0] ?? '', /^10\.66\.0\.\d+$/);
    assert.deepEqual(seen.server.metadata, { purpose: 'a day' });
    assert.equal(seen.found, true);
    assert.equal(seen.ports, 1);
    assert.deepEqual(seen.objects, ['notes/a b']);
    assert.deepEqual(seen.image, { status: 'active', size: 5, content: 'bytes', color: 'blue' });
    assert.deepEqual(seen.snapshot, { status: 'active', type: 'snapshot' });
    assert.deepEqual(seen.left, []);
  });
}
