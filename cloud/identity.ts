import type { Identity } from './port.js';
import type { Session } from './session.js';

/** Keystone, v2.0 or v3. */
export function openIdentity(session: Session): Identity {
  return {
    async authenticate(options) {
      await session.authenticate(options);
      for (const service of ['compute', 'network', 'object-store'] as const) {
        await session.serviceUrl(service, options);
      }
      // A token alone proves neither that the project may be used nor that the region answers.
      await session.request(
        'compute',
        'list servers',
        { path: 'servers', qs: { limit: 1 } },
        options,
      );
    },
  };
}
