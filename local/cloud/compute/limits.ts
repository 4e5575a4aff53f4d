import type { FastifyInstance, FastifyRequest } from 'fastify';
import { account } from '../account.js';
import { quota, type Cloud } from '../cloud.js';
import type { RateLimit } from '../profiles.js';
import { param, queryOf } from '../query.js';
import { policy } from './faults.js';
import { requestedMicroversion } from './microversion.js';
import { query, values } from './parameter-types.js';
import { serverUsage } from './server-quota.js';
import { Validator } from './validation.js';

const strict = new Validator(query({ tenant_id: values() }, 75));

/** What the project may use and what it uses. */
export function limitRoutes(app: FastifyInstance, cloud: Cloud): void {
  app.get('/compute/v2.1/limits', (request) => {
    const minor = requestedMicroversion(cloud, request);
    if (minor >= 75) strict.query(queryOf(request));
    return {
      limits: {
        rate: rates(cloud),
        absolute: { ...maxima(cloud, minor), ...used(cloud, minor) },
      },
    };
  });

  const sets = '/compute/v2.1/os-quota-sets/:project';
  app.get(sets, (request) => quotaSet(cloud, request, (limit) => limit));
  app.get(`${sets}/defaults`, (request) => quotaSet(cloud, request, (limit) => limit));
  app.get(`${sets}/detail`, (request) => {
    const usage = serverUsage(cloud.state);
    return quotaSet(cloud, request, (limit, name) => ({
      limit,
      in_use: name in usage ? usage[name as keyof typeof usage] : 0,
      reserved: 0,
    }));
  });
  app.put(sets, () => {
    throw policy('os-quota-sets:update');
  });
}

function maxima(cloud: Cloud, minor: number): Record<string, number> {
  const limits = quota(cloud);
  return {
    maxTotalInstances: limits.instances,
    maxTotalCores: limits.cores,
    maxTotalRAMSize: limits.ramMiB,
    maxServerMeta: limits.metadataItems,
    ...(minor < 39 ? { maxImageMeta: limits.metadataItems } : {}),
    ...(minor < 57
      ? { maxPersonality: limits.injectedFiles, maxPersonalitySize: limits.injectedFileBytes }
      : {}),
    maxTotalKeypairs: limits.keyPairs,
    maxServerGroups: limits.serverGroups,
    maxServerGroupMembers: limits.serverGroupMembers,
    ...(minor < 36
      ? { maxTotalFloatingIps: -1, maxSecurityGroups: -1, maxSecurityGroupRules: -1 }
      : {}),
  };
}

function used(cloud: Cloud, minor: number): Record<string, number> {
  const usage = serverUsage(cloud.state);
  return {
    totalRAMUsed: usage.ram,
    totalCoresUsed: usage.cores,
    totalInstancesUsed: usage.instances,
    ...(minor < 36 ? { totalFloatingIpsUsed: 0, totalSecurityGroupsUsed: 0 } : {}),
    totalServerGroupsUsed: cloud.state.serverGroups.all().length,
  };
}

/** What the rate limits leave, as the old Nova told it: by the paths that they are for. */
function rates(cloud: Cloud): Record<string, unknown>[] {
  const prefix = '^compute ';
  const limits = cloud.rateLimits.list().filter(({ regex }) => regex.startsWith(prefix));
  return [...new Set(limits.map(({ regex }) => regex))].map((regex) => {
    const path = regex.slice(prefix.length);
    return {
      regex: path === '' ? '.*' : path,
      uri: `*${path.replace('$', '')}`,
      limit: limits.filter((limit) => limit.regex === regex).map((limit) => rate(cloud, limit)),
    };
  });
}

function rate(cloud: Cloud, limit: RateLimit): Record<string, unknown> {
  const { remaining, nextAvailable } = cloud.rateLimits.remaining(limit);
  return {
    verb: limit.verb,
    value: limit.value,
    remaining,
    unit: limit.windowSeconds === 86400 ? 'DAY' : 'MINUTE',
    'next-available': new Date(nextAvailable).toISOString(),
  };
}

function quotaSet(
  cloud: Cloud,
  request: FastifyRequest,
  show: (limit: number, name: string) => unknown,
): Record<string, unknown> {
  const project = param(request, 'project');
  if (project !== account(cloud.state).projectId) throw policy('os-quota-sets:show');
  const minor = requestedMicroversion(cloud, request);
  const limits = quota(cloud);
  const set: Record<string, number> = {
    cores: limits.cores,
    ...(minor < 36 ? { fixed_ips: -1, floating_ips: -1 } : {}),
    ...(minor < 57
      ? {
          injected_file_content_bytes: limits.injectedFileBytes,
          injected_file_path_bytes: limits.injectedFilePathBytes,
          injected_files: limits.injectedFiles,
        }
      : {}),
    instances: limits.instances,
    key_pairs: limits.keyPairs,
    metadata_items: limits.metadataItems,
    ram: limits.ramMiB,
    ...(minor < 36 ? { security_group_rules: -1, security_groups: -1 } : {}),
    server_group_members: limits.serverGroupMembers,
    server_groups: limits.serverGroups,
  };
  const shown = Object.entries(set).map(([name, limit]) => [name, show(limit, name)]);
  return { quota_set: { id: project, ...Object.fromEntries(shown) } };
}
