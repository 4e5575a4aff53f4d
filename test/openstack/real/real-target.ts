import { cloudFolder, identityV2Url, identityV3Url, readOpenStack } from '../cloud-folder.js';
import { Cloud } from '../contract/cloud.js';
import type { Quota, Target } from '../contract/target.js';

const novaQuotas = new Set<string>([
  'instances',
  'cores',
  'ram',
  'key_pairs',
  'server_groups',
  'server_group_members',
]);

/** The running OpenStack of this machine. */
export async function realTarget(): Promise<Target> {
  const openstack = await readOpenStack(cloudFolder());
  const { password, apiKey, region } = openstack;
  const user = { username: 'demo', password, projectName: 'demo', region };
  const target: Target = {
    v3: { ...user, url: identityV3Url(openstack) },
    v2: { ...user, url: identityV2Url(openstack), apiKey, tenantName: 'demo' },
    setQuota: async (quota) => {
      const admin = await Cloud.login({
        ...target,
        v3: { ...target.v3, username: 'admin', projectName: 'admin' },
      });
      const { projectId } = await Cloud.login(target);
      await changeQuota(admin, projectId, quota);
    },
  };
  return target;
}

async function changeQuota(admin: Cloud, project: string, quota: Partial<Quota>): Promise<void> {
  const part = (nova: boolean): Record<string, number> =>
    Object.fromEntries(Object.entries(quota).filter(([name]) => novaQuotas.has(name) === nova));
  const [compute, network] = [part(true), part(false)];
  if (Object.keys(compute).length > 0) {
    const path = `/os-quota-sets/${project}`;
    (await admin.compute.put(path, { quota_set: { ...compute, force: true } })).is(200);
  }
  if (Object.keys(network).length > 0) {
    (await admin.network.put(`/quotas/${project}`, { quota: network })).is(200);
  }
}
