import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { ClusterDocument } from '../../client/cluster-document.js';
import { temporaryHome, type TemporaryHome } from '../support/temporary-home.js';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../..', import.meta.url));

/** A proxy that answers to nobody: what is on this machine must not go by it. */
const nobody = 'http://127.0.0.1:9';

describe('the published package', () => {
  let folder: string;
  let temporary: TemporaryHome;
  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'kubeup-package-'));
    temporary = await temporaryHome();
    const pack = [
      'pack',
      '--json',
      '--workspaces',
      '--include-workspace-root',
      '--pack-destination',
    ];
    const { stdout } = await run('npm', [...pack, folder], { cwd: root });
    const packed = (JSON.parse(stdout) as { filename: string }[]).map(({ filename }) => filename);
    await writeFile(path.join(folder, 'package.json'), '{"type":"module"}');
    await npm('install', '--ignore-scripts', '--no-audit', ...packed.map((name) => `./${name}`));
  });
  after(async () => {
    await temporary.dispose();
    await rm(folder, { recursive: true, force: true });
  });

  const npm = (...args: string[]): Promise<{ stdout: string }> =>
    run('npm', args, { cwd: folder, env: temporary.env });
  const kubeup = async (...args: string[]): Promise<ClusterDocument> => {
    const program = path.join(folder, 'node_modules/.bin/kubeup');
    const env = { ...temporary.env, HTTP_PROXY: nobody, http_proxy: nobody };
    const { stdout } = await run(program, args, { cwd: folder, env });
    return JSON.parse(stdout) as ClusterDocument;
  };

  it('brings a cluster up, and removes it, whatever proxy there is', async () => {
    const up = await kubeup('up', '--minions', '1', '--json');
    assert.equal(up.phase, 'Ready');
    assert.deepEqual(
      up.minions.map(({ name, phase }) => ({ name, phase })),
      [{ name: 'kubernetes-minion-1', phase: 'Ready' }],
    );
    assert.equal((await kubeup('down', '--json')).phase, 'Gone');
  });

  it('exports what docs/embedding.md names, and nothing inner', async () => {
    const names = async (module: string): Promise<string[]> => {
      const script = `console.log(JSON.stringify(Object.keys(await import(${JSON.stringify(module)}))))`;
      const { stdout } = await run(process.execPath, ['--input-type=module', '-e', script], {
        cwd: folder,
      });
      return JSON.parse(stdout) as string[];
    };
    const exported = await names('kubeup');
    for (const name of ['ClusterClient', 'createActivities', 'openCloud', 'resolveAccount']) {
      assert.ok(exported.includes(name), name);
    }
    const workflows = await names('kubeup/workflows');
    for (const name of ['bringUpCluster', 'bringUpMinion', 'tearDownCluster']) {
      assert.ok(workflows.includes(name), name);
    }
    await assert.rejects(names('kubeup/dist/home/derive.js'), /ERR_PACKAGE_PATH_NOT_EXPORTED/);
  });
});
