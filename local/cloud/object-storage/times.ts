/** `1402464677.04100`: Swift's timestamps. */
export function timestamp(ms: number): string {
  return (ms / 1000).toFixed(5);
}

/** The second that Last-Modified names: the next whole one, lest it be before the change. */
export function lastModifiedSeconds(ms: number): number {
  return Math.ceil(ms / 1000);
}

/** `Wed, 25 Nov 2026 21:25:04 GMT` */
export function httpDate(seconds: number): string {
  return new Date(seconds * 1000).toUTCString();
}

/** Seconds of a date header, or undefined when it is none. */
export function parseHttpDate(text: string | undefined): number | undefined {
  const ms = Date.parse(text ?? '');
  return Number.isNaN(ms) ? undefined : Math.floor(ms / 1000);
}
