import assert from 'node:assert/strict';
import { test } from 'node:test';
import { phaseOf, type Observation } from '../../cluster/observation.js';

const active: Observation = {
  role: 'minion',
  index: 1,
  serverId: 's',
  bootId: 'b',
  serverStatus: 'ACTIVE',
  address: '192.168.0.11',
};

test('An active machine is as far as its report says', () => {
  assert.equal(phaseOf(active), 'Booting');
  assert.equal(phaseOf({ ...active, report: 'booting' }), 'Booting');
  assert.equal(phaseOf({ ...active, report: 'downloading' }), 'Downloading');
  assert.equal(phaseOf({ ...active, report: 'installing' }), 'Installing');
  assert.equal(phaseOf({ ...active, report: 'ready' }), 'Ready');
});

test('A machine whose server is not active is being built, whatever it reported before', () => {
  for (const serverStatus of ['BUILD', 'REBOOT', 'SHUTOFF']) {
    assert.equal(phaseOf({ ...active, serverStatus }), 'Building');
    assert.equal(phaseOf({ ...active, serverStatus, report: 'ready' }), 'Building');
  }
});

test('A machine has failed by its own word, by the cloud’s, or when its server is gone', () => {
  assert.equal(phaseOf({ ...active, report: 'failed' }), 'Failed');
  assert.equal(phaseOf({ ...active, serverStatus: 'ERROR', report: 'ready' }), 'Failed');
  assert.equal(phaseOf({ ...active, serverStatus: 'LOST', report: 'ready' }), 'Failed');
  assert.equal(phaseOf({ ...active, serverStatus: 'BUILD', report: 'failed' }), 'Failed');
});
