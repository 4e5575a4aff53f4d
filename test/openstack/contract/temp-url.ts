import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import type { Answer } from './answer.js';
import type { Cloud } from './cloud.js';
import { makeContainer, storeNew } from './stored.js';

/** The account's keys while these cases run, set by the first of them. */
export const KEYS = { first: 'first key of the contract', second: 'second key of the contract' };

export interface Signing {
  method?: string;
  key?: string;
  digest?: 'sha1' | 'sha256' | 'sha512';
  /** Seconds since the epoch. */
  expires?: number;
  /** What is signed in place of the object's own path. */
  signedPath?: string;
}

export const inAMinute = (): number => Math.floor(Date.now() / 1000) + 60;

/** The path of the object as it is signed: decoded, with the version and the account. */
export function pathToSign(cloud: Cloud, path: string): string {
  return decodeURIComponent(new URL(cloud.storage.url).pathname + path);
}

export function signature(
  cloud: Cloud,
  path: string,
  {
    method = 'GET',
    key = KEYS.first,
    digest = 'sha256',
    expires = inAMinute(),
    signedPath,
  }: Signing,
): string {
  const text = `${method}\n${expires}\n${signedPath ?? pathToSign(cloud, path)}`;
  return createHmac(digest, key).update(text).digest('hex');
}

/** A temp URL for the object at this encoded path. */
export function tempUrl(cloud: Cloud, path: string, signing: Signing = {}, more = ''): string {
  const expires = signing.expires ?? inAMinute();
  const sig = signature(cloud, path, { ...signing, expires });
  return `${cloud.storage.url}${path}?temp_url_sig=${sig}&temp_url_expires=${expires}${more}`;
}

export async function setKeys(cloud: Cloud): Promise<void> {
  const headers = {
    'x-account-meta-temp-url-key': KEYS.first,
    'x-account-meta-temp-url-key-2': KEYS.second,
  };
  (await cloud.storage.send('POST', '', { headers })).is(204);
}

/** An object to be fetched, in an account whose keys are known. */
export async function signable(cloud: Cloud, body = 'content'): Promise<string> {
  await setKeys(cloud);
  return storeNew(cloud, body);
}

export async function place(cloud: Cloud): Promise<string> {
  await setKeys(cloud);
  return `${await makeContainer(cloud)}/object`;
}

export function refused(answer: Answer): void {
  assert.equal(answer.is(401).text, '401 Unauthorized: Temp URL invalid\n');
}
