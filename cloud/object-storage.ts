import { createHash } from 'node:crypto';
import { z } from 'zod';
import { KubeupError } from '../cluster/errors.js';
import { header } from './answer.js';
import { absentIsUndefined, DAMAGED_UPLOAD } from './failures.js';
import { readAnswer } from './pages.js';
import type { CallOptions, ObjectStorage, StoredObject } from './port.js';
import type { ServiceAnswer, Session } from './session.js';
import { readStorageCapabilities } from './storage-capabilities.js';
import type { StorageCapabilities } from './storage-capabilities.js';
import { objectUrl, signTempUrl } from './temp-url.js';

/** Every Swift allows at least this many entries a page; a shorter page is the last one. */
const PAGE_LIMIT = 1000;

const listingSchema = z.array(
  z.object({
    name: z.string(),
    hash: z.string(),
    bytes: z.number(),
    content_type: z.string(),
  }),
);

/** Swift, API v1, and Rackspace's Cloud Files. */
export function openObjectStorage(
  session: Session,
  provider: 'openstack' | 'rackspace',
): ObjectStorage {
  let known: StorageCapabilities | undefined;

  const at = async (container: string, name?: string, options?: CallOptions): Promise<string> =>
    objectUrl(await session.serviceUrl('object-store', options), container, name);

  const capabilities = async (options?: CallOptions): Promise<StorageCapabilities> => {
    known ??= await readStorageCapabilities(session, options);
    return known;
  };

  return {
    capabilities,

    async headContainer(container, options) {
      const answer = await absentIsUndefined(
        session.request(
          'object-store',
          `look at container ${container}`,
          { method: 'HEAD', uri: await at(container, undefined, options) },
          options,
        ),
      );
      return (
        answer && {
          objects: Number(header(answer, 'x-container-object-count') ?? 0),
          metadata: metadataOf(answer, 'x-container-meta-'),
        }
      );
    },

    async createContainer(container, metadata, options) {
      await session.call(
        'object-store',
        `create container ${container}`,
        (client, callback) => client.createContainer({ name: container, metadata }, callback),
        options,
      );
    },

    async deleteContainer(container, options) {
      // pkgcloud's destroyContainer deletes every object in it first.
      await absentIsUndefined(
        session.request(
          'object-store',
          `delete container ${container}`,
          { method: 'DELETE', uri: await at(container, undefined, options) },
          options,
        ),
      );
    },

    async listObjects(container, prefix, options) {
      const attempted = `list ${container}/${prefix}`;
      const objects: StoredObject[] = [];
      const uri = await at(container, undefined, options);
      for (;;) {
        const marker = objects.at(-1)?.name;
        const qs = {
          format: 'json',
          limit: PAGE_LIMIT,
          prefix,
          ...(marker === undefined ? {} : { marker }),
        };
        const answer = await absentIsUndefined(
          session.request('object-store', attempted, { uri, qs }, options),
        );
        // An empty listing is 204 without a body in older Swift.
        const page =
          answer === undefined || answer.status === 204
            ? []
            : readAnswer(listingSchema, answer, attempted);
        objects.push(
          ...page.map((entry) => ({
            name: entry.name,
            etag: unquoted(entry.hash),
            bytes: entry.bytes,
            contentType: entry.content_type,
          })),
        );
        if (page.length < PAGE_LIMIT) {
          return objects;
        }
      }
    },

    async headObject(container, name, options) {
      const answer = await absentIsUndefined(
        session.request(
          'object-store',
          `look at object ${container}/${name}`,
          { method: 'HEAD', uri: await at(container, name, options) },
          options,
        ),
      );
      return (
        answer && {
          name,
          etag: unquoted(header(answer, 'etag') ?? ''),
          bytes: Number(header(answer, 'content-length') ?? 0),
          contentType: header(answer, 'content-type') ?? '',
          metadata: metadataOf(answer, 'x-object-meta-'),
        }
      );
    },

    async readText(container, name, maxBytes, options) {
      const uri = await at(container, name, options);
      const read = session.request(
        'object-store',
        `read object ${container}/${name}`,
        { uri, headers: { range: `bytes=0-${maxBytes - 1}` }, raw: true },
        options,
      );
      try {
        const { body } = await read;
        return Buffer.isBuffer(body) ? body.subarray(0, maxBytes).toString('utf8') : '';
      } catch (error) {
        const status = error instanceof KubeupError ? error.failure.status : undefined;
        // An empty object has no first byte.
        if (status === 416) {
          return '';
        }
        if (status === 404) {
          return undefined;
        }
        throw error;
      }
    },

    async putObject(container, name, body, attributes, options) {
      const attempted = `upload ${container}/${name}`;
      const answer = await session.upload(
        {
          attempted,
          url: await at(container, name, options),
          headers: { ...attributeHeaders(attributes), etag: body.md5 },
          body,
        },
        options,
      );
      expectEtag(answer, body.md5, attempted);
    },

    async putLargeObject(container, name, segments, attributes, options) {
      const attempted = `write the manifest of ${container}/${name}`;
      const manifest = segments.map((segment) => ({
        path: `/${container}/${segment.name}`,
        etag: segment.etag,
        size_bytes: segment.bytes,
      }));
      const answer = await session.request(
        'object-store',
        attempted,
        {
          method: 'PUT',
          uri: await at(container, name, options),
          qs: { 'multipart-manifest': 'put' },
          headers: { 'Content-Type': attributes.contentType, ...metadataHeaders(attributes) },
          body: JSON.stringify(manifest),
          raw: true,
          // Swift looks at each segment before it answers.
          patience: 10,
        },
        options,
      );
      const etags = segments.map(({ etag }) => etag).join('');
      expectEtag(answer, createHash('md5').update(etags).digest('hex'), attempted);
    },

    async deleteObject(container, name, options) {
      await absentIsUndefined(
        session.request(
          'object-store',
          `delete object ${container}/${name}`,
          { method: 'DELETE', uri: await at(container, name, options) },
          options,
        ),
      );
    },

    async tempUrlKeys(options) {
      const answer = await session.request(
        'object-store',
        "read the account's temp URL keys",
        { method: 'HEAD' },
        options,
      );
      return ['x-account-meta-temp-url-key', 'x-account-meta-temp-url-key-2']
        .map((name) => header(answer, name))
        .filter((key): key is string => key !== undefined && key !== '');
    },

    async setTempUrlKey(key, options) {
      await session.call(
        'object-store',
        "set the account's temp URL key",
        (client, callback) => client.setTemporaryUrlKey(key, callback),
        options,
      );
    },

    async tempUrl(method, container, name, key, expires, options) {
      const { tempUrlDigests } = await capabilities(options);
      const publicUrl = await session.serviceUrl('object-store', options);
      const storageUrl =
        options?.internal && (provider === 'rackspace' || isLoopback(publicUrl))
          ? await session.serviceUrl('object-store', options, 'internal')
          : publicUrl;
      return signTempUrl(
        storageUrl,
        { method, container, name, expires },
        key,
        tempUrlDigests[0] ?? 'sha1',
      );
    },
  };
}

