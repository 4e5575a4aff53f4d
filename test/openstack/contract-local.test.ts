import { after } from 'node:test';
import { holdContract } from './contract/run.js';
import { LocalTarget } from './local-target.js';

let running: LocalTarget | undefined;

holdContract(async () => {
  running = await LocalTarget.start();
  return running.target();
}, 16);
// Hooks run in their order: first the contract undoes what its cases shared.
after(() => running?.end());
