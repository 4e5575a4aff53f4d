import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readConfiguration } from '../../client/configuration.js';
import { temporaryHome } from '../support/temporary-home.js';

const facts = { user: 'demo', provider: 'openstack', local: true } as const;

test('the image is by default the one that the cloud has', async (t) => {
  const temporary = await temporaryHome();
  t.after(() => temporary.dispose());
  const env = { ...temporary.env, HOME: temporary.home.root };
  for (const [local, image] of [
    [true, 'Debian 12'],
    [false, 'Ubuntu 24.04'],
  ] as const) {
    const configuration = await readConfiguration(
      { env, flags: {}, build: {} },
      { ...facts, local },
    );
    assert.equal(configuration.settings.image, image);
  }
});

test('each cluster builds its release into a file of its own', async (t) => {
  const temporary = await temporaryHome();
  t.after(() => temporary.dispose());
  const { env, home } = temporary;
  const files = await Promise.all(
    ['a', 'sample'].map(async (name) => {
      const inputs = { env: { ...env, HOME: home.root }, flags: { name }, build: {} };
      return (await readConfiguration(inputs, facts)).release.file;
    }),
  );
  assert.deepEqual(files, [
    `${home.releases}/a/master-release.tar.gz`,
    `${home.releases}/sample/master-release.tar.gz`,
  ]);
});
