export { bringUpCluster } from './bring-up.js';
export { bringUpMinion } from './minion.js';
export { tearDownCluster } from './tear-down.js';
