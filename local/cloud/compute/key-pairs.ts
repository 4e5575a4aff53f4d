import type { FastifyInstance, FastifyRequest } from 'fastify';
import { account } from '../account.js';
import { quota, type Cloud } from '../cloud.js';
import { param, queryOf } from '../query.js';
import type { KeyPairRecord } from '../records.js';
import { isoMicros, seconds } from '../time-format.js';
import { novaFault, policy } from './faults.js';
import { novaBody } from './json.js';
import { Links, pageItems } from './links.js';
import { requestedMicroversion } from './microversion.js';
import * as type from './parameter-types.js';
import { newSshKeyPair, sshFingerprint } from './ssh-public-key.js';
import { Validator, type Schema } from './validation.js';

interface KeyPairWish {
  name: string;
  public_key?: string;
  type?: 'ssh' | 'x509';
  user_id?: string;
}

const KEY_PAIRS = '/compute/v2.1/os-keypairs';

const plainName: Schema = { allOf: [type.name, { ...type.name, format: 'keypair_name_20' }] };
const widerName: Schema = { allOf: [type.name, { ...type.name, format: 'keypair_name_292' }] };
const typed = { type: { type: 'string', enum: ['ssh', 'x509'] } };
const owned = { user_id: { type: 'string' } };

const legacyValidator = keyPairValidator(type.nameWithSpaces, {});
const pages = new Validator(type.query({ ...type.paging, user_id: type.values() }, 35));
const strictPages = new Validator(type.query({ ...type.paging, user_id: type.values() }, 75));

/** Key pairs by the first microversion that takes them so. */
const validators: [number, Validator][] = [
  [92, keyPairValidator(widerName, { ...typed, ...owned }, ['public_key'])],
  [10, keyPairValidator(plainName, { ...typed, ...owned })],
  [2, keyPairValidator(plainName, typed)],
  [1, keyPairValidator(plainName, {})],
];

function keyPairValidator(
  name: Schema,
  more: Record<string, Schema>,
  required: string[] = [],
): Validator {
  const keyPair = type.object({ name, public_key: { type: 'string' }, ...more }, [
    'name',
    ...required,
  ]);
  return new Validator(type.wrapped('keypair', keyPair));
}

/** SSH key pairs of the account's user. */
export function keyPairRoutes(app: FastifyInstance, cloud: Cloud): void {
  const { state } = cloud;

  app.get(KEY_PAIRS, (request) => {
    const minor = requestedMicroversion(cloud, request);
    const all = state.keyPairs.all().sort((a, b) => (a.name < b.name ? -1 : 1));
    const show = (keyPair: KeyPairRecord): Record<string, unknown> => ({
      keypair: { ...basicDocument(keyPair), ...(minor >= 2 ? { type: 'ssh' } : {}) },
    });
    if (minor < 35) return { keypairs: all.map(show) };
    const asked = queryOf(request);
    (minor >= 75 ? strictPages : pages).query(asked);
    const page = pageItems(
      all,
      asked,
      ({ name }) => name,
      (marker) => novaFault(400, `Marker ${marker} could not be found.`),
    );
    const links = new Links(cloud, request);
    return {
      keypairs: page.map(show),
      ...links.next('os-keypairs', 'keypairs_links', page.length, page.at(-1)?.name),
    };
  });

  app.post(KEY_PAIRS, async (request, reply) => {
    const minor = requestedMicroversion(cloud, request);
    const wish = wishFrom(request, minor);
    if (wish.user_id !== undefined && wish.user_id !== account(state).userId) {
      throw policy('os-keypairs:create');
    }
    requireRoom(cloud);
    const made = wish.public_key === undefined ? await newSshKeyPair() : undefined;
    const keyPair = add(cloud, wish, wish.public_key ?? made?.publicKey ?? '');
    return reply.code(minor >= 2 ? 201 : 200).send({
      keypair: {
        ...(made === undefined ? {} : { private_key: made.privateKey }),
        ...basicDocument(keyPair),
        ...(minor >= 2 ? { type: 'ssh' } : {}),
        user_id: account(state).userId,
      },
    });
  });

  app.get(`${KEY_PAIRS}/:name`, (request) => ({
    keypair: {
      ...fullDocument(cloud, find(cloud, request)),
      ...(requestedMicroversion(cloud, request) >= 2 ? { type: 'ssh' } : {}),
    },
  }));

  app.delete(`${KEY_PAIRS}/:name`, (request, reply) => {
    const { name } = find(cloud, request);
    state.transaction(() => {
      state.keyPairs.remove(name);
    });
    return reply.code(requestedMicroversion(cloud, request) >= 2 ? 204 : 202).send();
  });
}

function wishFrom(request: FastifyRequest, minor: number): KeyPairWish {
  const body = novaBody(request);
  const { legacyCompute } = request.call;
  const known = validators.find(([since]) => since <= minor)?.[1];
  (legacyCompute ? legacyValidator : (known ?? legacyValidator)).body(body, legacyCompute);
  const { keypair } = body as { keypair: KeyPairWish };
  return { ...keypair, name: keypair.name.trim() };
}

function requireRoom(cloud: Cloud): void {
  const limit = quota(cloud).keyPairs;
  if (limit >= 0 && cloud.state.keyPairs.all().length >= limit) {
    throw novaFault(403, 'Quota exceeded, too many key pairs.');
  }
}

function add(cloud: Cloud, wish: KeyPairWish, publicKey: string): KeyPairRecord {
  const { state } = cloud;
  const fingerprint = wish.type === 'x509' ? undefined : sshFingerprint(publicKey);
  if (fingerprint === undefined) {
    const kind = wish.type === 'x509' ? 'X509 fingerprint' : 'fingerprint';
    throw novaFault(400, `Keypair data is invalid: failed to generate ${kind}`);
  }
  return state.transaction(() => {
    requireRoom(cloud);
    if (state.keyPairs.has(wish.name)) {
      throw novaFault(409, `Key pair '${wish.name}' already exists.`);
    }
    const keyPair = {
      number: state.nextNumber(),
      name: wish.name,
      publicKey,
      fingerprint,
      createdAt: Date.now(),
    };
    state.keyPairs.put(keyPair.name, keyPair);
    return keyPair;
  });
}

function find(cloud: Cloud, request: FastifyRequest): KeyPairRecord {
  const name = param(request, 'name');
  const found = cloud.state.keyPairs.get(name);
  if (found === undefined) {
    throw novaFault(404, `Keypair ${name} not found for user ${account(cloud.state).userId}`);
  }
  return found;
}

function basicDocument({ name, publicKey, fingerprint }: KeyPairRecord): Record<string, unknown> {
  return { name, public_key: publicKey, fingerprint };
}

function fullDocument(cloud: Cloud, keyPair: KeyPairRecord): Record<string, unknown> {
  return {
    ...basicDocument(keyPair),
    user_id: account(cloud.state).userId,
    created_at: isoMicros(seconds(keyPair.createdAt) * 1000),
    deleted: false,
    deleted_at: null,
    id: keyPair.number,
    updated_at: null,
  };
}
