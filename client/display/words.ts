import type { BuildProgress } from '../../cluster/build-progress.js';
import type {
  ClusterStatus,
  Condition,
  ConditionType,
  MachinePhase,
} from '../../cluster/status.js';

/** The steps in the guide's own words. */
const titles: Record<ConditionType, string> = {
  PreflightPassed: 'Preflight',
  ReleaseUploaded: 'Release',
  NetworkReady: 'Cloud network',
  KeyPairReady: 'Key pair',
  MachinesWatched: 'Watch',
  MasterReady: 'Master',
  MinionsReady: 'Minions',
  Verified: 'Verify',
  ReleaseBuilt: 'Build',
  MachinesReported: 'Reports',
  ApiHealthy: 'API',
  NodesReady: 'Nodes',
  PodsReachable: 'Pod network',
  DnsAnswers: 'DNS',
  ServersDeleted: 'Servers',
  KeyPairDeleted: 'Key pair',
  NetworkDeleted: 'Cloud network',
  ReleaseDeleted: 'Release',
};

/** Steps of a bring-up in their order: those not begun are shown as well, but for the build, which few ask for. */
export const bringUpSteps: readonly ConditionType[] = [
  'PreflightPassed',
  'ReleaseBuilt',
  'ReleaseUploaded',
  'NetworkReady',
  'KeyPairReady',
  'MasterReady',
  'MinionsReady',
  'Verified',
];

export const tearDownSteps: readonly ConditionType[] = [
  'ServersDeleted',
  'KeyPairDeleted',
  'NetworkDeleted',
  'ReleaseDeleted',
];

export function titleOf(type: ConditionType): string {
  return titles[type];
}

/** The step in one or two words: `done`, `deleted`, the cause of a failure, or what is being done. */
export function stateOf(condition: Condition): string {
  if (condition.status === 'True') return condition.type.endsWith('Deleted') ? 'deleted' : 'done';
  return condition.reason.replace(/(?<=[a-z])(?=[A-Z])/g, ' ').toLowerCase();
}

/** How far a build is: the number of its lines, about one a package, and the latest. */
export function buildText({ line, lines }: BuildProgress): string {
  return `${lines}: ${line}`;
}

/** Whether it is unknown, and nobody is about to find out. */
export function isLeftOpen({ reason }: Condition): boolean {
  return reason === 'NotAwaited' || reason === 'NotProbed';
}

/** The conditions that stand in the way. */
export function failedConditions({ conditions }: ClusterStatus): Condition[] {
  return conditions.filter(({ status }) => status === 'False');
}

/** `3 Ready, 1 Booting`, most advanced first; phases without a minion are left out. */
export function countPhases(minions: readonly { phase: MachinePhase }[]): string {
  const order: MachinePhase[] = [
    'Ready',
    'Active',
    'Installing',
    'Downloading',
    'Booting',
    'Building',
    'Pending',
    'Failed',
  ];
  return order
    .map((phase) => ({ phase, count: minions.filter((one) => one.phase === phase).length }))
    .filter(({ count }) => count > 0)
    .map(({ phase, count }) => `${count} ${phase}`)
    .join(', ');
}

/** `12.3 MiB`. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  const at = Math.min(units.length - 1, Math.floor(Math.log2(Math.max(1, bytes)) / 10));
  const amount = bytes / 1024 ** at;
  return `${at === 0 ? amount : amount.toFixed(1)} ${units[at]}`;
}

/** `45s`, `3m 05s`, `2h 07m`. */
export function formatSeconds(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole}s`;
  const pad = (n: number): string => String(n).padStart(2, '0');
  if (whole < 3600) return `${Math.floor(whole / 60)}m ${pad(whole % 60)}s`;
  return `${Math.floor(whole / 3600)}h ${pad(Math.floor(whole / 60) % 60)}m`;
}
