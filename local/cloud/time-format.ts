/** Seconds since the epoch of a moment in milliseconds, whole. */
export function seconds(ms: number): number {
  return Math.floor(ms / 1000);
}

/** `2026-11-24T03:03:11Z`: Nova, Neutron and Glance. */
export function isoSeconds(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}

/** `2026-11-24T03:03:11.000000Z`: Keystone's tokens. */
export function isoMicrosZ(ms: number): string {
  return `${isoMicros(ms)}Z`;
}

/** `2026-11-24T03:03:11.123000`: Nova's OS-SRV-USG and key pairs, Swift's listings. */
export function isoMicros(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 23)}000`;
}
