export { startCloud, type CloudOptions, type RunningCloud } from './server.js';
export type { Boot, GuestMachine } from './machines/guest-program.js';
