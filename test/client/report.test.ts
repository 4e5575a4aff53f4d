import assert from 'node:assert/strict';
import { test } from 'node:test';
import { commandsAfter } from '../../client/commands/report.js';
import type { ClusterStatus } from '../../cluster/status.js';
import { emptyStatus } from '../../cluster/status.js';

function after(type: string, phase: ClusterStatus['phase']): string[] {
  const run = { id: 'cluster/c', runId: 'r', type, open: phase === 'Blocked' };
  const view = { status: emptyStatus('c', phase), run, retries: [] };
  const ending = phase === 'Blocked' ? 'blocked' : 'closed';
  return commandsAfter('c', { ending }, view).map(([command]) => command);
}

test('After a tear-down that did not end well nothing offers to bring the cluster up', () => {
  assert.deepEqual(after('tearDownCluster', 'Failed'), ['kubeup down c']);
  assert.deepEqual(after('tearDownCluster', 'Cancelled'), ['kubeup down c']);
  assert.deepEqual(after('tearDownCluster', 'Blocked'), ['kubeup retry c']);
  assert.deepEqual(after('bringUpCluster', 'Failed'), ['kubeup up --name c', 'kubeup down c']);
});
