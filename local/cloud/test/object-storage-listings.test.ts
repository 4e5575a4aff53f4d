import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { startCloud, type TestCloud } from './start-cloud.js';
import { md5, StorageClient } from './storage-client.js';

describe('listings', () => {
  let cloud: TestCloud;
  let storage: StorageClient;
  const names = ['a', 'b/1', 'b/2', 'b/c/3', 'd', 'd/', 'é', '\ufb00', '😀'];

  before(async () => {
    cloud = await startCloud();
    storage = StorageClient.of(cloud);
    await storage.expect(201, 'PUT', '/l');
    for (const name of names) {
      const headers = { 'content-type': 'application/x-state; phase=ready ;n="1 2"' };
      await storage.expect(201, 'PUT', `/l/${encodeURIComponent(name)}`, { headers, body: name });
    }
  });
  after(() => cloud.close());

  const listed = async (query: string, expected: string[]): Promise<void> => {
    assert.deepEqual(await storage.names(`/l?${query}`), expected, query);
  };

  it('lists by the bytes of the names, from the marker to the end marker', async () => {
    await listed('', names);
    await listed('limit=2', ['a', 'b/1']);
    await listed('marker=b/2&limit=2', ['b/c/3', 'd']);
    await listed('marker=b/2&end_marker=d/', ['b/c/3', 'd']);
    await listed('prefix=b/', ['b/1', 'b/2', 'b/c/3']);
    await listed('prefix=b/&marker=b/1', ['b/2', 'b/c/3']);
    await listed('prefix=%C3%A9', ['é']);
    await listed('reverse=true&limit=3', ['😀', '\ufb00', 'é']);
    await listed('reverse=true&marker=d&end_marker=b/1', ['b/c/3', 'b/2']);
  });

  it('takes together what lies below a delimiter', async () => {
    await listed('delimiter=/', ['a', 'b/', 'd', 'd/', 'é', '\ufb00', '😀']);
    await listed('delimiter=/&limit=2', ['a', 'b/']);
    await listed('delimiter=/&marker=b/', ['d', 'd/', 'é', '\ufb00', '😀']);
    await listed('delimiter=/&prefix=b/', ['b/1', 'b/2', 'b/c/']);
    await listed('delimiter=/&reverse=true', ['😀', '\ufb00', 'é', 'd/', 'd', 'b/', 'a']);
    await listed('path=b', ['b/1', 'b/2']);
    await listed('path=', ['a', 'd', 'd/', 'é', '\ufb00', '😀']);
  });

  it('tells of each object in JSON and XML', async () => {
    const json = await storage.expect(200, 'GET', '/l?format=json&limit=1');
    assert.equal(json.headers['content-type'], 'application/json; charset=utf-8');
    const [entry] = JSON.parse(json.text) as Record<string, unknown>[];
    assert.match(String(entry?.last_modified), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}$/);
    assert.deepEqual(
      { ...entry, last_modified: '' },
      {
        name: 'a',
        bytes: 1,
        hash: md5('a'),
        content_type: 'application/x-state;phase=ready;n="1 2"',
        last_modified: '',
      },
    );
    const xml = await storage.expect(200, 'GET', '/l?delimiter=/&limit=2', {
      headers: { accept: 'application/xml' },
    });
    assert.equal(xml.headers['content-type'], 'application/xml; charset=utf-8');
    assert.equal(
      xml.text.replace(/<last_modified>[^<]+/, '<last_modified>'),
      '<?xml version="1.0" encoding="UTF-8"?>\n<container name="l"><object><name>a</name>' +
        `<hash>${md5('a')}</hash><bytes>1</bytes>` +
        '<content_type>application/x-state;phase=ready;n="1 2"</content_type>' +
        '<last_modified></last_modified></object>' +
        '<subdir name="b/"><name>b/</name></subdir></container>',
    );
  });

  it('lists containers, too', async () => {
    await storage.expect(201, 'PUT', '/m');
    const { text } = await storage.expect(200, 'GET', '?format=json');
    const containers = JSON.parse(text) as Record<string, unknown>[];
    assert.deepEqual(
      containers.map(({ name, count, bytes }) => [name, count, bytes]),
      [
        ['l', 9, Buffer.byteLength(names.join(''))],
        ['m', 0, 0],
      ],
    );
    assert.deepEqual(await storage.names('?marker=l'), ['m']);
    await storage.expect(204, 'DELETE', '/m');
  });

  it('answers an empty listing with 204 as text, and with a list otherwise', async () => {
    await storage.expect(204, 'GET', '/l?prefix=z');
    assert.equal((await storage.expect(200, 'GET', '/l?prefix=z&format=json')).text, '[]');
    await storage.expect(204, 'GET', '/l?limit=0');
  });

  it('refuses a limit too large, bytes that are no text, and formats it has not', async () => {
    assert.equal(
      (await storage.expect(412, 'GET', '/l?limit=10001')).text,
      'Maximum limit is 10000',
    );
    assert.equal(
      (await storage.expect(400, 'GET', '/l?prefix=%ff')).text,
      '"prefix" parameter not valid UTF-8',
    );
    await storage.expect(406, 'GET', '/l', { headers: { accept: 'image/png' } });
    await storage.expect(400, 'GET', '/l', { headers: { accept: 'rubbish' } });
  });
});
