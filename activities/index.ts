import { admitMinion, endAdmission } from './admission.js';
import { asActivity } from './as-activity.js';
import { buildRelease } from './build-release.js';
import type { Dependencies } from './context.js';
import { diagnoseMachine } from './diagnose.js';
import { deleteKeyPair, ensureKeyPair } from './keys.js';
import { deleteNetwork, ensureNetwork } from './network.js';
import { retireMinions } from './nodes.js';
import { preflight } from './preflight.js';
import { deleteRelease, pruneReleases, uploadRelease } from './release.js';
import { bootServer, deleteServers, lookAtMachine } from './servers.js';
import { verifyApi, verifyDns, verifyNodes, verifyPodNetwork } from './verify-kubernetes.js';
import { verifyCluster } from './verify.js';
import { watchMachines } from './watch.js';

export type { Dependencies } from './context.js';

/** Everything kubeup does to a cloud, as Temporal activities over the given account. */
export function createActivities(dependencies: Dependencies): Activities {
  const bind = <A, R>(run: (d: Dependencies, request: A) => Promise<R>): ((r: A) => Promise<R>) =>
    asActivity((request: A) => run(dependencies, request));
  return {
    preflight: bind(preflight),
    buildRelease: bind(buildRelease),
    uploadRelease: bind(uploadRelease),
    pruneReleases: bind(pruneReleases),
    deleteRelease: bind(deleteRelease),
    ensureNetwork: bind(ensureNetwork),
    deleteNetwork: bind(deleteNetwork),
    ensureKeyPair: bind(ensureKeyPair),
    deleteKeyPair: bind(deleteKeyPair),
    bootServer: bind(bootServer),
    lookAtMachine: bind(lookAtMachine),
    diagnoseMachine: bind(diagnoseMachine),
    deleteServers: bind(deleteServers),
    watchMachines: bind(watchMachines),
    verifyCluster: bind(verifyCluster),
    admitMinion: bind(admitMinion),
    endAdmission: bind(endAdmission),
    retireMinions: bind(retireMinions),
    verifyApi: bind(verifyApi),
    verifyNodes: bind(verifyNodes),
    verifyPodNetwork: bind(verifyPodNetwork),
    verifyDns: bind(verifyDns),
  };
}

type Bound<F> = F extends (dependencies: Dependencies, request: infer A) => Promise<infer R>
  ? (request: A) => Promise<R>
  : never;

export interface Activities {
  preflight: Bound<typeof preflight>;
  buildRelease: Bound<typeof buildRelease>;
  uploadRelease: Bound<typeof uploadRelease>;
  pruneReleases: Bound<typeof pruneReleases>;
  deleteRelease: Bound<typeof deleteRelease>;
  ensureNetwork: Bound<typeof ensureNetwork>;
  deleteNetwork: Bound<typeof deleteNetwork>;
  ensureKeyPair: Bound<typeof ensureKeyPair>;
  deleteKeyPair: Bound<typeof deleteKeyPair>;
  bootServer: Bound<typeof bootServer>;
  lookAtMachine: Bound<typeof lookAtMachine>;
  diagnoseMachine: Bound<typeof diagnoseMachine>;
  deleteServers: Bound<typeof deleteServers>;
  watchMachines: Bound<typeof watchMachines>;
  verifyCluster: Bound<typeof verifyCluster>;
  admitMinion: Bound<typeof admitMinion>;
  endAdmission: Bound<typeof endAdmission>;
  retireMinions: Bound<typeof retireMinions>;
  verifyApi: Bound<typeof verifyApi>;
  verifyNodes: Bound<typeof verifyNodes>;
  verifyPodNetwork: Bound<typeof verifyPodNetwork>;
  verifyDns: Bound<typeof verifyDns>;
}
