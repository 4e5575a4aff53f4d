import { deriveSecret } from '../home/derive.js';
import type { Dependencies } from './context.js';

/**
 * The account's temp URL key: the one that is there, or one derived from the root secret when there is
 * none. Never overwritten: that would break every URL made with it, whoever made it. The account keeps it
 * after a tear-down, for the same reason.
 */
export async function ensureTempUrlKey({ cloud, rootSecret }: Dependencies): Promise<string> {
  const [existing] = await cloud.objectStorage.tempUrlKeys();
  if (existing) return existing;
  const key = deriveSecret(rootSecret, '', 'temp-url-key', 32).toString('hex');
  await cloud.objectStorage.setTempUrlKey(key);
  return key;
}
