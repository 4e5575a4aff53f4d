import type { Cloud } from '../cloud/port.js';

/** What the activities are given: the cloud they work on, and the secret everything else is derived from. */
export interface Dependencies {
  cloud: Cloud;
  /** Root secret, at least 32 bytes. */
  rootSecret: Buffer;
  /** HTTP proxy (CONNECT) by which machines are reached, where they are not reached directly. */
  machineProxy?: string;
}
