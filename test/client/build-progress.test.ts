import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stripVTControlCharacters } from 'node:util';
import type { ClusterView } from '../../client/cluster-view.js';
import { ProgressLines } from '../../client/display/progress-lines.js';
import { renderScreen } from '../../client/display/screen.js';
import type { Condition } from '../../cluster/status.js';

const since = new Date(0).toISOString();

/** A run that builds its release, or does not. */
function view(build?: ClusterView['build']): ClusterView {
  const building: Condition = {
    type: 'ReleaseBuilt',
    status: 'Unknown',
    reason: 'Building',
    message: '',
    since,
  };
  return {
    status: {
      cluster: 'kubernetes',
      phase: 'BringingUp',
      conditions: build ? [building] : [],
      master: { name: 'kubernetes-master', id: '', address: '', phase: 'Pending', message: '' },
      minions: [],
      release: { reference: '', sha256: '', bytes: 0 },
      changes: [],
    },
    run: { id: 'cluster/kubernetes', runId: 'r', type: 'bringUpCluster', open: true },
    build,
    retries: [],
  };
}

test('a build shows its latest line, before the release that comes of it', () => {
  const context = { now: 5_000, columns: 100, rows: 50 };
  const screen = renderScreen(view({ line: 'k8s.io/api/core/v1', lines: 12 }), context);
  const steps = stripVTControlCharacters(screen).split('\n');
  const at = steps.findIndex((line) => /Build +building +12: k8s\.io\/api\/core\/v1 5s/.test(line));
  assert.match(steps[at + 1] ?? '', /Release/);
  assert.doesNotMatch(renderScreen(view(), context), /Build/);
});

test('where there is no terminal, every hundredth line of a build makes one', () => {
  const lines = new ProgressLines();
  const told = [1, 2, 99, 100, 130, 200].flatMap((count) =>
    lines.next(view({ line: 'x', lines: count })).filter((line) => /^Build: \d/.test(line)),
  );
  assert.deepEqual(told, ['Build: 1: x', 'Build: 100: x', 'Build: 200: x']);
});
