import { z } from 'zod';
import { absentIsUndefined } from './failures.js';
import { readAnswer, readValue } from './pages.js';
import type { KeyPair, KeyPairs } from './port.js';
import type { Session } from './session.js';

const keyPairSchema = z.object({
  name: z.string(),
  public_key: z.string(),
});

const oneSchema = z.object({ keypair: keyPairSchema });
const listSchema = z.object({ keypairs: z.array(oneSchema) });

/** Nova's key pairs. They belong to the user, not to the project, and are never paged without microversion. */
export function openKeyPairs(session: Session): KeyPairs {
  return {
    async get(name, options) {
      const attempted = `look at key pair ${name}`;
      const answer = await absentIsUndefined(
        session.request('compute', attempted, { path: pathOf(name) }, options),
      );
      return answer && toKeyPair(readAnswer(oneSchema, answer, attempted).keypair);
    },

    async list(options) {
      const attempted = 'list key pairs';
      const answer = await session.request('compute', attempted, { path: 'os-keypairs' }, options);
      return readAnswer(listSchema, answer, attempted).keypairs.map(({ keypair }) =>
        toKeyPair(keypair),
      );
    },

    async import(name, publicKey, options) {
      const attempted = `import key pair ${name}`;
      const keyPair = await session.call<'compute', unknown>(
        'compute',
        attempted,
        (client, callback) => client.addKey({ name, public_key: publicKey }, callback),
        options,
      );
      return toKeyPair(readValue(keyPairSchema, keyPair, attempted));
    },

    async delete(name, options) {
      await absentIsUndefined(
        session.request(
          'compute',
          `delete key pair ${name}`,
          { method: 'DELETE', path: pathOf(name) },
          options,
        ),
      );
    },
  };
}

/** Key pairs have no id; names may hold spaces, which pkgcloud's own methods send unescaped. */
function pathOf(name: string): string {
  return `os-keypairs/${encodeURIComponent(name)}`;
}

function toKeyPair(keyPair: z.infer<typeof keyPairSchema>): KeyPair {
  return { name: keyPair.name, publicKey: keyPair.public_key };
}
