import { unquote } from './percent-encoding.js';

/**
 * Cleans the value of X-Container-Read or -Write as Swift does.
 * @throws {Error} with Swift's words for what is wrong with it
 */
export function cleanAcl(header: string, value: string): string {
  return value
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '')
    .map((item) => cleanItem(header, item))
    .join(',');
}

/** Whether a read ACL lets everyone in who comes from `referrer`; `.rlistings` for listings. */
export function referrerAllowed(acl: string | undefined, referrer: string | undefined): boolean {
  let allowed = false;
  const host = hostOf(referrer);
  for (const item of (acl ?? '').split(',').filter((item) => item.startsWith('.r:'))) {
    const deny = item.startsWith('.r:-');
    const pattern = item.slice(deny ? 4 : 3);
    const matches = pattern === host || (pattern.startsWith('.') && host.endsWith(pattern));
    if (matches || (!deny && pattern === '*')) allowed = !deny;
  }
  return allowed;
}

/** Whether those whom the ACL lets in may list the container, too. */
export function listingsAllowed(acl: string | undefined): boolean {
  return (acl ?? '').split(',').map(unquote).includes('.rlistings');
}

function cleanItem(header: string, item: string): string {
  const colon = item.indexOf(':');
  if (colon < 0) return item;
  const designator = item.slice(0, colon).trim();
  if (!designator.startsWith('.')) return item;
  if (!['.r', '.ref', '.referer', '.referrer'].includes(designator)) {
    throw new Error(`Unknown designator '${designator}' in ACL: '${item}'`);
  }
  if (header.includes('write')) {
    throw new Error(`Referrers not allowed in write ACL: '${item}'`);
  }
  let host = item.slice(colon + 1).trim();
  const deny = host.startsWith('-');
  if (deny) host = host.slice(1).trim();
  if (host !== '*' && host.startsWith('*')) host = host.slice(1).trim();
  if (host === '' || host === '.') {
    throw new Error(`No host/domain value after referrer designation in ACL: '${item}'`);
  }
  return `.r:${deny ? '-' : ''}${host}`;
}

function hostOf(referrer: string | undefined): string {
  return (URL.canParse(referrer ?? '') && new URL(referrer ?? '').hostname) || 'unknown';
}
