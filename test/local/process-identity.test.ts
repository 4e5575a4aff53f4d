import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { it } from 'node:test';
import { identify, isAlive } from '../../local/process-identity.js';

it('knows a live process, and no longer once it has ended', async () => {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
  const identity = identify(child.pid ?? 0);
  assert.ok(identity);
  assert.ok(isAlive(identity));
  child.kill('SIGKILL');
  await once(child, 'exit');
  assert.ok(!isAlive(identity));
  assert.equal(identify(identity.pid), undefined);
});

it('does not take a process for the one that had its id before', () => {
  const self = identify(process.pid);
  assert.ok(self);
  assert.ok(isAlive(self));
  assert.ok(!isAlive({ ...self, started: `${self.started}0` }));
});
