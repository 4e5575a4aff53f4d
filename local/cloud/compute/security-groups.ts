import type { Cloud } from '../cloud.js';
import { novaFault } from './faults.js';

/**
 * The ids of the security groups a create names, by name or id; `default` when it names none.
 * @throws 400 for one that is not there, 409 for a name that two have
 */
export function securityGroupIds(cloud: Cloud, wanted: { name?: string }[] | undefined): string[] {
  if (cloud.profile.name === 'rackspace') return [];
  const groups = cloud.state.securityGroups.all();
  const names = (wanted ?? []).map(({ name }) => name?.trim()).filter((name) => name !== undefined);
  return [...new Set(names.length === 0 ? ['default'] : names)].map((name) => {
    const found = groups.filter((group) => group.id === name);
    if (found.length === 0) found.push(...groups.filter((group) => group.name === name));
    if (found.length > 1) {
      throw novaFault(
        409,
        `Multiple security_group matches found for name '${name}', use an ID to be more specific.`,
      );
    }
    const [group] = found;
    if (group === undefined) {
      throw novaFault(400, `Unable to find security_group with name or id '${name}'`);
    }
    return group.id;
  });
}
