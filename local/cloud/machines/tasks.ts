import type { ServerRecord, Task } from '../records.js';
import type { MachineDriver } from './driver.js';
import type { ShelvedImages } from './shelved-images.js';

/** What tasks need beside the machines. */
export interface Surroundings {
  /** Of the host that all servers are on. */
  hostId: string;
  images: ShelvedImages;
}

/** How a step of a task ends. */
interface Step {
  /** What comes first: it is done again when the cloud dies before the step is written. */
  drive?: (driver: MachineDriver, server: ServerRecord, images: ShelvedImages) => Promise<void>;
  /** Whether the machine has booted from its own disk, when it is on then. */
  boots?: boolean;
  /**
   * What becomes of the server.
   * @returns the step that follows
   */
  apply: (server: ServerRecord, around: Surroundings) => Task | 'stopped' | undefined;
}

const RUNNING = 1;
const SHUTDOWN = 4;

/**
 * What is done to servers, as Nova does it with its fake driver: that one tells a paused machine's power as running,
 * and a rescued one's as shut down.
 */
export const TASKS: Record<Task, Step> = {
  paused: {
    drive: (driver, { id }) => driver.pause(id),
    apply: (server) => settle(server, { vmState: 'paused' }),
  },
  unpaused: { drive: goOn, apply: (server) => settle(server, { vmState: 'active' }) },
  suspended: {
    drive: (driver, { id }) => driver.pause(id),
    apply: (server) => settle(server, { vmState: 'suspended' }),
  },
  resumed: { drive: goOn, apply: (server) => settle(server, { vmState: 'active' }) },

  rescued: {
    drive: async (driver, server) => {
      await driver.powerOff(server.id, 'orderly');
      await driver.changeDisk(server.id, 'rescue');
      await driver.powerOn(server);
    },
    apply: (server) =>
      settle(server, { vmState: 'rescued', powerState: SHUTDOWN, launchedAt: Date.now() }),
  },
  unrescued: {
    drive: async (driver, server) => {
      await driver.powerOff(server.id, 'at once');
      await driver.changeDisk(server.id, 'own');
      await driver.powerOn(server);
    },
    boots: true,
    apply: (server) => settle(server, { vmState: 'active', powerState: RUNNING }),
  },

  shelving: {
    drive: (driver, { id }) => driver.powerOff(id, 'orderly'),
    apply: (server) => {
      server.taskState = 'shelving_image_pending_upload';
      return 'imaged';
    },
  },
  imaged: {
    drive: (_driver, server, images) => {
      images.begin(server);
      return Promise.resolve();
    },
    apply: (server) => {
      server.taskState = 'shelving_image_uploading';
      return 'shelved';
    },
  },
  shelved: {
    drive: (_driver, server, images) => images.fill(server),
    apply: (server, { images }) => {
      // Without an image it is off and no more.
      if (!images.has(server)) {
        settle(server, { vmState: 'stopped', powerState: SHUTDOWN });
        return undefined;
      }
      Object.assign(server, { vmState: 'shelved', powerState: SHUTDOWN });
      server.taskState = 'shelving_offloading';
      return 'offloaded';
    },
  },
  offloaded: {
    apply: (server) =>
      settle(server, { vmState: 'shelved_offloaded', hostId: '', availabilityZone: '' }),
  },
  scheduled: {
    apply: (server, { hostId, images }) => {
      const { shelvedImageId } = server;
      if (shelvedImageId !== undefined && !images.has(server)) {
        const message = `Unshelve attempted but the image ${shelvedImageId} cannot be found.`;
        server.vmState = 'error';
        server.fault = { code: 404, created: Date.now(), message };
        return undefined;
      }
      Object.assign(server, { taskState: 'spawning', hostId, availabilityZone: 'nova' });
      return 'unshelved';
    },
  },
  unshelved: {
    drive: async (driver, server, images) => {
      await driver.powerOn(server);
      await images.remove(server);
    },
    boots: true,
    apply: (server) => {
      delete server.shelvedImageId;
      settle(server, { vmState: 'active', powerState: RUNNING, launchedAt: Date.now() });
      return undefined;
    },
  },

  migrating: {
    apply: (server) => {
      server.taskState = 'resize_migrating';
      return 'migrated';
    },
  },
  migrated: {
    drive: (driver, { id }) => driver.powerOff(id, 'orderly'),
    apply: (server) => {
      swapFlavors(server);
      server.taskState = 'resize_finish';
      return 'resized';
    },
  },
  resized: {
    drive: powerOnUnlessStopped,
    boots: true,
    apply: (server) => settle(server, { vmState: 'resized', launchedAt: Date.now() }),
  },
  reverted: {
    drive: async (driver, server) => {
      await driver.powerOff(server.id, 'orderly');
      await powerOnUnlessStopped(driver, server);
    },
    boots: true,
    apply: (server) => {
      swapFlavors(server);
      const stopped = server.resize?.wasStopped === true;
      delete server.resize;
      server.launchedAt = Date.now();
      if (stopped) {
        server.taskState = 'powering-off';
        return 'stopped';
      }
      settle(server, { vmState: 'active' });
      return undefined;
    },
  },

  wiped: {
    drive: async (driver, { id }) => {
      await driver.powerOff(id, 'orderly');
      await driver.changeDisk(id, 'new');
    },
    apply: (server) => {
      server.taskState = 'rebuild_spawning';
      return 'rebuilt';
    },
  },
  rebuilt: {
    drive: (driver, server) => driver.powerOn(server),
    boots: true,
    apply: (server) => {
      const stopped = server.vmState === 'stopped';
      settle(server, { vmState: 'active', powerState: RUNNING, launchedAt: Date.now() });
      server.fault = null;
      if (!stopped) return undefined;
      server.taskState = 'powering-off';
      return 'stopped';
    },
  },
};

/** Whether a step is one of a task. */
export function isTask(step: string): step is Task {
  return Object.hasOwn(TASKS, step);
}

/** Whether a server's machine is up, and may do what it does. */
export function isUp({ vmState, powerState }: ServerRecord): boolean {
  return vmState === 'active' || (vmState === 'resized' && powerState === RUNNING);
}

/** Whether a server's machine is held up where it was. */
export function isPaused({ vmState }: ServerRecord): boolean {
  return vmState === 'paused' || vmState === 'suspended';
}

/** Whether a server has been shelved, so that there is an image of it. */
export function isShelved({ vmState }: ServerRecord): boolean {
  return vmState === 'shelved' || vmState === 'shelved_offloaded';
}

/** Whether a server's machine has been booted and not powered off, as far as the API knows. */
export function isOn(server: ServerRecord): boolean {
  return isUp(server) || isPaused(server) || server.vmState === 'rescued';
}

/** A paused machine may have ended meanwhile, with its host: then it boots. */
async function goOn(driver: MachineDriver, server: ServerRecord): Promise<void> {
  await driver.powerOn(server);
  await driver.unpause(server.id);
}

async function powerOnUnlessStopped(driver: MachineDriver, server: ServerRecord): Promise<void> {
  if (server.resize?.wasStopped !== true) await driver.powerOn(server);
}

function settle(server: ServerRecord, change: Partial<ServerRecord>): undefined {
  Object.assign(server, change, { taskState: null });
}

function swapFlavors(server: ServerRecord): void {
  if (server.resize === undefined) return;
  const { otherFlavorId } = server.resize;
  server.resize.otherFlavorId = server.flavorId;
  server.flavorId = otherFlavorId;
}
