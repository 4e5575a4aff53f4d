import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { bypassProxyOnLoopback } from '../../client/loopback.js';

describe('bypassProxyOnLoopback', () => {
  const after = (env: NodeJS.ProcessEnv): NodeJS.ProcessEnv => {
    bypassProxyOnLoopback(env);
    return env;
  };
  it('adds to what is given, under both names', () => {
    const list = 'intern.example,127.0.0.1,localhost,::1';
    assert.deepEqual(after({ NO_PROXY: ' intern.example,127.0.0.1' }), {
      NO_PROXY: list,
      no_proxy: list,
    });
  });
  it('lets the one in small letters win, as curl and grpc do', () => {
    assert.match(after({ NO_PROXY: 'a', no_proxy: 'b' }).NO_PROXY ?? '', /^b,127/);
  });
});
