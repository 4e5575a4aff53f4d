import type { Survey, SurveyedServer } from '../activities/survey.js';
import { releaseTag, serverName } from '../cluster/names.js';
import type { Role } from '../cluster/names.js';
import { isSound } from '../cluster/observation.js';
import { ofOtherRelease } from '../cluster/other-release.js';
import { wayBack } from '../cluster/set-aside.js';
import { isUnbuilt } from '../cluster/release-request.js';
import type { ClusterSpec } from '../cluster/spec.js';

/** What a bring-up would do about one thing. `refuse`: it would stop there, and says why. */
export interface PlannedChange {
  action: 'make' | 'adopt' | 'replace' | 'delete' | 'refuse';
  what: string;
  why?: string;
}

/** Ids of what the spec names, as far as the cloud has it. */
export interface WantedIds {
  imageId?: string;
  masterFlavorId?: string;
  minionFlavorId?: string;
}

/** What `up` would do, judged from what exists. Pure: nothing is touched. */
export function plannedChanges(
  spec: ClusterSpec,
  survey: Survey,
  wanted: WantedIds = {},
): PlannedChange[] {
  const { network, keyPair, container, release } = survey;
  const one = (exists: boolean, what: string, why?: string): PlannedChange => ({
    action: exists ? 'adopt' : 'make',
    what,
    ...(why ? { why } : {}),
  });
  const foreign = 'yours: used, never deleted';
  const master = survey.servers.find((server) => server.role === 'master' && isSound(server));
  return [
    one(
      network !== undefined,
      `cloud network ${spec.network.label} ${spec.network.cidr}`,
      network && !network.own ? foreign : undefined,
    ),
    one(container, `container ${spec.release.container}`),
    one(release, `release ${releaseTag(spec.release.sha256)}`),
    one(
      keyPair !== undefined,
      `key pair ${spec.keyPair.name}`,
      keyPair && !keyPair.own ? foreign : undefined,
    ),
    ...machine(spec, survey.servers, wanted, { role: 'master', index: 0 }),
    ...Array.from({ length: spec.minions }, (_, i) =>
      machine(spec, survey.servers, wanted, {
        role: 'minion',
        index: i + 1,
        masterAddress: master?.address,
      }),
    ).flat(),
    ...surplus(spec, survey.servers),
    ...otherRelease(spec, survey.servers),
  ];
}

function machine(
  spec: ClusterSpec,
  servers: readonly SurveyedServer[],
  wanted: WantedIds,
  { role, index, masterAddress }: { role: Role; index: number; masterAddress?: string },
): PlannedChange[] {
  const what = `server ${serverName(spec.name, role, index)}`;
  const found = servers.filter((server) => server.role === role && server.index === index);
  const fits = (server: SurveyedServer): boolean =>
    role === 'master' || !masterAddress || server.masterAddress === masterAddress;
  // Oldest first: the one that the bring-up keeps.
  const kept = found.find((server) => isSound(server) && fits(server));
  if (found.length === 0) return [{ action: 'make', what }];
  if (!kept) {
    const [first] = found;
    const why = isSound(first!)
      ? 'it was made for another master'
      : (first!.fault ?? (first!.report === 'failed' ? 'it reported failure' : 'it is in ERROR'));
    return [{ action: 'replace', what, why }];
  }
  const back = wayBack(kept);
  return [
    back
      ? { action: 'refuse', what, why: `it is ${kept.status}: \`${back}\` first` }
      : { action: 'adopt', what, ...keptDespite(spec, wanted, kept) },
    ...found
      .filter((server) => server !== kept)
      .map(({ id }): PlannedChange => ({
        action: 'delete',
        what: `${what} (${id})`,
        why: 'a double',
      })),
  ];
}

/** Machines keep the image and the flavor they were made with: others count for those that are yet to be made. */
function keptDespite(
  spec: ClusterSpec,
  wanted: WantedIds,
  { role, imageId, flavorId }: SurveyedServer,
): Pick<PlannedChange, 'why'> {
  const [flavor, wantedFlavor] =
    role === 'master'
      ? [spec.masterFlavor, wanted.masterFlavorId]
      : [spec.minionFlavor, wanted.minionFlavorId];
  const others = [
    ...(wanted.imageId && wanted.imageId !== imageId ? [`image ${spec.image}`] : []),
    ...(wantedFlavor && wantedFlavor !== flavorId ? [`flavor ${flavor}`] : []),
  ];
  return others.length === 0
    ? {}
    : { why: `as it is: ${others.join(' and ')} only for new machines` };
}

/** `up` never deletes a healthy machine. */
function surplus(spec: ClusterSpec, servers: readonly SurveyedServer[]): PlannedChange[] {
  return servers
    .filter(({ role, index }) => role === 'minion' && index > spec.minions)
    .sort((a, b) => b.index - a.index)
    .map(({ name }) => ({
      action: 'refuse',
      what: `server ${name}`,
      why: `more than ${spec.minions} minions; kubeup scale --minions ${spec.minions} deletes it`,
    }));
}

/** Machines keep the release they came up with: a cluster of two would be neither. */
function otherRelease(spec: ClusterSpec, servers: readonly SurveyedServer[]): PlannedChange[] {
  const wanted = releaseTag(spec.release.sha256);
  if (isUnbuilt(spec.release)) return [];
  return ofOtherRelease(spec.release.sha256, servers).map(({ name, release }) => ({
    action: 'refuse',
    what: `server ${name}`,
    why:
      `it runs release ${release}, and ${wanted}${spec.release.sample ? ' (the sample)' : ''} is asked for: ` +
      'give the release that it has, or `kubeup down` first',
  }));
}
