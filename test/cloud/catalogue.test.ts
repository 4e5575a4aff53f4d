import assert from 'node:assert/strict';
import { test } from 'node:test';
import { endpointUrl, readCatalogV2, readCatalogV3 } from '../../cloud/catalogue.js';
import { KubeupError } from '../../cluster/errors.js';

const v3 = readCatalogV3([
  { type: 'identity', name: '', endpoints: [] },
  {
    type: 'compute',
    name: '',
    endpoints: [
      { id: 'e1', interface: 'admin', region: 'One', region_id: 'One', url: 'http://a/v2.1' },
      { id: 'e2', interface: 'public', region: 'Two', region_id: 'Two', url: 'http://two/v2.1' },
      { id: 'e3', interface: 'public', region: 'One', region_id: 'One', url: 'http://one/v2.1//' },
      { id: 'e4', interface: 'internal', region: 'One', region_id: 'One', url: 'http://i/v2.1' },
    ],
  },
  // Services without a name, and two of one type: pkgcloud finds neither of the first, and not the second.
  {
    type: 'network',
    name: '',
    endpoints: [{ interface: 'public', region: 'Two', url: 'http://two:9696' }],
  },
  {
    type: 'network',
    name: 'neutron',
    endpoints: [{ interface: 'public', region: 'One', url: 'http://one:9696/' }],
  },
  { type: 'compute_legacy', endpoints: [{ interface: 'public', region: null, url: 'http://l/' }] },
]);

const v2 = readCatalogV2([
  // Rackspace's first generation: the same type, without a region.
  {
    name: 'cloudServers',
    type: 'compute',
    endpoints: [{ tenantId: '1', publicURL: 'https://servers.example/v1.0/1' }],
  },
  {
    name: 'cloudServersOpenStack',
    type: 'compute',
    endpoints: [
      { region: 'DFW', tenantId: '1', publicURL: 'https://dfw.servers.example/v2/1' },
      { region: 'ORD', tenantId: '1', publicURL: 'https://ord.servers.example/v2/1' },
    ],
  },
  {
    name: 'cloudFiles',
    type: 'object-store',
    endpoints: [
      {
        region: 'ORD',
        tenantId: 'MossoCloudFS_1',
        publicURL: 'https://storage.example/v1/MossoCloudFS_1',
        internalURL: 'https://snet-storage.example/v1/MossoCloudFS_1',
      },
    ],
  },
]);

test('an endpoint is found by type, region and interface, whatever its service is called', () => {
  assert.equal(endpointUrl(v3, 'compute', 'One', 'public'), 'http://one/v2.1');
  assert.equal(endpointUrl(v3, 'compute', 'One', 'internal'), 'http://i/v2.1');
  assert.equal(endpointUrl(v3, 'compute', 'One', 'admin'), 'http://a/v2.1');
  assert.equal(endpointUrl(v3, 'compute', 'Two', 'public'), 'http://two/v2.1');
  assert.equal(endpointUrl(v3, 'network', 'One', 'public'), 'http://one:9696');
  assert.equal(endpointUrl(v3, 'network', 'Two', 'public'), 'http://two:9696');
});

test("Rackspace's catalogue, and a region in small letters", () => {
  assert.equal(endpointUrl(v2, 'compute', 'ord', 'public'), 'https://ord.servers.example/v2/1');
  assert.equal(
    endpointUrl(v2, 'object-store', 'ORD', 'internal'),
    'https://snet-storage.example/v1/MossoCloudFS_1',
  );
});

test('what is not there is named with what is', () => {
  const message = (...wanted: Parameters<typeof endpointUrl>): string => {
    try {
      return endpointUrl(...wanted);
    } catch (error) {
      assert.ok(error instanceof KubeupError);
      assert.deepEqual([error.failure.kind, error.failure.reason], ['blocked', 'NoEndpoint']);
      return error.failure.message;
    }
  };
  assert.match(message(v3, 'object-store', 'One', 'public'), /no public address of object-store/);
  assert.match(message(v2, 'compute', 'DFW', 'internal'), /no internal address of compute/);
  assert.match(message(v2, 'compute', 'LON', 'public'), /no region LON, only DFW, ORD/);
  assert.match(message([], 'compute', 'LON', 'public'), /no public address/);
});

test('a catalogue in another shape is an empty one', () => {
  for (const odd of [undefined, null, 'x', {}, [{ endpoints: 3 }]]) {
    assert.deepEqual(readCatalogV3(odd), []);
    assert.deepEqual(readCatalogV2(odd), []);
  }
});
