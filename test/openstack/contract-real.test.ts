import { test } from 'node:test';
import { cloudFolder } from './cloud-folder.js';
import { holdContract } from './contract/run.js';
import { realTarget } from './real-target.js';
import { isReady } from './supervisor.js';

if (isReady(cloudFolder())) holdContract(realTarget, 4);
else test('the contract, on a real OpenStack', { skip: 'it does not run: npm run test:openstack' });
