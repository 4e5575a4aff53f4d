import { mkdirSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { fastify, LogController, type FastifyInstance } from 'fastify';
import { ensureAccount } from './account.js';
import { adminRoutes } from './admin.js';
import { describeCall, type Call } from './call.js';
import type { Cloud } from './cloud.js';
import { computeRoutes } from './compute/routes.js';
import { answerErrors } from './error-answers.js';
import { FaultRules } from './fault-rules.js';
import { identityV2 } from './identity/v2.js';
import { identityV3 } from './identity/v3.js';
import { Tokens } from './identity/tokens.js';
import { ImageFiles } from './images/image-files.js';
import { recoverImages } from './images/image-store.js';
import { imageRoutes } from './images/routes.js';
import { readBodiesAsText } from './json-body.js';
import { LinuxDriver } from './linux/linux-driver.js';
import { SERVICE_ADDRESS } from './linux/switch.js';
import { proxyToMachines } from './machine-proxy.js';
import type { MachineDriver } from './machines/driver.js';
import type { Boot } from './machines/guest-program.js';
import { Machines, type MachineTimes } from './machines/machines.js';
import { SimulatedDriver } from './machines/simulated-driver.js';
import { ShelvedImages } from './machines/shelved-images.js';
import { Snapshots } from './machines/snapshots.js';
import { networkRoutes } from './networking/routes.js';
import { objectStorageRoutes } from './object-storage/routes.js';
import { profileOf, type ProfileName } from './profiles.js';
import { RateLimits } from './rate-limits.js';
import { RequestCounts } from './request-counts.js';
import { admitRequests, requireProjectToken } from './request-gate.js';
import { seed } from './seed.js';
import { State } from './state.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** What the request is about; set before anything else happens to it. */
    call: Call;
  }
}

export interface CloudOptions {
  /** Folder of everything the cloud remembers; made when it is not there. */
  dataDir: string;
  /** On 127.0.0.1; 0 takes any free one. */
  port: number;
  profile: ProfileName;
  /** What simulated machines do when they boot; without it they only become ACTIVE. */
  guest?: Boot;
  /** How many guest programs run at once. @default 64 */
  guestConcurrency?: number;
  /**
   * Machines that really boot, on the root file system in this folder (`ensureImage`); needs root on Linux.
   * @default simulated ones
   */
  linuxImage?: string;
  /** @default 2 s to build, 1 s to delete, 1 s to stop or start; next to nothing for real machines */
  times?: MachineTimes;
  /** `LOCAL_CLOUD_PASSWORD` and `LOCAL_CLOUD_API_KEY` set the account's secrets. @default none */
  env?: NodeJS.ProcessEnv;
  /** @default 'warn' */
  logLevel?: string;
}

export interface RunningCloud {
  cloud: Cloud;
  url: string;
  /** Ends the listening and the machines; everything goes on at the next start. */
  close(): Promise<void>;
}

const SIMULATED_TIMES: MachineTimes = {
  createMs: 100,
  buildMs: 2000,
  deleteMs: 1000,
  powerMs: 1000,
};

/** Beside what real machines take by themselves. */
const REAL_TIMES: MachineTimes = {
  createMs: 100,
  buildMs: 200,
  deleteMs: 200,
  powerMs: 0,
};

/** Large enough for a release's segment on a slow line; nothing else lasts. */
const requestTimeoutMs = 600_000;

/** Starts the cloud where its last process left it. */
export async function startCloud(options: CloudOptions): Promise<RunningCloud> {
  mkdirSync(options.dataDir, { recursive: true, mode: 0o700 });
  const calls = new WeakMap<IncomingMessage, Call>();
  const app = fastify({
    logger: { level: options.logLevel ?? 'warn' },
    logController: new LogController({ disableRequestLogging: true }),
    requestTimeout: requestTimeoutMs,
    forceCloseConnections: true,
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: 4096 },
    exposeHeadRoutes: false,
    rewriteUrl: (raw) => {
      const call = describeCall(raw.url ?? '/');
      calls.set(raw, call);
      return call.routedUrl;
    },
  });
  app.decorateRequest('call', null as unknown as Call);
  app.addHook('onRequest', (request, _reply, done) => {
    request.call = calls.get(request.raw) ?? describeCall(request.originalUrl);
    done();
  });

  const fromMachines = new WeakSet<object>();
  const cloud = openCloud(options, app, (socket) => {
    fromMachines.add(socket);
    // As if the server had accepted it itself: Node.js documents this.
    app.server.emit('connection', socket);
  });
  admitRequests(app, cloud);
  // Whatever writes of ports, of this service or that, the switch follows.
  app.addHook('onResponse', (request, _reply, done) => {
    const { service } = request.call;
    if (request.method !== 'GET' && (service === 'network' || service === 'compute')) {
      cloud.machines.portsChanged();
    }
    done();
  });
  answerErrors(app);
  registerServices(app, cloud);

  await app.listen({ host: '127.0.0.1', port: options.port });
  cloud.url = `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`;
  if (options.linuxImage === undefined) cloud.internalUrl = cloud.url;
  proxyToMachines(app.server, cloud, (socket) => fromMachines.has(socket));
  await cloud.machines.resume();
  cloud.snapshots.resume();
  return {
    cloud,
    url: cloud.url,
    close: async () => {
      await cloud.snapshots.close();
      await cloud.machines.close();
      await app.close();
      await cloud.state.close();
    },
  };
}

function openCloud(
  options: CloudOptions,
  app: FastifyInstance,
  fromMachine: (socket: Socket) => void,
): Cloud {
  const state = new State(options.dataDir);
  const profile = profileOf(options.profile);
  ensureAccount(state, profile, options.env ?? {});
  const imageFiles = new ImageFiles(state.imageDir);
  seed(state, imageFiles, profile);
  recoverImages({ state, imageFiles });
  const { linuxImage } = options;
  const driver: MachineDriver =
    linuxImage === undefined
      ? new SimulatedDriver(state, options.guest, options.guestConcurrency ?? 64, app.log)
      : new LinuxDriver(state, linuxImage, imageFiles, fromMachine, app.log);
  const times = options.times ?? (linuxImage === undefined ? SIMULATED_TIMES : REAL_TIMES);
  const shelvedImages = new ShelvedImages(state, imageFiles);
  const machines = new Machines(state, profile, driver, shelvedImages, times, app.log);
  return {
    state,
    profile,
    tokens: new Tokens(state, profile),
    machines,
    imageFiles,
    snapshots: new Snapshots(state, imageFiles, machines, app.log),
    faults: new FaultRules(state),
    counts: new RequestCounts(state),
    rateLimits: new RateLimits(profile.rateLimits),
    log: app.log,
    url: '',
    internalUrl: `http://${SERVICE_ADDRESS}`,
  };
}

function registerServices(app: FastifyInstance, cloud: Cloud): void {
  const register = (
    routes: (app: FastifyInstance, cloud: Cloud) => void,
    prepare: (service: FastifyInstance) => void = readBodiesAsText,
  ): void => {
    app.register((service, _options, done) => {
      prepare(service);
      routes(service, cloud);
      done();
    });
  };
  const forProject = (service: FastifyInstance): void => {
    readBodiesAsText(service);
    requireProjectToken(service, cloud);
  };
  register(identityV3);
  register(identityV2);
  register(computeRoutes, forProject);
  register(networkRoutes, forProject);
  register(imageRoutes, forProject);
  // It looks at tokens itself, for temp URLs need none, and reads bodies as streams.
  register(objectStorageRoutes, () => undefined);
  register(adminRoutes);
}
