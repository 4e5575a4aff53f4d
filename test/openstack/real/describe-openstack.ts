import { describe, test } from 'node:test';
import { cloudFolder } from '../cloud-folder.js';
import { isReady } from '../supervisor.js';

/** Declares tests against the real OpenStack of this machine; they are skipped where it does not run. */
export function describeOpenStack(title: string, body: () => void): void {
  if (isReady(cloudFolder())) describe(title, body);
  else test(title, { skip: 'it does not run: npm run test:openstack' });
}
