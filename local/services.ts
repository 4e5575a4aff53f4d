/** The background services of a home: started when needed, found again afterwards, stopped on demand. */
export { ensureTemporal } from './temporal.js';
export {
  ensureLocalCloud,
  runningLocalCloud,
  type LocalCloudWish,
  type LocalMachines,
  type LocalProfile,
} from './local-cloud.js';
export { credentialsOfWorker, ensureWorker } from './background-worker.js';
export { servicesStatus, stopServices } from './running-services.js';
export { openrc } from './openrc.js';
export type {
  LocalCloudEndpoint,
  Log,
  ServicesStatus,
  TemporalEndpoint,
  WorkerAccount,
} from './service-types.js';
