import { quota, type Cloud } from '../cloud.js';
import { novaFault, unexpected } from './faults.js';

/** Files for a server's disk, as their schema leaves them. */
export type Personality = { path?: string; contents?: string }[];

/** The schema lets a file pass that lacks something; Nova then stumbles. */
export function refuseIncompleteFiles(files: Personality = []): void {
  if (files.some(({ path, contents }) => path === undefined || contents === undefined)) {
    throw unexpected('KeyError');
  }
}

/** As a server keeps them. */
export function injectedFiles(files: Personality = []): { path: string; contents: string }[] {
  return files.map(({ path = '', contents = '' }) => ({ path, contents }));
}

/** Throws 403 for more, or larger, files than the quota says. */
export function checkFiles(cloud: Cloud, files: Personality): void {
  const limits = quota(cloud);
  if (limits.injectedFiles >= 0 && files.length > limits.injectedFiles) {
    throw novaFault(403, 'Personality file limit exceeded');
  }
  const exceeds = (limit: number, part: 'path' | 'contents'): boolean =>
    limit >= 0 && files.some((file) => (file[part] ?? '').length > limit);
  if (exceeds(limits.injectedFilePathBytes, 'path')) {
    throw novaFault(403, `Personality file path exceeds maximum ${limits.injectedFilePathBytes}`);
  }
  if (exceeds(limits.injectedFileBytes, 'contents')) {
    throw novaFault(403, `Personality file content exceeds maximum ${limits.injectedFileBytes}`);
  }
}