/**
 * Whether an address is this host's own: no machine of the cloud reaches it. Where machines reach both, Rackspace's
 * internal one (the `snet-` host) is free and fast from them, elsewhere it is the operators'.
 */
function isLoopback(url: string): boolean {
  return /^(127\.|localhost$|\[::1\]$)/.test(new URL(url).hostname);
}

function attributeHeaders(attributes: {
  contentType: string;
  metadata?: Record<string, string>;
}): Record<string, string> {
  return { 'content-type': attributes.contentType, ...metadataHeaders(attributes) };
}

function metadataHeaders({
  metadata,
}: {
  metadata?: Record<string, string>;
}): Record<string, string> {
  return Object.fromEntries(
    Object.entries(metadata ?? {}).map(([key, value]) => [`x-object-meta-${key}`, value]),
  );
}

function metadataOf(
  answer: Pick<ServiceAnswer, 'headers'>,
  prefix: string,
): Record<string, string> {
  return Object.fromEntries(
    Object.keys(answer.headers)
      .filter((name) => name.startsWith(prefix))
      .map((name) => [name.slice(prefix.length), header(answer, name) ?? '']),
  );
}

/** What the cloud stored must be what was sent, whatever it says about success. */
function expectEtag(
  answer: Pick<ServiceAnswer, 'headers' | 'status'>,
  md5: string,
  attempted: string,
): void {
  const etag = unquoted(header(answer, 'etag') ?? '');
  if (etag.toLowerCase() !== md5.toLowerCase()) {
    throw new KubeupError({
      ...DAMAGED_UPLOAD,
      attempted,
      message: `the cloud stored something else (ETag ${etag || 'missing'}) than what was sent (${md5})`,
      status: answer.status,
    });
  }
}

function unquoted(etag: string): string {
  return etag.replace(/^(?:W\/)?"(.*)"$/, '$1');
}
