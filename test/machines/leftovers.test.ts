import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, it } from 'node:test';
import { clearHost } from '../../local/cloud/linux/leftovers.js';
import { HostNames } from '../../local/cloud/linux/names.js';
import { runCommand } from '../../local/cloud/linux/run-command.js';
import { namespaces, removeNamespace } from '../../local/cloud/linux/switch.js';

describe('what a cloud that was killed leaves on the host', () => {
  it('goes away, also when the switch went just before', async (t) => {
    const folder = await mkdtemp(path.join(tmpdir(), 'leftovers-'));
    t.after(() => rm(folder, { recursive: true }));
    const names = new HostNames(folder);
    t.after(() => clearHost(folder));
    const machines = Array.from({ length: 20 }, (_, i) =>
      names.machine(String(i).padStart(8, '0')),
    );
    for (let round = 0; round < 5; round += 1) {
      for (const name of [names.switch, ...machines])
        await runCommand('ip', ['netns', 'add', name]);
      const cables = machines.map(
        (name, i) => `link add tap${i} type veth peer name eth0 netns ${name}\n`,
      );
      await runCommand('ip', ['-n', names.switch, '-batch', '-'], cables.join(''));
      // The host lists namespaces in any order; a namespace's cables go some time after it.
      await runCommand('ip', ['netns', 'del', names.switch]);
      for (const name of machines) await removeNamespace(name);
      assert.deepEqual(
        (await namespaces()).filter((name) => name.startsWith(names.prefix)),
        [],
      );
    }
  });
});
