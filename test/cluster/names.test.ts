import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  clusterOfKeyPair,
  keyPairComment,
  metadataKeys,
  readServerMark,
  releaseObject,
  releasePrefix,
  reportObject,
  segmentName,
  serverName,
} from '../../cluster/names.js';

const sha256 = 'ab'.repeat(32);

test('Servers are named as the original named them', () => {
  assert.equal(serverName('kubernetes', 'master'), 'kubernetes-master');
  assert.equal(serverName('kubernetes', 'minion', 3), 'kubernetes-minion-3');
});

test('A mark gives back its cluster, and what is not ours gives none', () => {
  assert.equal(clusterOfKeyPair(`ssh-ed25519 AAAA ${keyPairComment('dev')}\n`), 'dev');
  assert.equal(clusterOfKeyPair('ssh-ed25519 AAAA someone@host'), undefined);
  assert.equal(clusterOfKeyPair('ssh-ed25519 AAAA'), undefined);
});

test('A server is ours when its metadata says which one it is', () => {
  const metadata = {
    [metadataKeys.cluster]: 'dev',
    [metadataKeys.role]: 'minion',
    [metadataKeys.index]: '7',
    [metadataKeys.boot]: 'b',
  };
  assert.deepEqual(readServerMark(metadata), {
    cluster: 'dev',
    role: 'minion',
    index: 7,
    release: '',
    bootId: 'b',
    master: '',
    owner: '',
    container: '',
    network: '',
  });
  assert.equal(readServerMark({}), undefined);
  assert.equal(readServerMark({ ...metadata, [metadataKeys.role]: 'guest' }), undefined);
  assert.equal(readServerMark({ ...metadata, [metadataKeys.index]: 'x' }), undefined);
});

test('Objects of a cluster stand under its prefix', () => {
  assert.equal(
    releaseObject('dev', sha256),
    'devel/dev/release-abababababab/master-release.tar.gz',
  );
  assert.equal(segmentName('dev', sha256, 12), 'devel/dev/release-abababababab/segments/0012');
  assert.ok(segmentName('dev', sha256, 0).startsWith(releasePrefix('dev')));
  assert.equal(reportObject('dev', 'b1'), 'devel/dev/reports/b1');
});
