import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Survey, SurveyedServer } from '../../activities/survey.js';
import { plannedChanges } from '../../client/planned-changes.js';
import { releaseTag } from '../../cluster/names.js';
import { bringUpRequest } from '../workflows/stage.js';

const { spec } = bringUpRequest('c', { minions: 1, image: 'Debian 12', minionFlavor: 'm1.medium' });

function server(more: Partial<SurveyedServer>): SurveyedServer {
  return {
    id: 'm',
    name: 'c-master',
    role: 'master',
    index: 0,
    status: 'ACTIVE',
    created: '2026-01-01T00:00:00Z',
    bootId: 'b',
    imageId: 'debian',
    flavorId: 'small',
    release: releaseTag(spec.release.sha256),
    address: '192.168.0.2',
    container: spec.release.container,
    masterAddress: '',
    ...more,
  };
}

const minion = {
  id: 'm1',
  name: 'c-minion-1',
  role: 'minion',
  index: 1,
  masterAddress: '192.168.0.2',
} as const;

function adopted(survey: Partial<Survey>, wanted: Parameters<typeof plannedChanges>[2]): unknown[] {
  return plannedChanges(spec, { servers: [], container: true, release: true, ...survey }, wanted)
    .filter(({ what }) => what.startsWith('server '))
    .map(({ action, what, why }) => [action, what, why]);
}

describe('the plan', () => {
  it('points out that machines keep the image and the flavor that they have', () => {
    const servers = [server({}), server(minion)];
    const wanted = { imageId: 'ubuntu', masterFlavorId: 'small', minionFlavorId: 'medium' };
    assert.deepEqual(adopted({ servers }, wanted), [
      ['adopt', 'server c-master', 'as it is: image Debian 12 only for new machines'],
      [
        'adopt',
        'server c-minion-1',
        'as it is: image Debian 12 and flavor m1.medium only for new machines',
      ],
    ]);
  });

  it('says nothing of what is the same, or not known', () => {
    const servers = [server({}), server(minion)];
    const same = { imageId: 'debian', masterFlavorId: 'small', minionFlavorId: 'small' };
    for (const wanted of [same, {}]) {
      assert.deepEqual(adopted({ servers }, wanted), [
        ['adopt', 'server c-master', undefined],
        ['adopt', 'server c-minion-1', undefined],
      ]);
    }
  });

  it('says of a machine that somebody set aside that up would not touch it, and the way back', () => {
    const servers = [server({}), server({ ...minion, status: 'PAUSED' })];
    assert.deepEqual(adopted({ servers }, {}), [
      ['adopt', 'server c-master', undefined],
      ['refuse', 'server c-minion-1', 'it is PAUSED: `openstack server unpause m1` first'],
    ]);
  });
});
