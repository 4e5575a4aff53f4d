import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, it } from 'node:test';
import { packSampleRelease } from '../../../release/pack.js';
import { openWorld, type World } from '../../durability/world.js';
import { Cloud } from '../contract/cloud.js';
import type { Target } from '../contract/target.js';
import { describeOpenStack } from './describe-openstack.js';
import { realTarget } from './real-target.js';

interface Checked {
  passed: boolean;
  checks: { name: string; passed: boolean; failure?: { message: string } }[];
}

/** The ways of docs/clouds.md to name an account, as `kubeup preflight` finds them. */
describeOpenStack('preflight on a real OpenStack', () => {
  let world: World;
  let target: Target;
  let cloud: Cloud;
  let release: string;
  before(async () => {
    [world, target] = await Promise.all([openWorld(), realTarget()]);
    cloud = await Cloud.login(target);
    release = path.join(world.root, 'release.tar.gz');
    await packSampleRelease(release);
  });
  after(async () => {
    await cloud.undoAll();
    await world.dispose();
  });

  const preflight = async (env: Record<string, string>): Promise<Checked & { code: number }> => {
    const args = ['preflight', '--release', release, '--json'];
    const { code, stdout, stderr } = await world.kubeup(args, env);
    assert.ok(stdout.startsWith('{'), stderr);
    return { code: code ?? -1, ...(JSON.parse(stdout) as Checked) };
  };

  const passes = async (env: Record<string, string>): Promise<void> => {
    const { code, passed, checks } = await preflight(env);
    assert.deepEqual(
      checks.filter((check) => !check.passed),
      [],
    );
    assert.ok(passed && checks.length > 8);
    assert.equal(code, 0);
  };

  const withPassword = (): Record<string, string> => ({
    OS_AUTH_URL: target.v3.url,
    OS_REGION_NAME: target.v3.region,
    OS_USERNAME: target.v3.username,
    OS_PASSWORD: target.v3.password,
    OS_PROJECT_NAME: target.v3.projectName,
  });

  const newCredential = async (): Promise<{ id: string; secret: string }> => {
    const route = `/users/${cloud.userId}/application_credentials`;
    const wish = { application_credential: { name: cloud.name('kubeup') } };
    const made = (await cloud.identity.post(route, wish)).is(201);
    const id = made.string('application_credential.id');
    cloud.undo(() => cloud.identity.delete(`${route}/${id}`));
    return { id, secret: made.string('application_credential.secret') };
  };

  it('passes with a password', () => passes(withPassword()));

  it('passes with an application credential', async () => {
    const { id, secret } = await newCredential();
    await passes({
      OS_AUTH_URL: target.v3.url,
      OS_REGION_NAME: target.v3.region,
      OS_APPLICATION_CREDENTIAL_ID: id,
      OS_APPLICATION_CREDENTIAL_SECRET: secret,
    });
  });

  it('passes with a cloud of clouds.yaml, and its secret in secure.yaml', async () => {
    const { id, secret } = await newCredential();
    const auth = { auth_url: target.v3.url, application_credential_id: id };
    const real = { auth_type: 'v3applicationcredential', auth, region_name: target.v3.region };
    const secrets = { auth: { application_credential_secret: secret } };
    await writeFile(
      path.join(world.root, 'clouds.yaml'),
      JSON.stringify({ clouds: { real, other: {} } }),
    );
    await writeFile(
      path.join(world.root, 'secure.yaml'),
      JSON.stringify({ clouds: { real: secrets } }),
    );
    await passes({ OS_CLOUD: 'real' });
  });

  it('logs in with an API key, as at Rackspace', async () => {
    const { checks } = await preflight({
      OS_AUTH_SYSTEM: 'rackspace',
      OS_AUTH_URL: target.v2.url,
      OS_USERNAME: target.v2.username,
      OS_API_KEY: target.v2.apiKey,
      OS_REGION_NAME: target.v3.region,
    });
    for (const name of ['credentials', 'image', 'master flavor', 'temp URLs', 'quota']) {
      assert.equal(checks.find((check) => check.name === name)?.passed, true, name);
    }
  });

  it('says that the password is wrong, and which regions there are', async () => {
    const wrong = await preflight({ ...withPassword(), OS_PASSWORD: 'wrong' });
    assert.equal(wrong.code, 3);
    assert.match(wrong.checks[0]?.failure?.message ?? '', /401/);
    const elsewhere = await preflight({ ...withPassword(), OS_REGION_NAME: 'Nowhere' });
    assert.equal(elsewhere.code, 3);
    assert.match(JSON.stringify(elsewhere.checks), /Nowhere.*RegionOne/);
  });
});
