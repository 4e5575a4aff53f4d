import { after } from 'node:test';
import { holdContract } from './contract/run.js';
import { LocalTarget } from './local-target.js';

let running: LocalTarget | undefined;
after(() => running?.end());

holdContract(async () => {
  running = await LocalTarget.start();
  return running.target();
});
