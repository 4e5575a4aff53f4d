import assert from 'node:assert/strict';
import { test } from 'node:test';
import { reachableAddress } from '../../cluster/reachable-address.js';

const cidr = '192.168.0.0/24';
const inside = { pool: ['192.168.0.3'] };
const floating = { pool: ['192.168.0.3', '198.51.100.7'] };
const rackspace = { private: ['10.176.1.1'], public: ['203.0.113.1'], pool: ['192.168.0.3'] };

test('a machine is reached at its public address, else outside the cloud network', () => {
  for (const byProxy of [false, true]) {
    assert.equal(reachableAddress(rackspace, cidr, byProxy), '203.0.113.1');
    assert.equal(reachableAddress(floating, cidr, byProxy), '198.51.100.7');
    assert.equal(reachableAddress({}, cidr, byProxy), undefined);
    assert.equal(reachableAddress({ public: [], pool: [] }, cidr, byProxy), undefined);
  }
});

test('on the cloud network it is reached through a proxy only', () => {
  assert.equal(reachableAddress(inside, cidr, true), '192.168.0.3');
  assert.equal(reachableAddress(inside, cidr, false), undefined);
  // A cloud network that the user called so is none that leads here.
  assert.equal(reachableAddress({ public: ['192.168.0.3'] }, cidr, false), undefined);
});
