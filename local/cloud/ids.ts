import { createHash, randomBytes, randomUUID } from 'node:crypto';

/** 32 hexadecimal digits, as Keystone names users and projects. */
export function hexId(): string {
  return randomUUID().replaceAll('-', '');
}

/** The same UUID for the same name, for what every new cloud is seeded with. */
export function seededUuid(name: string): string {
  const h = createHash('sha256').update(`local-cloud:${name}`).digest('hex');
  return `${h.slice(0, 8)}-${h.slice(8, 12)}-4${h.slice(13, 16)}-a${h.slice(17, 20)}-${h.slice(20, 32)}`;
}

/** A MAC address in the range Neutron uses by default (`base_mac`). */
export function randomMac(): string {
  return `fa:16:3e:${randomBytes(3)
    .toString('hex')
    .replace(/(..)(?!$)/g, '$1:')}`;
}

const UUID = /^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$/i;

/** Whether a string is a UUID, with or without dashes, as oslo's `is_uuid_like`. */
export function isUuidLike(value: string): boolean {
  return UUID.test(value);
}
