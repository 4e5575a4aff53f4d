import type { ClusterSpec } from './spec.js';

/**
 * Fields in which two specs differ, one line each: `minions: 4 → 6`; in the order of their names. Empty when
 * they ask for the same.
 */
export function specDifferences(a: ClusterSpec, b: ClusterSpec): string[] {
  const before = leaves(a);
  const after = leaves(b);
  return [...new Set([...before.keys(), ...after.keys()])]
    .sort()
    .filter((field) => !ignored.has(field) && before.get(field) !== after.get(field))
    .map((field) => `${field}: ${before.get(field) ?? 'none'} → ${after.get(field) ?? 'none'}`);
}

/** The path alone does not make another cluster: what the release holds does (`release.sha256`). */
const ignored = new Set(['release.file']);

function leaves(value: unknown, path = ''): Map<string, string> {
  const found = new Map<string, string>();
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    for (const [key, inner] of Object.entries(value)) {
      for (const [field, text] of leaves(inner, path ? `${path}.${key}` : key)) {
        found.set(field, text);
      }
    }
  } else if (value !== undefined) {
    found.set(path, typeof value === 'string' ? value : JSON.stringify(value));
  }
  return found;
}
