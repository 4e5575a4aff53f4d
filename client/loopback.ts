const loopback = ['127.0.0.1', 'localhost', '::1'];

/**
 * Keeps what is on this machine (Temporal, the local cloud) out of the HTTP proxy's way, here and in every
 * process begun from here: no proxy can reach it. Clients read `no_proxy` or `NO_PROXY`, some only one of them.
 */
export function bypassProxyOnLoopback(env: NodeJS.ProcessEnv): void {
  const given = (env.no_proxy ?? env.NO_PROXY ?? '').split(',').map((host) => host.trim());
  const all = new Set([...given.filter((host) => host !== ''), ...loopback]);
  env.no_proxy = env.NO_PROXY = [...all].join(',');
}
