import assert from 'node:assert/strict';
import { test } from 'node:test';
import { homePaths } from '../../home/paths.js';
import { workerService } from '../../local/background-worker.js';

const home = homePaths({ HOME: '/nowhere' });
const account = { accountId: '0123abcd', fingerprint: 'f' };
const temporal = { address: '127.0.0.1:7233', ui: '', namespace: 'default', embedded: true };

test('a worker is started again when the way to the machines changes', async () => {
  const inputsOf = async (
    accountEnv: Record<string, string>,
    env: NodeJS.ProcessEnv = {},
  ): Promise<Record<string, string>> => {
    const service = await workerService(home, account, accountEnv, temporal, env);
    const { env: given } = await service.command({});
    assert.equal(
      given.KUBEUP_MACHINE_PROXY,
      accountEnv.KUBEUP_MACHINE_PROXY ?? env.KUBEUP_MACHINE_PROXY,
    );
    return service.inputs;
  };
  const proxy = 'http://user:password@proxy.example:3128';
  const direct = await inputsOf({});
  const proxied = await inputsOf({ KUBEUP_MACHINE_PROXY: proxy });
  assert.notDeepEqual(proxied, direct);
  assert.deepEqual(await inputsOf({}, { KUBEUP_MACHINE_PROXY: proxy }), proxied);
  const other = { KUBEUP_MACHINE_PROXY: 'http://other.example:3128' };
  assert.deepEqual(await inputsOf({ KUBEUP_MACHINE_PROXY: proxy }, other), proxied);
  assert.notDeepEqual(await inputsOf(other), proxied);
  // The inputs are written down, and a proxy's address may hold a password.
  assert.doesNotMatch(JSON.stringify(proxied), /password/);
});
